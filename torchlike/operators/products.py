"""Products of vectors and matrices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod as _count
from typing import Any

import jax.numpy as jnp
from jax import lax

from torchlike.operators import products_checks as checks
from torchlike.operators.accepted import NUMERIC, STANDARD, in_c
from torchlike.operators.arithmetic import shapes
from torchlike.operators.declaration import broadcast_shape, is_literal, operator
from torchlike.operators.dimensions import wrap_dim
from torchlike.operators.linear_pairs import linear_pair

__all__: list[str] = []


def _matmul(a, b):
    """The product in the operands' dtype; half types accumulate in float32."""
    if a.dtype in (jnp.float16, jnp.bfloat16):
        return jnp.matmul(a, b, preferred_element_type=jnp.float32).astype(a.dtype)
    rows = 1 if a.ndim == 1 else a.shape[-2]
    columns = 1 if b.ndim == 1 else b.shape[-1]
    a, b, signed = _summed_from_zero(a, b, rows, columns)
    return signed(jnp.matmul(a, b, preferred_element_type=a.dtype, precision=lax.Precision.HIGHEST))


# From so many multiplications on, PyTorch multiplies the matrices of a batch of one as it does matrices.
_SMALL_BATCH = 400


def _summed_from_zero(a: Any, b: Any, rows: int, columns: int) -> tuple[Any, Any, Callable]:
    """A product's operands, whose gradients have zeros of PyTorch's sign, and what gives them to the product.

    PyTorch adds the terms of a sum to zero, so that none is -0, except where the product of two matrices has one term
    only. XLA leaves out the zero where an operand is a vector. Gradients of products of matrices are such products.
    """
    terms = a.shape[-1]
    if not jnp.issubdtype(a.dtype, jnp.floating) or min(rows, terms, columns) > 1:
        return a, b, _same
    if a.ndim > 2 and b.ndim > 2:
        batch = _count(broadcast_shape(a.shape[:-2], b.shape[:-2]))
        if batch > 1 or rows * terms * columns < _SMALL_BATCH:
            return _turned(a), _turned(b), partial(linear_pair, _positive_zeros, _same, ())
    elif b.ndim > 2:
        columns *= _count(b.shape[:-2])
    else:
        rows *= _count(a.shape[:-2])
    if b.ndim > 1:
        if 1 in (rows, terms):
            a = _turned(a)
        if 1 in (terms, columns):
            b = _turned(b)
    elif a.ndim > 1:
        b = _turned(b)
    return a, b, partial(linear_pair, _positive_zeros, _same, ()) if 1 in (rows, columns) else _same


def _turned(x):
    """The same array, in whose gradient no zero is -0."""
    return linear_pair(_same, _positive_zeros, (), x)


def _same(x):
    return x


def _positive_zeros(x):
    return jnp.where(x == 0, jnp.zeros_like(x), x)


@operator("mm(Tensor self, Tensor mat2) -> Tensor", check=checks.check_mm)
def mm(self, mat2):
    return _matmul(self, mat2)


@operator("bmm(Tensor self, Tensor mat2) -> Tensor", check=checks.check_bmm)
def bmm(self, mat2):
    return _matmul(self, mat2)


def _matmul_node(self: Any, other: Any, *, wanted: tuple[int, ...] = ()) -> str | tuple:
    ranks = len(self.shape), len(other.shape)
    if ranks == (1, 1):
        return "DotBackward0"
    if ranks == (2, 1):
        return "MvBackward0"
    if ranks == (2, 2):
        return "MmBackward0"
    if ranks == (1, 2):
        return ("SqueezeBackward4", ("MmBackward0", ("UnsqueezeBackward0", "self"), "other"))
    if ranks[0] == 2:
        if 0 not in wanted:
            return "UnsafeViewBackward0"
        # The product of the folded transposes, transposed back; contiguous as it is where a matrix is a vector.
        rows, columns = self.shape[0], other.shape[-1]
        copies = rows > 1 and columns > 1 and other.shape.numel()
        return "CloneBackward0" if copies else "TransposeBackward0"
    if ranks[1] == 1:
        return ("UnsafeViewBackward0", ("MvBackward0", ("ViewBackward0", "self"), "other"))
    if ranks[1] == 2:
        return ("UnsafeViewBackward0", ("MmBackward0", ("ViewBackward0", "self"), "other"))
    if ranks[0] == 1:
        return "UnsafeViewBackward0"
    left, right = (
        ("ViewBackward0", ("ExpandBackward0", "self")),
        ("ViewBackward0", ("ExpandBackward0", "other")),
    )
    return ("UnsafeViewBackward0", ("BmmBackward0", left, right))


def _is_one_block(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether these dimensions can be viewed as one."""
    pairs = [(n, s) for n, s in zip(shape, strides, strict=True) if n != 1]
    return all(s == later * n for (_, s), (n, later) in zip(pairs, pairs[1:], strict=False))


def _copied_by_matmul(
    position: int, strides: tuple[int, ...], shapes: tuple[tuple[int, ...], ...], wanted: tuple[int, ...]
) -> bool:
    """Whether PyTorch copies an operand to make a matrix, or a batch of matrices, of it."""
    own, other = shapes[position], shapes[1 - position]
    if len(own) < 3 or 0 in own:
        return False
    if len(other) <= 2:
        if 1 - position not in wanted:
            return False
        # The other one requires grad: this one is folded, transposed if it is the right one.
        order = range(len(own)) if position == 0 else (*range(len(own) - 2), len(own) - 1, len(own) - 2)
        order = tuple(order)[:-1]
        return not _is_one_block(tuple([own[i] for i in order]), tuple([strides[i] for i in order]))
    # Batches of both are spread to their common shape and folded.
    batch = broadcast_shape(own[:-2], other[:-2])
    lead = len(batch) - len(own) + 2
    steps = [0 if i < lead or own[i - lead] != n else strides[i - lead] for i, n in enumerate(batch)]
    return not _is_one_block(batch, tuple(steps))


def _copied_by_linear(
    position: int, strides: tuple[int, ...], shapes: tuple[tuple[int, ...], ...], wanted: tuple[int, ...]
) -> bool:
    return position == 0 and _copied_by_matmul(0, strides, (shapes[0], shapes[1][::-1]), wanted)


@operator(
    "matmul(Tensor self, Tensor other) -> Tensor",
    check=checks.check_matmul,
    backward=_matmul_node,
    copies=_copied_by_matmul,
    namespaces=("torch", "linalg"),
    dunder=("__matmul__", "__rmatmul__"),
)
def matmul(self, other):
    return _matmul(self, other)


@operator("mv(Tensor self, Tensor vec) -> Tensor", check=checks.check_mv)
def mv(self, vec):
    return _matmul(self, vec)


@operator("dot(Tensor self, Tensor tensor) -> Tensor", check=checks.check_dot)
def dot(self, tensor):
    return _matmul(self, tensor)


@operator("vdot(Tensor self, Tensor other) -> Tensor", check=checks.check_dot)
def vdot(self, other):
    return _matmul(lax.conj(self) if jnp.iscomplexobj(self) else self, other)


def check_inner(self: Any, other: Any) -> None:
    a, b = tuple(self.shape), tuple(other.shape)
    if not a or not b:
        return
    if a[-1] != b[-1]:
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes {list(a)} and "
            f"{list(b)}"
        )
    if self.dtype is not other.dtype:
        raise RuntimeError(
            f"expected scalar type {self.dtype.legacy_name} but found {other.dtype.legacy_name}"
        )
    if self.dtype not in NUMERIC:
        raise NotImplementedError(f"\"dot\" not implemented for '{self.dtype.legacy_name}'")


@operator(
    "inner(Tensor self, Tensor other) -> Tensor",
    check=check_inner,
    backward=lambda self, other: "ViewBackward0" if self.shape and other.shape else "MulBackward0",
)
def inner(self, other):
    if not self.ndim or not other.ndim:
        return self * other
    return jnp.tensordot(
        self, other, ((self.ndim - 1,), (other.ndim - 1,)), preferred_element_type=self.dtype
    )


@operator(
    "outer(Tensor self, Tensor vec2) -> Tensor",
    promote="same",
    check=checks.check_outer,
    aliases=("ger",),
    backward="MulBackward0",
    strides="contiguous",
)
def outer(self, vec2):
    return self[:, None] & vec2 if self.dtype == jnp.bool_ else self[:, None] * vec2


def _scaled(number, x):
    return x if is_literal(number, 1) else number.astype(x.dtype) * x


def _added(self, beta, product):
    # A zero `beta` leaves out NaN and infinities of the summand; it is known only as the program runs.
    if is_literal(beta, 1):
        return self + product
    if is_literal(beta, 0):
        return product + jnp.zeros_like(self)
    factor = beta.astype(product.dtype)
    return jnp.where(factor == 0, jnp.zeros_like(self), factor * self) + product


_SUM = "*, Scalar beta=1, Scalar alpha=1) -> Tensor"


@operator(
    f"addmm(Tensor self, Tensor mat1, Tensor mat2, {_SUM}",
    check=checks.check_addmm,
    inplace=True,
    structured=True,
)
def addmm(self, mat1, mat2, beta, alpha):
    return _added(self, beta, _scaled(alpha, _matmul(mat1, mat2)))


@operator(
    f"addbmm(Tensor self, Tensor batch1, Tensor batch2, {_SUM}", check=checks.check_addbmm, inplace=True
)
def addbmm(self, batch1, batch2, beta, alpha):
    return _added(self, beta, _scaled(alpha, jnp.sum(_matmul(batch1, batch2), axis=0, dtype=self.dtype)))


@operator(
    f"baddbmm(Tensor self, Tensor batch1, Tensor batch2, {_SUM}",
    check=checks.check_baddbmm,
    inplace=True,
    structured=True,
)
def baddbmm(self, batch1, batch2, beta, alpha):
    return _added(self, beta, _scaled(alpha, _matmul(batch1, batch2)))


@operator(
    f"addmv(Tensor self, Tensor mat, Tensor vec, {_SUM}",
    check=checks.check_addmv,
    inplace=True,
    structured=True,
)
def addmv(self, mat, vec, beta, alpha):
    return _added(self, beta, _scaled(alpha, _matmul(mat, vec)))


@operator(
    f"addr(Tensor self, Tensor vec1, Tensor vec2, {_SUM}",
    check=checks.check_addr,
    promote="same",
    inplace=True,
    kernel="addr_cpu",
    accepts=STANDARD,
    strides="first",
)
def addr(self, vec1, vec2, beta, alpha):
    if self.dtype == jnp.bool_:
        return self | (vec1[:, None] & vec2)
    return _added(self, beta, _scaled(alpha, vec1)[:, None] * vec2)


def _linear_node(input: Any, weight: Any, bias: Any = None) -> str | tuple:
    rank, turned = len(input.shape), ("TBackward0", "weight")
    if bias is not None:
        if rank == 2:
            return ("AddmmBackward0", "bias", "input", turned)
        return ("ViewBackward0", ("AddmmBackward0", "bias", ("ViewBackward0", "input"), turned))
    if len(weight.shape) == 1:
        return "DotBackward0" if rank == 1 else "MvBackward0" if rank == 2 else "UnsafeViewBackward0"
    if rank == 2:
        return ("MmBackward0", "input", turned)
    if rank == 1:
        return ("SqueezeBackward4", ("MmBackward0", ("UnsqueezeBackward0", "input"), turned))
    return ("UnsafeViewBackward0", ("MmBackward0", ("ViewBackward0", "input"), turned))


@operator(
    "linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor",
    check=checks.check_linear,
    namespaces=("nn.functional",),
    method=False,
    backward=_linear_node,
    copies=_copied_by_linear,
)
def linear(input, weight, bias):
    # Contracted as it lies: XLA copies the transpose of a matrix that it multiplies by a single row.
    sums = (((input.ndim - 1,), (weight.ndim - 1,)), ((), ()))
    if input.dtype in (jnp.float16, jnp.bfloat16):
        # The bias joins before the one rounding.
        product = lax.dot_general(input, weight, sums, preferred_element_type=jnp.float32)
        return (product if bias is None else product + bias).astype(input.dtype)
    columns = _count(weight.shape[:-1])
    input, weight, signed = _summed_from_zero(input, weight, _count(input.shape[-2:-1]), columns)
    exact = {"precision": lax.Precision.HIGHEST, "preferred_element_type": input.dtype}
    product = signed(lax.dot_general(input, weight, sums, **exact))
    return product if bias is None else product + bias


def check_bilinear(input1: Any, input2: Any, weight: Any, bias: Any) -> None:
    a, b, w = tuple(input1.shape), tuple(input2.shape), tuple(weight.shape)
    if not a:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    if len(a) != len(b):
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {len(a)} and {len(b)}")
    for i, (m, n) in enumerate(zip(a[:-1], b[:-1], strict=True)):
        if m != n:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {i}: got {m} and {n}")
    if a[-1] != w[1]:
        raise RuntimeError(
            f"bilinear(): input1 size does not match weight size: got {a[-1]} but expected {w[1]}"
        )
    if b[-1] != w[2]:
        raise RuntimeError(
            f"bilinear(): input2 size does not match weight size: got {b[-1]} but expected {w[2]}"
        )
    if bias is not None and bias.shape[0] != w[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {w[0]}"
        )
    operands = {"input1": input1, "input2": input2, "weight": weight, "bias": bias}
    types = {name: x.dtype for name, x in operands.items() if x is not None}
    if len(set(types.values())) > 1:
        given = ", ".join(f"{name}: {in_c(d)}" for name, d in types.items())
        raise RuntimeError(f"All tensors must have the same dtype, got {given}")
    if not a[-1]:
        raise RuntimeError(
            "cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified dimension size -1 can be "
            "any value and is ambiguous"
        )
    if input1.dtype not in NUMERIC:
        raise NotImplementedError(f"\"bmm\" not implemented for '{input1.dtype.legacy_name}'")


@operator(
    "bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor",
    check=check_bilinear,
    namespaces=("nn.functional", "torch"),
    method=False,
    out=False,
    backward=lambda a, b, w, bias=None: "ViewBackward0" if bias is None else "AddBackward0",
)
def bilinear(input1, input2, weight, bias):
    out = jnp.einsum("...i,oij,...j->...o", input1, weight, input2)
    return out if bias is None else out + bias


@operator(
    "kron(Tensor self, Tensor other) -> Tensor",
    promote="same",
    check=lambda self, other: None,
    strides="kron",
    backward="UnsafeViewBackward0",
)
def kron(self, other):
    return (
        jnp.kron(self.astype(jnp.uint8), other.astype(jnp.uint8)) != 0
        if self.dtype == bool
        else jnp.kron(self, other)
    )


def _check_cross(self: Any, other: Any, dim: int) -> None:
    a, b = tuple(self.shape), tuple(other.shape)
    if len(a) != len(b):
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    d = wrap_dim(dim, len(a))
    if a[d] != 3 or b[d] != 3:
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {a[d]} and {b[d]}")
    shapes(self, other)


@operator(
    "cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor",
    promote="same",
    namespaces=("linalg",),
    method=False,
    check=_check_cross,
    kernel="cross",
    accepts=NUMERIC,
    backward="LinalgCrossBackward0",
    strides="contiguous",
)
def cross(self, other, dim):
    a, b = jnp.broadcast_arrays(self, other)
    a1, a2, a3 = [lax.index_in_dim(a, i, wrap_dim(dim, a.ndim)) for i in range(3)]
    b1, b2, b3 = [lax.index_in_dim(b, i, wrap_dim(dim, a.ndim)) for i in range(3)]
    return jnp.concatenate([a2 * b3 - a3 * b2, a3 * b1 - a1 * b3, a1 * b2 - a2 * b1], wrap_dim(dim, a.ndim))


def check_vecdot(x: Any, y: Any, dim: int) -> None:
    for operand in (x, y):
        if operand.dtype.category < 2:
            raise RuntimeError(
                "linalg.vecdot: Expected a floating point or complex tensor as input. Got "
                f"{operand.dtype.legacy_name}"
            )
    wrap_dim(dim, max(len(x.shape), len(y.shape)))
    shapes(x, y)


@operator(
    "vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor",
    namespaces=("linalg",),
    method=False,
    check=check_vecdot,
    backward="SumBackward1",
)
def vecdot(x, y, dim):
    return jnp.sum((lax.conj(x) if jnp.iscomplexobj(x) else x) * y, axis=dim)


def check_trace(self: Any) -> None:
    if len(self.shape) != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {len(self.shape)}")


@operator("trace(Tensor self) -> Tensor", check=check_trace, kernel="trace", accepts=NUMERIC)
def trace(self):
    to = self.dtype if jnp.issubdtype(self.dtype, jnp.inexact) else jnp.int64
    return jnp.trace(self, dtype=to)


def _check_triangle(name: str):
    def check(self: Any, diagonal: int) -> None:
        if len(self.shape) < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")

    return check


@operator(
    "tril(Tensor self, int diagonal=0) -> Tensor",
    inplace=True,
    check=_check_triangle("tril"),
    kernel="tril",
    accepts=STANDARD,
    double_backward="TrilBackward0",
)
def tril(self, diagonal):
    return jnp.tril(self, diagonal)


@operator(
    "triu(Tensor self, int diagonal=0) -> Tensor",
    inplace=True,
    check=_check_triangle("triu"),
    kernel="triu",
    accepts=STANDARD,
    double_backward="TriuBackward0",
)
def triu(self, diagonal):
    return jnp.triu(self, diagonal)
