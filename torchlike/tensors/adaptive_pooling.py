"""Adaptive pooling and unpooling as `torch.nn.functional` has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchlike.operators import declaration
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_mean = declaration.get("_adaptive_mean")


def _average(dims: int, input: Tensor, output_size: tuple[int, ...]) -> Any:
    if output_size == (1,) * dims:
        return dispatch.call(_mean, (input, dims))
    return dispatch.call(declaration.get(f"_adaptive_avg_pool{dims}d"), (input, output_size))


@composite(
    "adaptive_avg_pool2d(Tensor self, int[2] output_size) -> Tensor", namespaces=("_C._nn",), method=False
)
def _average_images(self, output_size):
    return _average(2, self, output_size)


@composite(
    "adaptive_avg_pool3d(Tensor self, int[3] output_size) -> Tensor", namespaces=("_C._nn",), method=False
)
def _average_volumes(self, output_size):
    return _average(3, self, output_size)


_builtin_avg2d = builtin("_C._nn", "adaptive_avg_pool2d")
_builtin_avg3d = builtin("_C._nn", "adaptive_avg_pool3d")


def _with_defaults(output_size: Any, sizes: Sequence[int]) -> Any:
    """An output size with the input's own sizes in place of None."""
    if isinstance(output_size, int):
        return output_size
    if len(sizes) <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    own = sizes[-len(output_size) :] if len(output_size) else ()
    return [n if out is None else out for out, n in zip(output_size, own, strict=True)]


@functional()
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of each of `output_size` windows that cover the image evenly.

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: an int, or a pair in which None keeps the input's size.

    Returns:
        (N, C, *output_size), or without N.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.adaptive_avg_pool2d(torch.ones(1, 2, 5, 7), (3, None)).shape
        torch.Size([1, 2, 3, 7])
    """
    if output_size.__class__ is int and isinstance(input, Tensor):
        return _average(2, input, (output_size, output_size))
    return _builtin_avg2d(input, _with_defaults(output_size, input.size()))


@functional()
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of each of `output_size` windows that cover the volume evenly; see `adaptive_avg_pool2d`."""
    return _builtin_avg3d(input, _with_defaults(output_size, input.size()))


def _adaptive_max(dims: int) -> None:
    pool = builtin("torch" if dims == 1 else "_C._nn", f"adaptive_max_pool{dims}d")

    def with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> tuple[Tensor, Tensor]:
        return pool(input, output_size if dims == 1 else _with_defaults(output_size, input.size()))

    def largest(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        found = with_indices(input, output_size)
        return found if return_indices else found[0]

    name = f"adaptive_max_pool{dims}d"
    largest.__name__ = largest.__qualname__ = f"_{name}"
    largest.__doc__ = f"""The largest element of each of `output_size` windows that cover the input evenly.

    Args:
        input: {dims} dimensions behind (N, C) or (C).
        output_size: an int, or one for each dimension{"" if dims == 1 else "; None keeps the input's size"}.
        return_indices: give also the flat index of each maximum.

    Returns:
        The maxima, and with `return_indices` a pair with their indices.
    """
    with_indices.__name__ = with_indices.__qualname__ = f"{name}_with_indices"
    with_indices.__doc__ = f"The maxima and where they were: `{name}` with its indices."
    functional(name)(largest)
    functional()(with_indices)


for _dims in (1, 2, 3):
    _adaptive_max(_dims)


def _unpooled_size(
    input: Tensor, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], wanted: Any
) -> Any:
    dims = len(kernel)
    sizes = tuple(input.shape)[-dims:]
    natural = [(n - 1) * s + k - 2 * p for n, s, k, p in zip(sizes, stride, kernel, padding, strict=False)]
    if wanted is None:
        return natural
    if len(wanted) == dims + 2:
        wanted = wanted[2:]
    if len(wanted) != dims:
        raise ValueError(
            f"output_size should be a sequence containing {dims} or {dims + 2} elements, but it has a length "
            "of "
            f"'{len(wanted)}'"
        )
    for d in range(dims):
        low, high = natural[d] - stride[d], natural[d] + stride[d]
        if not low < wanted[d] < high:
            raise ValueError(f'invalid output_size "{wanted}" (dim {d} must be between {low} and {high})')
    return wanted


def _tuple(value: Any, dims: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,) * dims


def _unpool(dims: int) -> None:
    op = declaration.get(f"_max_unpool{dims}d")

    def unpool(
        input: Tensor,
        indices: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
    ) -> Any:
        kernel = _tuple(kernel_size, dims)
        steps = kernel if stride is None else _tuple(stride, dims)
        size = _unpooled_size(input, kernel, steps, _tuple(padding, dims), output_size)
        return dispatch.call(op, (input, indices, tuple(int(n) for n in size)))

    unpool.__name__ = unpool.__qualname__ = f"max_unpool{dims}d"
    unpool.__doc__ = f"""Puts maxima back where `max_pool{dims}d` found them, and zeros elsewhere.

    Args:
        input: the maxima.
        indices: where they were, int64, as `return_indices` gives them.
        kernel_size, stride, padding: those of the pooling.
        output_size: the size to restore, where the pooling left some elements out.

    Raises:
        RuntimeError: an index lies outside the result.
    """
    functional()(unpool)


for _dims in (1, 2, 3):
    _unpool(_dims)
