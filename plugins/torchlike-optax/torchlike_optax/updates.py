"""What runs inside the recorded step: `init` and `update` of a transformation as functions of flat lists of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
from jax import tree_util

from torchlike_optax.recipes import Name, Place, Recipe

__all__ = ["Leaf", "init", "leaves", "update"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One array of a transformation's state.

    Attributes:
        owner: the position of the parameter that it belongs to; None for what belongs to the group, as a count.
        name: where it is in the state, without the parameter's key: "0.mu".
        shape: its shape.
        dtype: the name of its dtype.
    """

    owner: int | None
    name: str
    shape: tuple[int, ...]
    dtype: str


def init(params: list, numbers: list, recipe: Recipe) -> list:
    """The arrays of the state that a transformation begins with."""

    def begin(numbers: list, params: list) -> list:
        return [_plain(x) for x in jax.tree.leaves(_state(recipe, numbers, params))]

    return _run(begin, [_weak_numbers(recipe), _structs(params)], [numbers, params])


def update(params: list, grads: list, state: list, numbers: list, extra: list, recipe: Recipe) -> list:
    """A step: the new parameters, then the arrays of the new state."""
    weak = _weak_numbers(recipe)
    begun, kinds = _shape_of_state(recipe, _structs(params))
    like, tree = jax.tree.flatten(begun)

    def step(numbers: list, extra: list, params: list, grads: list, state: list) -> list:
        before = dict(zip(recipe.keys, params, strict=True))
        with _advice():
            updates, after = recipe.made(numbers).update(
                dict(zip(recipe.keys, grads, strict=True)),
                tree.unflatten([_keyed(x, kind) for x, kind in zip(state, kinds, strict=True)]),
                before,
                **{name: x for (name, _), x in zip(recipe.extra, extra, strict=True)},
            )
        left, found = jax.tree.flatten(after)
        if found != tree:
            raise ValueError(f"the transformation's state had the structure {tree} and now has {found}")
        if jax.tree.structure(updates) != jax.tree.structure(before):
            raise ValueError(
                f"the transformation's updates do not have the structure of gradients: {jax.tree.structure(updates)}"
            )
        moved = [_moved(p, updates[key]) for key, p in before.items()]
        return moved + [_as_before(_plain(x), old) for x, old in zip(left, state, strict=True)]

    given = [_struct(x, is_number) for x, (_, is_number) in zip(extra, recipe.extra, strict=True)]
    kept = [_struct(x, s.weak_type) for x, s in zip(state, like, strict=True)]
    return _run(
        step, [weak, given, _structs(params), _structs(grads), kept], [numbers, extra, params, grads, state]
    )


# It is asked for when a group is added, and again when its first gradients are there.
@lru_cache(maxsize=256)
def leaves(recipe: Recipe, params: tuple[tuple[tuple[int, ...], str], ...]) -> list[Leaf]:
    """What state a transformation has, in the order of `init` and `update`; nothing is computed.

    Args:
        recipe: the recipe.
        params: the shape and the name of the dtype of each parameter.
    """
    # The engine's own setting, so that the dtypes are those that the operators will have.
    with jax.enable_x64(True):
        structs = [jax.ShapeDtypeStruct(shape, jnp.dtype(dtype)) for shape, dtype in params]
        state, _ = _shape_of_state(recipe, structs)
    positions = {key: i for i, key in enumerate(recipe.keys)}
    found = [
        Leaf(*_place(path, positions), tuple(x.shape), str(x.dtype))
        for path, x in tree_util.tree_flatten_with_path(state)[0]
    ]
    if len({(leaf.owner, leaf.name) for leaf in found}) < len(found):
        names = ", ".join(sorted(leaf.name for leaf in found))
        raise NotImplementedError(
            f"a transformation with several arrays under one name in its state: {names}"
        )
    return found


def _state(recipe: Recipe, numbers: Sequence, params: Sequence) -> Any:
    """The state that the transformation begins with, a tree."""
    with _advice():
        return recipe.made(numbers).init(dict(zip(recipe.keys, params, strict=True)))


def _shape_of_state(recipe: Recipe, params: list) -> tuple[Any, list]:
    """The state as a tree of shapes and types, and for each array of what kind it is if it is a random key."""
    kinds: list = []

    def begin(numbers: list, params: list) -> Any:
        state = _state(recipe, numbers, params)
        kinds[:] = [jax.random.key_impl(x) if _is_random_key(x) else None for x in jax.tree.leaves(state)]
        return jax.tree.map(_plain, state)

    return jax.eval_shape(begin, _weak_numbers(recipe), params), kinds


def _run(fn: Callable, structs: list, operands: list) -> list:
    """`fn` of the operands, traced as if they were weakly typed where the structs are.

    So a number is for optax what a Python number is: it takes the type of the arrays that it meets, and 0.999 is not
    rounded to bfloat16 before it is raised to a power. All the same it is an input of the program.
    """
    closed = jax.make_jaxpr(fn)(*structs)
    pairs = zip(jax.tree.leaves(operands), jax.tree.leaves(structs), strict=True)
    return jax.core.eval_jaxpr(
        closed.jaxpr, closed.consts, *[x.reshape(s.shape).astype(s.dtype) for x, s in pairs]
    )


def _struct(x: Any, weak: bool = False) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(x.shape, x.dtype, weak_type=weak)


def _structs(arrays: Sequence) -> list[jax.ShapeDtypeStruct]:
    return [_struct(x) for x in arrays]


def _weak_numbers(recipe: Recipe) -> list[jax.ShapeDtypeStruct]:
    return [jax.ShapeDtypeStruct((), jnp.float64, weak_type=True)] * recipe.count


def _place(path: tuple, positions: dict) -> tuple[int | None, str]:
    """The position of the parameter that a leaf belongs to, and the leaf's name."""
    owner = None
    parts = []
    for key in path:
        # The key of a dictionary, the name of a field, or the index of an item.
        part = next(getattr(key, kind) for kind in ("key", "name", "idx") if hasattr(key, kind))
        if owner is None and isinstance(part, Name | Place):
            owner = positions[part]
            part = "*"
        parts.append(str(part))
    if parts and parts[-1] == "*":
        parts.pop()
    return owner, ".".join(parts) or "state"


def _is_random_key(x: Any) -> bool:
    return jnp.issubdtype(jnp.result_type(x), jax.dtypes.prng_key)


def _plain(x: Any) -> Any:
    """A leaf as an array that a tensor can hold; of a random key, its words."""
    return jax.random.key_data(x) if _is_random_key(x) else jnp.asarray(x)


def _keyed(x: Any, kind: Any) -> Any:
    """A leaf as the transformation has it."""
    return x if kind is None else jax.random.wrap_key_data(x, impl=kind)


def _as_before(x: Any, old: Any) -> Any:
    """A leaf of the new state in the type that it had."""
    both_floating = all(jnp.issubdtype(y.dtype, jnp.floating) for y in (x, old))
    if x.shape != old.shape or (x.dtype != old.dtype and not both_floating):
        raise ValueError(f"an array of the transformation's state was {old.aval} and is now {x.aval}")
    return x.astype(old.dtype)


def _moved(param: Any, change: Any) -> Any:
    """A parameter after its update, in its own type."""
    moved = param + change
    if moved.shape != param.shape:
        raise ValueError(
            f"the transformation's update has the shape {change.shape} for a parameter of {param.shape}"
        )
    return moved.astype(param.dtype)


@contextmanager
def _advice() -> Iterator[None]:
    """Say what to do where optax's Python decides by a number that is only known when the program runs."""
    try:
        yield
    except jax.errors.JAXTypeError as error:
        error.add_note(
            "Optax gives the transformation's numbers as run-time inputs. Name those that Python must know in "
            "`static`, as in Optax(params, transformation, static=('momentum',)): they are then part of the program."
        )
        raise
