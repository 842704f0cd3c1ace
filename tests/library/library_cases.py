"""`Library`, `define`, `impl` and the `register_` functions."""


def cases(torch, case):
    import numpy as np

    lib = torch.library
    Library = lib.Library
    grad = torch.autograd.grad
    kept = []

    def attempt(fn):
        try:
            print(fn())
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

    def leaf(*values):
        return torch.tensor(values or (1.0, 2.0), requires_grad=True)

    def library(namespace, kind="DEF", *schemas):
        made = Library(namespace, kind)
        kept.append(made)
        for schema in schemas:
            made.define(schema)
        return made

    x = torch.ones(2)

    @case
    def kinds():
        library("kinds")
        print(library("kinds2"), library("kinds", "FRAGMENT"), Library("kinds", "IMPL", "CPU"))
        attempt(lambda: Library("kinds", "DEF"))
        attempt(lambda: Library("kinds", "OTHER"))
        attempt(lambda: Library("prim", "DEF"))
        attempt(lambda: Library("kinds", "IMPL", "FOO"))
        attempt(lambda: Library("kinds", "IMPL").define("f(Tensor x) -> Tensor"))

    @case
    def defining():
        made = library("defining")
        print(made.define("f(Tensor x) -> Tensor"), made.define("f.over(Tensor x, int y) -> Tensor"))
        print(made.define("defining::g(Tensor x) -> Tensor"), torch.ops.defining.f.overloads())
        attempt(lambda: made.define("f(Tensor x) -> Tensor"))
        attempt(lambda: made.define("f(Tensor x, int y) -> Tensor"))
        attempt(lambda: made.define("h(Tensor x) -> Tensor", "PURE_FUNCTION"))
        attempt(lambda: lib.define("defining::f", "(Tensor x) -> Tensor"))
        attempt(lambda: lib.define("defining:f", "(Tensor x) -> Tensor"))
        attempt(lambda: lib.define("defining::h", "Tensor x -> Tensor"))
        attempt(lambda: lib.define(1, "(Tensor x) -> Tensor"))
        lib.define("defining::tagged", "(Tensor x) -> Tensor", tags=(torch.Tag.pointwise,))
        print(torch.ops.defining.tagged.default.tags)

    @case
    def registering():
        made = library("registering", "DEF", "f(Tensor x) -> Tensor")
        attempt(lambda: torch.ops.registering.f(x))
        attempt(lambda: made.impl("f", 3, "CPU"))
        attempt(lambda: made.impl("f", lambda x: x, "FOO"))
        attempt(lambda: made.impl("other::f", lambda x: x, "CPU"))
        attempt(lambda: made.impl(3, lambda x: x, "CPU"))
        attempt(lambda: lib.impl("registering::f", "foo", lambda x: x))
        print(lib.impl("registering::f", "cpu", lambda x: x + 1), torch.ops.registering.f(x))
        attempt(lambda: made.impl("f", lambda x: x + 3, "CPU", allow_override=False))
        print(made.impl(torch.ops.registering.f.default, lambda x: x, "Meta"))

    @case
    def before_it_is_defined():
        made = library("early")
        made.impl("f", lambda x: x + 1, "CPU")
        made.define("f(Tensor x) -> Tensor")
        return torch.ops.early.f(x)

    @case
    def as_decorators():
        made = library("decorated")

        @lib.define(made, "f(Tensor x) -> Tensor")
        def f(x):
            return x * 2

        lib.define("decorated::g", "(Tensor x) -> Tensor")

        @lib.impl("decorated::g", ["cpu", "cuda"])
        def g(x):
            return x * 3

        made.define("h(Tensor x) -> Tensor")

        @lib.impl(made, "h", "CompositeExplicitAutograd")
        def h(x):
            return x * 4

        print(callable(f), g, callable(h))
        return [getattr(torch.ops.decorated, name)(x) for name in "fgh"]

    @case
    def without_tensors():
        made = library("numbers", "DEF", "f(int n) -> int", "g(int n) -> int", "h(Tensor[] xs) -> int")
        made.impl("g", lambda n: n + 1, "CompositeExplicitAutograd")
        made.impl("h", lambda xs: len(xs), "CPU")
        attempt(lambda: torch.ops.numbers.f(1))
        attempt(lambda: torch.ops.numbers.g(1))
        attempt(lambda: torch.ops.numbers.h([]))
        attempt(lambda: torch.ops.numbers.h([x, x]))

    # -- gradients

    @case
    def composites_have_the_gradient_of_their_parts():
        made = library("composite", "DEF", "f(Tensor x) -> Tensor", "g(Tensor x) -> Tensor")
        made.impl("f", lambda x: x * 2)
        lib.impl("composite::g", "default", lambda x: x * 2)
        return torch.ops.composite.f(leaf()), torch.ops.composite.g(x)

    @case
    def a_kernel_that_records_the_graph():
        library("records", "DEF", "f(Tensor x) -> Tensor").impl("f", lambda x: x + 1, "CPU")
        w = leaf()
        y = torch.ops.records.f(w)
        print(y)
        y.sum().backward()
        return w.grad

    @case
    def a_kernel_that_does_not():
        made = library("apart", "DEF", "f(Tensor x) -> Tensor", "g(Tensor x) -> (Tensor, Tensor)")
        made.impl("f", lambda x: torch.from_numpy(np.sin(x.detach().numpy())), "CPU")
        made.impl("g", lambda x: (x.detach() + 1, torch.arange(2)), "CPU")
        w = leaf()
        y = torch.ops.apart.f(w)
        print(y, y.requires_grad, torch.ops.apart.f(x), torch.ops.apart.g(w)[1].requires_grad)
        (y.sum() + torch.ops.apart.g(w)[0].sum()).backward()
        with torch.no_grad():
            print(torch.ops.apart.f(w).requires_grad)
        return w.grad

    @case
    def a_fallthrough_squashes_the_warning():
        made = library("falls", "DEF", "f(Tensor x) -> Tensor")
        made.impl("f", lambda x: x.detach() + 1, "CPU")
        made.impl("f", lib.fallthrough_kernel, "Autograd")
        print(torch.ops.falls.f(leaf()))
        lib.fallthrough_kernel()

    @case
    def a_graph_of_its_own():
        class Sine(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x.sin()

            @staticmethod
            def backward(ctx, g):
                return g * 7

        made = library("own", "DEF", "f(Tensor x) -> Tensor")
        made.impl("f", Sine.apply, "Autograd")
        w = leaf()
        y = torch.ops.own.f(w)
        return y, grad(y.sum(), w)

    @case
    def formulas():
        library("formulas", "DEF", "f(Tensor x, float f=2.0) -> Tensor", "m(Tensor(a!) x) -> Tensor(a!)")
        lib.register_kernel("formulas::f", "cpu", lambda x, f=5.0: x * f)
        print(torch.ops.formulas.f(x), torch.ops.formulas.f(x, 2.0), torch.ops.formulas.f(x, 3))
        attempt(
            lambda: lib.register_autograd(
                "formulas::f",
                lambda ctx, g: (g * 7, None),
                setup_context=lambda ctx, inputs, output: print(inputs, output),
            )
        )
        w = leaf()
        y = torch.ops.formulas.f(w)
        print(y, grad(y.sum(), w), torch.ops.formulas.f(x))
        attempt(lambda: lib.register_autograd("formulas::none", lambda ctx, g: g))
        attempt(lambda: lib.register_autograd("formulas::m", lambda ctx, g: g))
        attempt(lambda: lib.register_autograd(torch.ops.formulas.f.default, lambda ctx, g: (g * 8, None)))
        return grad(torch.ops.formulas.f(w).sum(), w)

    @case
    def writes():
        made = library("writes", "DEF", "f_(Tensor(a!) x) -> Tensor(a!)")
        made.impl("f_", lambda x: x.add_(1), "CPU")
        t = torch.ones(2)
        print(torch.ops.writes.f_(t) is t, t, t._version)
        s = leaf() * 1
        print(torch.ops.writes.f_(s) is s, s)
        return torch.ops.writes.f_(leaf())

    @case
    def keyword_only_tensors():
        library("named", "DEF", "f(Tensor x, *, Tensor y) -> Tensor")
        attempt(lambda: lib.register_autograd("named::f", lambda ctx, g: g))
        attempt(lambda: lib.register_vmap("named::f", lambda i, d, x: x))

    # -- what else is registered

    @case
    def fakes():
        made = library(
            "fakes", "DEF", "f(Tensor x) -> Tensor", "g(Tensor x) -> Tensor", "h(Tensor x) -> Tensor"
        )
        made.impl("h", lambda x: x + 1)
        print(callable(lib.register_fake("fakes::f")(lambda x: x)), lib.get_ctx())
        print(callable(lib.register_fake("fakes::g", lambda x: x)))
        attempt(lambda: lib.register_fake("fakes::none")(lambda x: x))
        attempt(lambda: lib.register_fake("fakes:none")(lambda x: x))
        attempt(lambda: lib.register_fake(3))
        attempt(lambda: lib.register_fake("fakes::f", lambda x: x, allow_override=False))
        attempt(lambda: made.impl("h", lambda x: x, "Meta"))
        lib.impl_abstract("fakes::f", lambda x: x)

    @case
    def batching_rules():
        library("rules", "DEF", "f(Tensor x) -> Tensor")
        print(lib.register_vmap("rules::f", lambda i, d, x: x))
        attempt(lambda: lib.register_vmap("rules::none", lambda i, d, x: x))
        attempt(lambda: lib.register_vmap(3, lambda i, d, x: x))

    @case
    def a_fallback():
        return library("fallback").fallback(lambda *a: 0, "CPU")

    @case
    def destroyed():
        made = Library("gone", "DEF")
        made.define("f(Tensor x) -> Tensor")
        made.impl("f", lambda x: x, "CPU")
        print(torch.ops.gone.f(x))
        made._destroy()
        attempt(lambda: torch.ops.gone.f)
        attempt(lambda: made.define("f(Tensor x) -> Tensor"))
        attempt(lambda: made.impl("f", lambda x: x, "CPU"))
        again = library("gone")
        again.define("f(Tensor x) -> Tensor")
        return torch.ops.gone.f._qualified_op_name

    @case
    def a_registration_goes_with_its_library():
        made = library("goes", "DEF", "f(Tensor x) -> Tensor")
        made.impl("f", lambda x: x + 1, "CompositeExplicitAutograd")
        other = Library("goes", "IMPL")
        other.impl("f", lambda x: x + 2, "CPU")
        print(torch.ops.goes.f(x))
        other._destroy()
        return torch.ops.goes.f(x)
