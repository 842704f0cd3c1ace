"""How far apart or how alike the vectors along a dimension are."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from torchlike import dtypes
from torchlike.engine import Aval
from torchlike.operators.declaration import broadcast_shape, operator
from torchlike.operators.dimensions import wrap_dim
from torchlike.operators.division import divide
from torchlike.operators.norms import vector_norm

__all__ = ["raised"]


@jax.custom_jvp
def raised(x, least):
    """`max(x, least)` as PyTorch writes it outside the graph: the gradient passes as if it were `x`."""
    return lax.max(x, jnp.full_like(x, least))


@raised.defjvp
def _raised_jvp(primals, tangents):
    return raised(*primals), tangents[0]


def _check_cosine(x1: Aval, x2: Aval, dim: int, eps: float) -> None:
    found = dtypes.promote_types(x1.dtype, x2.dtype)
    if not found.is_floating_point:
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {found.legacy_name}"
        )
    wrap_dim(dim, len(broadcast_shape(x1.shape, x2.shape)))


@operator(
    "cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
    promote="same",
    strides="contiguous",
    check=_check_cosine,
    backward="SumBackward1",
    namespaces=("torch", "nn.functional"),
    method=False,
    out=False,
    saves={"x1": ("x1", "inside"), "x2": ("x2", "inside")},
)
def cosine_similarity(x1, x2, dim, eps):
    """The cosine of the angle between vectors; norms below `eps` count as `eps`."""
    x1, x2 = jnp.broadcast_arrays(x1, x2)
    if not x1.ndim:
        x1, x2 = x1[None], x2[None]
    dim = wrap_dim(dim, x1.ndim)
    units = []
    for x in (x1, x2):
        norm = raised(vector_norm(x, 2.0, (dim,), True), jnp.asarray(eps, x.dtype))
        units.append(divide(x, jnp.broadcast_to(norm, x.shape)))
    return (units[0] * units[1]).sum(dim)


def _check_distance(x1: Aval, x2: Aval, *rest: object) -> None:
    broadcast_shape(x1.shape, x2.shape)
    if x1.dtype.category == x2.dtype.category == 0:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )


@operator(
    "pairwise_distance(Tensor x1, Tensor x2, float p=2, float eps=1e-06, bool keepdim=False) -> Tensor",
    promote="float",
    strides="contiguous",
    check=_check_distance,
    backward="NormBackward1",
    namespaces=("torch", "nn.functional"),
    method=False,
    out=False,
    saves=("result", "inside"),
)
def pairwise_distance(x1, x2, p, eps, keepdim):
    """The p-norm of `x1 - x2 + eps` over the last dimension."""
    difference = x1 - x2 + jnp.asarray(eps, x1.dtype)
    if not difference.ndim:
        difference = difference[None]
        return vector_norm(difference, p, (-1,), False)
    return vector_norm(difference, p, (-1,), keepdim)
