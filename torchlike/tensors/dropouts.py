"""Dropout of elements and of whole channels, and the kind that suits a SELU.

The masks are drawn on the host from the default generator, one number an element or a channel in the order
in which the elements lie in memory, as PyTorch draws them on the CPU.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.engine import from_host
from torchlike.operators import declaration
from torchlike.tensors import dispatch, writes
from torchlike.tensors.composite import composite
from torchlike.tensors.draw_discrete import dropout_mask
from torchlike.tensors.generator import default_generator
from torchlike.tensors.layouts import format_strides
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.sampling import _in_memory_order
from torchlike.tensors.tensor import Tensor, wrap

__all__ = ["factor_of"]

_elements = declaration.get("_dropout")
_unbatched = declaration.get("_dropout_unbatched")
_alpha = declaration.get("_alpha_dropout")


def _mask(input: Any, p: float) -> Tensor:
    shape = tuple(input.shape)
    strides = None if input._geometry is None else format_strides(None, shape, input.stride())
    if strides is None:
        drawn = dropout_mask(default_generator, shape, p)
    else:
        drawn = _in_memory_order(shape, strides, lambda s: dropout_mask(default_generator, s, p))
    return wrap(from_host(drawn))


def _channel_mask(input: Tensor, p: float) -> Tensor:
    if input.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    shape = (*input.shape[:2], *(1,) * (input.ndim - 2))
    return wrap(from_host(dropout_mask(default_generator, shape, p)))


def factor_of(input: Tensor, p: float) -> float:
    """What is kept is multiplied by this: `1 / (1 - p)`, rounded as PyTorch's kernels round it."""
    if p == 1:
        return 0.0
    return 1.0 / (1.0 - p) if input.dtype is dtypes.float64 else float(np.float32(1) / np.float32(1.0 - p))


def _check_probability(p: float) -> None:
    if p < 0 or p > 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")


def _apply(
    input: Any, p: float, train: bool, inplace: bool, mask: Callable[[Tensor, float], Tensor], alpha: bool
) -> Tensor:
    _check_probability(p)
    if p == 0 or not train or 0 in input.shape:
        return input
    if p == 1:
        zero = input.new_zeros(())
        return input.mul_(zero) if inplace else input * zero
    run = writes.call_inplace if inplace else dispatch.call
    if alpha:
        return run(_alpha, (input, mask(input, p), p))
    return run(_elements, (input, mask(input, p), factor_of(input, p)))


_NAMES = {
    "dropout": (_mask, False),
    "feature_dropout": (_channel_mask, False),
    "alpha_dropout": (_mask, True),
    "feature_alpha_dropout": (_channel_mask, True),
}


def _declare(name: str, mask: Callable[[Tensor, float], Tensor], alpha: bool) -> None:
    @composite(f"{name}(Tensor self, float p, bool train) -> Tensor", method=False)
    def out_of_place(self, p, train):
        return _apply(self, p, train, False, mask, alpha)

    @composite(f"{name}_(Tensor self, float p, bool train) -> Tensor", method=False)
    def inplace(self, p, train):
        return _apply(self, p, train, True, mask, alpha)


for _name, (_draw, _is_alpha) in _NAMES.items():
    _declare(_name, _draw, _is_alpha)

_builtins = {name + tail: builtin("torch", name + tail) for name in _NAMES for tail in ("", "_")}


def _call(name: str, input: Tensor, p: float, training: bool, inplace: bool) -> Any:
    return _builtins[f"{name}_" if inplace else name](input, p, training)


def _refuse(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


@functional()
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to zero with probability `p` and divide the others by `1 - p`.

    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.

    Args:
        input: any tensor.
        p: the probability.
        training: if not, give the input back.
        inplace: whether to write into the input.

    Raises:
        ValueError: `p` is no probability.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.dropout(torch.ones(3), p=1.0)
        tensor([0., 0., 0.])
    """
    _refuse(p)
    if (
        not inplace
        and 0.0 < p < 1.0
        and training is True
        and isinstance(input, Tensor)
        and 0 not in input.shape
    ):
        return dispatch.call(_elements, (input, _mask(input, p), factor_of(input, p)))
    return _call("dropout", input, p, training, inplace)


@functional()
def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean and variance behind a SELU.

    Klambauer et al. (2017), Self-normalizing neural networks: what is dropped becomes the SELU's negative
    limit, and a linear map makes up for it.

    Args:
        input: any tensor.
        p: the probability.
        training: if not, give the input back.
        inplace: whether to write into the input.
    """
    _refuse(p)
    return _call("alpha_dropout", input, p, training, inplace)


@functional()
def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, *)."""
    _refuse(p)
    return _call("feature_alpha_dropout", input, p, training, inplace)


def _channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    if batched or p == 0 or not training or 0 in input.shape:
        return _call("feature_dropout", input, p, training, inplace)
    if inplace:
        grown: Any = input
        return _call("feature_dropout", grown.unsqueeze_(0), p, training, True).squeeze_(0)
    shape = (input.shape[0], *(1,) * (input.ndim - 1))
    mask = wrap(from_host(dropout_mask(default_generator, shape, p)))
    return dispatch.call(_unbatched, (input, mask, factor_of(input, p)))


def _warn_of_dims(name: str, input: Tensor, spatial: int, taken: str) -> None:
    dims = input.dim()
    warnings.warn(
        f"{name}: Received a {dims}-D input to {name}, which is deprecated and will result in an error in a "
        "future release. To retain the behavior and silence this warning, please use dropout instead. Note "
        f"that {name} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a "
        f"channel dimension, and an optional batch dimension (i.e. {taken} inputs).",
        stacklevel=3,
    )


@functional()
def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, L) or (C, L)."""
    _refuse(p)
    dims = input.dim()
    if dims not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {dims}D input. Note that dropout1d exists "
            "to provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and "
            "an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return _channels(input, p, training, inplace, batched=dims == 3)


@functional()
def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, H, W) or, as in PyTorch, of (N, C, L)."""
    _refuse(p)
    dims = input.dim()
    if dims not in (3, 4):
        _warn_of_dims("dropout2d", input, 2, "3D or 4D")
    if dims == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior "
            "is desired - input is interpreted as shape (N, C, L), where C is the channel dim. This behavior "
            "will change in a future release to interpret the input as one without a batch dimension, i.e. "
            "shape (C, H, W). To maintain the 1D channel-wise dropout behavior, please switch to using "
            "dropout1d instead.",
            stacklevel=2,
        )
    return _call("feature_dropout", input, p, training, inplace)


@functional()
def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    _refuse(p)
    dims = input.dim()
    if dims not in (4, 5):
        _warn_of_dims("dropout3d", input, 3, "4D or 5D")
    return _channels(input, p, training, inplace, batched=dims == 5)
