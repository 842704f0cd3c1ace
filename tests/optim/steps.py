"""Ten steps of an optimizer, the same under both libraries."""

from __future__ import annotations

from typing import Any

import numpy as np

STEPS = 10


def trajectory(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Step down a bowl that is steeper in some directions than in others.

    The second parameter gets its first gradient at the third step; the learning rate changes at the fifth.

    Args:
        source: the expression that makes the optimizer of `params`.
        names: `torch`, `nn`, `optim`.

    Returns:
        The loss before each step, and at the end the parameters and the optimizer's state.
    """
    torch, nn = names["torch"], names["nn"]
    params = [
        nn.Parameter(torch.tensor(np.sin(np.arange(6.0)).reshape(2, 3).astype(np.float32))),
        nn.Parameter(torch.tensor(np.cos(np.arange(4.0)).astype(np.float32))),
    ]
    slopes = [
        torch.tensor(np.linspace(0.1, 2, p.numel()).reshape(p.shape).astype(np.float32)) for p in params
    ]
    optimizer = eval(source, {**names, "params": params})
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        parts = [(slope * p * p).sum() for slope, p in zip(slopes, params, strict=True)]
        loss = parts[0] if step < 2 else parts[0] + parts[1]
        loss.backward()
        if step == 4:
            for group in optimizer.param_groups:
                group["lr"] = group["lr"] * 0.5
        optimizer.step()
        losses.append(loss.item())
    return {
        "source": source,
        "losses": losses,
        "params": [p.tolist() for p in params],
        "state": state_of(optimizer),
    }


def walk(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Twenty steps in double precision along given gradients, whose signs change now and then.

    Args:
        source: the expression that makes the optimizer of `params`.
        names: `torch`, `nn`, `optim`.

    Returns:
        The parameters after every fifth step, and the optimizer's state at the end.
    """
    torch, nn = names["torch"], names["nn"]
    shapes = [(2, 3), (4,)]
    params = [
        nn.Parameter(torch.tensor(np.cos(np.arange(np.prod(shape))).reshape(shape))) for shape in shapes
    ]
    optimizer = eval(source, {**names, "params": params})
    seen = []
    for step in range(20):
        for i, (param, shape) in enumerate(zip(params, shapes, strict=True)):
            along = np.sin((step + 1) * (np.arange(np.prod(shape)) + 0.3 + i)) / (1 + 0.1 * step)
            param.grad = torch.tensor(along.reshape(shape))
        optimizer.step()
        if step % 5 == 4:
            seen.append([param.tolist() for param in params])
    return {"source": source, "params": seen, "state": state_of(optimizer)}


def state_of(optimizer: Any) -> list[dict[str, Any]]:
    """The state of the first two parameters, as numbers."""
    state = optimizer.state_dict()["state"]
    return [{name: value.tolist() for name, value in sorted(state.get(i, {}).items())} for i in range(2)]


def training(name: str, names: dict[str, Any]) -> list[float]:
    """The losses of a small network over twenty steps.

    Args:
        name: the optimizer's expression, of `net`.
        names: `torch`, `nn`, `optim`.
    """
    torch, nn = names["torch"], names["nn"]
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    inputs = torch.randn(16, 4)
    targets = torch.randint(0, 3, (16,))
    optimizer = eval(name, {**names, "net": net})
    criterion = nn.CrossEntropyLoss()
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


TRAININGS = [
    "optim.SGD(net.parameters(), lr=0.5, momentum=0.9)",
    "optim.Adam(net.parameters(), lr=0.05)",
    "optim.AdamW(net.parameters(), lr=0.05, weight_decay=0.1)",
]
