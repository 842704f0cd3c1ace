"""A tensor's dealings with the graph: `detach`, `requires_grad_`, `grad`, `backward`."""

from __future__ import annotations

from typing import Any

from torchlike.autograd.entry_points import backward as backward_of_tensors
from torchlike.autograd.entry_points import backward_of_scalar
from torchlike.autograd.nodes import AccumulateGrad
from torchlike.errors import warn
from torchlike.tensors.attributes import method
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor, alias

__all__: list[str] = []


@composite("detach(Tensor self) -> Tensor")
def detach(self):
    # The counter is shared: a write through either is seen by what was saved of the other.
    return alias(self)


@composite("detach_(Tensor self) -> Tensor")
def detach_(self):
    if self._base is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
            "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
            "detach_() cannot be called on these gradients. To fix this error, please refer to the "
            "Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
        )
    self._value()
    self._edge = None
    if self._root is not None:
        self._root._edge = self._root_edge = None
    return self


@composite("requires_grad_(Tensor self, bool requires_grad=True) -> Tensor", namespaces=())
def requires_grad_(self, requires_grad):
    if requires_grad and not self.requires_grad and self.dtype.category < 2:
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    self.requires_grad = requires_grad
    return self


@method()
def backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add to the `grad` of the graph's leaves the gradient of this tensor.

    Args:
        gradient: the gradient with respect to this tensor; may be left out for a single element.
        retain_graph: keep what the graph saved for a further pass; `create_graph` is the default.
        create_graph: record the graph of the pass itself.
        inputs: the only leaves whose `grad` to add to.

    Raises:
        RuntimeError: the tensor does not require grad, or has several elements and `gradient` is missing.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * 3).sum().backward()
        >>> x.grad.tolist()
        [3.0, 3.0]
    """
    edge = self._gradient_edge()
    aval = self._value().aval
    if (
        gradient is None
        and not create_graph
        and inputs is None
        and edge is not None
        and aval.dtype.is_floating_point
        and aval.shape.numel() == 1
    ):
        backward_of_scalar(edge, aval, bool(retain_graph))
    else:
        backward_of_tensors(self, gradient, retain_graph, create_graph, inputs=inputs)


def grad(self: Tensor) -> Tensor | None:
    """What `backward` has added up; None before the first pass."""
    found = self._grad
    if found is None and self._edge is not None:
        if type(self._edge.node) is not AccumulateGrad and not self.retains_grad:
            warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated for "
                "a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
                "mistake, make sure you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for "
                "more information.",
            )
    return found


_CPP_NAMES = {
    "float32": "float",
    "float64": "double",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "int64": "long int",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
    "int32": "int",
    "int16": "short int",
    "int8": "signed char",
    "uint8": "unsigned char",
    "bool": "bool",
}


def set_grad(self: Tensor, value: Tensor | None) -> None:
    if value is None:
        self._grad = None
        return
    if not isinstance(value, Tensor):
        raise TypeError(
            f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
        )
    if value is self:
        raise RuntimeError("can't assign Variable as its own grad")
    if value.dtype is not self.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{_CPP_NAMES.get(value.dtype.name, value.dtype.name)}' to a "
            f"tensor with grad_dtype '{self.dtype.legacy_name}'. The gradient must match the tensor's grad_dtype "
            "(defaults to the tensor's dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or "
            "None to allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its gradient "
            "may break downstream systems that assume they match."
        )
    if value.device != self.device:
        raise RuntimeError(
            f"attempting to assign a gradient with device type '{value.device.type}' to a tensor with device type "
            f"'{self.device.type}'. Please ensure that the gradient and the tensor are on the same device"
        )
    if value.shape != self.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size '{list(self.shape)}'. "
            "Please ensure that the gradient and the tensor are the same size"
        )
    self._grad = value


def delete_grad(self: Tensor) -> None:
    self._grad = None


method("grad")(property(grad, set_grad, delete_grad))
