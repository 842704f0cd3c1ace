"""Compares two transcripts of one program and names the first difference."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .interpreter import Entry, Transcript
from .programs import Program, Statement

# torch.testing.assert_close's defaults: (relative, absolute).
TOLERANCES = {
    "float64": (1e-7, 1e-7),
    "float32": (1.3e-6, 1e-5),
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}
# Where a gradient that `autograd.grad` returns lies in memory follows from the formula and the kernel that made it,
# which we have not: a sum's is expanded, `mm`'s is a transpose, `cat`'s is a part of the whole.
PLACEMENT = ("version", "contiguous", "offset", "stride")
# The strides of a leaf's `.grad` are promised: the leaf's. What is not is whether the first gradient that came is kept
# as it is, with its offset, and how often its terms were added up in place.
UNPROMISED = ("version", "offset")
# What these give is at times, in PyTorch, a view of a tensor inside of the operator: the transpose of a product of
# folded matrices, the squeezed result of a convolution of planes. Nobody can reach that tensor, but a write to the view
# shows in the view's node, which is `AsStridedBackward0` then.
INNER_VIEWS = frozenset(
    "matmul einsum conv1d conv2d conv3d nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d "
    "conv_transpose1d conv_transpose2d conv_transpose3d nn.functional.cross_entropy nn.functional.nll_loss "
    "nn.functional.instance_norm instance_norm cdist cov inner tensordot nn.functional.linear nn.functional.bilinear "
    "nn.functional.max_unpool1d avg_pool1d adaptive_avg_pool1d nn.functional.avg_pool1d max_pool1d_with_indices "
    "nn.functional.max_pool1d nn.functional.adaptive_avg_pool1d nn.functional.adaptive_max_pool1d adaptive_max_pool1d "
    "nn.functional.interpolate".split()
)
FIELDS = (
    "dtype",
    "shape",
    "requires_grad",
    "is_leaf",
    "grad_fn",
    "version",
    "contiguous",
    "offset",
    "stride",
)


@dataclass(frozen=True)
class Difference:
    """The first thing that two libraries disagree on.

    Args:
        index: the statement where it shows, or the number of statements for the end of the program.
        label: that statement's operator, ``"end"`` at the end.
        field: ``raises``, ``value`` or a field of :func:`describe`.
        name: the tensor's name.
    """

    index: int
    label: str
    field: str
    name: str
    expected: Any
    actual: Any

    @property
    def group(self) -> tuple[str, str]:
        """Field and operator; an error's type stands with the field."""
        if self.field == "raises":
            expected = self.expected[0] if self.expected else "no error"
            actual = self.actual[0] if self.actual else "no error"
            return (f"{expected} became {actual}", self.label)
        return (self.field, self.label)

    def __str__(self) -> str:
        where = f"{self.label} (statement {self.index})"
        what = f"{self.field} of {self.name}" if self.name else self.field
        return f"{where}: {what}: expected {self.expected!r}, got {self.actual!r}"


@dataclass
class Verdict:
    """What comparing gave: ``same``, ``different``, ``unsupported``, ``deferred`` or ``displaced``.

    A program is displaced where one library refuses a view of a gradient, or a write to it, that the other
    allows, or where a write to a gradient is seen in another in one of them.
    """

    outcome: str
    difference: Difference | None = None
    messages: list[tuple[str, str, str]] = field(default_factory=list)
    """Texts of errors of one type that differ: (label, expected, actual)."""


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif isinstance(value, complex):
        yield from (value.real, value.imag)
    else:
        yield value


def close(expected: Any, actual: Any, dtype: str) -> bool:
    """Whether two nested lists hold the same numbers within the dtype's tolerance; NaN equals NaN."""
    rtol, atol = TOLERANCES.get(dtype, (0.0, 0.0))
    left, right = list(_flat(expected)), list(_flat(actual))
    if len(left) != len(right):
        return False
    for a, b in zip(left, right, strict=True):
        if type(a) is not type(b):
            return False
        if not isinstance(a, float):
            if a != b:
                return False
        elif math.isnan(a) or math.isnan(b):
            if math.isnan(a) != math.isnan(b):
                return False
        elif math.isinf(a) or math.isinf(b):
            if a != b:
                return False
        elif abs(a - b) > atol + rtol * abs(a):
            return False
    return True


def _strides_agree(expected: Entry, actual: Entry) -> bool:
    """Strides agree where they can be told apart: not for sizes of one, nor when there are no elements."""
    if not isinstance(actual["stride"], list):
        return False
    shape = expected["shape"]
    if 0 in shape:
        return True
    pairs = zip(shape, expected["stride"], actual["stride"], strict=True)
    return all(a == b for n, a, b in pairs if n != 1)


def _node_names_agree(expected: Entry, actual: Entry, name: str) -> bool:
    """Names of nodes agree; of a gradient's own node only whether there is one.

    A gradient of a gradient is made of whatever operators the rule for the first one used.
    """
    if is_gradient(name):
        return (expected["grad_fn"] is None) == (actual["grad_fn"] is None)
    return expected["grad_fn"] == actual["grad_fn"]


def is_gradient(name: str) -> bool:
    """Whether a name is that of a gradient."""
    return name.startswith("g") or name.endswith(".grad")


@dataclass
class Latitude:
    """What is not compared, as far as a program has run.

    Attributes:
        leaves: names of tensors that are leaves.
        promised: names of gradients that are, or were read from, the `.grad` of a leaf.
        displaced: names of gradients that lie elsewhere in memory, and of what was made from them.
        rewritten: whether a gradient, or what was made from a displaced one, was written to.
        inner: names of what is, to PyTorch, a view of something that no name refers to.
        shifted: names of what differs in version or offset alone, and of what was made from that.
    """

    leaves: set[str] = field(default_factory=set)
    promised: set[str] = field(default_factory=set)
    displaced: set[str] = field(default_factory=set)
    rewritten: bool = False
    inner: set[str] = field(default_factory=set)
    shifted: set[str] = field(default_factory=set)

    def begin(self, statement: Statement) -> None:
        """Take note of a statement before its results are compared."""
        if statement.uses & self.displaced:
            self.displaced.update(statement.binds)
        if any(is_gradient(n) or n in self.displaced for n in statement.writes):
            self.rewritten = True
        if statement.label in INNER_VIEWS:
            self.inner.update(statement.binds)
        if statement.uses & self.shifted:
            self.shifted.update(statement.binds)
        source = re.fullmatch(r"(?:with .*: )?[a-z]\d+ = ([a-z]\d+)\.grad", statement.code)
        if source and source[1] in self.leaves:
            self.promised.update(statement.binds)

    def is_open(self, difference: Difference) -> bool:
        """Whether a difference follows from where gradients lie.

        Two gradients may be one tensor, and what `contiguous` or `reshape` gives of one may be the gradient itself;
        a write to the one is then seen in the other.
        """
        return self.rewritten and (is_gradient(difference.name) or difference.name in self.displaced)

    def ignored(self, name: str) -> tuple[str, ...]:
        """The fields of a tensor that are not compared if they differ."""
        owner = name.removesuffix(".grad")
        if name in self.promised or owner != name and owner in self.leaves:
            return UNPROMISED
        if name in self.displaced or is_gradient(name):
            return PLACEMENT
        return UNPROMISED if name in self.shifted else ()

    def forgives(self, name: str, key: str) -> bool:
        """Whether a difference in that field is none; what is made of the tensor may then differ like it."""
        if key == "grad_fn" and name in self.inner:
            return True
        ignored = self.ignored(name)
        if key not in ignored:
            return False
        (self.displaced if ignored is PLACEMENT else self.shifted).add(name)
        return True


def differing_fields(expected: Entry, actual: Entry, name: str) -> Iterator[str]:
    """The fields in which two descriptions of the tensor ``name`` differ."""
    if ("python" in expected) != ("python" in actual):
        yield "kind"
        return
    if "python" in expected:
        if not close(expected["python"], actual["python"], "float32"):
            yield "python"
        return
    for key in FIELDS:
        if key == "stride":
            agree = _strides_agree(expected, actual)
        elif key == "grad_fn":
            agree = _node_names_agree(expected, actual, name)
        else:
            agree = expected[key] == actual[key]
        if not agree:
            yield key
    if "value" in expected and not close(expected["value"], actual.get("value"), expected["dtype"]):
        yield "value"


def _entry_difference(
    index: int, label: str, expected: Entry, actual: Entry, latitude: Latitude
) -> Difference | None:
    for name, entry in expected.items():
        if entry.get("is_leaf"):
            latitude.leaves.add(name)
        else:
            latitude.leaves.discard(name)
    for name, entry in expected.items():
        if name not in actual:
            return Difference(index, label, "missing", name, entry, None)
        for key in differing_fields(entry, actual[name], name):
            if key == "kind":
                return Difference(index, label, key, name, entry, actual[name])
            if not latitude.forgives(name, key):
                return Difference(index, label, key, name, entry[key], actual[name].get(key))
    return None


# What PyTorch puts together of other operators, some of them in place, which the result's version counts.
COMPOSED_IN_PLACE = frozenset(
    "isclose trapezoid margin_ranking_loss gaussian_nll_loss nanquantile quantile kron cosine_embedding_loss".split()
)


def _written_inside(statement: Statement, entry: Entry) -> bool:
    """Whether PyTorch writes to a result before it gives it away, or so much as squeezes a product with a vector."""
    name = statement.label.removesuffix(" out=").rpartition(".")[2]
    return name in COMPOSED_IN_PLACE or name in ("matmul", "linear") and len(entry.get("shape", ())) == 1


def _raised_later(transcript: Transcript, index: int, error: str) -> bool:
    """Whether an error of that type comes out at a later statement, or at the end."""
    for entry in transcript["statements"][index + 1 :]:
        if entry.get("raises", [None])[0] == error:
            return True
    return any(f"<{error}: " in str(entry.get("value", "")) for entry in transcript["end"].values())


def compare(program: Program, expected: Transcript, actual: Transcript) -> Verdict:
    """Compares transcripts statement by statement, then the end."""
    messages: list[tuple[str, str, str]] = []
    latitude = Latitude()
    steps = zip(program.statements, expected["statements"], actual["statements"], strict=True)
    for index, (statement, left, right) in enumerate(steps):
        wanted, got = left.get("raises"), right.get("raises")
        latitude.begin(statement)
        if statement.uses & latitude.displaced:
            if bool(wanted) != bool(got) and (wanted or got)[0] == "RuntimeError":
                # Whether memory allows a view or a write depends on its placement.
                return Verdict("displaced", None, messages)
        if (wanted and wanted[0]) != (got and got[0]):
            found = Difference(index, statement.label, "raises", "", wanted, got)
            if got and got[0] == "NotImplementedError":
                return Verdict("unsupported", found, messages)
            depends_on_data = wanted and (wanted[0] == "IndexError" or wanted[1] == "ZeroDivisionError")
            if depends_on_data and not got and _raised_later(actual, index, wanted[0]):
                return Verdict("deferred", found, messages)
            return Verdict("different", found, messages)
        if wanted and got:
            if wanted[1] != got[1]:
                messages.append((statement.label, wanted[1], got[1]))
            continue
        touched = (*statement.binds, *statement.writes)
        latitude.shifted.update(n for n in touched if _written_inside(statement, left[n]))
        difference = _entry_difference(index, statement.label, left, right, latitude)
        if difference:
            if latitude.is_open(difference):
                return Verdict("displaced", None, messages)
            return Verdict("different", difference, messages)
    end = len(program.statements)
    difference = _entry_difference(end, "end", expected["end"], actual["end"], latitude)
    if difference:
        if latitude.is_open(difference):
            return Verdict("displaced", None, messages)
        return Verdict("different", difference, messages)
    return Verdict("same", None, messages)


def ill_conditioned(difference: Difference, expected: Entry, jittered: Entry) -> bool:
    """Whether moving the literals by a few units in the last place moves the value as far as it is off.

    Args:
        difference: a difference in values.
        expected: the oracle's entry for that tensor.
        jittered: the same under :class:`JitteredModule`.
    """
    if difference.field not in ("value", "python"):
        return False
    key = difference.field
    pairs = zip(_flat(expected[key]), _flat(difference.actual), _flat(jittered.get(key)), strict=False)
    rtol, atol = TOLERANCES.get(expected.get("dtype", "float32"), (0.0, 0.0))
    for a, b, moved in pairs:
        if not isinstance(a, float) or not isinstance(b, float):
            if a != b and moved == a:
                return False
            continue
        if math.isnan(a) and math.isnan(b) or a == b:
            continue
        off = abs(a - b)
        swing = abs(moved - a) if isinstance(moved, float) else math.inf
        if math.isnan(off):
            if not math.isnan(swing):
                return False
        elif off > atol + rtol * abs(a) and off > 20 * swing:
            return False
    return True
