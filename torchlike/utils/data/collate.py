"""Making batches of samples: `default_collate`, and `default_convert` where there are no batches."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from torchlike import dtypes, tensors
from torchlike.tensors.host_reading import stacked_on_host
from torchlike.tensors.tensor import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

# Its functions are made at run time, where type checkers do not see them.
T: Any = tensors

Collate = Callable[..., Any]


def _unknown(kind: object) -> TypeError:
    return TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {kind}"
    )


def _holds_objects(dtype: np.dtype) -> bool:
    return dtype.kind in "SUO"


def _like_mapping(like: Mapping, found: dict) -> Any:
    """The entries in a mapping of the kind of `like`, or in a dict where that cannot be made."""
    try:
        if isinstance(like, MutableMapping):
            # A copy keeps what the mapping has beside its entries: a default factory, attributes.
            made = copy.copy(like)
            made.update(found)
            return made
        return type(like)(found)  # type: ignore[call-arg]
    except TypeError:
        return found


def _like_sequence(like: Sequence, found: list) -> Any:
    """The elements in a sequence of the kind of `like`, or in a list where that cannot be made."""
    try:
        if isinstance(like, MutableSequence):
            made = copy.copy(like)
            for i, x in enumerate(found):
                made[i] = x
            return made
        return type(like)(found)  # type: ignore[call-arg]
    except TypeError:
        return found


def _is_named_tuple(x: object) -> bool:
    return isinstance(x, tuple) and hasattr(x, "_fields")


def collate(batch: Sequence[Any], *, collate_fn_map: Mapping[Any, Collate] | None = None) -> Any:
    """Join samples into a batch, going into mappings and sequences.

    Args:
        batch: samples of one structure, at least one.
        collate_fn_map: per type, or tuple of types, of the innermost elements what joins them; called with
            the elements and with `collate_fn_map`. An element's own type comes first, then the first that it
            is an instance of.

    Returns:
        The structure of a sample, tuples having become lists, with what the functions gave.

    Raises:
        TypeError: there is no function for an element.
        RuntimeError: sequences have different lengths.

    Example:
        >>> collate([{"a": 1}, {"a": 2}], collate_fn_map={int: lambda batch, collate_fn_map: sum(batch)})
        {'a': 3}
    """
    first = batch[0]
    kind = type(first)
    functions = collate_fn_map or {}
    found = functions.get(kind)
    if found is None:
        found = next((fn for types, fn in functions.items() if isinstance(first, types)), None)
    if found is not None:
        return found(batch, collate_fn_map=collate_fn_map)

    def joined(parts: Iterable[Any]) -> list:
        return [collate(part, collate_fn_map=collate_fn_map) for part in parts]

    if isinstance(first, Mapping):
        keys = list(first)
        return _like_mapping(first, dict(zip(keys, joined([x[k] for x in batch] for k in keys), strict=True)))
    if _is_named_tuple(first):
        return kind(*joined(zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        if any(len(x) != len(first) for x in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        parts = joined(zip(*batch, strict=True))
        return parts if isinstance(first, tuple) else _like_sequence(first, parts)
    raise _unknown(kind)


def _collate_tensors(batch: Sequence[Tensor], *, collate_fn_map: Any = None) -> Tensor:
    made = stacked_on_host(batch)
    return T.stack(tuple(batch), 0) if made is None else made


def _collate_arrays(batch: Sequence[np.ndarray], *, collate_fn_map: Any = None) -> Any:
    if _holds_objects(batch[0].dtype):
        raise _unknown(batch[0].dtype)
    return collate([T.as_tensor(x) for x in batch], collate_fn_map=collate_fn_map)


def _collate_scalars(batch: Sequence[np.generic], *, collate_fn_map: Any = None) -> Tensor:
    return T.as_tensor(batch)


def _collate_floats(batch: Sequence[float], *, collate_fn_map: Any = None) -> Tensor:
    return T.tensor(batch, dtype=dtypes.float64)


def _collate_integers(batch: Sequence[int], *, collate_fn_map: Any = None) -> Tensor:
    return T.tensor(batch)


def _collate_text(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Sequence[Any]:
    return batch


default_collate_fn_map: dict[Any, Collate] = {
    Tensor: _collate_tensors,
    np.ndarray: _collate_arrays,
    (np.bool_, np.number, np.object_): _collate_scalars,
    float: _collate_floats,
    int: _collate_integers,
    str: _collate_text,
    bytes: _collate_text,
}


def default_collate(batch: Sequence[Any]) -> Any:
    """Join samples into a batch: tensors and arrays are stacked, numbers become a tensor, text stays a list.

    Args:
        batch: samples of one structure, at least one.

    Returns:
        The structure of a sample, tuples having become lists, with a first dimension of the batch's size.

    Raises:
        TypeError: an element is of another kind.
        RuntimeError: shapes or lengths differ.

    Example:
        >>> default_collate([(1, "a"), (2, "b")])
        [tensor([1, 2]), ('a', 'b')]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def default_convert(data: Any) -> Any:
    """Make tensors of the NumPy arrays in a sample, and leave the rest as it is.

    Args:
        data: a sample.

    Returns:
        The same structure; tuples become lists.

    Example:
        >>> import numpy as np
        >>> default_convert({"x": np.zeros(2), "y": 1})
        {'x': tensor([0., 0.], dtype=torch.float64), 'y': 1}
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, np.ndarray | np.generic) and type(data).__module__ == "numpy":
        return data if _holds_objects(data.dtype) else T.as_tensor(data)
    if isinstance(data, Mapping):
        return _like_mapping(data, {k: default_convert(data[k]) for k in data})
    if _is_named_tuple(data):
        return type(data)(*[default_convert(x) for x in data])
    if isinstance(data, tuple):
        return [default_convert(x) for x in data]
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _like_sequence(data, [default_convert(x) for x in data])
    return data
