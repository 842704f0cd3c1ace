"""Jacobians, Hessians and their products, and what they refuse."""


def cases(torch, case):
    functional = torch.autograd.functional
    jacobian, hessian, vjp, jvp = functional.jacobian, functional.hessian, functional.vjp, functional.jvp
    hvp, vhp = functional.hvp, functional.vhp

    def point(*values):
        return torch.tensor(values)

    def cubes(x):
        return x**3

    def cubic(x):
        return (x**3).sum()

    def product(x, y):
        return (x * x * y).sum()

    def two_outputs(x):
        return x * 2, (x * x).sum()

    def constant(x):
        return torch.ones(3)

    def linear(x):
        return (x * 3).sum()

    @case
    def jacobian_of_one():
        return jacobian(cubes, point(1.0, 2.0))

    @case
    def jacobian_of_a_matrix():
        return jacobian(lambda x: x.sum(1) ** 2, torch.tensor([[1.0, 2.0], [3.0, -1.0]]))

    @case
    def jacobian_of_several():
        return jacobian(lambda x, y: x * y, (point(1.0, 2.0), point(3.0, 4.0)))

    @case
    def jacobian_of_several_outputs():
        return jacobian(two_outputs, point(1.0, 2.0))

    @case
    def jacobian_of_a_scalar():
        return jacobian(cubic, torch.tensor(2.0))

    @case
    def jacobian_vectorized():
        return jacobian(two_outputs, point(1.0, 2.0), vectorize=True)

    @case
    def jacobian_of_an_independent_output():
        return jacobian(constant, point(1.0, 2.0))

    @case
    def jacobian_of_an_independent_output_strict():
        return jacobian(constant, point(1.0, 2.0), strict=True)

    @case
    def jacobian_independent_of_one_input_strict():
        return jacobian(lambda x, y: x * 2, (point(1.0), point(2.0)), strict=True)

    @case
    def jacobian_recorded():
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        found = jacobian(cubes, x, create_graph=True)
        found.sum().backward()
        return found.requires_grad, x.grad

    @case
    def jacobian_not_recorded():
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        return jacobian(cubes, x), x.grad

    @case
    def jacobian_strict_and_vectorized():
        return jacobian(cubes, point(1.0), strict=True, vectorize=True)

    @case
    def jacobian_recorded_strict():
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        return jacobian(linear, x, create_graph=True, strict=True)

    @case
    def jacobian_of_an_unknown_strategy():
        return jacobian(cubes, point(1.0), strategy="sideways")

    @case
    def jacobian_forward_and_recorded():
        return jacobian(cubes, point(1.0), strategy="forward-mode", create_graph=True)

    @case
    def jacobian_at_a_number():
        return jacobian(cubes, 3)

    @case
    def jacobian_at_numbers():
        return jacobian(lambda x, y: x, (point(1.0), 3))

    @case
    def jacobian_of_a_number():
        return jacobian(lambda x: 3, point(1.0))

    @case
    def hessian_of_one():
        return hessian(cubic, point(1.0, 2.0))

    @case
    def hessian_of_several():
        return hessian(product, (point(1.0, 2.0), point(3.0, 4.0)))

    @case
    def hessian_of_no_scalar():
        return hessian(cubes, point(1.0, 2.0))

    @case
    def hessian_of_a_tuple():
        return hessian(two_outputs, point(1.0, 2.0))

    @case
    def hessian_of_a_linear_function():
        return hessian(linear, point(1.0, 2.0))

    @case
    def hessian_of_a_linear_function_strict():
        return hessian(linear, point(1.0, 2.0), strict=True)

    @case
    def hessian_recorded():
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        hessian(cubic, x, create_graph=True).sum().backward()
        return x.grad

    @case
    def vector_times_jacobian():
        return vjp(cubes, point(1.0, 2.0), point(1.0, 10.0))

    @case
    def vector_times_jacobian_of_a_scalar():
        return vjp(cubic, point(1.0, 2.0))

    @case
    def vector_times_jacobian_of_several():
        return vjp(two_outputs, point(1.0, 2.0), (point(1.0, 1.0), torch.tensor(2.0)))

    @case
    def vector_times_jacobian_without_a_vector():
        return vjp(cubes, point(1.0, 2.0))

    @case
    def vector_of_another_size():
        return vjp(cubes, point(1.0, 2.0), point(1.0))

    @case
    def vectors_of_another_number():
        return vjp(two_outputs, point(1.0, 2.0), (point(1.0, 1.0),))

    @case
    def two_vectors_for_one_output():
        return vjp(cubes, point(1.0, 2.0), (point(1.0, 1.0), point(1.0)))

    @case
    def one_of_several_vectors_of_another_size():
        return vjp(two_outputs, point(1.0, 2.0), (point(1.0), torch.tensor(1.0)))

    @case
    def vector_times_jacobian_strict():
        return vjp(constant, point(1.0, 2.0), torch.ones(3), strict=True)

    @case
    def jacobian_times_vector():
        return jvp(cubes, point(1.0, 2.0), point(1.0, 10.0))

    @case
    def jacobian_times_vector_of_several():
        return jvp(
            lambda x, y: (x * y, x + y),
            (point(1.0, 2.0), point(3.0, 4.0)),
            (point(1.0, 0.0), point(0.0, 1.0)),
        )

    @case
    def jacobian_times_vector_without_a_vector():
        return jvp(cubes, point(1.0, 2.0))

    @case
    def jacobian_times_vector_of_a_linear_function():
        return jvp(linear, point(1.0, 2.0), point(1.0, 1.0))

    @case
    def jacobian_times_vector_strict():
        return jvp(constant, point(1.0, 2.0), point(1.0, 1.0), strict=True)

    @case
    def jacobian_times_vector_recorded():
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        jvp(cubes, x, point(1.0, 1.0), create_graph=True)[1].sum().backward()
        return x.grad

    @case
    def hessian_times_vector():
        return hvp(cubic, point(1.0, 2.0), point(1.0, 10.0))

    @case
    def hessian_times_vector_of_several():
        return hvp(product, (point(1.0, 2.0), point(3.0, 4.0)), (point(1.0, 0.0), point(0.0, 1.0)))

    @case
    def hessian_times_vector_of_a_linear_function():
        return hvp(linear, point(1.0, 2.0), point(1.0, 1.0))

    @case
    def hessian_times_vector_of_a_linear_function_strict():
        return hvp(linear, point(1.0, 2.0), point(1.0, 1.0), strict=True)

    @case
    def vector_times_hessian():
        return vhp(cubic, point(1.0, 2.0), point(1.0, 10.0))

    @case
    def vector_times_hessian_of_several():
        return vhp(product, (point(1.0, 2.0), point(3.0, 4.0)), (point(1.0, 0.0), point(0.0, 1.0)))

    @case
    def vector_times_hessian_without_a_vector():
        return vhp(cubic, point(1.0, 2.0))

    @case
    def vector_times_hessian_of_no_scalar():
        return vhp(cubes, point(1.0, 2.0), point(1.0, 1.0))

    @case
    def vector_times_hessian_strict():
        return vhp(linear, point(1.0, 2.0), point(1.0, 1.0), strict=True)
