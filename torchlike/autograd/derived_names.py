"""Names for the nodes of gradients' own gradients, which no declaration names.

PyTorch writes a gradient as a formula of its operators, and prints the last of them; here the gradient is one
entry, and the last operation of its program stands for it.
"""

from __future__ import annotations

import re

from torchlike.engine import Outline

__all__ = ["derived_name"]

# JAX's operations whose PyTorch counterpart has another name than theirs in camel case with "Backward0" after
# it.
_COUNTERPARTS = {
    "add_any": "AddBackward0",
    "broadcast_in_dim": "ExpandBackward0",
    "convert_element_type": "ToCopyBackward0",
    "conv_general_dilated": "ConvolutionBackward0",
    "concatenate": "CatBackward0",
    "cumsum": "CumsumBackward0",
    "integer_pow": "PowBackward0",
    "pad": "SliceBackward0",
    "pow": "PowBackward1",
    "reshape": "ViewBackward0",
    "rev": "FlipBackward0",
    "scatter": "ScatterBackward0",
    "scatter_add": "IndexPutBackward0",
    "select_n": "WhereBackward0",
    "sign": "SgnBackward0",
    "square": "PowBackward0",
    "squeeze": "SqueezeBackward1",
}


# Operators for whose gradients PyTorch has operators, with gradients of their own.
_PAIRED = re.compile(
    r"(?!BinaryCrossEntropyWithLogits|NativeGroupNorm)"
    r"(\w*Loss|\w*CrossEntropy|\w*Pool\dD\w*|Convolution|Native\w+Norm|Upsample\w+|Threshold|Hardshrink|\w*Elu)"
    r"Backward0"
)
# Views of a part, whose gradients PyTorch has operators for.
_PARTS = {"DiagonalBackward0", "SelectBackward0", "SliceBackward0", "UnfoldBackward0"}
# Operators whose gradient PyTorch writes as one other operator, where JAX has no operation of that kind.
_INVERSES = {
    "EmbeddingBackward0": "EmbeddingDenseBackwardBackward0",
    "GatherBackward0": "ScatterAddBackward0",
    "IndexBackward0": "IndexPutImplBackward0",
    "IndexSelectBackward0": "IndexAddBackward0",
    "MaskedFillBackward0": "MaskedFillBackward0",
    "PowBackward0": "MulBackward0",
    "SplitBackward0": "CatBackward0",
    "UnsqueezeBackward0": "SqueezeBackward1",
}
# Views in another order of dimensions, which are undone by their like.
_ORDERS = {"PermuteBackward0", "TBackward0", "TransposeBackward0"}
# What puts a part back into its place.
_INSERTIONS = {"dynamic_update_slice", "pad", "scatter", "scatter_add"}


def derived_name(shape: Outline, of: str) -> str:
    """The name of the node of a gradient.

    Args:
        shape: the gradient's outline.
        of: the name of the node whose gradient it is.
    """
    if shape.primitive.replace("-", "_") in _INSERTIONS and of in _PARTS:
        return f"{of[:-1]}Backward0"
    if of in _INVERSES:
        return _INVERSES[of]
    if of in _ORDERS and shape.primitive == "transpose":
        return of
    if _PAIRED.fullmatch(of):
        return f"{of[:-1]}Backward0"
    name = shape.primitive
    if name == "dot_general":
        rank = len(shape.shapes[-1])
        return "BmmBackward0" if rank > 2 else "MmBackward0" if rank == 2 else "MvBackward0"
    if name == "reduce_sum":
        if shape.shapes[-1] == ():
            return "SumBackward0"
        # Of dimensions that stay at size 1 one operator, of dimensions that go two.
        return "SumBackward1" if shape.arranged else "ViewBackward0"
    if name == "transpose":
        assert shape.permutation is not None
        moved = [i for i, k in enumerate(shape.permutation) if i != k]
        if len(shape.permutation) == 2:
            return "TBackward0"
        return "TransposeBackward0" if len(moved) == 2 else "PermuteBackward0"
    found = _COUNTERPARTS.get(name.replace("-", "_"))
    if found is None:
        found = "".join(w.capitalize() for w in name.replace("-", "_").split("_")) + "Backward0"
    return found
