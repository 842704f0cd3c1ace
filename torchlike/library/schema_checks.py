"""What a schema must be like: for the tags of an operator, and for its gradient."""

from __future__ import annotations

from collections.abc import Sequence

from torchlike.library.definitions import Definition
from torchlike.library.function_schema import FunctionSchema
from torchlike.library.tags import Tag

__all__ = ["check_differentiable", "check_tags", "is_functional", "refuse_named_tensors"]


def check_tags(schema: FunctionSchema, tags: Sequence[Tag]) -> None:
    """Check that a schema is what an operator's tags say.

    Raises:
        ValueError: it is not.
    """
    if Tag.out in tags:
        _check_out(schema)
    if Tag.inplace in tags:
        _check_inplace(schema)


def _check_out(schema: FunctionSchema) -> None:
    tagged = "Schema tagged with torch.Tag.out"
    mutable = [a for a in schema.arguments if a.is_mutated]
    if not mutable:
        raise ValueError(f"{tagged} must have at least one mutable argument. Got: {schema}")
    positional = [a.name for a in mutable if not a.kwarg_only]
    if positional:
        raise ValueError(
            f"{tagged} requires all mutable arguments to be keyword-only (after the *). Found mutable positional args: "
            f"{positional}. Got: {schema}"
        )
    others = [a.name for a in mutable if a.type.kind != "Tensor"]
    if others:
        raise ValueError(
            f"{tagged} only supports Tensor mutable arguments. Found unsupported mutable args: {others}. Got: {schema}"
        )
    if len(schema.returns) != len(mutable):
        raise ValueError(
            f"{tagged} must return all mutable arguments (got {len(mutable)} mutable args but {len(schema.returns)} "
            f"returns). Got: {schema}"
        )
    for i, (r, a) in enumerate(zip(schema.returns, mutable, strict=True)):
        returned, given = r.alias_info, a.alias_info
        if returned is None:
            raise ValueError(
                f"Return {i} of schema tagged with torch.Tag.out must alias mutable arg '{a.name}'. Got: {schema}"
            )
        if not returned.is_write:
            raise ValueError(
                f"Return {i} of schema tagged with torch.Tag.out must be a mutable alias (e.g., Tensor(a!), not "
                f"Tensor(a)) of arg '{a.name}'. Got: {schema}"
            )
        assert given is not None
        if returned.before_set != given.before_set:
            raise ValueError(
                f"Return {i} of schema tagged with torch.Tag.out must alias mutable arg '{a.name}' (return aliases "
                f"{set(returned.before_set)} but arg aliases {set(given.before_set)}). Got: {schema}"
            )


def _check_inplace(schema: FunctionSchema) -> None:
    tagged = "Schema tagged with torch.Tag.inplace"
    if not schema.arguments or schema.arguments[0].kwarg_only:
        raise ValueError(f"{tagged} must have at least one positional argument. Got: {schema}")
    first = schema.arguments[0]
    if not first.is_mutated:
        raise ValueError(
            f"{tagged} requires the first positional argument to be mutable (e.g., Tensor(a!)). Got: {schema}"
        )
    if first.type.kind != "Tensor":
        raise ValueError(
            f"{tagged} requires the first positional argument to be a Tensor. Got type '{first.type}' for arg "
            f"'{first.name}'. Got: {schema}"
        )
    if len(schema.returns) != 1:
        raise ValueError(
            f"{tagged} must return exactly one value (the first argument). Got {len(schema.returns)} returns. Got: "
            f"{schema}"
        )
    only = schema.returns[0]
    must = f"{tagged} must return the first mutable argument"
    if only.type.kind != "Tensor":
        raise ValueError(f"{must} (return must be a Tensor, got type '{only.type}'). Got: {schema}")
    info, given = only.alias_info, first.alias_info
    if info is None:
        raise ValueError(f"{must} (return must alias the first argument). Got: {schema}")
    if not info.is_write:
        raise ValueError(f"{must} (return must be a mutable alias, e.g., Tensor(a!)). Got: {schema}")
    assert given is not None
    if info.before_set != given.before_set:
        raise ValueError(
            f"{must} (return aliases {set(info.before_set)} but first arg aliases {set(given.before_set)}). Got: "
            f"{schema}"
        )
    others = [a.name for a in schema.arguments[1:] if a.is_mutated]
    if others:
        raise ValueError(
            f"{tagged} must only mutate the first positional argument. Found additional mutable args: {others}. Got: "
            f"{schema}"
        )


def is_functional(schema: FunctionSchema, allow_view: bool) -> bool:
    """Whether an operator writes to nothing, has a result, and gives no views.

    Args:
        schema: its schema.
        allow_view: whether one view of one tensor will do.
    """
    if schema.is_mutable:
        return False
    if any(r.alias_info is not None for r in schema.returns):
        tensors = [sum(a.type.kind == "Tensor" for a in side) for side in (schema.arguments, schema.returns)]
        return allow_view and tensors == [1, 1]
    return bool(schema.returns)


def check_differentiable(definition: Definition, shown: str, allow_view: bool) -> None:
    """Check that an operator may have a gradient.

    Args:
        definition: the operator.
        shown: what messages call it.
        allow_view: see `is_functional`.

    Raises:
        RuntimeError: it writes to an argument.
    """
    if Tag.out in definition.overload.tags:
        raise RuntimeError(
            f"Cannot register autograd formula for operator tagged with torch.Tag.out: {shown}. Out variants do not "
            "support autograd."
        )
    if not is_functional(definition.schema, allow_view):
        raise RuntimeError(
            f"Cannot register autograd formula for non-functional operator {shown} with schema {definition.schema}. "
            "Please create a functional operator and register an autograd formula for that."
        )


def refuse_named_tensors(schema: FunctionSchema, text: str) -> None:
    """Raise NotImplementedError with this text if a tensor comes behind the `*`."""
    if any(a.kwarg_only and a.type.holds("Tensor") for a in schema.arguments):
        raise NotImplementedError(text)
