"""Contractions named by subscripts or dimensions, and distances between rows."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from torchlike.operators.accepted import BOOL, NUMERIC
from torchlike.operators.declaration import broadcast_shape, operator
from torchlike.operators.dimensions import wrap_dim
from torchlike.operators.division import divide
from torchlike.operators.norms import vector_norm
from torchlike.operators.reductions import add_up

__all__ = ["check_einsum", "contracts", "sorted_as_pytorch"]


def _subscripts(text: str, start: int) -> list[str]:
    """A term's subscripts, "..." standing for an ellipsis."""
    found: list[str] = []
    i = 0
    while i < len(text):
        c = text[i]
        if c == " ":
            i += 1
        elif c == ".":
            if text[i : i + 3] != "..." or "..." in found:
                raise RuntimeError(
                    f"einsum(): found '.' for operand {start} that is not part of any ellipsis"
                    if start >= 0
                    else "einsum(): found '.' for output but an ellipsis (...) was already found"
                )
            found.append("...")
            i += 3
        elif c.isalpha() and c.isascii():
            found.append(c)
            i += 1
        else:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {i} in the equation string, subscripts must be "
                "in [a-zA-Z]"
            )
    return found


def check_einsum(equation: str, tensors: tuple[Any, ...]) -> None:
    left, arrow, right = equation.partition("->")
    offset = 0
    terms = []
    for i, text in enumerate(left.split(",")):
        for j, c in enumerate(text):
            if not (c.isalpha() and c.isascii()) and c not in " .":
                raise RuntimeError(
                    f"einsum(): invalid subscript given at index {offset + j} in the equation string, "
                    "subscripts must be in [a-zA-Z]"
                )
        offset += len(text) + 1
        terms.append(_subscripts(text, i))
    if len(terms) > len(tensors):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    if len(terms) < len(tensors):
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    sizes: dict[str, int] = {}
    for i, (term, tensor) in enumerate(zip(terms, tensors, strict=True)):
        named = [s for s in term if s != "..."]
        rank = len(tensor.shape)
        if "..." not in term and len(named) != rank:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(named)}) does not match the "
                f"number of dimensions ({rank}) for operand {i} and no ellipsis was given"
            )
        if len(named) > rank:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(named)}) is more than the number "
                f"of dimensions ({rank}) for operand {i}"
            )
        split = term.index("...") if "..." in term else len(term)
        after = len(term) - split - 1
        dims = list(tensor.shape[:split]) + (list(tensor.shape[rank - after :]) if after > 0 else [])
        own: dict[str, int] = {}
        for s, n in zip(named, dims, strict=True):
            if own.setdefault(s, n) != n:
                raise RuntimeError(
                    f"einsum(): subscript {s} is repeated for operand {i} but the sizes don't match, {n} != "
                    f"{own[s]}"
                )
            seen = sizes.get(s, 1)
            if seen != 1 and n not in (1, seen):
                raise RuntimeError(
                    f"einsum(): subscript {s} has size {n} for operand {i} which does not broadcast with "
                    f"previously seen size {seen}"
                )
            sizes[s] = max(seen, n) if n != 0 else 0
    if arrow:
        out = _subscripts(right, -1)
        for s in out:
            if s == "...":
                continue
            if out.count(s) > 1:
                raise RuntimeError(f"einsum(): output subscript {s} appears more than once in the output")
            if s not in sizes:
                raise RuntimeError(
                    f"einsum(): output subscript {s} does not appear in the equation for any input operand"
                )
    types = [t.dtype for t in tensors]
    for d in types[1:]:
        if d is not types[0]:
            raise RuntimeError(f"expected scalar type {types[0].legacy_name} but found {d.legacy_name}")
    if len(types) > 1 and types[0] not in NUMERIC:
        raise NotImplementedError(f"\"bmm\" not implemented for '{types[0].legacy_name}'")


def sorted_as_pytorch(equation: str) -> str:
    """The equation with its output written out: the ellipsis first, then capital letters, then small ones."""
    equation = equation.replace(" ", "")
    if "->" in equation:
        return equation
    letters = sorted(c for c in set(equation) if c.isalpha() and equation.count(c) == 1)
    return f"{equation}->{'...' if '...' in equation else ''}{''.join(letters)}"


def contracts(equation: str) -> bool:
    """Whether some subscript is summed over."""
    left, _, right = sorted_as_pytorch(equation).partition("->")
    return bool({c for c in left if c.isalpha()} - set(right))


def _declare_einsum(name: str, backward: str) -> None:
    operator(
        f"{name}(str equation, Tensor[] tensors) -> Tensor",
        check=check_einsum,
        namespaces=(),
        method=False,
        out=False,
        backward=backward,
    )(_einsum)


def _einsum(equation, tensors):
    half = tensors[0].dtype in (jnp.float16, jnp.bfloat16)
    accumulate = jnp.float32 if half else tensors[0].dtype
    out = jnp.einsum(
        sorted_as_pytorch(equation),
        *tensors,
        precision=lax.Precision.HIGHEST,
        preferred_element_type=accumulate,
    )
    return out.astype(tensors[0].dtype)


# Where nothing is summed over, PyTorch multiplies element by element.
_declare_einsum("_einsum", "BmmBackward0")
_declare_einsum("_einsum_products", "MulBackward0")


def check_tensordot(a: Any, b: Any, dims_a: tuple[int, ...], dims_b: tuple[int, ...]) -> None:
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype is not b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    for d, e in zip(dims_a, dims_b, strict=True):
        m, n = a.shape[wrap_dim(d, len(a.shape))], b.shape[wrap_dim(e, len(b.shape))]
        if m != n and m != 1 and n != 1:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {m} in dim {d} and second has "
                f"size {n} in dim {e}"
            )


@operator(
    "_tensordot(Tensor a, Tensor b, int[] dims_a, int[] dims_b) -> Tensor",
    check=check_tensordot,
    namespaces=(),
    method=False,
    out=False,
    backward="ViewBackward0",
    kernel="addmm_impl_cpu_",
    accepts=NUMERIC,
)
def tensordot(a, b, dims_a, dims_b):
    dims_a = tuple(wrap_dim(d, a.ndim) for d in dims_a)
    dims_b = tuple(wrap_dim(d, b.ndim) for d in dims_b)
    for d, e in zip(dims_a, dims_b, strict=True):
        # A size of 1 stands for the sum over the other's dimension.
        if a.shape[d] == 1 != b.shape[e]:
            b = jnp.sum(b, axis=e, keepdims=True, dtype=b.dtype)
        elif b.shape[e] == 1 != a.shape[d]:
            a = jnp.sum(a, axis=d, keepdims=True, dtype=a.dtype)
    accumulate = jnp.float32 if a.dtype in (jnp.float16, jnp.bfloat16) else a.dtype
    out = jnp.tensordot(
        a, b, (dims_a, dims_b), precision=lax.Precision.HIGHEST, preferred_element_type=accumulate
    )
    return out.astype(a.dtype)


@operator(
    "_identities(Tensor self) -> Tensor",
    namespaces=(),
    method=False,
    out=False,
    backward="CopyBackwards",
    accepts=NUMERIC | BOOL,
    kernel="eye",
)
def identities(self):
    return jnp.broadcast_to(jnp.eye(self.shape[-1], dtype=self.dtype), self.shape)


_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def check_cdist(x1: Any, x2: Any, p: float, compute_mode: str) -> None:
    for name, operand in (("X1", x1), ("X2", x2)):
        if not operand.dtype.is_floating_point:
            raise RuntimeError(
                f"cdist only supports floating-point dtypes, {name} got: {operand.dtype.legacy_name}"
            )
    for name, operand in (("X1", x1), ("X2", x2)):
        if len(operand.shape) < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {len(operand.shape)}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    broadcast_shape(x1.shape[:-2], x2.shape[:-2])
    if x1.dtype.itemsize < 4:
        raise NotImplementedError(f"\"cdist\" not implemented for '{x1.dtype.legacy_name}'")


def _product(a, b):
    return jnp.matmul(a, b, precision=lax.Precision.HIGHEST, preferred_element_type=a.dtype)


@jax.custom_jvp
def _by_products(a, b):
    """Euclidean distances by a matrix product: quick, and inexact for near rows, as PyTorch's."""
    squares_a, squares_b = jnp.sum(a * a, -1, keepdims=True), jnp.sum(b * b, -1, keepdims=True)
    total = squares_a + jnp.swapaxes(squares_b, -1, -2) - 2 * _product(a, jnp.swapaxes(b, -1, -2))
    return lax.sqrt(jnp.maximum(total, 0))


@_by_products.defjvp
def _by_products_jvp(primals, tangents):
    # Of the distance itself: 0 where it is 0.
    (a, b), (ta, tb) = primals, tangents
    out = _by_products(a, b)
    turned = partial(jnp.swapaxes, axis1=-1, axis2=-2)
    along = jnp.sum(a * ta, -1, keepdims=True) + turned(jnp.sum(b * tb, -1, keepdims=True))
    along = along - _product(ta, turned(b)) - _product(a, turned(tb))
    return out, jnp.where(out == 0, 0, divide(along, jnp.where(out == 0, 1, out)))


def _cdist_node(x1: Any, x2: Any) -> str:
    large = x1.shape[-2] > 25 or x2.shape[-2] > 25
    return "ViewBackward0" if large else "CdistBackward0"


@jax.custom_jvp
def _sizes(x):
    return lax.abs(x)


@_sizes.defjvp
def _sizes_jvp(primals, tangents):
    # Unlike in the gradient of `abs`, NaN stays.
    (x,), (t,) = primals, tangents
    return _sizes(x), t * jnp.where(x == 0, 0, lax.sign(x))


def _norms(x, p: float):
    """The p-norms over the last dimension, with the gradients of PyTorch's kernels for distances."""
    return add_up(_sizes(x), (x.ndim - 1,), False) if p == 1 else vector_norm(x, p, (x.ndim - 1,), False)


@operator(
    "cdist(Tensor x1, Tensor x2, float p=2.0, str compute_mode='use_mm_for_euclid_dist_if_necessary') -> "
    "Tensor",
    check=check_cdist,
    method=False,
    out=False,
    backward=_cdist_node,
    saves=("x1", "x2", "result"),
)
def cdist(x1, x2, p, compute_mode):
    large = x1.shape[-2] > 25 or x2.shape[-2] > 25
    if p == 2 and (compute_mode == _MODES[1] or (compute_mode == _MODES[0] and large)):
        return _by_products(x1, x2)
    if x1.shape[-1] == 0:
        return jnp.zeros(
            (*jnp.broadcast_shapes(x1.shape[:-2], x2.shape[:-2]), x1.shape[-2], x2.shape[-2]), x1.dtype
        )
    away = x1[..., :, None, :] - x2[..., None, :, :]
    return _norms(away, p)


def check_pdist(self: Any, p: float) -> None:
    if len(self.shape) != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {len(self.shape)}D")
    if not self.dtype.is_floating_point:
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    if self.dtype.itemsize < 4:
        raise NotImplementedError(f"\"pdist\" not implemented for '{self.dtype.legacy_name}'")


@operator(
    "pdist(Tensor self, float p=2.0) -> Tensor",
    check=check_pdist,
    method=False,
    out=False,
    namespaces=("torch", "nn.functional"),
    saves=("self", "result"),
)
def pdist(self, p):
    rows, columns = np.triu_indices(self.shape[0], 1)
    return _norms(self[rows] - self[columns], p)
