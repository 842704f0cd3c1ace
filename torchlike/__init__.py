"""PyTorch's interface on JAX: `import torchlike as torch`."""

import atexit as _atexit
import gc as _gc
from typing import Any

# What importing makes stays, so looking for garbage meanwhile, among all that JAX has made too, finds nothing; and it
# takes as long as all the rest.
_collects = _gc.isenabled()
_objects_before = len(_gc.get_objects())
_gc.disable()
try:
    from torchlike import names as _lookup
    from torchlike import registries as _registries
    from torchlike.tensors import public as _public
finally:
    if _collects:
        _gc.enable()
# Nor is it looked at ever again: a step of thousands of operators would have it searched every few steps. What else
# there was by now would be left out too, so this is done where that is little; and at the end all is as without, or
# what is still alive then, a generator in a `with` block, would find the modules that it needs emptied.
if len(_gc.get_objects()) > 4 * _objects_before:
    _gc.freeze()
    _atexit.register(_gc.unfreeze)

__version__ = "0.1.0"

globals().update(_public.names())

_SUBMODULES = frozenset(
    "accelerator autograd backends cuda engine jit library linalg multiprocessing nn optim plugin random serialization "
    "special utils version".split()
)


def _load_plugins(early: bool, reason: str) -> None:
    from torchlike import plugin_metadata

    if early and not plugin_metadata.asks_to_be_early():
        return
    from torchlike import plugin

    plugin.load(early, reason)


_registries.connect(_load_plugins)


def __getattr__(name: str) -> Any:
    # Modules that a program may not need are imported when it does, so that importing torchlike stays quick.
    if name == "compile":
        from torchlike.compiling import compile

        return compile
    if name in ("load", "save"):
        from torchlike import serialization

        return getattr(serialization, name)
    if name == "ops":
        from torchlike.library.operator_namespaces import ops

        globals()["ops"] = ops
        return ops
    if name == "Tag":
        from torchlike.library.tags import Tag

        return Tag
    return _lookup.submodule_or_lacking("torch", name, _SUBMODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES, "Tag", "compile", "load", "ops", "save"})
