"""`backward` and `grad`: what they give, and what they refuse."""


def cases(torch, case):
    backward, grad = torch.autograd.backward, torch.autograd.grad

    def leaf(*shape, **options):
        return torch.ones(*shape, requires_grad=True, **options)

    # -- Tensor.backward and autograd.backward

    @case
    def a_gradient_is_implied_for_scalars_only():
        (leaf(3) * 2).backward()

    @case
    def no_gradient_is_implied_for_complex_scalars():
        leaf(3, dtype=torch.complex64).sum().backward()

    @case
    def one_element_of_any_shape_is_a_scalar():
        x = leaf(1, 1)
        (x * 2).backward()
        return x.grad

    @case
    def something_must_require_grad():
        torch.ones(1).backward()

    @case
    def the_second_of_several_must_require_grad_too():
        backward([leaf(1) * 2, torch.ones(1)])

    @case
    def gradients_have_the_outputs_shape():
        (leaf(3) * 2).backward(torch.ones(2))

    @case
    def gradients_are_not_broadcast():
        (leaf(3) * 2).backward(torch.ones(1))

    @case
    def a_gradient_of_another_dtype_is_converted():
        x = leaf(3)
        (x * 2).backward(torch.ones(3, dtype=torch.float64))
        (x * 2).backward(torch.ones(3, dtype=torch.int64))
        return x.grad

    @case
    def a_gradient_of_a_real_output_is_real():
        (leaf(3) * 2).backward(torch.ones(3, dtype=torch.complex64))

    @case
    def a_list_is_no_gradient():
        (leaf(3) * 2).backward([1, 2, 3])

    @case
    def a_number_is_no_gradient():
        (leaf(3) * 2).sum().backward(2.0)

    @case
    def there_are_as_many_gradients_as_outputs():
        x = leaf(3)
        backward([x * 2, x * 3], [torch.ones(3)])

    @case
    def none_is_a_gradient_for_scalars_only():
        x = leaf(3)
        backward([x * 2, x * 3], [torch.ones(3), None])

    @case
    def nothing_to_differentiate_is_no_error():
        return backward([])

    @case
    def an_output_is_a_tensor():
        backward([leaf(1), 3])

    @case
    def outputs_within_one_another():
        x = leaf(2)
        y = x * 2
        backward([y.sum(), y], [None, torch.ones(2)])
        return x.grad

    @case
    def one_output_twice():
        x = leaf(2)
        y = x.sum()
        backward([y, y])
        return x.grad

    @case
    def of_a_leaf_itself():
        x = leaf(2)
        x.backward(torch.ones(2))
        return x.grad

    @case
    def grad_variables_is_an_older_name():
        x = leaf(3)
        backward([x * 2], grad_variables=[torch.ones(3)])
        return x.grad

    @case
    def both_names_at_once():
        backward([leaf(3) * 2], [torch.ones(3)], grad_variables=[torch.ones(3)])

    @case
    def twice_without_retaining():
        y = (leaf(3) * leaf(3)).sum()
        y.backward()
        y.backward()

    @case
    def twice_where_nothing_was_saved():
        x = leaf(3)
        y = (x + 1).sum()
        y.backward()
        y.backward()
        return x.grad

    @case
    def twice_with_retaining():
        x = leaf(3)
        y = (x * x).sum()
        y.backward(retain_graph=True)
        y.backward(None, True)
        y.backward(torch.tensor(2.0))
        return x.grad

    @case
    def a_shared_part_that_was_freed():
        y = leaf(2).exp()
        (y * 2).sum().backward()
        (y * 3).sum().backward()

    @case
    def a_shared_part_that_saved_nothing():
        x = leaf(2)
        y = x + 1
        (y * 2).sum().backward()
        (y * 3).sum().backward()
        return x.grad

    # -- inputs=

    @case
    def inputs_must_not_be_empty():
        (leaf(1) * 2).backward(inputs=[])

    @case
    def only_the_inputs_get_a_gradient():
        a, b = leaf(2), leaf(2)
        (a * b).sum().backward(inputs=a)
        return a.grad, b.grad

    @case
    def an_input_that_is_no_leaf_retains_its_gradient():
        x = leaf(2)
        y = x * 2
        (y * 3).sum().backward(inputs=[y])
        return y.grad, x.grad, y.retains_grad

    @case
    def an_input_must_require_grad():
        (leaf(1) * 2).backward(inputs=[torch.ones(1)])

    @case
    def an_input_that_is_not_reached_is_no_error():
        other = leaf(1)
        (leaf(1) * 2).backward(inputs=[other])
        return other.grad

    @case
    def inputs_as_a_dict():
        x = leaf(2)
        (x * 2).sum().backward(inputs={"x": x})
        return x.grad

    # -- grad

    @case
    def grad_gives_a_tuple_and_leaves_grad_alone():
        x = leaf(3)
        return grad((x * 2).sum(), x), x.grad

    @case
    def grad_of_a_dict_is_a_dict():
        x = leaf(3)
        return grad((x * 2).sum(), {"x": x})

    @case
    def an_unused_input():
        x = leaf(1)
        grad(x * 2, [x, leaf(1)])

    @case
    def an_unused_input_that_is_allowed():
        x = leaf(1)
        return grad(x * 2, [x, leaf(1)], allow_unused=True)

    @case
    def zeros_for_an_unused_input():
        x = leaf(1)
        return grad(x * 2, [x, leaf(2, 2)], materialize_grads=True)

    @case
    def zeros_for_an_unused_input_require_grad_with_create_graph():
        x = leaf(1)
        return grad(x * 2, [leaf(2)], materialize_grads=True, create_graph=True)

    @case
    def materialising_allows_unused_inputs():
        x = leaf(1)
        grad(x * 2, [x], materialize_grads=True, allow_unused=False)

    @case
    def a_differentiated_tensor_must_require_grad():
        grad(leaf(1) * 2, [torch.ones(1)])

    @case
    def a_differentiated_integer():
        grad(leaf(1) * 2, [torch.ones(1, dtype=torch.int64)])

    @case
    def grad_implies_a_gradient_for_scalars_only():
        x = leaf(3)
        grad(x * 2, x)

    @case
    def grad_of_what_does_not_require_grad():
        grad(torch.ones(1), leaf(1))

    @case
    def grad_outputs_have_the_outputs_shape():
        x = leaf(3)
        grad(x * 2, x, torch.ones(4))

    @case
    def grad_with_respect_to_a_number():
        grad(leaf(1) * 2, 3)

    @case
    def grad_of_a_number():
        grad(3, leaf(1))

    @case
    def grad_with_respect_to_nothing():
        grad(leaf(1) * 2, [])

    @case
    def grad_with_respect_to_the_output_itself():
        y = leaf(2).sum()
        return grad(y, y)

    @case
    def grad_of_a_leaf_with_respect_to_another():
        grad(leaf(1), leaf(1))

    @case
    def grad_with_respect_to_one_input_twice():
        x = leaf(2)
        return grad((x * 3).sum(), [x, x])

    @case
    def only_inputs_is_an_older_argument():
        x = leaf(1)
        return grad(x * x, x, only_inputs=False)

    @case
    def several_gradients_at_once():
        x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
        return grad(x * x, x, torch.eye(3), is_grads_batched=True)

    @case
    def several_gradients_at_once_of_a_wrong_shape():
        x = leaf(3)
        grad(x * x, x, torch.ones(2, 2), is_grads_batched=True)

    @case
    def several_gradients_at_once_of_a_scalar():
        x = leaf(3)
        grad((x * x).sum(), x, is_grads_batched=True)

    @case
    def a_mapping_is_no_dict():
        from types import MappingProxyType

        x = leaf(1)
        grad(x * 2, MappingProxyType({"x": x}))

    # -- create_graph

    @case
    def the_third_derivative():
        x = torch.tensor([0.5, 2.0], requires_grad=True)
        y = (x**4).sum()
        for _ in range(3):
            (y,) = grad(y.sum(), x, create_graph=True)
        return y

    @case
    def what_the_first_derivative_does_not_depend_on():
        x, y = leaf(2), leaf(2)
        (g,) = grad((x * y).sum(), x, create_graph=True)
        return grad(g.sum(), [x, y], allow_unused=True)

    @case
    def a_gradient_penalty():
        w = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
        x = torch.tensor([[0.3, 0.7]], requires_grad=True)
        out = torch.tanh(x @ w).sum()
        (g,) = grad(out, x, create_graph=True)
        ((g * g).sum() - 1).pow(2).backward()
        return w.grad, x.grad

    @case
    def complex_gradients_are_conjugates():
        x = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
        (x * x * (2 + 1j)).sum().backward(torch.tensor(1 + 0.5j))
        return x.grad

    @case
    def real_through_complex():
        x = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
        (x * x.conj()).real.sum().backward()
        return x.grad

    # -- .grad

    @case
    def later_gradients_are_added_in_place():
        x = leaf(2)
        (x * 2).sum().backward()
        first = x.grad
        (x * 2).sum().backward()
        return x.grad is first, first, first._version, x.grad.requires_grad, x.grad.is_leaf

    @case
    def a_recorded_addition_is_not_in_place():
        x = leaf(2)
        (x * x).sum().backward(create_graph=True)
        first = x.grad
        (x * x).sum().backward(create_graph=True)
        shown = x.grad is first, x.grad
        x.grad = None
        return shown

    @case
    def a_gradient_has_its_leafs_layout():
        x = torch.ones(2, 3).t().requires_grad_()
        (x * torch.ones(3, 2)).sum().backward()
        return x.grad.stride()

    @case
    def a_gradient_of_an_expanded_leaf_is_dense():
        x = torch.ones(2, 1).expand(2, 3).requires_grad_()
        (x * 2).sum().backward()
        return x.grad.stride()

    @case
    def a_gradient_is_a_copy_of_what_was_given():
        x, g = leaf(2), torch.ones(2)
        x.backward(g)
        x.grad.add_(1)
        return x.grad, g

    @case
    def no_gradient_at_what_is_no_leaf():
        y = leaf(2) * 2
        return y.grad

    @case
    def a_retained_gradient():
        x = leaf(2)
        y = x * 2
        y.retain_grad()
        y.sum().backward(retain_graph=True)
        y.sum().backward()
        return y.grad, y.retains_grad, x.retains_grad, torch.ones(1).retains_grad

    @case
    def retaining_what_does_not_require_grad():
        torch.ones(1).retain_grad()

    @case
    def retaining_at_a_leaf_is_no_error():
        return leaf(1).retain_grad()

    @case
    def an_assigned_gradient_of_another_shape():
        leaf(3).grad = torch.ones(2)

    @case
    def an_assigned_gradient_of_another_dtype():
        leaf(3).grad = torch.ones(3, dtype=torch.float64)

    @case
    def an_assigned_number():
        leaf(3).grad = 3

    @case
    def a_tensor_is_not_its_own_gradient():
        x = leaf(3)
        x.grad = x

    @case
    def a_deleted_gradient():
        x = leaf(3)
        x.grad = torch.ones(3)
        del x.grad
        return x.grad

    @case
    def what_requires_no_grad_may_have_a_gradient():
        x = torch.ones(2)
        x.grad = torch.ones(2)
        return x.grad

    @case
    def integers_require_no_grad():
        torch.ones(2, dtype=torch.int64).requires_grad_()

    @case
    def integers_require_no_grad_from_the_start():
        torch.ones(2, dtype=torch.int64, requires_grad=True)

    @case
    def what_is_no_leaf_requires_grad():
        (leaf(2) * 2).requires_grad = False

    @case
    def detached_in_place():
        y = leaf(2) * 2
        return y.detach_().requires_grad, y.grad_fn

    @case
    def a_view_detached_in_place():
        (leaf(3) * 2).view(3, 1).detach_()
