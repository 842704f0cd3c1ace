"""Padding, sliding blocks and their sum as `torch.nn.functional` has them."""

from __future__ import annotations

from typing import Any

from torchlike.operators import declaration
from torchlike.operators.padding import check_supported
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_constant = declaration.get("constant_pad_nd")
_KINDS = {"reflect": "reflection", "replicate": "replication", "circular": "circular"}


@composite(
    "pad(Tensor self, int[] pad, str mode='constant', float? value=None) -> Tensor",
    namespaces=("_C._nn",),
    method=False,
)
def _pad(self, pad, mode, value):
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * self.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding "
            f"length {len(pad)} and input of dimension {self.ndim}"
        )
    if mode == "constant":
        return dispatch.call(_constant, (self, pad, 0 if value is None else value))
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in _KINDS:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    check_supported(self._value().aval, pad)
    op = declaration.get(f"_{_KINDS[mode]}_pad{len(pad) // 2}d")
    return dispatch.call(op, (self, pad))


_pad_builtin = builtin("_C._nn", "pad")


@functional()
def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """Add elements before and after the last dimensions.

    Args:
        input: any tensor; for modes other than "constant" one with one or two dimensions more than `pad`
            has pairs.
        pad: before and after the last dimension, before and after the one in front of it, and so on;
            negative amounts are cut off.
        mode: "constant", "reflect", "replicate" or "circular".
        value: the constant, 0 by default.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.pad(torch.tensor([1.0, 2.0, 3.0]), (1, 1))
        tensor([0., 1., 2., 3., 0.])
        >>> torch.nn.functional.pad(torch.tensor([[1.0, 2.0, 3.0]]), (2, 1), mode="reflect")
        tensor([[3., 2., 1., 2., 3., 2.]])
    """
    return _pad_builtin(input, pad, mode, value)


def _two(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else tuple(value)


_im2col = builtin("_C._nn", "im2col")
_col2im = builtin("_C._nn", "col2im")


@functional()
def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The sliding blocks of an image as columns.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size, dilation, padding, stride: the blocks, an int or a pair each.

    Returns:
        (N, C * kernel, blocks), or without N.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.unfold(torch.arange(6.0).view(1, 2, 3), (2, 2))
        tensor([[0., 1.],
                [1., 2.],
                [3., 4.],
                [4., 5.]])
    """
    return _im2col(input, _two(kernel_size), _two(dilation), _two(padding), _two(stride))


@functional()
def fold(
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """The image to which sliding blocks add up.

    Args:
        input: (N, C * kernel, blocks), or without N.
        output_size: of the image, an int or a pair.
        kernel_size, dilation, padding, stride: the blocks, as for `unfold`.

    Returns:
        (N, C, *output_size), or without N.
    """
    return _col2im(input, _two(output_size), _two(kernel_size), _two(dilation), _two(padding), _two(stride))
