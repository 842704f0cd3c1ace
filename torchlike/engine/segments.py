"""Cutting a trace into segments so that what repeats in it, or was seen in another, becomes equal segments.

Two signs of a seam are used. After some run of operators different ones have followed, none of them nearly always, in
this trace or an earlier one: a cell ended there, and what came next depended on the data. And in a stretch without such
seams that is still long, the operator that repeats least often marks the largest thing that repeats: a time step, a
layer.
"""

from __future__ import annotations

from collections import Counter

__all__ = ["cut", "join"]

# A segment is cut no longer than this where anything in it repeats.
_LONG = 48
_MAX_CONTEXTS = 1 << 14
# A joined segment is about so long, and what repeats in it has at most so many pieces.
_JOINED = 64
_MAX_PERIOD = 8

# How many operators are looked back at: fewer find seams inside a cell that uses one operator several times.
_CONTEXT = 6
# A seam is where what follows most often is not this much more frequent than all else: what differs once a trace, such
# as the first gradient of a weight, to which none is added, makes none.
_USUAL = 5
# A run of operators that came less often says little yet. There a seam is where so many operators, and what follows,
# are as at a seam elsewhere.
_FEW = 16
_ENDING = 4
# How often which operator has followed each run of operators.
_followers: dict[tuple[int, ...], dict[int, int]] = {}
# The operators before each seam, and the one behind.
_seams: set[tuple[int, ...]] = set()


def cut(ids: list[int]) -> list[tuple[int, int]]:
    """Cut a sequence of operators, given by their entries' ids, into segments: (start, end) pairs in order."""
    seams: list[int] = []
    rare: list[int] = []
    for i, followers in enumerate(_learn(ids), _CONTEXT):
        counts = followers.values()
        if len(followers) > 1:
            most = max(counts)
            if most <= _USUAL * (sum(counts) - most):
                seams.append(i)
                continue
        if sum(counts) < _FEW:
            rare.append(i)
    _seams.update([tuple(ids[i - _ENDING : i + 1]) for i in seams])
    seams += [i for i in rare if tuple(ids[i - _ENDING : i + 1]) in _seams]
    edges = [0, *sorted(seams), len(ids)]
    final: list[tuple[int, int]] = []
    for low, high in zip(edges, edges[1:], strict=False):
        _split_long(ids, low, high, final)
    return final


def join(ids: list[int]) -> list[tuple[int, int]]:
    """Cut a sequence of operators that a loop runs again and again into fewer and longer segments.

    Equal numbers of repetitions of what repeats go together, so that they share a program still.
    """
    pieces = cut(ids)
    names = [tuple(ids[low:high]) for low, high in pieces]
    joined: list[tuple[int, int]] = []
    at = start = 0
    while at < len(pieces):
        period, times = _repetition(names, at)
        size = pieces[at + period - 1][1] - pieces[at][0]
        if times == 1 and pieces[at][1] - pieces[start][0] <= _JOINED:
            # What does not repeat is joined to its neighbour before.
            at += 1
            continue
        if at > start:
            joined.append((pieces[start][0], pieces[at][0]))
        if times > 1:
            together = _share(times, max(_JOINED // size, 1))
            for first in range(0, times, together):
                last = min(first + together, times) * period
                joined.append((pieces[at + first * period][0], pieces[at + last - 1][1]))
        at, start = at + period * times, at + period * times
        if times == 1:
            start = at - 1
    if start < len(pieces):
        joined.append((pieces[start][0], pieces[-1][1]))
    return joined


def _repetition(names: list, at: int) -> tuple[int, int]:
    """The period of pieces that repeats most from a position on, and how often it occurs; (1, 1) if none does."""
    best = (1, 1)
    for period in range(1, _MAX_PERIOD + 1):
        pattern = names[at : at + period]
        times = 1
        while names[at + times * period : at + (times + 1) * period] == pattern:
            times += 1
        if times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _share(times: int, most: int) -> int:
    """How many repetitions to join: a divisor of all if a large one is small enough."""
    divisors = [n for n in range(1, most + 1) if times % n == 0]
    return divisors[-1] if 2 * divisors[-1] > most else min(most, times)


def _learn(ids: list[int]) -> list[dict[int, int]]:
    """Count what follows each run of operators; what has followed those of this sequence."""
    if len(_followers) > _MAX_CONTEXTS:
        _followers.clear()
        _seams.clear()
    found = []
    contexts = zip(*[ids[i:] for i in range(_CONTEXT)], strict=False)
    for context, follower in zip(contexts, ids[_CONTEXT:], strict=False):
        followers = _followers.get(context)
        if followers is None:
            followers = _followers[context] = {}
        followers[follower] = followers.get(follower, 0) + 1
        found.append(followers)
    return found


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
