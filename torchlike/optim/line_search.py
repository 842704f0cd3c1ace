"""The line search of `LBFGS`: a step that the strong Wolfe conditions accept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchlike.tensors.tensor import Tensor

__all__ = ["strong_wolfe"]

# A point on the line: the step's length, the loss, the gradient, and its slope along the line.
Point = tuple[Any, float, Tensor, Any]


def strong_wolfe(
    evaluate: Callable[[Any], tuple[float, Tensor]],
    direction: Tensor,
    start: Point,
    length: Any,
    *,
    tolerance_change: float = 1e-9,
    max_ls: int = 25,
    c1: float = 1e-4,
    c2: float = 0.9,
) -> tuple[float, Tensor, Any, int]:
    """Find how far to go: `f(t) <= f(0) + c1 t f'(0)` and `|f'(t)| <= -c2 f'(0)`.

    First further and further, until such a point lies between two that were tried; then between these.
    Nocedal and Wright (2006), algorithms 3.5 and 3.6.

    Args:
        evaluate: gives loss and gradient of a length.
        direction: where to.
        start: the point at 0.
        length: the first to try.
        tolerance_change: stop when the points are closer than this.
        max_ls: how many lengths to try.
        c1, c2: as in the formula.

    Returns:
        The loss and the gradient there, the length, and how often `evaluate` was called.
    """
    loss, slope = start[1], start[3]

    def at(length: Any) -> Point:
        loss, grad = evaluate(length)
        return length, loss, grad, grad.dot(direction)

    def climbs(point: Point) -> bool:
        return bool(point[1] > loss + c1 * point[0] * slope)

    def is_flat(point: Point) -> bool:
        return bool(abs(point[3]) <= -c2 * slope)

    point, before = at(length), start
    calls, steps = 1, 0
    bracket: list[Point] = []
    done = False
    while steps < max_ls:
        if climbs(point) or (steps > 1 and point[1] >= before[1]):
            bracket = [before, point]
            break
        if is_flat(point):
            bracket, done = [point], True
            break
        if point[3] >= 0:
            bracket = [before, point]
            break
        bounds = point[0] + 0.01 * (point[0] - before[0]), point[0] * 10
        length = _cubic_minimum(before, point, bounds)
        before, point = point, at(length)
        calls, steps = calls + 1, steps + 1
    if steps == max_ls:
        bracket = [start, point]
    is_slow = False
    low, high = _ordered(bracket)
    while not done and steps < max_ls:
        first, last = bracket
        if abs(last[0] - first[0]) * direction.abs().max() < tolerance_change:
            break
        length = _cubic_minimum(first, last)
        least, most = min(first[0], last[0]), max(first[0], last[0])
        # A length too near an end, twice in a row or beyond it, is moved inwards.
        margin = 0.1 * (most - least)
        if min(most - length, length - least) < margin:
            if is_slow or length >= most or length <= least:
                near_end = abs(length - most) < abs(length - least)
                length = most - margin if near_end else least + margin
                is_slow = False
            else:
                is_slow = True
        else:
            is_slow = False
        point = at(length)
        calls, steps = calls + 1, steps + 1
        if climbs(point) or point[1] >= bracket[low][1]:
            bracket[high] = point
            low, high = _ordered(bracket)
        else:
            if is_flat(point):
                done = True
            elif point[3] * (bracket[high][0] - bracket[low][0]) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = point
    length, loss, grad, _ = bracket[low]
    return loss, grad, length, calls


def _ordered(bracket: list[Point]) -> tuple[int, int]:
    """The indices of the better end and of the other."""
    return (0, 1) if bracket[0][1] <= bracket[-1][1] else (1, 0)


def _cubic_minimum(one: Point, other: Point, bounds: tuple | None = None) -> Any:
    """Where the cubic polynomial through two points, with their slopes, is least, within the bounds."""
    x1, f1, _, g1 = one
    x2, f2, _, g2 = other
    least, most = bounds if bounds is not None else (x1, x2) if x1 <= x2 else (x2, x1)
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1**2 - g1 * g2
    if not square >= 0:
        return (least + most) / 2.0
    d2 = square.sqrt()
    if x1 <= x2:
        found = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        found = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(found, least), most)
