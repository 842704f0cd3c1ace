"""The same training by `Optax` and by plain optax, in its own loop."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

import torchlike as torch

SHAPES = [(6, 5), (5,), (2, 3)]


def values(dtype="float64"):
    """Parameters to begin with."""
    draw = np.random.default_rng(0)
    return [draw.normal(size=shape).astype(dtype) for shape in SHAPES]


def gradients(step):
    """Gradients that change with the step."""
    return [np.sin(3 * value + step) for value in values()]


def parameters(dtype="float64"):
    return [torch.nn.Parameter(torch.tensor(v).to(getattr(torch, dtype))) for v in values()]


def by_optimizer(make, dtype="float64", steps=4, **extra):
    """The parameters after some steps of `make(parameters)`."""
    params = parameters(dtype)
    optimizer = make(params)
    # Run at once, which compiles an operator once and not the loop's traces; test_programs.py has the other tier.
    with torch.engine.eager():
        for step in range(steps):
            for param, grad in zip(params, gradients(step), strict=True):
                param.grad = torch.tensor(grad).to(param.dtype)
            optimizer.step(**{name: value(step) for name, value in extra.items()})
    return [p.detach().double().numpy() for p in params]


def by_optax(transformation, dtype="float64", steps=4, **extra):
    """The parameters after the same steps of a transformation."""

    def stepped(grads, state, params, given):
        updates, state = transformation.update(grads, state, params, **given)
        return optax.apply_updates(params, updates), state

    with jax.enable_x64(True):
        params = {i: jnp.asarray(v, dtype) for i, v in enumerate(values())}
        state = jax.jit(transformation.init)(params)
        step_of = jax.jit(stepped, compiler_options={"xla_backend_optimization_level": 0})
        for step in range(steps):
            grads = {i: jnp.asarray(g, dtype) for i, g in enumerate(gradients(step))}
            given = {name: value(step) for name, value in extra.items()}
            params, state = step_of(grads, state, params, given)
        return [np.asarray(p, np.float64) for p in params.values()]


def difference(some, others):
    """The largest between two lists of arrays."""
    return max(np.abs(a - b).max() for a, b in zip(some, others, strict=True))
