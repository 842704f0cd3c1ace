"""`gradcheck` and `gradgradcheck`: what passes, and what the failures say."""


def cases(torch, case):
    gradcheck, gradgradcheck = torch.autograd.gradcheck, torch.autograd.gradgradcheck
    Function = torch.autograd.Function

    def point(*values, **options):
        return torch.tensor(values, dtype=torch.float64, requires_grad=True, **options)

    class Wrong(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 3

    class WrongTwice(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 * x.detach()

    class NotLinear(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return torch.full_like(g, 2.0)

    class Noisy(Function):
        count = 0

        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            Noisy.count += 1
            return g * (2 + 1e-7 * Noisy.count)

    class NoUndefined(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            return g * 2 + h * 3

    @case
    def right():
        return gradcheck(lambda x: x**3, (point(1.0, 2.0),))

    @case
    def right_of_several():
        return gradcheck(lambda x, y: (x * y, (x + y).sum()), (point(1.0, 2.0), point(3.0, 4.0)))

    @case
    def right_of_a_constant_among_the_inputs():
        return gradcheck(lambda x, n: x * n, (point(1.0, 2.0), 3))

    @case
    def right_of_complex_numbers():
        x = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex128, requires_grad=True)
        return gradcheck(lambda x: x * x * 2j, (x,))

    @case
    def right_in_fast_mode():
        return gradcheck(lambda x: x**3, (point(1.0, 2.0),), fast_mode=True)

    @case
    def right_in_batches():
        return gradcheck(lambda x: x**3, (point(1.0, 2.0),), check_batched_grad=True)

    @case
    def wrong():
        gradcheck(Wrong.apply, (point(1.0, 2.0),))

    @case
    def wrong_and_told_by_false():
        return gradcheck(Wrong.apply, (point(1.0, 2.0),), raise_exception=False)

    @case
    def wrong_with_respect_to_the_second():
        gradcheck(lambda x, y: x + Wrong.apply(y), (point(1.0), point(2.0)))

    @case
    def wrong_in_the_second_output():
        gradcheck(lambda x: (x, Wrong.apply(x)), (point(1.0),))

    @case
    def wrong_in_fast_mode():
        gradcheck(Wrong.apply, (point(1.0, 2.0),), fast_mode=True)

    @case
    def wrong_of_complex_numbers():
        x = torch.tensor([1 + 2j], dtype=torch.complex128, requires_grad=True)
        gradcheck(Wrong.apply, (x,))

    @case
    def not_linear_in_the_gradient():
        gradcheck(NotLinear.apply, (point(1.0),))

    @case
    def not_the_same_twice():
        gradcheck(Noisy.apply, (point(1.0),))

    @case
    def the_same_twice_within_a_tolerance():
        return gradcheck(Noisy.apply, (point(1.0),), nondet_tol=1e-3, check_undefined_grad=False)

    @case
    def missing_gradients_not_handled():
        try:
            gradcheck(NoUndefined.apply, (point(1.0),))
        except TypeError:
            print("a TypeError of the function's own")

    @case
    def single_precision():
        x = torch.tensor([1.0], requires_grad=True)
        return gradcheck(lambda x: x * 2, (x,), eps=1e-2, atol=1e-2)

    @case
    def nothing_requires_grad():
        gradcheck(lambda x: x, (torch.ones(2),))

    @case
    def overlapping_memory():
        x = torch.ones(1, dtype=torch.float64).expand(3).requires_grad_()
        gradcheck(lambda x: x * 2, (x,))

    @case
    def no_gradient_where_there_should_be_one():
        gradcheck(lambda x: x.detach() * 2, (point(1.0),))

    @case
    def an_output_that_depends_on_nothing():
        return gradcheck(lambda x: torch.ones(2), (point(1.0),))

    @case
    def neither_mode():
        gradcheck(lambda x: x, (point(1.0),), check_backward_ad=False)

    @case
    def the_inputs_are_as_they_were():
        x = point(1.0, 2.0)
        gradcheck(lambda x: x**3, (x,))
        return x, x._version, x.grad

    @case
    def second_derivatives_right():
        return gradgradcheck(lambda x: x**3, (point(1.0, 2.0),))

    @case
    def second_derivatives_right_of_several():
        return gradgradcheck(lambda x, y: x * y, (point(1.0, 2.0), point(3.0, 4.0)))

    @case
    def second_derivatives_with_gradients_given():
        return gradgradcheck(lambda x: x**3, (point(1.0, 2.0),), (point(0.5, 0.25),))

    @case
    def second_derivatives_wrong():
        gradgradcheck(WrongTwice.apply, (point(1.0, 2.0),), (point(1.0, 1.0),))

    @case
    def second_derivatives_wrong_at_random_gradients():
        gradgradcheck(WrongTwice.apply, (point(1.0, 2.0),))

    @case
    def second_derivatives_of_noncontiguous_gradients():
        return gradgradcheck(lambda x: x**3, (point(1.0, 2.0),), gen_non_contig_grad_outputs=True)
