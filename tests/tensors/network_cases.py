"""Programs on drawn masks and running statistics, for PyTorch and torchlike alike: each gives named numbers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

__all__ = ["CASES"]

CASES: dict[str, Callable[[Any], dict[str, Any]]] = {}


def _ramp(torch: Any, *shape: int, dtype: str = "float32") -> Any:
    count = 1
    for n in shape:
        count *= n
    values = [((7 * i) % 23 - 11) / 4 for i in range(count)]
    return torch.tensor(values, dtype=getattr(torch, dtype)).reshape(shape)


def _dropout(name: str, shape: tuple[int, ...], p: float, inplace: bool, dtype: str) -> Callable[[Any], dict]:
    def case(torch: Any) -> dict[str, Any]:
        x = _ramp(torch, *shape, dtype=dtype).requires_grad_()
        torch.manual_seed(3)
        y = getattr(torch.nn.functional, name)(x * 1, p, True, inplace)
        after = torch.randint(0, 1000, (3,))
        (y * y).sum().backward()
        return {
            "y": y.tolist(),
            "grad": x.grad.tolist(),
            "after": after.tolist(),
            "node": type(y.grad_fn).__name__,
        }

    return case


_NAMES = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
_SHAPES = {"dropout1d": (3, 5), "dropout2d": (2, 3, 2, 2), "dropout3d": (2, 3, 2, 2)}
for _name, _p, _inplace in product(_NAMES, (0.3, 1.0), (False, True)):
    _shape = _SHAPES.get(_name, (3, 4))
    CASES[f"{_name} {_p} {_inplace}"] = _dropout(_name, _shape, _p, _inplace, "float32")
for _dtype in ("float64", "bfloat16", "float16"):
    CASES[f"dropout {_dtype}"] = _dropout("dropout", (3, 4), 0.37, False, _dtype)
    CASES[f"alpha_dropout {_dtype}"] = _dropout("alpha_dropout", (3, 4), 0.37, False, _dtype)


def _transposed(torch: Any) -> dict[str, Any]:
    torch.manual_seed(3)
    y = torch.nn.functional.dropout(_ramp(torch, 3, 4).t(), 0.4)
    return {"y": y.tolist(), "stride": list(y.stride())}


def _not_finite(torch: Any) -> dict[str, Any]:
    torch.manual_seed(3)
    y = torch.nn.functional.dropout(torch.tensor([float("inf"), float("nan")] * 4), 0.5)
    return {"y": [repr(v) for v in y.tolist()]}


def _untouched(torch: Any) -> dict[str, Any]:
    x = _ramp(torch, 3, 4)
    F = torch.nn.functional
    torch.manual_seed(3)
    same = [F.dropout(x, 0.0) is x, F.dropout(x, 0.5, False) is x, F.alpha_dropout(x, 0.5) is x]
    return {"same": same, "after": torch.rand(2).tolist()}


def _attention(torch: Any) -> dict[str, Any]:
    q, k, v = _ramp(torch, 2, 3, 4), _ramp(torch, 2, 5, 4), _ramp(torch, 2, 5, 4)
    torch.manual_seed(3)
    out = torch.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=0.4)
    return {"out": out.tolist(), "after": torch.randint(0, 1000, (3,)).tolist()}


CASES["dropout of a transposed tensor"] = _transposed
CASES["dropout of what is not finite"] = _not_finite
CASES["dropout that does nothing"] = _untouched
CASES["attention with dropout"] = _attention


def _statistics(
    name: str, shape: tuple[int, ...], use: bool, momentum: float
) -> Callable[[Any], dict[str, Any]]:
    def case(torch: Any) -> dict[str, Any]:
        mean, var = torch.tensor([0.5, -0.5, 1.0]), torch.tensor([1.0, 2.0, 0.5])
        x = _ramp(torch, *shape).requires_grad_()
        norm = getattr(torch.nn.functional, name)
        kept = mean.view(3)
        y = norm(x, mean, var, None, None, use, momentum)
        (y * y * y).sum().backward()
        return {
            "y": y.tolist(),
            "grad": x.grad.tolist(),
            "mean": mean.tolist(),
            "var": var.tolist(),
            "seen by a view": kept.tolist(),
            "versions": [mean._version, var._version],
        }

    return case


for _name, _use, _momentum in product(("batch_norm", "instance_norm"), (False, True), (0.1, 1.0)):
    CASES[f"{_name} {_use} {_momentum}"] = _statistics(_name, (2, 3, 4), _use, _momentum)


def _renormalised(torch: Any) -> dict[str, Any]:
    table = _ramp(torch, 4, 3)
    rows = torch.nn.functional.embedding(torch.tensor([1, 3, 1]), table, max_norm=1.0)
    return {"rows": rows.tolist(), "table": table.tolist(), "version": table._version}


CASES["embedding that scales its table down"] = _renormalised
