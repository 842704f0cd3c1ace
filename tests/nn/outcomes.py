"""What a few lines of a user's program come to: the value of the last one, or the error, and the warnings."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

# `id`s and addresses differ from run to run, and the order of a set of strings does.
_ADDRESS = re.compile(r"0x[0-9a-f]+")


def outcome(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run `source` and say what came of it.

    Args:
        source: statements; if the last one is an expression, its `repr` is the value.
        names: what the source may use.

    Returns:
        `value`, or `error` as [type, text], and `warnings` as a list of [category, text] if there were any.
    """
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    scope = dict(names)
    result: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(tree, "<case>", "exec"), scope)
            value = eval(compile(ast.Expression(last.value), "<case>", "eval"), scope) if last else None
            result["value"] = _ADDRESS.sub("0x", repr(value))
        except Exception as error:
            result["error"] = [type(error).__name__, str(error)]
    if caught:
        result["warnings"] = [[w.category.__name__, str(w.message)] for w in caught]
    return result
