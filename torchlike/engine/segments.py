"""Cutting a trace into segments so that what repeats in it, or was seen in another, becomes equal segments.

Two signs of a seam are used. After some run of operators different ones have followed, in this trace or an earlier
one: a cell ended there, and what came next depended on the data. And in a stretch without such seams that is still
long, the operator that repeats least often marks the largest thing that repeats: a time step, a layer.
"""

from __future__ import annotations

from collections import Counter

__all__ = ["cut"]

# A segment is cut no longer than this where anything in it repeats.
_LONG = 48
_MAX_CONTEXTS = 1 << 16

# How many operators are looked back at: fewer find seams inside a cell that uses one operator several times.
_CONTEXT = 6
# What has followed each run of operators: an entry, or None once there were several.
_followers: dict[tuple[int, ...], int | None] = {}


def cut(ids: list[int]) -> list[tuple[int, int]]:
    """Cut a sequence of operators, given by their entries' ids, into segments: (start, end) pairs in order."""
    _learn(ids)
    pieces: list[tuple[int, int]] = []
    start = 0
    for i in range(_CONTEXT, len(ids)):
        if i > start and _followers[tuple(ids[i - _CONTEXT : i])] is None:
            pieces.append((start, i))
            start = i
    pieces.append((start, len(ids)))
    final: list[tuple[int, int]] = []
    for low, high in pieces:
        _split_long(ids, low, high, final)
    return final


def _learn(ids: list[int]) -> None:
    if len(_followers) > _MAX_CONTEXTS:
        _followers.clear()
    for i in range(_CONTEXT, len(ids)):
        context = tuple(ids[i - _CONTEXT : i])
        if _followers.setdefault(context, ids[i]) != ids[i]:
            _followers[context] = None


def _split_long(ids: list[int], low: int, high: int, out: list[tuple[int, int]]) -> None:
    """Split a stretch before each occurrence of its rarest repeated operator, until the pieces are short."""
    stack = [(low, high)]
    while stack:
        low, high = stack.pop()
        if high - low <= _LONG:
            out.append((low, high))
            continue
        counts = Counter(ids[low:high])
        repeated = [c for c in counts.values() if c > 1]
        if not repeated:
            out.append((low, high))
            continue
        rarest = min(repeated)
        anchor = next(i for i in ids[low:high] if counts[i] == rarest)
        marks = [i for i in range(low + 1, high) if ids[i] == anchor]
        edges = [low, *marks, high]
        stack += reversed(list(zip(edges, edges[1:], strict=False)))
