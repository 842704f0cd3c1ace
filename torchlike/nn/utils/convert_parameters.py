"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchlike.nn.declared import torch, typename
from torchlike.tensors.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of all parameters in a row.

    Args:
        parameters: on one device.

    Raises:
        TypeError: if they are on several.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.utils.parameters_to_vector([torch.zeros(2), torch.ones(1, 2)])
        tensor([0., 0., 1., 1.])
    """
    parameters = list(parameters)
    _check_one_device(parameters)
    return torch.cat([param.view(-1) for param in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give the parameters the elements of a vector, as `parameters_to_vector` put them in a row.

    Args:
        vec: the vector, whose storage the parameters share afterwards.
        parameters: on one device.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    parameters = list(parameters)
    _check_one_device(parameters)
    start = 0
    for param in parameters:
        end = start + param.numel()
        param.data = vec[start:end].view_as(param).data
        start = end


def _check_one_device(parameters: list[Any]) -> None:
    if len({str(param.device) for param in parameters}) > 1:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")
