"""What torchlike is told when it loads the package; the entry point."""

from importlib.metadata import version
from typing import Any

import torchlike as torch
from torchlike.plugin import Info, Register, hookimpl
from torchlike_optax import updates
from torchlike_optax.optimizer import Optax
from torchlike_optax.options import Options
from torchlike_optax.ready_made import Lamb, Lion
from torchlike_optax.recipes import Place


@hookimpl
def torchlike_info() -> Info:
    """The package, written for the first version of the plugin interface."""
    return Info("torchlike-optax", version("torchlike-optax"), api=(1, 1))


@hookimpl
def torchlike_register_ops(register: Register) -> None:
    """Two operators: the state that a transformation begins with, and a step of it."""
    # What a step computes is outside the graph, as it is in every optimizer.
    register.op(
        "optax::init(Tensor[] params, Tensor[] numbers, *, any recipe) -> Tensor[]",
        differentiable=False,
        samples=_begun,
    )(updates.init)
    register.op(
        "optax::update(Tensor[] params, Tensor[] grads, Tensor[] state, Tensor[] numbers, Tensor[] extra, *, "
        "any recipe) -> Tensor[]",
        differentiable=False,
        samples=_stepped,
    )(updates.update)


@hookimpl
def torchlike_register_optimizers(register: Register) -> None:
    """`Optax`, which takes any transformation, and what is ready-made from it."""
    register.optimizer("optax", Optax, samples=_transformations)
    for ready_made in (Lion, Lamb):
        register.optimizer("optax", ready_made, samples=lambda: [((), {"lr": 0.01})])


# Samples for the checks of `torchlike.plugin.testing`.
def _transformations() -> list[tuple[tuple, dict[str, Any]]]:
    import optax

    clipped = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1, momentum=0.9))
    return [((optax.adam,), {"lr": 0.05}), ((clipped,), {})]


def _begun() -> list[tuple[tuple, dict[str, Any]]]:
    import optax

    options = Options(optax.adam, (), {"lr": 0.1})
    recipe, numbers = options.recipe(options.defaults, (Place(0), Place(1)))
    return [(([torch.ones(2, 3), torch.zeros(4)], numbers), {"recipe": recipe})]


def _stepped() -> list[tuple[tuple, dict[str, Any]]]:
    (params, numbers), named = _begun()[0]
    state = torch.ops.optax.init(params, numbers, **named)
    return [((params, [2 * p + 1 for p in params], state, numbers, []), named)]
