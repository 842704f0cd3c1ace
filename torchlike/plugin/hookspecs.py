"""The hooks that a plugin may implement.

A plugin is a module, or any object with these functions, each marked with `torchlike.plugin.hookimpl`, that its package
names under the entry-point group `torchlike`:

    [project.entry-points.torchlike]
    mine = "torchlike_mine.plugin"

Each hook is called once, when the plugin is loaded: when a plugin's name is first asked for. None is called when an
operator runs. What a plugin registers counts only if all its hooks return.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from torchlike.plugin.register import Info, Register

# The hooks in the order in which they are called.
HOOKS = (
    "torchlike_info",
    "torchlike_register_ops",
    "torchlike_register_layers",
    "torchlike_register_optimizers",
    "torchlike_register_kernels",
)
__all__ = ["HOOKS", "PROJECT", "hookimpl", *HOOKS]

PROJECT = "torchlike"
hookspec = pluggy.HookspecMarker(PROJECT)
# Marks a plugin's functions.
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def torchlike_info() -> Info | None:
    """Say who the plugin is, and for which versions of this interface it was written.

    It is asked first; a plugin written for another version of the interface is left alone.

    Returns:
        An `Info`.
    """


@hookspec
def torchlike_register_ops(register: Register) -> None:
    """Register operators with `register.op`.

    Args:
        register: takes the registrations.
    """


@hookspec
def torchlike_register_layers(register: Register) -> None:
    """Register layers with `register.layer`.

    Args:
        register: takes the registrations.
    """


@hookspec
def torchlike_register_optimizers(register: Register) -> None:
    """Register optimizers with `register.optimizer`.

    Args:
        register: takes the registrations.
    """


@hookspec
def torchlike_register_kernels(register: Register) -> None:
    """Register kernels, faster functions for operators that there are, with `register.kernel`.

    A plugin that brings kernels, or overrides what is built in, should be named under the entry-point group
    `torchlike.early` too: it is then loaded before the first operator runs.

    Args:
        register: takes the registrations.
    """
