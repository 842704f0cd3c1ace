"""`opcheck`: what it finds."""


def cases(torch, case):
    import numpy as np

    Tensor = torch.Tensor
    opcheck = torch.library.opcheck
    made = iter(range(1000))
    x, w = torch.ones(2), torch.ones(2, requires_grad=True)

    def sine(x: Tensor) -> Tensor:
        return torch.from_numpy(np.sin(x.numpy(force=True)))

    def like(x):
        return torch.empty_like(x)

    def define(fn, fake=None, backward=None, mutates=()):
        op = torch.library.custom_op(f"opcheck::op{next(made)}", fn, mutates_args=mutates)
        if fake is not None:
            op.register_fake(fake)
        if backward is not None:
            op.register_autograd(backward)
        return op

    def checked(op, *args):
        for name, found in opcheck(op, args, raise_exception=False).items():
            text = found if isinstance(found, str) else f"{type(found).__name__}: {found}"
            # FakeTensor and the like are PyTorch's own types.
            print(name, text.replace("FakeTensor'", "Tensor'").replace("size=(s26,)", "size=(2,)"))

    def attempt(fn):
        try:
            print(fn())
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

    @case
    def nothing_wrong():
        op = define(sine, like, lambda ctx, g: g * 2)
        checked(op, x)
        checked(op, w)
        print(opcheck(op, (w,)), opcheck(op, (x,), test_utils="ALL"))

    @case
    def no_fake():
        checked(define(sine), x)
        return opcheck(define(sine), (x,))

    @case
    def no_formula():
        checked(define(sine, like), w)

    @case
    def wrong_fakes():
        checked(define(sine, lambda x: x.new_empty(3)), x)
        checked(define(sine, lambda x: x.new_empty(2, dtype=torch.int64)), x)
        checked(define(sine, lambda x: (x, x)), x)
        checked(define(sine, lambda x: x.new_empty(2, 3).t()), torch.ones(3, 2))
        checked(define(sine, lambda x: x), x)

    @case
    def fakes_of_several_results():
        def pair(x: Tensor) -> tuple[Tensor, Tensor]:
            return x + 1, x + 2

        checked(define(pair, lambda x: (x + 1, x + 1)), x)
        checked(define(pair, lambda x: x + 1), x)
        checked(define(pair, lambda x: (x + 1, x.new_empty(3))), x)
        checked(define(pair, lambda x: (like(x),) * 2), x)
        checked(define(pair, lambda x: (x + 1, None)), x)

    @case
    def sizes_that_depend_on_the_data():
        def nonzero(x: Tensor) -> Tensor:
            return x.nonzero()

        def fake(x):
            size = torch.library.get_ctx().new_dynamic_size()
            return x.new_empty((size, x.dim()), dtype=torch.int64)

        def too_wide(x):
            size = torch.library.get_ctx().new_dynamic_size()
            return x.new_empty((size, 3), dtype=torch.int64)

        some = torch.tensor([0.0, 1.0, 2.0])
        checked(define(nonzero, fake), some)
        print(str(opcheck(define(nonzero, too_wide), (some,), raise_exception=False)["test_faketensor"])[:90])

    @case
    def writes():
        def undeclared(x: Tensor) -> Tensor:
            x.add_(1)
            return x.clone()

        def nothing(x: Tensor) -> None:
            pass

        def declared(x: Tensor) -> None:
            x.add_(1)

        checked(define(undeclared, like), x.clone())
        checked(define(nothing, mutates=("x",)), x.clone())
        checked(define(declared, mutates=("x",)), x.clone())
        checked(define(declared, mutates=("x",)), w.detach().clone().requires_grad_())
        return x

    @case
    def shared_memory():
        def same(x: Tensor) -> Tensor:
            return x

        def view(x: Tensor) -> Tensor:
            return x.view(-1)

        checked(define(same, like), x)
        checked(define(view, like), x)

    @case
    def wrong_formulas():
        checked(define(sine, like, lambda ctx, g: (g, g)), w)
        checked(define(sine, like, lambda ctx, g: 1 / 0), w)

    @case
    def errors_and_draws():
        def fails(x: Tensor) -> Tensor:
            raise ValueError("mine")

        def draws(x: Tensor) -> Tensor:
            return torch.rand(2)

        checked(define(fails, like), x)
        checked(define(draws, like), x)

    @case
    def every_kind_of_operator():
        def sine_(x: Tensor) -> Tensor:
            n = x.detach().numpy()
            np.sin(n, out=n)
            return x

        def sine_out(x: Tensor, *, out: Tensor) -> Tensor:
            return out.copy_(x.sin())

        def factory(device: torch.device) -> Tensor:
            return torch.ones(3)

        def weighted(xs: list[Tensor], w: list[float]) -> Tensor:
            return sum(a * b for a, b in zip(xs, w, strict=True))

        def copies(x: Tensor, n: int) -> list[Tensor]:
            return [x.clone() for _ in range(n)]

        def maybe(x: Tensor, y: Tensor | None = None, *, k: float = 2.0) -> tuple[Tensor, int]:
            return x * k, 3

        custom_op, tag = torch.library.custom_op, torch.Tag
        op = custom_op("opcheck::sine_", sine_, mutates_args={"x"}, tags=tag.inplace)
        checked(op, x.clone())
        op = custom_op("opcheck::sine_out", sine_out, mutates_args={"out"}, tags=tag.out)
        print(opcheck(op, (x,), {"out": torch.zeros(2)}))
        op = custom_op("opcheck::factory", factory, mutates_args=(), device_types="cpu")
        op.register_fake(lambda device: torch.empty(3))
        checked(op, torch.device("cpu"))
        op = define(weighted, lambda xs, w: like(xs[0]), lambda ctx, g: ([g * 2, g * 3], None))
        checked(op, [w, torch.ones(2)], [2.0, 3.0])
        op = define(copies, lambda x, n: [like(x)] * n, lambda ctx, gs: (sum(gs), None))
        checked(op, w, 1)
        op = define(copies, lambda x, n: [like(x) for _ in range(n)], lambda ctx, gs: (sum(gs), None))
        checked(op, w, 3)
        op = define(maybe, lambda x, y=None, k=2.0: (like(x), 3), lambda ctx, g, n: g * 2)
        checked(op, w)
        checked(op, w, None)

    @case
    def operators_within_operators():
        inner = define(sine, like, lambda ctx, g: g * 2)

        def outer(x: Tensor) -> Tensor:
            return inner(x) + 1

        checked(define(outer, lambda x: inner(x) + 1, lambda ctx, g: inner(g)), w)
        without = define(sine, None, lambda ctx, g: g * 2)
        checked(define(outer, like, lambda ctx, g: without(g)), w)

    @case
    def wrong_arguments():
        op = define(sine, like)
        attempt(lambda: opcheck(op, (x,), test_utils="foo"))
        attempt(lambda: opcheck(3, (x,)))
        attempt(lambda: opcheck(op, (x,), atol=1))
        attempt(lambda: opcheck(op, (1,)))
        attempt(lambda: opcheck(op, (x,), test_utils=("test_schema",)))
        attempt(lambda: opcheck(op._opoverload, (x,), rtol=1e-3, atol=1e-3))

    @case
    def operators_of_a_library():
        library = torch.library.Library("opcheck_library", "DEF")
        for name, fn in {
            "cpu": lambda x: x * 2,
            "same": lambda x: x,
            "writes": lambda x: x.add_(1).clone(),
        }.items():
            library.define(f"{name}(Tensor x) -> Tensor")
            library.impl(name, fn, "CPU")
        library.define("composite(Tensor x) -> Tensor")
        library.impl("composite", lambda x: x * 2)
        library.define("nothing(Tensor x) -> Tensor")
        ops = torch.ops.opcheck_library
        checked(ops.cpu, x)
        checked(ops.cpu, w)
        checked(ops.composite, x)
        checked(ops.composite, w)
        checked(ops.same, x)
        checked(ops.writes, x.clone())
        library.define("cpu.two(Tensor x, Tensor y) -> Tensor")
        return opcheck(ops.cpu, (x,))

    @case
    def built_in_operators():
        print(opcheck(torch.ops.aten.sin.default, (w,)))
        print(opcheck(torch.ops.aten.view.default, (w, [2, 1])))
        print(opcheck(torch.ops.aten.relu_.default, (x.clone(),)))
