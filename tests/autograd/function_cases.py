"""Custom functions: what their methods get, may return and must not do."""


def cases(torch, case):
    Function = torch.autograd.Function
    once_differentiable = torch.autograd.function.once_differentiable
    grad = torch.autograd.grad

    def leaf(*shape):
        return torch.ones(*shape, requires_grad=True)

    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.factor = 2
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return ctx.factor * x * g

    def made(forward, backward=None, **methods):
        methods["forward"] = forward
        if backward is not None:
            methods["backward"] = backward
        return type("MyFn", (Function,), {name: staticmethod(fn) for name, fn in methods.items()})

    def times_one(ctx, x):
        return x * 1

    def run(forward, backward=None, *args, **methods):
        args = args or (leaf(3),)
        out = made(forward, backward, **methods).apply(*args)
        (out[0] if isinstance(out, tuple) else out).sum().backward()
        return out, [a.grad if isinstance(a, torch.Tensor) else a for a in args]

    # -- how it looks

    @case
    def the_node():
        x = leaf(3)
        y = Square.apply(x)
        node = y.grad_fn
        print(y, node, node.name(), type(node), node.factor, node.needs_input_grad, node.next_functions)
        print(node.saved_tensors, node.saved_tensors[0] is x, node.metadata)
        print(isinstance(node, torch.autograd.graph.Node), isinstance(node, Square))
        print(Square._backward_cls, type(node)._forward_cls)

    @case
    def the_gradient():
        x = torch.tensor([1.0, 2.0, -3.0], requires_grad=True)
        Square.apply(x).sum().backward()
        return x.grad

    @case
    def twice():
        y = Square.apply(leaf(3)).sum()
        y.backward()
        y.backward()

    @case
    def twice_where_nothing_was_saved():
        y = made(times_one, lambda ctx, g: g).apply(leaf(3)).sum()
        y.backward()
        y.backward()

    @case
    def twice_where_what_was_saved_is_not_read():
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 1

        y = made(forward, lambda ctx, g: g).apply(leaf(3)).sum()
        y.backward()
        y.backward()

    @case
    def gradients_of_gradients():
        x = torch.tensor([1.0, 2.0, -3.0], requires_grad=True)
        (g,) = grad(Square.apply(x).sum(), x, create_graph=True)
        return g, grad(g.sum(), x)

    @case
    def mixed_second_derivatives():
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        def backward(ctx, g):
            a, b = ctx.saved_tensors
            return g * b, g * a

        x, y = leaf(3), leaf(3)
        (g,) = grad(made(forward, backward).apply(x, y).sum(), x, create_graph=True)
        return g, grad(g.sum(), (x, y), allow_unused=True)

    @case
    def an_instance_is_of_no_use():
        Square()(leaf(3))

    @case
    def the_base_class_has_no_forward():
        Function.apply(leaf(3))

    @case
    def keyword_arguments():
        def forward(ctx, x, factor=2):
            return x * factor

        my_fn = made(forward, lambda ctx, g, *rest: (g, None))
        x = leaf(3)
        return my_fn.apply(x), my_fn.apply(x, 3), my_fn.apply(x, factor=4), my_fn.apply(x=x)

    @case
    def tensors_as_keyword_arguments():
        out = made(lambda ctx, a, b=2: a * b, lambda ctx, g: g).apply(leaf(3), b=leaf(3))
        print(out.grad_fn.needs_input_grad)
        out.sum().backward()

    # -- what backward returns

    @case
    def no_backward():
        run(times_one)

    @case
    def no_gradient():
        return run(times_one, lambda ctx, g: None)

    @case
    def too_many_gradients():
        run(times_one, lambda ctx, g: (g, g))

    @case
    def nones_too_many():
        return run(times_one, lambda ctx, g: (g, None, None))

    @case
    def too_few_gradients():
        run(lambda ctx, x, y: x * y, lambda ctx, g: g, leaf(3), leaf(3))

    @case
    def a_gradient_of_another_shape():
        run(times_one, lambda ctx, g: torch.ones(2))

    @case
    def a_gradient_that_was_broadcast():
        return run(times_one, lambda ctx, g: g.expand(2, 3), leaf(3))

    @case
    def a_number_for_a_gradient():
        run(times_one, lambda ctx, g: 3.0)

    @case
    def a_list_of_gradients():
        run(times_one, lambda ctx, g: [g])

    @case
    def gradients_of_other_dtypes():
        return run(times_one, lambda ctx, g: g.double(), leaf(3)), run(
            times_one, lambda ctx, g: g.long(), leaf(3)
        )

    @case
    def a_gradient_for_what_requires_none():
        return run(lambda ctx, x, y: x * y, lambda ctx, g: (g, g), leaf(3), torch.ones(3))

    @case
    def a_gradient_for_a_number():
        run(lambda ctx, x, y: x * y, lambda ctx, g: (g, g), leaf(3), 2)

    @case
    def an_error_in_backward():
        def broken(ctx, g):
            raise ValueError("broken")

        run(times_one, broken)

    @case
    def an_error_in_forward():
        def broken(ctx, x):
            raise KeyError("broken")

        made(broken).apply(leaf(3))

    @case
    def a_gradient_written_to():
        def backward(ctx, g):
            g.mul_(2)
            return g

        x = leaf(3)
        (made(times_one, backward).apply(x) * 3).sum().backward()
        return x.grad

    # -- what forward returns

    @case
    def outputs_that_are_no_tensors():
        def backward(ctx, g, *rest):
            print(g, rest)
            return g

        def forward(ctx, x):
            return x * 1, "text", None

        return run(forward, backward), made(lambda ctx, x: None).apply(leaf(3))

    @case
    def a_list_of_outputs():
        return made(lambda ctx, x: [x * 1, x * 2], lambda ctx, *g: g[0]).apply(leaf(3))

    @case
    def a_tuple_of_one_output():
        return made(lambda ctx, x: (x * 1,), lambda ctx, g: g).apply(leaf(3))

    @case
    def integer_outputs():
        def backward(ctx, g, h):
            print(g, h)
            return g

        return run(lambda ctx, x: (x * 1, torch.ones(2, dtype=torch.int64)), backward)

    @case
    def an_output_without_a_gradient():
        def backward(ctx, g, h):
            print(g, h)
            return g

        return run(lambda ctx, x: (x * 1, x * 2), backward)

    @case
    def an_output_without_a_gradient_stays_none():
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        def backward(ctx, g, h):
            print(g, h)
            return g

        return run(forward, backward)

    @case
    def a_non_differentiable_output():
        def forward(ctx, x):
            a, b = x * 1, x * 2
            ctx.mark_non_differentiable(b)
            return a, b

        def backward(ctx, g, h):
            print(g, h)
            return g

        return run(forward, backward)

    @case
    def a_non_differentiable_input():
        def forward(ctx, x):
            ctx.mark_non_differentiable(x)
            return x

        x = leaf(3)
        out = made(forward, lambda ctx, g: g).apply(x)
        return out, out is x

    @case
    def one_output_twice():
        def forward(ctx, x):
            y = x * 2
            return y, y

        def backward(ctx, g, h):
            print(g, h)
            return g + h

        x = leaf(3)
        a, b = made(forward, backward).apply(x)
        return a, b, a is b, grad(a.sum() + b.sum(), x)

    @case
    def an_input_returned():
        x = leaf(3)
        out = made(lambda ctx, x: x, lambda ctx, g: g * 2).apply(x)
        out.sum().backward()
        return out, out is x, out._is_view(), out._base is x, x.grad

    @case
    def an_input_returned_twice():
        x = leaf(3)
        a, b = made(lambda ctx, x: (x, x), lambda ctx, g, h: g + h).apply(x)
        return a, b, a is b, grad(a.sum() + b.sum(), x)

    @case
    def a_view_returned():
        x = leaf(3)
        out = made(lambda ctx, x: x.view(-1), lambda ctx, g: g * 2).apply(x)
        print(out, out._is_view(), out._base is x)
        out += 1

    @case
    def a_returned_input_written_to():
        out = made(lambda ctx, x: x, lambda ctx, g: g * 2).apply(leaf(3) * 1)
        out.add_(1)

    @case
    def several_views_returned():
        out = made(lambda ctx, x: (x.view(-1), x.view(-1)), lambda ctx, g, h: g).apply(leaf(3) * 1)
        out[0].add_(1)

    @case
    def a_detached_input_returned():
        out = made(lambda ctx, x: x.detach(), lambda ctx, g: g).apply(leaf(3))
        return out, out._is_view()

    @case
    def graph_made_inside_forward():
        def forward(ctx, x):
            with torch.enable_grad():
                return x * 2

        x = leaf(3)
        out = made(forward, lambda ctx, g: g).apply(x)
        return out, grad(out.sum(), x)

    @case
    def graph_of_something_else_made_inside_forward():
        other = leaf(3)

        def forward(ctx, x):
            with torch.enable_grad():
                return other * 2

        return made(forward, lambda ctx, g: g).apply(torch.ones(3))

    # -- writing to inputs

    def adds_one(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x

    @case
    def a_dirty_input():
        x = leaf(3)
        y = x * 1
        out = made(adds_one, lambda ctx, g: g * 2).apply(y)
        out.sum().backward()
        return out, out is y, y.grad_fn, y._version, x.grad

    @case
    def a_dirty_leaf():
        made(adds_one, lambda ctx, g: g).apply(leaf(3))

    @case
    def a_dirty_view():
        x = leaf(3)
        y = x * 1
        view = y.narrow(0, 0, 2)
        out = made(adds_one, lambda ctx, g: g * 2).apply(view)
        y.sum().backward()
        return out, out is view, y.grad_fn, y, x.grad

    @case
    def a_dirty_input_not_returned():
        def forward(ctx, x):
            x.add_(1)
            ctx.mark_dirty(x)
            return x * 2

        made(forward, lambda ctx, g: g).apply(leaf(3) * 1)

    @case
    def a_dirty_tensor_that_is_no_input():
        def forward(ctx, x):
            y = x * 2
            ctx.mark_dirty(y)
            return y

        return made(forward, lambda ctx, g: g).apply(leaf(3) * 1)

    @case
    def a_dirty_number():
        def forward(ctx, x):
            ctx.mark_dirty(3)
            return x * 1

        made(forward, lambda ctx, g: g).apply(leaf(3))

    # -- saving

    @case
    def saving_a_number():
        def forward(ctx, x):
            ctx.save_for_backward(x, 3)
            return x * 1

        made(forward, lambda ctx, g: g).apply(leaf(3))

    @case
    def saving_none():
        def forward(ctx, x):
            ctx.save_for_backward(x, None)
            return x * 1

        run(forward, lambda ctx, g: (print(ctx.saved_tensors), g)[1])

    @case
    def saving_twice():
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.save_for_backward(x, x)
            print(ctx.saved_tensors)
            return x * 1

        run(forward, lambda ctx, g: (print(len(ctx.saved_tensors)), g)[1])

    @case
    def saving_an_output():
        def forward(ctx, x):
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        x = leaf(3)
        out = made(forward, lambda ctx, g: (print(ctx.saved_tensors), g * ctx.saved_tensors[0])[1]).apply(x)
        out.sum().backward()
        return x.grad

    @case
    def a_saved_output_written_to():
        def forward(ctx, x):
            out = x * 2
            ctx.save_for_backward(out)
            return out

        out = made(forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(leaf(3))
        out.add_(1)
        out.sum().backward()

    @case
    def a_saved_input_written_to():
        x = leaf(3) * 1
        out = Square.apply(x)
        x.add_(1)
        out.sum().backward()

    @case
    def a_saved_constant_written_to():
        def forward(ctx, a, b):
            ctx.save_for_backward(b)
            return a * b

        constant = torch.ones(3)
        out = made(forward, lambda ctx, g: (g * ctx.saved_tensors[0], None)).apply(leaf(3), constant)
        constant.add_(1)
        out.sum().backward()

    @case
    def saved_tensors_after_the_pass():
        out = Square.apply(leaf(3))
        out.sum().backward()
        return out.grad_fn.saved_tensors

    @case
    def saved_variables_is_an_older_name():
        out = Square.apply(leaf(3))
        return out.grad_fn.saved_variables

    @case
    def an_intermediate_on_the_context():
        def forward(ctx, x):
            ctx.double = x * 2
            return x * 1

        x = leaf(3)
        out = made(forward, lambda ctx, g: g * ctx.double).apply(x)
        return grad(out.sum(), x), out.grad_fn.double

    @case
    def inference_tensors_are_not_saved():
        def forward(ctx, a, b):
            ctx.save_for_backward(b)
            return a * b

        with torch.inference_mode():
            constant = torch.ones(3)
        made(forward, lambda ctx, g: (g, None)).apply(leaf(3), constant)

    # -- modes

    @case
    def without_gradients():
        x = leaf(3)
        with torch.no_grad():
            return Square.apply(x), Square.apply(torch.ones(3))

    @case
    def what_needs_a_gradient():
        def forward(ctx, a, b, c):
            print(ctx.needs_input_grad, torch.is_grad_enabled())
            return a * 1

        def backward(ctx, g):
            print(ctx.needs_input_grad, torch.is_grad_enabled())
            return g, None, None

        run(forward, backward, leaf(3), torch.ones(3), 3)

    @case
    def tensors_in_containers_get_no_gradient():
        x = leaf(3)
        return made(lambda ctx, d: d["x"] * 2).apply({"x": x}), made(lambda ctx, xs: xs[0] * 2).apply([x])

    @case
    def a_pass_within_backward():
        def backward(ctx, g):
            with torch.enable_grad():
                z = leaf(3)
                (z * z).sum().backward()
            return g * z.grad

        return run(times_one, backward, leaf(3))

    # -- setup_context

    @case
    def a_context_set_up_apart():
        def setup_context(ctx, inputs, output):
            print(inputs, output, ctx.needs_input_grad, torch.is_grad_enabled())
            ctx.save_for_backward(inputs[0])

        def backward(ctx, g, h):
            return g * ctx.saved_tensors[0], None

        return run(lambda x, n: (x * n, n), backward, leaf(3), 2, setup_context=setup_context)

    @case
    def a_context_set_up_apart_binds_defaults():
        def setup_context(ctx, inputs, output):
            print(inputs)

        return run(lambda x, n=5: x * n, lambda ctx, g: (g, None), leaf(3), setup_context=setup_context)

    @case
    def a_context_set_up_apart_needs_a_forward_without_one():
        run(lambda ctx, x: x * 1, lambda ctx, g: g, leaf(3), setup_context=lambda *a: None)

    # -- the rest

    @case
    def differentiable_once():
        x, weight = leaf(3), leaf(3)
        my_fn = made(times_one, once_differentiable(lambda ctx, g: g * 2))
        (g,) = grad(my_fn.apply(x), x, weight, create_graph=True)
        print(g, g.requires_grad)
        g.sum().backward()

    @case
    def differentiable_once_without_a_second_time():
        x = leaf(3)
        my_fn = made(times_one, once_differentiable(lambda ctx, g: g * 2))
        (g,) = grad(my_fn.apply(x).sum(), x, create_graph=True)
        return g, g.requires_grad

    @case
    def vjp_is_another_name_of_backward():
        x = leaf(3)
        made(times_one, vjp=lambda ctx, g: g * 3).apply(x).sum().backward()
        return x.grad

    @case
    def vjp_and_backward():
        made(times_one, lambda ctx, g: g, vjp=lambda ctx, g: g).apply(leaf(3)).sum().backward()

    @case
    def methods_that_are_not_static():
        class Plain(Function):
            def forward(self, x):
                return x * 1

            def backward(self, g):
                return g * 2

        x = leaf(3)
        Plain.apply(x).sum().backward()
        return x.grad

    @case
    def vmap():
        Function.vmap(None, None, None)

    @case
    def jvp():
        Function.jvp(None)

    @case
    def hooks_of_the_node():
        out = Square.apply(leaf(3))
        out.grad_fn.register_hook(lambda given, came: print("after", given, came))
        out.grad_fn.register_prehook(lambda came: print("before", came))
        out.sum().backward()

    @case
    def hooks_of_several_outputs():
        a, b = made(lambda ctx, x: (x * 1, x * 2), lambda ctx, g, h: g + h).apply(leaf(3))
        a.register_hook(lambda g: print("a", g))
        b.register_hook(lambda g: print("b", g))
        a.retain_grad()
        (a + b).sum().backward()
        return a.grad
