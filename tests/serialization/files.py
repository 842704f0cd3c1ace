"""The objects that PyTorch's own files hold, which `test_files.py` loads."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

FROZEN = Path(__file__).parent / "frozen"


def objects(torch: Any) -> dict[str, Any]:
    """Objects by names."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU(), torch.nn.Flatten()
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    net(torch.ones(1, 1, 4, 4)).sum().backward()
    optimizer.step()
    t = torch.arange(6.0).reshape(2, 3)
    return {
        "shared": [t, t[1], t.t(), t.reshape(3, 2)],
        "checkpoint": {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 2},
        "dtypes": OrderedDict(
            (n, torch.tensor([1, 0], dtype=getattr(torch, n)))
            for n in "uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 bool".split()
        ),
        "model": net,
        "empty": torch.empty(0, 2),
        "model with attention": torch.nn.TransformerEncoderLayer(4, 2, 3),
    }


def shown(obj: Any) -> str:
    """How an object prints, a model with its state."""
    return repr(obj) + (repr(obj.state_dict()) if hasattr(obj, "state_dict") else "")
