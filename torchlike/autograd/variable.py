"""`Variable`, PyTorch's older name for a tensor."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd.nodes import tensors
from torchlike.engine import from_host

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = ["Variable"]


class VariableMeta(type):
    """Makes every tensor an instance of `Variable`."""

    def __instancecheck__(cls, other: object) -> bool:
        return isinstance(other, tensors.tensor_type)


class Variable(metaclass=VariableMeta):
    """A tensor on another's storage, outside its graph; kept from the time when only variables had gradients.

    Args:
        data: a tensor.
        requires_grad: whether the result is a leaf of a graph.

    Example:
        >>> import torchlike as torch
        >>> torch.autograd.Variable(torch.ones(2), requires_grad=True)
        tensor([1., 1.], requires_grad=True)
    """

    def __new__(  # type: ignore[misc]
        cls, data: Any = None, requires_grad: bool = False, volatile: Any = None, **rest: Any
    ) -> Tensor:
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
        if rest:
            raise TypeError(f"Variable() got an unexpected keyword argument '{next(iter(rest))}'")
        if data is None:
            made = tensors.wrap(from_host(np.zeros((0,), dtypes.get_default_dtype().np)), None)
        elif isinstance(data, tensors.tensor_type):
            made = tensors.alias(data)
        else:
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if requires_grad:
            if made.dtype.category < 2:
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
            made.requires_grad = True
        return made
