"""Max pooling as `torch.nn.functional` has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchlike.operators import declaration
from torchlike.tensors import dispatch
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []


def _pair(dims: int) -> tuple[Callable, Callable]:
    plain = builtin("torch", f"max_pool{dims}d")
    with_indices = builtin("torch" if dims == 1 else "_C._nn", f"max_pool{dims}d_with_indices")
    return plain, with_indices


_one, _one_with_indices = _pair(1)
_two, _two_with_indices = _pair(2)
_three, _three_with_indices = _pair(3)
_two_operator = declaration.get("max_pool2d")
_ints: dict[int, tuple[int, int]] = {i: (i, i) for i in range(64)}


def _max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of a line; see `torch.nn.MaxPool1d`.

    Args:
        input: (N, C, L) or (C, L).
        kernel_size, stride, padding, dilation: the windows; they lie side by side if `stride` is not given.
        ceil_mode: keep a last window that reaches over the end.
        return_indices: give also where each maximum was.

    Returns:
        The maxima, and with `return_indices` a pair with their int64 positions.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.max_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[3., 2.]])
    """
    if return_indices:
        return _one_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return _one(input, kernel_size, stride, padding, dilation, ceil_mode)


def _max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of an image; see `torch.nn.MaxPool2d`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size, stride, padding, dilation: the windows, an int or one for each dimension; they lie side
            by side if `stride` is not given.
        ceil_mode: keep a last window that reaches over the end.
        return_indices: give also where each maximum was.

    Returns:
        The maxima, and with `return_indices` a pair with their int64 positions in the flattened image.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.max_pool2d(torch.arange(16.0).view(1, 4, 4), 2)
        tensor([[[ 5.,  7.],
                 [13., 15.]]])
    """
    if return_indices:
        return _two_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    if padding.__class__ is int and dilation.__class__ is int and ceil_mode.__class__ is bool:
        kernel = _ints.get(kernel_size) if kernel_size.__class__ is int else None
        steps = None if stride is None else _ints.get(stride) if stride.__class__ is int else None
        if kernel is not None and (steps is not None or stride is None) and isinstance(input, Tensor):
            args = (input, kernel, steps, (padding, padding), (dilation, dilation), ceil_mode)
            return dispatch.call(_two_operator, args)
    return _two(input, kernel_size, stride, padding, dilation, ceil_mode)


def _max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of a volume; see `torch.nn.MaxPool3d`.

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        kernel_size, stride, padding, dilation: the windows, an int or one for each dimension; they lie side
            by side if `stride` is not given.
        ceil_mode: keep a last window that reaches over the end.
        return_indices: give also where each maximum was.

    Returns:
        The maxima, and with `return_indices` a pair with their int64 positions in the flattened volume.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.max_pool3d(torch.zeros(1, 4, 4, 4), 2).shape
        torch.Size([1, 2, 2, 2])
    """
    if return_indices:
        return _three_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return _three(input, kernel_size, stride, padding, dilation, ceil_mode)


def _with_indices(pool: Callable, name: str) -> Callable:
    def both(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        return pool(input, kernel_size, stride, padding, dilation, ceil_mode)

    both.__name__ = both.__qualname__ = name
    both.__doc__ = f"The maxima and where they were: `{name.removesuffix('_with_indices')}` with its indices."
    return both


for _dims, _plain, _indexed in (
    (1, _max_pool1d, _one_with_indices),
    (2, _max_pool2d, _two_with_indices),
    (3, _max_pool3d, _three_with_indices),
):
    functional(f"max_pool{_dims}d")(_plain)
    functional()(_with_indices(_indexed, f"max_pool{_dims}d_with_indices"))
