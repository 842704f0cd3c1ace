"""`custom_op`: what its operators do, in the graph and outside, and what they refuse."""

import typing


def cases(torch, case):
    import numpy as np

    Tensor = torch.Tensor
    custom_op = torch.library.custom_op
    grad = torch.autograd.grad
    made = iter(range(1000))

    def leaf(*values):
        return torch.tensor(values or (1.0, 2.0), requires_grad=True)

    def attempt(fn):
        try:
            print(fn())
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

    def define(fn, mutates=(), **options):
        return custom_op(f"cases::op{next(made)}", fn, mutates_args=mutates, **options)

    def sine(x: Tensor) -> Tensor:
        return torch.from_numpy(np.sin(x.numpy(force=True)))

    def pair(x: Tensor, y: Tensor, f: float = 2.0) -> tuple[Tensor, Tensor]:
        return x * f, y * f

    # -- how it looks, and its gradient

    @case
    def what_it_is():
        op = custom_op("cases::looks", sine, mutates_args=())
        print(op, op._opoverload, op._schema, op._opoverload._schema, op._qualname, op._opoverload.tags)
        print(torch.ops.cases.looks, torch.ops.cases.looks.default is op._opoverload)
        print(op(torch.ones(2)), torch.ops.cases.looks(torch.ones(2)), op(x=torch.ones(2)))

    @case
    def without_a_formula():
        y = custom_op("cases::plain", sine, mutates_args=())(leaf())
        print(y, y.grad_fn.name(), y.grad_fn.next_functions[0][0].name())
        y.sum().backward()

    @case
    def a_formula_that_can_be_differentiated():
        op = custom_op("cases::sine", sine, mutates_args=())

        def setup_context(ctx, inputs, output):
            print(inputs, output, torch.is_grad_enabled())
            ctx.save_for_backward(*inputs)

        def backward(ctx, g):
            print(ctx.needs_input_grad)
            (x,) = ctx.saved_tensors
            return g * x.cos()

        op.register_autograd(backward, setup_context=setup_context)
        x = leaf()
        (first,) = grad(op(x).sum(), x, create_graph=True)
        (second,) = grad(first.sum(), x)
        with torch.no_grad():
            print(op(x))
        return first, second

    @case
    def what_a_formula_returns():
        x = leaf()
        for result in (
            lambda ctx, g: (g, g),
            lambda ctx, g: None,
            lambda ctx, g: (g,),
            lambda ctx, g: 1,
            lambda ctx, g: (),
            lambda ctx, g: [g],
            lambda ctx, g: torch.ones(3),
        ):
            op = custom_op("cases::returns", sine, mutates_args=())
            op.register_autograd(result)
            attempt(lambda op=op: grad(op(x).sum(), x))

    @case
    def several_results():
        op = define(pair)
        x, y = leaf(), torch.zeros(2)
        print(op(torch.ones(2), y))
        op.register_autograd(lambda ctx, g, h: (print(ctx.needs_input_grad, g, h), (g * 2, None, None))[1])
        print(grad(op(x, y)[0].sum(), x))
        op.register_autograd(lambda ctx, g, h: (g * 2, None))
        print(grad(op(x, y)[0].sum(), x))
        op.register_autograd(lambda ctx, g, h: (g, None, h))
        return grad(op(x, y, 3)[0].sum(), x)

    @case
    def defaults_that_are_left_out():
        op = define(pair)
        op.register_autograd(
            lambda ctx, g, h: (g, None, None), setup_context=lambda ctx, inputs, output: print(inputs)
        )
        x, y = leaf(), torch.zeros(2)
        for _ in (op(x, y), op(x, y, 2), op(x, y=y, f=3), op(x, f=2.0, y=y)):
            pass

    @case
    def keyword_only():
        def scaled(x: Tensor, *, by: float, n: int = 3) -> Tensor:
            return x * by

        op = define(scaled)

        def setup_context(ctx, inputs, keyword_only_inputs, output):
            print(inputs, keyword_only_inputs)
            ctx.by = keyword_only_inputs["by"]

        op.register_autograd(lambda ctx, g: g * ctx.by, setup_context=setup_context)
        x = leaf()
        return grad(op(x, by=3).sum(), x)

    @case
    def keyword_only_tensors():
        def fn(x: Tensor, *, y: Tensor) -> Tensor:
            return x + y

        return custom_op("cases::named_tensor", fn, mutates_args=())

    @case
    def a_setup_that_fails():
        def setup_context(ctx, inputs, output):
            raise KeyError("mine")

        op = define(sine)
        op.register_autograd(lambda ctx, g: g, setup_context=setup_context)
        return op(leaf())

    @case
    def lists_of_tensors():
        def weighted(xs: list[Tensor], w: list[float]) -> Tensor:
            return sum(a * b for a, b in zip(xs, w, strict=True))

        op = define(weighted)
        x = leaf()
        op.register_autograd(lambda ctx, g: (print(ctx.needs_input_grad), ([g * 2, None], None))[1])
        print(grad(op([x, torch.ones(2)], [1.0, 2.0]).sum(), x))
        for result in (
            lambda ctx, g: ([g], None),
            lambda ctx, g: (g, None),
            lambda ctx, g: [g, g],
            lambda ctx, g: ((g, g), None),
            lambda ctx, g: ([None, None], None),
            lambda ctx, g: ([g, 1], None),
            lambda ctx, g: ([g, g], [None, None]),
        ):
            op.register_autograd(result)
            attempt(lambda: grad(op([x, torch.ones(2)], [1.0, 2.0]).sum(), x))

    @case
    def lists_as_results():
        def copies(x: Tensor, n: int) -> list[Tensor]:
            return [x.clone() for _ in range(n)]

        def more(x: Tensor, n: int) -> tuple[list[Tensor], Tensor]:
            return [x.clone() for _ in range(n)], x + 1

        x = leaf()
        op, both = define(copies), define(more)
        op.register_autograd(lambda ctx, gs: (sum(gs), None))
        both.register_autograd(lambda ctx, gs, h: (sum(gs) + 2 * h, None))
        print(op(torch.ones(1), 2), type(op(x, 3)), op(x, 2)[0].shape)
        print(grad(op(x, 2)[0].sum(), x), grad(both(x, 2)[1].sum(), x), grad(both(x, 2)[0][1].sum(), x))

    @case
    def results_that_are_no_tensors():
        def count(x: Tensor) -> int:
            return int(x.sum())

        def mixed(x: Tensor) -> tuple[Tensor, int]:
            return x + 1, 3

        def integers(x: Tensor) -> Tensor:
            return (x * 2).to(torch.int64)

        count, mixed, integers = map(define, (count, mixed, integers))
        print(count(torch.ones(2)), count(leaf()), mixed(torch.ones(2))[1], mixed(leaf())[0].requires_grad)
        return integers(leaf())

    @case
    def optional_tensors():
        def plus(x: Tensor, y: typing.Optional[Tensor] = None) -> Tensor:  # noqa: UP045
            return x + 1 if y is None else x + y

        op = define(plus)
        op.register_autograd(lambda ctx, g: (print(ctx.needs_input_grad), g)[1])
        x = leaf()
        print(grad(op(x).sum(), x), grad(op(x, None).sum(), x))

    # -- what a kernel must not do

    @case
    def results_that_share_memory():
        x, y = torch.ones(2), torch.zeros(2)
        for result in (
            lambda x, y: (x, y),
            lambda x, y: (x + 1, x.view(-1)),
            lambda x, y: (y + 1,) * 2,
            lambda x, y: (y + 1, y + 2),
            lambda x, y: [y + 1, y + 2],
            lambda x, y: (y + 1, None),
            lambda x, y: None,
            lambda x, y: 3,
            lambda x, y: (y + 1, 3),
        ):

            def fn(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
                return result(x, y)  # noqa: B023

            op = custom_op("cases::shares", fn, mutates_args=())
            attempt(lambda op=op: op(x, y))

    @case
    def a_graph_inside():
        w = leaf()

        def fn(x: Tensor) -> Tensor:
            return x * w

        op = define(fn)
        print(op(torch.ones(2)), op(leaf()).requires_grad)
        w.sum().backward()
        return w.grad

    @case
    def a_view_of_its_own():
        def fn(x: Tensor) -> Tensor:
            return (x * 2)[:1]

        op = define(fn)
        y = op(torch.ones(2))
        print(y.mul_(leaf()[:1]).requires_grad)
        return op(leaf()).mul_(2)

    @case
    def operators_within_operators():
        inner = define(sine)

        def fn(x: Tensor) -> Tensor:
            return inner(x) + 1

        return define(fn)(leaf())

    # -- writes

    @case
    def writes_by_numpy():
        def fn(x: Tensor) -> None:
            n = x.numpy()
            np.sin(n, out=n)

        op = custom_op("cases::writes", fn, mutates_args={"x"}, device_types="cpu")
        x = torch.ones(2)
        print(op._opoverload._schema, op(x), x, x._version)
        w = leaf()
        print(op(w), w, w._version)
        z = leaf() * 1
        print(op(z), z.grad_fn.name(), z._version)
        s = leaf() * 1
        u = s * s
        op(s.detach())
        attempt(lambda: u.sum().backward())
        op.register_autograd(lambda ctx: None)

    @case
    def writes_by_operators():
        def fn(x: Tensor, out: Tensor) -> None:
            out.copy_(x * 2)

        op = custom_op("cases::into", fn, mutates_args=("out",))
        out, leafy = torch.zeros(2), leaf(0.0, 0.0)
        print(op(torch.ones(2), out), out, out._version, op(leaf(), out), out.requires_grad)
        return op(torch.ones(2), leafy), leafy

    @case
    def writes_to_anything():
        def fn(x: Tensor, y: typing.Optional[Tensor], z: list[Tensor], n: int) -> Tensor:  # noqa: UP045
            return x + 1

        op = custom_op("cases::unknown", fn, mutates_args="unknown")
        x = torch.ones(2)
        return op._opoverload._schema, op(x, None, [x], 1), x._version

    @case
    def tagged_in_place():
        def fn(x: Tensor) -> Tensor:
            n = x.detach().numpy()
            np.sin(n, out=n)
            return x

        op = custom_op("cases::sine_", fn, mutates_args={"x"}, tags=torch.Tag.inplace)
        x = torch.ones(2)
        print(op._opoverload._schema, op._opoverload.tags, op(x) is x, x, x._version)
        attempt(lambda: op.register_autograd(lambda ctx, g: g))
        op.register_fake(lambda x: x)

    @case
    def tagged_in_place_wrongly():
        def fn(x: Tensor) -> Tensor:
            return x.clone()

        return custom_op("cases::wrong_", fn, mutates_args={"x"}, tags=torch.Tag.inplace)(torch.ones(2))

    @case
    def tagged_out():
        def fn(x: Tensor, *, out: Tensor) -> Tensor:
            out.copy_(x.sin())
            return out

        def wrong(x: Tensor, *, out: Tensor) -> Tensor:
            return x + 1

        op = custom_op("cases::sine_out", fn, mutates_args={"out"}, tags=torch.Tag.out)
        out = torch.empty(2)
        print(op._opoverload._schema, op(torch.ones(2), out=out) is out, out, out._version)
        attempt(lambda: op(leaf(), out=out))
        attempt(lambda: op(torch.ones(2)))
        attempt(lambda: op.register_autograd(lambda ctx, g: g))
        return custom_op("cases::wrong_out", wrong, mutates_args={"out"}, tags=torch.Tag.out)(
            leaf().detach(), out=out
        )

    @case
    def tagged_both():
        return custom_op("cases::tags", sine, mutates_args=("x",), tags=(torch.Tag.out, torch.Tag.inplace))

    # -- how it is defined

    @case
    def wrong_definitions():
        def unannotated(x: Tensor, n) -> Tensor:
            return x

        def two(x: Tensor, n: int) -> Tensor:
            return x

        def no_result(x: Tensor):
            return x

        attempt(lambda: custom_op("cases::w", sine, mutates_args="foo"))
        attempt(lambda: custom_op("cases::w", sine, mutates_args=["foo"]))
        attempt(lambda: custom_op("w", sine, mutates_args=()))
        attempt(lambda: custom_op("cases::w::w", sine, mutates_args=()))
        attempt(lambda: custom_op("cases::w", sine))
        attempt(lambda: custom_op("cases::w", two, mutates_args=["n"]))
        attempt(lambda: custom_op("cases::w", unannotated, mutates_args=()))
        attempt(lambda: custom_op("cases::w", no_result, mutates_args=()))
        attempt(lambda: custom_op("cases::w", two, mutates_args=["x"], schema="(Tensor x, int n) -> Tensor"))
        attempt(lambda: custom_op("cases::w", two, mutates_args=(), schema="(Tensr x, int n) -> Tensor"))

    @case
    def a_schema_of_its_own():
        def fn(x, n=5):
            return x * n

        op = custom_op("cases::given", fn, mutates_args=(), schema="(Tensor x, int n=3) -> Tensor")
        return op(torch.ones(1)), op(torch.ones(1), 3), op(torch.ones(1), 4), op._opoverload._schema

    @case
    def kernels_by_device():
        def fn(x: Tensor) -> Tensor:
            return torch.zeros(1)

        op = custom_op("cases::by_device", fn, mutates_args=())
        x = torch.ones(2)
        print(op(x), op.register_kernel("cpu", lambda x: torch.ones(1)) is not None, op(x))
        with op.set_kernel_enabled("cpu", enabled=False):
            print(op(x))
        print(op(x))
        return op.register_kernel("foo", lambda x: x)

    @case
    def no_kernel_for_the_device():
        return custom_op("cases::elsewhere", sine, mutates_args=(), device_types="cuda")(torch.ones(2))

    @case
    def no_tensors():
        def factory(device: torch.device) -> Tensor:
            return torch.ones(3)

        def of_number(n: int) -> Tensor:
            return torch.ones(n)

        op = custom_op("cases::factory", factory, mutates_args=(), device_types="cpu")
        print(
            op("cpu"), op(device=torch.device("cpu")), custom_op("cases::ones", of_number, mutates_args=())(2)
        )
        attempt(lambda: op("cuda"))
        return custom_op("cases::ones2", of_number, mutates_args=(), device_types="cpu")

    @case
    def defined_anew():
        def other(x: Tensor) -> Tensor:
            return torch.zeros(5)

        custom_op("cases::again", sine, mutates_args=())
        op = custom_op("cases::again", other, mutates_args=())
        print(op(torch.ones(2)), torch.ops.cases.again(torch.ones(2)))
        torch.library.define("cases::again", "(Tensor x) -> Tensor")

    @case
    def a_view():
        op = custom_op(
            "cases::flat", lambda x: x.view(-1), mutates_args=(), schema="(Tensor(a) x) -> Tensor(a)"
        )
        x = torch.ones(2, 2)
        y = op(x)
        return y, y.data_ptr() == x.data_ptr(), op(torch.ones(2, 2, requires_grad=True)).requires_grad

    @case
    def calls_that_do_not_fit():
        op = custom_op("cases::fits", pair, mutates_args=())
        x = torch.ones(2)
        attempt(lambda: op(1, x))
        attempt(lambda: op(x))
        attempt(lambda: op(x, x, 1, 2))
        attempt(lambda: op(x, x, g=2))
        attempt(lambda: op(x, x, "a"))
