"""A folder of installed plugins, one of each kind that the command has to tell apart."""

import pytest

from ..plugin.packages import PACKAGES, install

NAMES = ["good-plugin", "raises-halfway", "clash-one", "clash-two", "overrides-built-in"]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    return install([PACKAGES[name] for name in NAMES], tmp_path_factory.mktemp("cli"))
