"""The names of `torch.nn`: those that are there, those that are missing, those that PyTorch does not have."""

from __future__ import annotations

import pytest

from tests.nn.layer_checks import check_line, lines
from torchlike import nn


@pytest.mark.parametrize("wanted", lines("names"))
def test_the_outcome_is_that_of_pytorch(wanted):
    check_line(wanted)


@pytest.mark.parametrize(
    ("place", "name", "path"),
    [
        (nn, "LazyLinear", "torch.nn.LazyLinear"),
        (nn.utils, "weight_norm", "torch.nn.utils.weight_norm"),
        (nn.functional, "fractional_max_pool2d", "torch.nn.functional.fractional_max_pool2d"),
    ],
)
def test_what_is_missing_says_so(place, name, path):
    with pytest.raises(NotImplementedError, match=f"^torchlike does not implement {path} yet"):
        getattr(place, name)


@pytest.mark.parametrize("make", [nn.UninitializedParameter, nn.UninitializedBuffer])
def test_what_lazy_layers_need_is_missing(make):
    with pytest.raises(NotImplementedError, match="torch.nn.Uninitialized"):
        make()


def test_every_exported_name_is_there():
    for place in (nn, nn.init, nn.modules, nn.utils, nn.functional):
        for name in place.__all__:
            assert getattr(place, name) is not None


def test_layers_are_imported_from_the_files_that_pytorch_keeps_them_in():
    from torchlike.nn.modules.conv import Conv2d
    from torchlike.nn.modules.utils import _pair, _triple, consume_prefix_in_state_dict_if_present

    assert Conv2d is nn.Conv2d
    assert (_pair(3), _pair([1, 2]), _triple((4,))) == ((3, 3), (1, 2), (4,))
    state = {"module.weight": 1}
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert state == {"weight": 1}
