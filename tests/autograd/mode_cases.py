"""Grad modes and inference mode, as contexts and as decorators."""


def cases(torch, case):
    def leaf(*shape):
        return torch.ones(*shape, requires_grad=True)

    def inferred():
        with torch.inference_mode():
            return torch.ones(2)

    @case
    def as_contexts():
        seen = []
        with torch.set_grad_enabled(False):
            seen.append(torch.is_grad_enabled())
        seen.append(torch.is_grad_enabled())
        with torch.no_grad():
            seen.append(torch.is_grad_enabled())
            with torch.enable_grad():
                seen.append(torch.is_grad_enabled())
            seen.append(torch.is_grad_enabled())
        torch.set_grad_enabled(False)
        seen.append(torch.is_grad_enabled())
        torch.set_grad_enabled(True)
        return seen

    @case
    def as_decorators():
        @torch.set_grad_enabled(False)
        def switched():
            return torch.is_grad_enabled()

        @torch.no_grad
        def bare():
            return torch.is_grad_enabled()

        @torch.no_grad()
        @torch.enable_grad()
        def nested():
            return torch.is_grad_enabled()

        return switched(), bare(), nested(), torch.is_grad_enabled(), bare.__name__

    @case
    def around_a_generator():
        @torch.no_grad()
        def values():
            got = yield torch.is_grad_enabled()
            yield got, torch.is_grad_enabled()

        running = values()
        seen = [next(running), torch.is_grad_enabled(), running.send("sent"), torch.is_grad_enabled()]
        running.close()
        return seen

    @case
    def around_a_class():
        @torch.no_grad()
        class Made:
            def __init__(self):
                self.enabled = torch.is_grad_enabled()

        return Made().enabled

    @case
    def left_by_an_error():
        try:
            with torch.no_grad():
                raise ValueError
        except ValueError:
            return torch.is_grad_enabled()

    @case
    def what_is_no_bool():
        torch.set_grad_enabled("a")

    @case
    def what_is_an_int():
        torch.set_grad_enabled(1)

    @case
    def how_it_is_shown():
        return torch.set_grad_enabled(True)

    @case
    def results_without_a_graph():
        x = leaf(2)
        with torch.no_grad():
            y = x * 2
        return y.requires_grad, y.grad_fn, y.is_leaf

    @case
    def views_made_without_a_graph():
        x = leaf(2) * 1
        with torch.no_grad():
            v = x.view(2, 1)
        return v, v.requires_grad, v.is_leaf, v._base is x

    @case
    def a_view_made_without_a_graph_written_to():
        x = leaf(2) * 1
        with torch.no_grad():
            v = x.view(2, 1)
        v.add_(1)

    @case
    def a_view_of_a_constant_made_without_a_graph_written_to():
        with torch.no_grad():
            v = torch.ones(2).view(2, 1)
        v.mul_(leaf(2, 1))

    @case
    def a_leaf_written_to_without_a_graph():
        x = leaf(2)
        with torch.no_grad():
            x.add_(1)
        return x, x._version

    @case
    def a_leaf_written_to():
        leaf(2).add_(1)

    @case
    def a_view_of_a_leaf_written_to():
        leaf(2, 2).view(4).add_(1)

    # -- inference mode

    @case
    def what_is_made_in_inference_mode():
        with torch.inference_mode():
            a = torch.ones(2)
            b = a * 2
            c = torch.ones(2, requires_grad=True)
            d = c * 2
            print(torch.is_grad_enabled(), torch.is_inference_mode_enabled())
        return a.is_inference(), b.is_inference(), c.requires_grad, d.requires_grad, d.grad_fn

    @case
    def what_was_there_before():
        x = leaf(2)
        with torch.inference_mode():
            y = x * 2
            return (
                y.requires_grad,
                y.is_inference(),
                x.is_inference(),
                x.view(2, 1).is_inference(),
                x.requires_grad,
            )

    @case
    def inference_mode_off_inside():
        with torch.inference_mode():
            with torch.inference_mode(False):
                x = leaf(2)
                return (x * 2).requires_grad, torch.is_grad_enabled(), torch.is_inference_mode_enabled()

    @case
    def grad_mode_on_inside():
        x = leaf(2)
        with torch.inference_mode(), torch.enable_grad():
            return torch.is_grad_enabled(), torch.is_inference_mode_enabled(), (x * 2).requires_grad

    @case
    def inference_mode_as_a_decorator():
        @torch.inference_mode()
        def called():
            return torch.is_inference_mode_enabled()

        @torch.inference_mode
        def bare():
            return torch.is_inference_mode_enabled()

        @torch.inference_mode(False)
        def off():
            return torch.is_inference_mode_enabled()

        return called(), bare(), off()

    @case
    def an_inference_tensor_in_a_product():
        leaf(2) * inferred()

    @case
    def an_inference_tensor_in_a_matrix_product():
        leaf(3, 2) @ inferred()

    @case
    def an_inference_tensor_in_a_sum():
        return leaf(2) + inferred()

    @case
    def results_of_inference_tensors():
        return (
            (inferred() * 2).is_inference(),
            inferred().view(2, 1).is_inference(),
            inferred().clone().is_inference(),
        )

    @case
    def aliases_of_inference_tensors():
        return inferred().detach().is_inference(), inferred().data.is_inference()

    @case
    def an_inference_tensor_written_to():
        inferred().add_(1)

    @case
    def a_view_of_an_inference_tensor_written_to():
        inferred().view(2, 1).add_(1)

    @case
    def an_inference_tensor_that_should_require_grad():
        inferred().requires_grad_()

    @case
    def an_inference_tensor_that_need_not_require_grad():
        return inferred().requires_grad_(False)

    @case
    def the_version_of_an_inference_tensor():
        return inferred()._version

    @case
    def an_inference_tensor_differentiated():
        inferred().sum().backward()

    @case
    def a_normal_tensor_written_to_in_inference_mode():
        x = torch.ones(2)
        with torch.inference_mode():
            x.add_(1)
        return x, x._version, x.is_inference()

    @case
    def a_view_made_in_inference_mode_written_to():
        x = leaf(2) * 1
        with torch.inference_mode():
            v = x.view(2, 1)
        v.add_(1)

    @case
    def multithreading():
        with torch.autograd.set_multithreading_enabled(False):
            print(torch.autograd.is_multithreading_enabled())
        return torch.autograd.is_multithreading_enabled()
