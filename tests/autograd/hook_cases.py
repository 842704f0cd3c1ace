"""Hooks of tensors and nodes: their order, what they may return, and how they go."""


def cases(torch, case):
    from_edge = torch.autograd.graph.get_gradient_edge
    multi = torch.autograd.graph.register_multi_grad_hook
    grad = torch.autograd.grad

    def leaf(*shape):
        return torch.ones(*shape, requires_grad=True)

    @case
    def the_order_of_all_kinds():
        x = leaf(2)
        y = x * 2
        z = y * 3
        y.register_hook(lambda g: print("y first", g))
        y.register_hook(lambda g: (print("y second", g), g * 10)[1])
        y.retain_grad()
        y.register_hook(lambda g: (print("y third", g), g + 1)[1])
        x.register_hook(lambda g: (print("x first", g), g * 2)[1])
        handle = x.register_hook(lambda g: print("x second", g))
        x.register_post_accumulate_grad_hook(lambda t: print("post", t, t.grad))
        y.grad_fn.register_hook(lambda given, came: print("node", given, came))
        y.grad_fn.register_prehook(lambda came: print("before node", came))
        z.sum().backward(retain_graph=True)
        handle.remove()
        z.sum().backward()
        return y.grad, x.grad

    @case
    def leaves_of_one_node_in_the_order_of_its_inputs():
        a, b = leaf(2), leaf(2)
        a.register_hook(lambda g: print("a"))
        b.register_hook(lambda g: print("b"))
        (a * b).sum().backward()

    @case
    def the_latest_node_runs_first():
        x = leaf(2)
        y = x * 2
        z = x * 3
        y.register_hook(lambda g: print("y"))
        z.register_hook(lambda g: print("z"))
        x.register_hook(lambda g: print("x", g))
        (y + z).sum().backward()

    @case
    def a_hook_of_a_leaf_runs_under_grad_too():
        x = leaf(2)
        x.register_hook(lambda g: g * 5)
        x.register_post_accumulate_grad_hook(lambda t: print("post"))
        return grad((x * 2).sum(), x), x.grad

    @case
    def a_hook_of_a_differentiated_tensor():
        y = leaf(2) * 2
        y.register_hook(lambda g: g * 5)
        y.register_hook(lambda g: print(g))
        return grad((y * 2).sum(), y)

    @case
    def a_hook_that_changes_the_size():
        x = leaf(2)
        x.register_hook(lambda g: g.sum())
        (x * 2).sum().backward()

    @case
    def a_hook_that_changes_the_dtype():
        x = leaf(2)
        x.register_hook(lambda g: g.double())
        (x * 2).sum().backward()

    @case
    def a_hook_that_returns_a_number():
        x = leaf(2)
        x.register_hook(lambda g: 3)
        (x * 2).sum().backward()

    @case
    def a_hook_that_writes_to_the_gradient():
        x = leaf(2)
        x.register_hook(lambda g: g.mul_(5))
        (x * 2).sum().backward()
        return x.grad

    @case
    def grad_mode_inside_hooks():
        x = leaf(2)
        y = x * x
        y.register_hook(lambda g: print(g, torch.is_grad_enabled()))
        y.grad_fn.register_hook(lambda given, came: print(given, came, torch.is_grad_enabled()))
        grad(y.sum(), x, create_graph=True)
        y.sum().backward()

    @case
    def a_hook_that_registers_another():
        x = leaf(2)

        def outer(g):
            print("outer")
            x.register_hook(lambda g: print("inner"))

        x.register_hook(outer)
        y = (x * 2).sum()
        y.backward(retain_graph=True)
        y.backward()

    @case
    def a_hook_that_removes_another():
        x = leaf(2)
        handles = []

        def first(g):
            print("first")
            handles[1].remove()

        handles.append(x.register_hook(first))
        handles.append(x.register_hook(lambda g: print("second")))
        y = (x * 2).sum()
        y.backward(retain_graph=True)
        y.backward()

    @case
    def a_handle_as_a_context():
        x = leaf(2)
        with x.register_hook(lambda g: print("in the block")):
            (x * 2).sum().backward()
        (x * 2).sum().backward()

    @case
    def a_hook_stays_while_requires_grad_is_off():
        x = leaf(2)
        x.register_hook(lambda g: print("hook"))
        x.register_post_accumulate_grad_hook(lambda t: print("post"))
        x.requires_grad = False
        x.requires_grad = True
        (x * 2).sum().backward()

    @case
    def hooks_and_retained_gradients_at_a_write():
        x = leaf(2)
        y = x * 1
        y.register_hook(lambda g: print("before the write", g))
        y.retain_grad()
        y.mul_(2)
        y.register_hook(lambda g: print("after the write", g))
        y.sum().backward()
        return y.grad, x.grad

    @case
    def a_hook_needs_a_gradient():
        torch.ones(1).register_hook(lambda g: g)

    @case
    def a_post_hook_needs_a_leaf():
        (leaf(1) * 2).register_post_accumulate_grad_hook(lambda t: None)

    @case
    def a_post_hook_needs_a_gradient():
        torch.ones(1).register_post_accumulate_grad_hook(lambda t: None)

    @case
    def a_post_hook_returns_nothing():
        x = leaf(2)
        x.register_post_accumulate_grad_hook(lambda t: 3)
        (x * 2).sum().backward()

    @case
    def a_post_hook_that_steps():
        x = leaf(2)

        def step(t):
            with torch.no_grad():
                t.sub_(0.1 * t.grad)
            t.grad = None

        x.register_post_accumulate_grad_hook(step)
        for _ in range(3):
            (x * x).sum().backward()
        return x, x.grad

    # -- of nodes

    @case
    def a_node_hook_with_too_few_gradients():
        y = leaf(2) * leaf(2)
        y.grad_fn.register_hook(lambda given, came: (given[0],))
        y.sum().backward()

    @case
    def a_node_hook_that_returns_a_tensor():
        y = leaf(2) * leaf(2)
        y.grad_fn.register_hook(lambda given, came: given[0])
        y.sum().backward()

    @case
    def a_node_hook_that_replaces_gradients():
        a, b = leaf(2), leaf(2)
        y = a * b
        y.grad_fn.register_hook(lambda given, came: (given[0] * 2, given[1] * 3))
        y.sum().backward()
        return a.grad, b.grad

    @case
    def a_node_hook_sees_numbers_as_inputs():
        y = leaf(2) * 2
        y.grad_fn.register_hook(lambda given, came: print(given, came))
        y.sum().backward()

    @case
    def a_node_prehook_that_replaces_gradients():
        x = leaf(2)
        y = x * 2
        y.grad_fn.register_prehook(lambda came: (came[0] * 2,))
        y.sum().backward()
        return x.grad

    @case
    def a_node_prehook_that_returns_a_tensor():
        y = leaf(2) * 2
        y.grad_fn.register_prehook(lambda came: came[0])
        y.sum().backward()

    @case
    def a_node_prehook_with_too_many_gradients():
        y = leaf(2) * 2
        y.grad_fn.register_prehook(lambda came: (came[0], came[0]))
        y.sum().backward()

    @case
    def a_hook_of_a_leafs_node():
        x = leaf(2)
        node = (x * 2).grad_fn.next_functions[0][0]
        node.register_hook(lambda given, came: print("after", given, came))
        node.register_prehook(lambda came: print("before", came))
        (x * 2).sum().backward()

    @case
    def a_hook_of_one_of_several_results():
        x = torch.tensor([[1.0, 3.0], [2.0, 0.0]], requires_grad=True)
        first, second = x.unbind(0)
        first.register_hook(lambda g: print("first", g))
        second.register_hook(lambda g: print("second", g))
        (first * second).sum().backward()

    @case
    def an_error_in_a_hook():
        x = leaf(2)

        def broken(g):
            raise KeyError("broken")

        x.register_hook(broken)
        (x * 2).sum().backward()

    # -- of several tensors

    @case
    def all_gradients():
        a, b, c = leaf(2), leaf(2), leaf(2)
        multi((a, b, c), lambda grads: print(grads))
        (a * b).sum().backward()
        (a * b * c).sum().backward()

    @case
    def any_gradient():
        a, b = leaf(2), leaf(2)
        handle = multi((a, b), lambda g: print(g), mode="any")
        (a * b).sum().backward()
        handle.remove()
        (a * b).sum().backward()

    @case
    def all_gradients_of_a_restricted_pass():
        a, b = leaf(2), leaf(2)
        c = a * b
        multi((a, b, c), lambda grads: print([g is not None for g in grads]))
        c.sum().backward(retain_graph=True)
        c.sum().backward(inputs=(a,), retain_graph=True)

    @case
    def neither_all_nor_any():
        multi((leaf(1),), print, mode="some")

    @case
    def all_gradients_need_gradients():
        multi((torch.ones(1),), print)

    # -- edges

    @case
    def an_edge_stands_for_a_tensor():
        x = leaf(3)
        y = x * 2
        return grad(from_edge(y), from_edge(x), torch.ones(3)), grad(y.sum(), from_edge(y))

    @case
    def the_edges_of_a_leaf_and_a_result():
        x = leaf(3)
        return from_edge(x), from_edge(x * 2)

    @case
    def an_edge_needs_a_gradient():
        from_edge(torch.ones(1))

    @case
    def edges_have_no_batches():
        x = leaf(2)
        grad(from_edge(x * 2), x, torch.ones(2, 2), is_grads_batched=True)

    @case
    def nothing_stands_for_an_unused_edge():
        x = leaf(2)
        grad(x.sum(), from_edge(leaf(1)), materialize_grads=True)
