"""`torch.Tag`: what an operator says of itself beyond its schema."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

__all__ = ["Tag", "normalized"]


class Tag(Enum):
    """What an operator may say of itself.

    `inplace` and `out` are checked: of the schema when the operator is defined, of what it returns when it runs. The
    others tell compilers of PyTorch's what they may do, and are kept for who asks.

    Example:
        >>> import torchlike as torch
        >>> torch.Tag.inplace
        <Tag.inplace: 6>
    """

    core = 0
    cudagraph_unsafe = 1
    data_dependent_output = 2
    dynamic_output_shape = 3
    flexible_layout = 4
    generated = 5
    inplace = 6
    inplace_view = 7
    maybe_aliasing_or_mutating = 8
    needs_contiguous_strides = 9
    needs_exact_strides = 10
    needs_fixed_stride_order = 11
    nondeterministic_bitwise = 12
    nondeterministic_seeded = 13
    out = 14
    out_variant = 15
    pointwise = 16
    pt2_compliant_tag = 17
    reduction = 18
    view_copy = 19


def normalized(tags: Tag | Sequence[Tag] | None) -> tuple[Tag, ...]:
    """Tags as a tuple, each once."""
    if tags is None:
        return ()
    return (tags,) if isinstance(tags, Tag) else tuple(dict.fromkeys(tags))
