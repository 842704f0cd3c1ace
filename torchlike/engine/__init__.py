"""Record operators, run them as XLA programs: the engine under every tensor."""

from torchlike.engine.entries import BOOL, COMPLEX, FLOAT, INT, KIND_OF, Entry, Gradient, ScalarKind
from torchlike.engine.outlines import Outline, outline
from torchlike.engine.reports import Report, report
from torchlike.engine.trace import (
    begin_backward,
    begin_module,
    dispatch,
    eager,
    end_step,
    end_updates,
    note_update,
    record,
)
from torchlike.engine.values import Aval, Value, aval, from_host

__all__ = [
    "Aval",
    "BOOL",
    "COMPLEX",
    "Entry",
    "FLOAT",
    "Gradient",
    "INT",
    "KIND_OF",
    "Outline",
    "Report",
    "ScalarKind",
    "Value",
    "aval",
    "begin_backward",
    "begin_module",
    "dispatch",
    "eager",
    "end_step",
    "end_updates",
    "from_host",
    "note_update",
    "outline",
    "record",
    "report",
]
