"""What a layer answers: its text, its tensors, its output and the gradients of its inputs and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.nn.layer_cases import inputs


def answer(case: tuple, names: dict[str, Any]) -> dict[str, Any]:
    """Make the layer of a case, call it and go backward from a weighted sum of what it gives.

    Args:
        case: see `layer_cases`.
        names: `torch`, `nn` and `np`.

    Returns:
        `text`, `state` before and after the call, `outputs`, `gradients`; numbers as nested lists.
    """
    source, *specs = case
    torch = names["torch"]
    torch.manual_seed(0)
    layer = eval(source, dict(names))
    found: dict[str, Any] = {"source": source, "text": repr(layer), "state": _tensors(layer.state_dict())}
    if specs == [None]:
        return found
    given = [torch.tensor(array) for array in inputs(tuple(specs))]
    followed = [x for x in given[:1] if x.is_floating_point()]
    for x in followed:
        x.requires_grad_()
    torch.manual_seed(1)
    result = layer(*given)
    outputs = list(_flat(result))
    found["outputs"] = [x.tolist() for x in outputs]
    found["dtypes"] = [str(x.dtype) for x in outputs]
    found["state_after"] = _tensors(layer.state_dict())
    if outputs[0].requires_grad:
        # Of a sum with weights around zero, or of the squares, a normalization would leave rounding errors.
        y = outputs[0]
        weights = 0.5 + np.cos(np.arange(y.numel()) * 0.9).reshape(tuple(y.shape))
        (y * torch.tensor(weights, dtype=y.dtype)).sum().backward()
        found["gradients"] = [x.grad.tolist() for x in followed]
        found["parameter_gradients"] = {name: p.grad.tolist() for name, p in layer.named_parameters()}
    return found


def _flat(result: Any) -> Iterator[Any]:
    if isinstance(result, tuple):
        for part in result:
            yield from _flat(part)
    else:
        yield result


def _tensors(state: dict[str, Any]) -> dict[str, Any]:
    return {name: tensor.tolist() for name, tensor in state.items()}
