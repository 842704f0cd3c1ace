"""Plugins of one registration, and what a check of them says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from torchlike.plugin import Info, hookimpl
from torchlike.plugin.testing import checks


class Mine:
    """A plugin that registers what a function does."""

    def __init__(self, registering: Callable[[Any], Any]) -> None:
        self._registering = registering

    @hookimpl
    def torchlike_info(self) -> Info:
        return Info("mine", "1.0", api=(1, 1))

    @hookimpl
    def torchlike_register_ops(self, register: Any) -> None:
        self._registering(register)


def run(plugin: Any, what: str) -> None:
    """Run the one check of a plugin whose name ends so."""
    (check,) = [c for c in checks(plugin) if c.name.endswith(what)]
    check()


def says(plugin: Any, what: str, text: str) -> None:
    """Assert that a check of a plugin fails and says so, a regular expression."""
    with pytest.raises(AssertionError, match=text):
        run(plugin, what)


def operator(schema: str, fn: Callable, **options: Any) -> Mine:
    return Mine(lambda register: register.op(schema, **options)(fn))


def layer(cls: type, **options: Any) -> Mine:
    return Mine(lambda register: register.layer("mine", cls, **options))


def optimizer(cls: type, **options: Any) -> Mine:
    return Mine(lambda register: register.optimizer("mine", cls, **options))
