"""Entries: an operator with its static arguments and input avals, interned, with everything learnt about it once.

An entry knows its output avals and, on demand, its gradient, which is an entry again: so second derivatives need no
further code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters.partial_eval import dce_jaxpr

from torchlike import dtypes
from torchlike.devices import CPU
from torchlike.engine import platform
from torchlike.engine.values import Aval, aval

if TYPE_CHECKING:
    # Importing it loads all of `jax.extend`, with Pallas, which nothing here needs.
    from jax.extend.core import ClosedJaxpr

__all__ = ["BOOL", "COMPLEX", "FLOAT", "INT", "KIND_OF", "Entry", "Gradient", "ScalarKind"]


class ScalarKind:
    """What stands for a Python number among an entry's input avals: its kind, never its value."""

    __slots__ = ("name", "category", "np")

    def __init__(self, name: str, category: int, np_type: type) -> None:
        self.name = name
        self.category = category
        self.np = np_type

    def struct(self) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct((), self.np)

    def __repr__(self) -> str:
        return self.name


BOOL = ScalarKind("bool", 0, np.int64)
INT = ScalarKind("int", 1, np.int64)
FLOAT = ScalarKind("float", 2, np.float64)
COMPLEX = ScalarKind("complex", 3, np.complex128)

KIND_OF = {bool: BOOL, int: INT, float: FLOAT, complex: COMPLEX}

_ids = count()


class Gradient:
    """An entry's gradient for one choice of wanted inputs and given cotangents.

    Attributes:
        entry: inputs are the needed primals, then the given cotangents; outputs are the wanted inputs' gradients.
        needs: positions of the primal inputs that the gradient reads.
    """

    __slots__ = ("entry", "needs")

    def __init__(self, entry: Entry, needs: tuple[int, ...]) -> None:
        self.entry = entry
        self.needs = needs


class Entry:
    """One operator on one choice of static arguments and input avals.

    Attributes:
        id: a small number, unique in the process.
        name: the operator's name, for reports.
        jaxpr: the function, traced once; whatever runs or compiles the entry evaluates it.
        fn: the same as a function of the input arrays, giving a list of arrays.
        in_avals: an `Aval` per tensor input and a `ScalarKind` per Python number.
        out_avals: an `Aval` per output.
        nbytes: of the outputs.
        shown: the inputs that the graph shows an edge for; by default the tensors.
    """

    __slots__ = (
        "id",
        "name",
        "jaxpr",
        "fn",
        "in_avals",
        "out_avals",
        "nbytes",
        "shown",
        "_gradients",
        "__weakref__",
    )

    def __init__(
        self,
        name: str,
        fn: Callable | ClosedJaxpr,
        in_avals: Sequence[Aval | ScalarKind],
        shown: tuple[int, ...] | None = None,
    ) -> None:
        self.id = next(_ids)
        self.name = name
        self.in_avals = tuple(in_avals)
        if callable(fn):
            with platform.engine_config():
                fn = jax.make_jaxpr(fn)(*[a.struct() for a in self.in_avals])
        self.jaxpr: ClosedJaxpr = fn
        self.fn: Callable = partial(_evaluate, fn)
        on = next((a.device for a in self.in_avals if isinstance(a, Aval)), CPU)
        self.out_avals = tuple([aval(o.shape, dtypes.from_numpy(o.dtype), on) for o in self.jaxpr.out_avals])
        self.nbytes = sum(a.nbytes for a in self.out_avals)
        self.shown = (
            tuple(i for i, a in enumerate(self.in_avals) if isinstance(a, Aval)) if shown is None else shown
        )
        self._gradients: dict[tuple, Gradient] = {}

    def gradient(self, wanted: tuple[int, ...], given: tuple[int, ...]) -> Gradient:
        """The entry that turns cotangents of outputs `given` into those of inputs `wanted`."""
        key = (wanted, given)
        found = self._gradients.get(key)
        if found is None:
            found = self._gradients[key] = self._derive(wanted, given)
        return found

    def _derive(self, wanted: tuple[int, ...], given: tuple[int, ...]) -> Gradient:
        fn, n_in, out_avals = self.fn, len(self.in_avals), self.out_avals

        def pullback(*operands):
            primals, cotangents = operands[:n_in], operands[n_in:]

            def wanted_only(*chosen):
                full = list(primals)
                for i, x in zip(wanted, chosen, strict=True):
                    full[i] = x
                outs = fn(*full)
                return tuple(outs[i] for i in given)

            _, vjp = jax.vjp(wanted_only, *[primals[i] for i in wanted])
            given_types = [out_avals[i].dtype.np for i in given]
            # PyTorch's complex gradients are the conjugates of JAX's.
            grads = vjp(tuple(_conjugate(c.astype(t)) for t, c in zip(given_types, cotangents, strict=True)))
            return tuple(_conjugate(g) for g in grads)

        in_avals = [*self.in_avals, *[out_avals[i] for i in given]]
        with platform.engine_config():
            closed = jax.make_jaxpr(pullback)(*[a.struct() for a in in_avals])
        # What the gradient does not read is no input of it, and need not be saved for it.
        jaxpr, used = dce_jaxpr(closed.jaxpr, [True] * len(wanted), [False] * n_in + [True] * len(given))
        needs = tuple([i for i in range(n_in) if used[i]])
        needed = [a for a, u in zip(in_avals, used, strict=True) if u]
        return Gradient(Entry(f"{self.name}_backward", closed.replace(jaxpr=jaxpr), needed), needs)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.in_avals))})"


def _evaluate(closed: ClosedJaxpr, *arrays: Any) -> list:
    # What an operation does with NaNs inside is no business of whoever hunts for them in results.
    with jax.debug_nans(False):
        return jax.core.eval_jaxpr(closed.jaxpr, closed.consts, *arrays)


def _conjugate(x: jax.Array) -> jax.Array:
    return jnp.conj(x) if jnp.iscomplexobj(x) else x
