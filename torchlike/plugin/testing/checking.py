"""`checks`: everything that can be checked of a plugin, as functions with a name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import SkipTest

import torchlike as torch
from torchlike import plugin as plugins
from torchlike.plugin.host import Host, Plugin, PluginError, PluginWarning, is_called
from torchlike.plugin.register import Registration
from torchlike.plugin.testing.isolation import alone, isolated
from torchlike.plugin.testing.kernel_checks import KernelChecks
from torchlike.plugin.testing.layer_checks import LayerChecks
from torchlike.plugin.testing.operator_checks import OperatorChecks
from torchlike.plugin.testing.optimizer_checks import OptimizerChecks
from torchlike.registries import NameClash, registries

__all__ = ["Check", "checks", "checks_of"]


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: what is checked, "operator mine::swish: gradients".
        run: raises AssertionError, with a sentence, if it fails, and `unittest.SkipTest`, which pytest shows as
            skipped, where it cannot be done, as for a kernel of a GPU on a machine without one.
    """

    name: str
    run: Callable[[], None]

    def __call__(self) -> None:
        self.run()

    def __str__(self) -> str:
        return self.name


def checks(plugin: Any) -> list[Check]:
    """The checks of a plugin, to be parametrised over.

    Of the plugin: that it loads, says who it is, has no name that another one claims, and is loaded early if it has
    to be. Of an operator: schema, gradients to second order, in-place form, dtypes, both ways of running, `jax.jit` and
    `jax.vmap`. Of a kernel: its numbers and its gradient are the operator's. Of a layer: forward, gradients, pickling,
    deep copies, state dict, repr. Of an optimizer: it lowers a loss, closures, state dict, `zero_grad`, parameter
    groups, parameters without a gradient, repr.

    They are made with the calls that a registration gives as `samples=`; without those with guessed ones, and where
    none can be guessed a check fails and says so.

    Args:
        plugin: the name of an installed plugin, of its entry point or its distribution, which is checked as it is used,
            beside the others; or a module or an object with hooks, which is checked alone.

    Returns:
        The checks. A plugin that does not load has the one that says why.

    Raises:
        PluginError: no installed plugin has that name.

    Example:
        >>> import pytest
        >>> from torchlike.plugin import hookimpl, testing
        >>> class Mine:
        ...     @hookimpl
        ...     def torchlike_register_ops(self, register):
        ...         @register.op("mine::twice(Tensor x) -> Tensor")
        ...         def twice(x):
        ...             "Twice `x`."
        ...             return 2 * x
        >>> @pytest.mark.parametrize("check", testing.checks(Mine()), ids=str)
        ... def test_mine(check):
        ...     check()
    """
    if not isinstance(plugin, str):
        with _quiet(), isolated(plugin) as host:
            (found,) = host.plugins()
        return [Check(c.name, partial(_alone, host, c.run)) for c in checks_of(found)]
    with _quiet():
        plugins.load(reason=f"the checks of '{plugin}'")
    named = [p for p in plugins.plugins() if is_called(p, plugin)]
    if not named:
        error = PluginError(f"no installed plugin or distribution is called '{plugin}'")
        error.add_note("Install it first, for one that you are writing by `pip install -e .` in its folder.")
        raise error
    return [check for p in named for check in checks_of(p)]


def checks_of(plugin: Plugin) -> list[Check]:
    """The checks of a plugin that was loaded, or failed to load; see `checks`."""
    return [Check(f"{plugin.name}: loading", partial(_loading, plugin)), *_of_loaded(plugin)]


def _of_loaded(plugin: Plugin) -> Iterator[Check]:
    if plugin.state != "loaded":
        return
    yield Check(f"{plugin.name}: info", partial(_info, plugin))
    if plugin.distribution:
        yield Check(f"{plugin.name}: early", partial(_early, plugin))
    operators = {r.claim.name: r for r in plugin.registrations if r.kind == "operator"}
    for made in plugin.registrations:
        label = f"{made.kind} {made.claim.name}"
        yield Check(f"{label}: name", partial(_name, made))
        for what, run in _methods(made, operators):
            yield Check(f"{label}: {what}", partial(_in_force, made, run))


def _methods(made: Registration, operators: dict[str, Registration]) -> Iterator[tuple[str, Callable]]:
    if made.kind == "operator":
        of: Any = OperatorChecks(made)
        names = ["schema", "gradients", "dtypes", "tiers", "jit", "vmap"]
        names += ["inplace"] if made.claim.value.schema.writes else []
    elif made.kind == "kernel":
        of, names = KernelChecks(made, operators), ["operator", "values", "gradients"]
    elif made.kind == "layer":
        of, names = LayerChecks(made), ["forward", "gradients", "pickling", "copying", "state_dict", "repr"]
    else:
        of = OptimizerChecks(made)
        names = ["loss", "closure", "state_dict", "zero_grad", "param_groups", "without_gradient", "repr"]
    for name in names:
        yield name, getattr(of, name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of plugins that fail to load: a check says so of the one that is asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)
        yield


def _alone(host: Host, run: Callable[[], None]) -> None:
    with alone(host):
        run()


def _loading(plugin: Plugin) -> None:
    if plugin.state == "disabled":
        raise SkipTest(f"{plugin} is disabled: {plugin.reason}")
    if plugin.state != "loaded":
        raise AssertionError(f"{plugin} does not load: {plugin.reason}\n\n{plugin.traceback}")


def _info(plugin: Plugin) -> None:
    if plugin.info is None:
        raise AssertionError(
            f"{plugin} does not say for which versions of the interface it was written: it has no hook torchlike_info"
        )


def _early(plugin: Plugin) -> None:
    """What changes something that is built in is loaded before that is used."""
    wanted = [r for r in plugin.registrations if _changes_builtin(r)]
    if wanted and not plugin.early:
        names = ", ".join(f"{r.kind} '{r.claim.name}'" for r in wanted)
        raise AssertionError(
            f"{plugin} changes what is built in ({names}), but only from when some plugin's name is first asked for; "
            "name it under the entry-point group torchlike.early too"
        )


def _changes_builtin(made: Registration) -> bool:
    if made.kind == "kernel":
        return registries["operator"].is_builtin(made.claim.name.rpartition("@")[0])
    return registries[made.kind].is_builtin(made.claim.name)


def _name(made: Registration) -> None:
    """Nobody else claims the name, or it is said who overrides whom."""
    try:
        winner = registries[made.kind].winner(made.claim.name)
    except NameClash as clash:
        raise AssertionError(str(clash)) from clash
    if winner is not made.claim:
        other = f" by {winner.owner}" if winner is not None else ""
        raise AssertionError(f"{made.kind} '{made.claim.name}' is overridden{other}")


def _in_force(made: Registration, run: Callable[[], None]) -> None:
    try:
        _name(made)
    except AssertionError as error:
        raise SkipTest(str(error)) from None
    # Samples and layers draw: the same ones each time, and nobody else's.
    with torch.random.fork_rng():
        torch.manual_seed(0)
        try:
            run()
        except (AssertionError, SkipTest):
            raise
        except Exception as error:
            raise AssertionError(
                f"{made.kind} '{made.claim.name}' raises {type(error).__name__} where it is checked: {error}"
            ) from error
