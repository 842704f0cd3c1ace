"""Random programs of views, writes through them and gradients, run under one library."""

from __future__ import annotations

import random
import warnings
from typing import Any

__all__ = ["PROGRAMS", "run"]

# Left out: where PyTorch takes a view of what has come to require grad for a leaf (7, 116), where its own pass fails
# after a change of shape (68, 109, 134), where an error names another node (86) or a forbidden view is found before a
# wrong shape (197), where a view of a detached base keeps its node's name (148), and writes at indices to expanded
# tensors, which it has deprecated (141, 199).
PROGRAMS = [seed for seed in range(200) if seed not in (7, 68, 86, 109, 116, 134, 141, 148, 197, 199)]

# On tensors of shape (3, 4), (4, 3), (12,), ... whose sizes the programs look up as they go.
VIEWS = (
    "t.view(-1)",
    "t.reshape(-1)",
    "t.t()",
    "t[0]",
    "t[-1]",
    "t[1:]",
    "t[::2]",
    "t[..., 1:]",
    "t[..., 0]",
    "t.unsqueeze(0)",
    "t.squeeze()",
    "t.transpose(0, -1)",
    "t.flatten()",
    "t.diagonal()",
    "t.unfold(0, 2, 2)",
    "t.expand(2, *t.shape)",
    "t.narrow(0, 0, 1)",
    "t.as_strided((2, 2), (2, 1), t.storage_offset())",
    "t.detach()",
    "t.view_as(t)",
    "t.permute(*reversed(range(t.dim())))",
    "t.chunk(2)[0]",
    "t.unbind(-1)[0]",
    "t.split(1)[0]",
    "t.tensor_split(2)[1]",
)
WRITES = (
    "t.mul_(2)",
    "t.add_(w)",
    "t.mul_(w)",
    "t.copy_(w * 3)",
    "t.zero_()",
    "t.fill_(0.5)",
    "t.sigmoid_()",
    "t.masked_fill_(t > 1, -1.0)",
    "t.__setitem__(0, 2.0)",
    "t.__setitem__(slice(1, None), w)",
    "t.__setitem__(Ellipsis, w * w)",
    "t.__setitem__((Ellipsis, 0), w)",
    "t.__setitem__(t > 1, 0.25)",
    "t.__setitem__(torch.tensor([0, 0]), w)",
    "t.index_add_(0, torch.tensor([0]), t[:1].detach().clone())",
    "t.unsqueeze_(-1)",
    "t.squeeze_()",
    "t.t_()",
    "t.clamp_(-1, 1)",
    "t.div_(1.5)",
    "t.detach_()",
    "t.exp_()",
)


def run(torch: Any, seed: int) -> dict[str, Any]:
    """A program's outcome: per step the error, if any; at the end all tensors and the leaves' gradients."""
    chosen = random.Random(seed)
    a = torch.arange(12.0).reshape(3, 4).div(6).sub(1).requires_grad_()
    w = torch.tensor(0.75, requires_grad=True)
    tensors = [a * 1.0, torch.arange(12.0).reshape(4, 3).div(4)]
    steps: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(chosen.randint(3, 9)):
            t = chosen.choice(tensors)
            writes = chosen.random() < 0.5
            code = chosen.choice(WRITES if writes else VIEWS)
            free = chosen.random() < 0.15
            names = {"t": t, "w": w if chosen.random() < 0.6 else w.detach(), "torch": torch}
            try:
                with torch.set_grad_enabled(not free):
                    made = eval(code, names)
                if not writes:
                    tensors.append(made)
                steps.append([code, free, None])
            except (RuntimeError, IndexError, TypeError) as error:
                steps.append([code, free, f"{type(error).__name__}: {error}"])
        shown = [_shown(t) for t in tensors]
        live = []
        for t in tensors:
            try:
                if t.requires_grad and t.grad_fn is not None:
                    live.append(t)
            except RuntimeError:
                continue
        gradients: Any = None
        if live:
            try:
                sum((t * (i + 1)).sum() for i, t in enumerate(live)).backward()
                gradients = [None if leaf.grad is None else leaf.grad.reshape(-1) for leaf in (a, w)]
            except RuntimeError as error:
                gradients = f"{type(error).__name__}: {error}"
    # Read only now, so that all of it runs as one program.
    if isinstance(gradients, list):
        gradients = [None if g is None else _numbers(g) for g in gradients]
    tensors = [{**about, "elements": _numbers(about["elements"])} for about in shown]
    return {"steps": steps, "tensors": tensors, "gradients": gradients}


def _shown(t: Any) -> Any:
    try:
        node = None if t.grad_fn is None else type(t.grad_fn).__name__
    except RuntimeError as error:
        node = f"{type(error).__name__}: {error}"
    return {
        "elements": t.detach().reshape(-1),
        "shape": list(t.shape),
        "stride": list(t.stride()),
        "offset": t.storage_offset(),
        "version": t._version,
        "requires_grad": t.requires_grad,
        "node": node,
        "is_view": t._is_view(),
    }


def _numbers(t: Any) -> list[float]:
    return [float(f"{x:.5g}") for x in t.tolist()]
