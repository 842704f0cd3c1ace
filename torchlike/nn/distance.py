"""Distance and similarity of two vectors."""

from __future__ import annotations

from torchlike.nn import functional as F
from torchlike.nn.module import Module
from torchlike.tensors.tensor import Tensor

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class PairwiseDistance(Module):
    """The p-norm of `x1 - x2 + eps` along the last dimension.

    Args:
        p: of the norm.
        eps: keeps the gradient finite where the vectors are equal.
        keepdim: whether to keep the last dimension, of size 1.

    Shape:
        (N, D) or (D) twice, to (N) or ().
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """`F.pairwise_distance` of the two."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """`x1 . x2 / (max(|x1|, eps) * max(|x2|, eps))` along a dimension.

    Args:
        dim: the dimension.
        eps: keeps the quotient finite.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """`F.cosine_similarity` of the two."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
