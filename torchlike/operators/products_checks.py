"""PyTorch's complaints about the shapes and dtypes of matrix products."""

from __future__ import annotations

from typing import Any

from torchlike.dtypes import dtype
from torchlike.engine import Aval, aval
from torchlike.operators.accepted import NUMERIC, in_c
from torchlike.operators.declaration import broadcast_shape
from torchlike.operators.dimensions import wrap_dim

__all__ = [
    "check_addbmm",
    "check_addmm",
    "check_addmv",
    "check_addr",
    "check_baddbmm",
    "check_bmm",
    "check_dot",
    "check_linear",
    "check_matmul",
    "check_mm",
    "check_mv",
    "check_outer",
    "transposed",
]


def _kernel(name: str, d: dtype) -> None:
    if d not in NUMERIC:
        raise NotImplementedError(f"\"{name}\" not implemented for '{d.legacy_name}'")


def _sizes(shape: Any) -> str:
    return "x".join(map(str, shape))


def _shapes_multiply(a: tuple, b: tuple) -> None:
    if a[1] != b[0]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({_sizes(a)} and {_sizes(b)})")


def _expands(name: str, shape: tuple, target: tuple) -> None:
    """Raise the error of `expand` where a summand does not fit a product."""
    if len(shape) > len(target):
        raise RuntimeError(
            f"expand(torch.{name}{{{list(shape)}}}, size={list(target)}): the number of sizes provided "
            f"({len(target)}) must be greater or equal to the number of dimensions in the tensor "
            f"({len(shape)})"
        )
    lead = len(target) - len(shape)
    for i in range(len(target) - 1, lead - 1, -1):
        if shape[i - lead] not in (1, target[i]):
            raise RuntimeError(
                f"The expanded size of the tensor ({target[i]}) must match the existing size "
                f"({shape[i - lead]}) at non-singleton dimension {i}.  Target sizes: {list(target)}.  "
                f"Tensor sizes: {list(shape)}"
            )


def _tensor_type(d: dtype) -> str:
    return f"{d.legacy_name}Tensor"


def check_mm(self: Any, mat2: Any) -> None:
    if len(self.shape) != 2:
        raise RuntimeError("self must be a matrix")
    if len(mat2.shape) != 2:
        raise RuntimeError("mat2 must be a matrix")
    _check_mm(self.shape, self.dtype, mat2.shape, mat2.dtype)


def _check_mm(a: tuple, a_type: dtype, b: tuple, b_type: dtype) -> None:
    _shapes_multiply(a, b)
    if a_type is not b_type:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {in_c(a_type)} != {in_c(b_type)}"
        )
    _kernel("addmm_impl_cpu_", a_type)


def check_bmm(self: Any, mat2: Any) -> None:
    _check_bmm(self.shape, self.dtype, mat2.shape, mat2.dtype)


def _check_batches(a: tuple, b: tuple) -> None:
    if len(a) != 3:
        raise RuntimeError("batch1 must be a 3D tensor")
    if len(b) != 3:
        raise RuntimeError("batch2 must be a 3D tensor")
    if b[:2] != (a[0], a[2]):
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but got: "
            f"[{b[0]}, {b[1]}]."
        )


def _check_bmm(a: tuple, a_type: dtype, b: tuple, b_type: dtype) -> None:
    _check_batches(a, b)
    if a_type is not b_type:
        raise RuntimeError(f"expected scalar type {a_type.legacy_name} but found {b_type.legacy_name}")
    _kernel("bmm", a_type)


def check_mv(self: Any, vec: Any) -> None:
    if len(self.shape) != 2 or len(vec.shape) != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {len(self.shape)}, {len(vec.shape)}")
    _check_mv(self.shape, self.dtype, vec.shape, vec.dtype)


def _check_mv(a: tuple, a_type: dtype, b: tuple, b_type: dtype) -> None:
    if a[1] != b[0]:
        raise RuntimeError(f"size mismatch, got input ({a[0]}), mat ({_sizes(a)}), vec ({b[0]})")
    if a_type is not b_type:
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {b_type.legacy_name}, "
            f"{a_type.legacy_name}, and {b_type.legacy_name}"
        )
    _kernel("addmv_impl_cpu", a_type)


def check_dot(self: Any, tensor: Any) -> None:
    a, b = self.shape, tensor.shape
    if len(a) != 1 or len(b) != 1:
        raise RuntimeError(f"1D tensors expected, but got {len(a)}D and {len(b)}D tensors")
    if self.dtype is not tensor.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {self.dtype.legacy_name} and "
            f"{tensor.dtype.legacy_name}"
        )
    if a != b:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same number of "
            f"elements, but got {a[0]} and {b[0]} elements respectively"
        )
    _kernel("dot", self.dtype)


def check_outer(self: Any, vec2: Any) -> None:
    for name, operand in (("self", self), ("vec2", vec2)):
        if len(operand.shape) != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {len(operand.shape)}-D")


def check_matmul(self: Any, other: Any) -> None:
    a, b = tuple(self.shape), tuple(other.shape)
    if not a or not b:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {len(a)}D and {len(b)}D"
        )
    types = self.dtype, other.dtype
    if len(a) == 1 and len(b) == 1:
        check_dot(self, other)
    elif len(a) == 2 and len(b) == 1:
        _check_mv(a, types[0], b, types[1])
    elif len(a) == 1 and len(b) == 2:
        _check_mm((1, *a), types[0], b, types[1])
    elif len(a) == 2 and len(b) == 2:
        _check_mm(a, types[0], b, types[1])
    elif len(b) == 1:
        # PyTorch folds the batch into the rows of one matrix.
        _check_mv((_count(a[:-1]), a[-1]), types[0], b, types[1])
    elif len(b) == 2:
        _check_mm((_count(a[:-1]), a[-1]), types[0], b, types[1])
    elif len(a) == 1:
        _check_mv((_count(b[:-2]) * b[-1], b[-2]), types[1], a, types[0])
    elif len(a) == 2:
        folded = (_count(b[:-2]) * b[-1], b[-2])
        _check_mm(folded, types[1], (a[1], a[0]), types[0])
    else:
        batch = broadcast_shape(a[:-2], b[:-2])
        n = _count(batch)
        _check_bmm((n, *a[-2:]), types[0], (n, *b[-2:]), types[1])


def _count(shape: tuple) -> int:
    n = 1
    for k in shape:
        n *= k
    return n


def _same_dtypes(self: Any, mat1: dtype, mat2: dtype) -> None:
    if self is not mat2:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {self.legacy_name} and {mat2.legacy_name}"
        )
    if mat1 is not mat2:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {mat1.legacy_name} and {mat2.legacy_name}"
        )


def check_addmm(self: Any, mat1: Any, mat2: Any, beta: Any, alpha: Any) -> None:
    for name, operand in (("mat1", mat1), ("mat2", mat2)):
        if len(operand.shape) != 2:
            raise RuntimeError(f"{name} must be a matrix, got {len(operand.shape)}-D tensor")
    _check_addmm(self, tuple(mat1.shape), mat1.dtype, tuple(mat2.shape), mat2.dtype)


def _check_addmm(self: Any, a: tuple, a_type: dtype, b: tuple, b_type: dtype) -> None:
    _shapes_multiply(a, b)
    _expands(_tensor_type(self.dtype), tuple(self.shape), (a[0], b[1]))
    _same_dtypes(self.dtype, a_type, b_type)
    _kernel("addmm_impl_cpu_", a_type)


def _size(shape: tuple, dim: int) -> int:
    return shape[wrap_dim(dim, len(shape))]


def check_addbmm(self: Any, batch1: Any, batch2: Any, beta: Any, alpha: Any) -> None:
    a, b = tuple(batch1.shape), tuple(batch2.shape)
    _expands(_tensor_type(self.dtype), tuple(self.shape), (_size(a, 1), _size(b, 2)))
    if len(a) == 3 and len(b) == 3:
        if a[0] != b[0]:
            raise RuntimeError(f"batch1 and batch2 must have same number of batches, got {a[0]} and {b[0]}")
        if a[2] != b[1]:
            raise RuntimeError(f"Incompatible matrix sizes for bmm ({a[1]}x{a[2]} and {b[1]}x{b[2]})")
    for name, shape in (("batch1", a), ("batch2", b)):
        if len(shape) != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    _same_dtypes(self.dtype, batch1.dtype, batch2.dtype)
    _kernel("addmm_impl_cpu_", batch1.dtype)


def check_baddbmm(self: Any, batch1: Any, batch2: Any, beta: Any, alpha: Any) -> None:
    a, b = tuple(batch1.shape), tuple(batch2.shape)
    _expands(_tensor_type(self.dtype), tuple(self.shape), (_size(a, 0), _size(a, 1), _size(b, 2)))
    if not self.dtype is batch1.dtype is batch2.dtype:
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {in_c(self.dtype)}, batch1: "
            f"{in_c(batch1.dtype)}, batch2: {in_c(batch2.dtype)}"
        )
    _check_batches(a, b)
    _kernel("baddbmm", batch1.dtype)


def check_addmv(self: Any, mat: Any, vec: Any, beta: Any, alpha: Any) -> None:
    a, b = tuple(mat.shape), tuple(vec.shape)
    if len(a) != 2 or len(b) != 1 or len(self.shape) > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {len(self.shape)}, {len(a)}, {len(b)}")
    size = self.shape[0] if self.shape else 1
    if a[1] != b[0] or size not in (1, a[0]):
        raise RuntimeError(f"size mismatch, got input ({size}), mat ({_sizes(a)}), vec ({b[0]})")
    if not self.dtype is mat.dtype is vec.dtype:
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {self.dtype.legacy_name}, "
            f"{mat.dtype.legacy_name}, and {vec.dtype.legacy_name}"
        )
    _kernel("addmv_impl_cpu", mat.dtype)


def check_addr(self: Any, vec1: Any, vec2: Any, beta: Any, alpha: Any) -> None:
    for name, operand in (("vec1", vec1), ("vec2", vec2)):
        if len(operand.shape) != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {len(operand.shape)}-D")
    _expands(_tensor_type(self.dtype), tuple(self.shape), (vec1.shape[0], vec2.shape[0]))


def check_linear(input: Any, weight: Any, bias: Any) -> None:
    x, w = tuple(input.shape), tuple(weight.shape)
    if not x or not w:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {len(x)}D and {len(w)}D"
        )
    if len(w) > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {len(w)}D")
    if bias is None:
        check_matmul(input, transposed(weight))
        return
    if len(w) != 2:
        raise RuntimeError(f"mat2 must be a matrix, got {len(w)}-D tensor")
    rows = x if len(x) == 2 else (_count(x[:-1]), x[-1])
    _check_addmm(bias, rows, input.dtype, (w[1], w[0]), weight.dtype)


def transposed(matrix: Any) -> Aval:
    """The aval of a matrix's transpose."""
    return aval(tuple(reversed(matrix.shape)), matrix.dtype, matrix.device)
