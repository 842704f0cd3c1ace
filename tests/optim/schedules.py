"""The rates that a schedule gives over some hundred epochs, the same under both libraries."""

from __future__ import annotations

import warnings
from typing import Any

from tests.optim.schedule_cases import EPOCHS, SEEN


def rates(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Learning rates and momentums of two groups.

    Args:
        source: the expression that makes the scheduler of `o`, `Adam` or `tensors`.
        names: `torch`, `nn`, `optim`.

    Returns:
        For each epoch that is looked at, each group's learning rate, and its momentum if it has one.
    """
    torch, nn, optim = names["torch"], names["nn"], names["optim"]

    def groups(*rates: Any) -> list[dict]:
        return [{"params": [nn.Parameter(torch.zeros(2))], "lr": rate} for rate in rates]

    scope = {
        "s": optim.lr_scheduler,
        "torch": torch,
        "o": optim.SGD(groups(0.5, 0.03), momentum=0.9),
        "Adam": optim.Adam(groups(0.5, 0.03)),
        "tensors": optim.SGD(groups(torch.tensor(0.5), torch.tensor(0.03))),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = eval(source, scope)
        seen = []
        for epoch in range(EPOCHS + 1):
            if epoch in SEEN:
                seen.append([_of(group) for group in scheduler.optimizer.param_groups])
            if epoch < EPOCHS:
                scheduler.optimizer.step()
                scheduler.step()
    return {"source": source, "rates": seen}


def _of(group: dict) -> list[float]:
    rate = group["lr"]
    momentum = group.get("momentum", group.get("betas"))
    return [
        rate if isinstance(rate, float) else rate.item(),
        *([momentum] if isinstance(momentum, float) else momentum or []),
    ]
