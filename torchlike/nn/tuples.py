"""`torch.nn.modules.utils`: numbers made sizes of so many dimensions, as layers written elsewhere do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torchlike.nn.sizes import ntuple
from torchlike.nn.state_dict import consume_prefix_in_state_dict_if_present

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n: int) -> Callable[[Any], tuple]:
    """What makes a tuple of `n` equal values of one, and a tuple of what is iterable.

    Example:
        >>> _ntuple(2)(3)
        (3, 3)
    """
    return partial(ntuple, n=n)


_single, _pair, _triple, _quadruple = map(_ntuple, (1, 2, 3, 4))
