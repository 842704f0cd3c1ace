"""Saved tensors: writes to them, their attributes, and the hooks on them."""


def cases(torch, case):
    graph = torch.autograd.graph
    hooks = graph.saved_tensors_hooks

    def leaf(*shape):
        return torch.ones(*shape, requires_grad=True)

    # -- writes

    @case
    def an_operand_written_to():
        x = leaf(2)
        y = x * 1
        z = y * y
        y.add_(1)
        z.sum().backward()

    @case
    def an_operand_written_to_outside_the_graph():
        y = leaf(2) * 1
        z = y * y
        with torch.no_grad():
            y.add_(1)
        z.sum().backward()

    @case
    def a_result_written_to():
        z = (leaf(2) * 1).exp()
        z.add_(1)
        z.sum().backward()

    @case
    def an_operand_written_to_where_the_result_is_saved():
        x = leaf(2)
        y = x * 1
        z = y.exp()
        y.add_(1)
        z.sum().backward()
        return x.grad

    @case
    def an_operand_written_to_where_nothing_is_saved():
        x = leaf(2)
        y = x * 1
        z = y + 1
        y.add_(1)
        z.sum().backward()
        return x.grad

    @case
    def a_constant_written_to():
        x, c = leaf(2), torch.ones(2)
        z = x * c
        c.add_(1)
        z.sum().backward()

    @case
    def a_leaf_written_to_outside_the_graph():
        w = leaf(2)
        z = (w * w).sum()
        with torch.no_grad():
            w -= 0.1
        z.backward()

    @case
    def an_operand_written_to_through_a_view():
        y = leaf(2) * 1
        z = y * y
        y.view(2, 1).add_(1)
        z.sum().backward()

    @case
    def a_half_operand_written_to():
        y = leaf(2).half() * 1
        z = y * y
        y.add_(1)
        z.sum().backward()

    @case
    def a_complex_operand_written_to():
        y = torch.ones(2, 2, dtype=torch.complex64, requires_grad=True) * 1
        z = y * y
        y.add_(1)
        z.sum().abs().backward()

    @case
    def a_scaled_sum_is_no_use_of_its_factor():
        x = leaf(2)
        y = torch.add(x, x, alpha=2).sum()
        y.backward()
        y.backward()
        return x.grad

    @case
    def a_number_in_a_tensors_place_is_freed():
        y = (leaf(2) * 2).sum()
        y.backward()
        y.backward()

    # -- attributes

    @case
    def the_operands_of_a_product():
        x = leaf(2)
        node = (x * (x + 1)).grad_fn
        return node._saved_self, node._saved_other, node._saved_self is x

    @case
    def the_operand_that_is_not_needed():
        node = (leaf(2) * torch.full((2,), 3.0)).grad_fn
        return node._saved_self, node._saved_other

    @case
    def the_result_of_an_exponential():
        y = leaf(2).exp()
        return y.grad_fn._saved_result, y.grad_fn._saved_result is y

    @case
    def the_exponent_of_a_power():
        node = (leaf(2) ** 3).grad_fn
        return node._saved_exponent, node._saved_self

    @case
    def what_is_not_saved():
        return (leaf(2) ** 3).grad_fn._saved_nothing

    @case
    def an_attribute_after_the_pass():
        y = leaf(2) * leaf(2)
        y.sum().backward()
        return y.grad_fn._saved_self

    @case
    def an_attribute_after_a_write():
        y = leaf(2) * 1
        z = y * y
        y.add_(1)
        return z.grad_fn._saved_self

    # -- hooks

    @case
    def the_hooks_get_the_operands():
        def pack(t):
            print("pack", t, torch.is_grad_enabled())
            return (t,)

        def unpack(packed):
            print("unpack", packed, torch.is_grad_enabled())
            return packed[0]

        x = leaf(3)
        with hooks(pack, unpack):
            y = x * x
            z = (y * 2 + 1) * y
        z.sum().backward()
        return x.grad

    @case
    def the_unpacked_tensor_is_what_counts():
        x = leaf(3)
        with hooks(lambda t: t, lambda t: t * 2):
            y = x * x
        y.sum().backward()
        return x.grad

    @case
    def unpacking_to_another_dtype():
        x = leaf(3)
        with hooks(lambda t: t.half(), lambda t: t):
            y = x * x
        y.sum().backward()
        return x.grad

    @case
    def unpacking_to_a_number():
        x = leaf(3)
        with hooks(lambda t: 3, lambda t: 4):
            y = x * x
        y.sum().backward()

    @case
    def packing_that_writes():
        with hooks(lambda t: t.mul_(2), lambda t: t):
            leaf(3) * (leaf(3) * 1)

    @case
    def the_innermost_hooks_count():
        x = leaf(3)
        with (
            hooks(lambda t: print("outer") or t, lambda t: t),
            hooks(lambda t: print("inner") or t, lambda t: t),
        ):
            x * x

    @case
    def hooks_under_create_graph():
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        with hooks(lambda t: t, lambda t: t):
            y = x**3
        (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        return g, torch.autograd.grad(g.sum(), x)

    @case
    def hooks_of_a_custom_function():
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                y = x * x
                ctx.save_for_backward(x, y)
                return y

            @staticmethod
            def backward(ctx, g):
                x, y = ctx.saved_tensors
                print(x, y)
                return 2 * x * g

        x = leaf(2)
        with hooks(lambda t: print("pack", t) or t, lambda t: print("unpack", t) or t):
            z = x * 1
            y = Square.apply(z)
        y.sum().backward()

    @case
    def where_hooks_are_refused():
        with graph.disable_saved_tensors_hooks("not here"):
            with hooks(lambda t: t, lambda t: t):
                pass

    @case
    def where_hooks_were_set():
        with hooks(lambda t: t, lambda t: t):
            with graph.disable_saved_tensors_hooks("not here"):
                pass

    @case
    def kept_in_the_hosts_memory():
        x = leaf(3)
        with graph.save_on_cpu():
            y = x * x
        y.sum().backward()
        return x.grad

    @case
    def a_counted_write():
        x = leaf(2)
        y = x * x
        graph.increment_version(x)
        print(x._version)
        y.sum().backward()
