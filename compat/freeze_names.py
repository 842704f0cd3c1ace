"""Write torchlike/pytorch_names.json: the public names of PyTorch, so that what is missing can say so.

Run with PyTorch installed: `python -m compat.freeze_names`.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

MODULES = (
    "torch",
    "torch.nn",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.autograd",
    "torch.linalg",
    "torch.special",
    "torch.fft",
    "torch.cuda",
    "torch.accelerator",
    "torch.jit",
    "torch.utils",
    "torch.utils.data",
    "torch.backends",
    "torch.random",
    "torch.multiprocessing",
    "torch.distributions",
    "torch.func",
)


def public(owner: object) -> list[str]:
    return sorted(name for name in dir(owner) if not name.startswith("_"))


def main() -> None:
    torch = importlib.import_module("torch")
    names = {name: public(importlib.import_module(name)) for name in MODULES}
    # Submodules that are imported on demand.
    names["torch"] = sorted(
        {*names["torch"], "onnx", "hub", "fx", "distributed", "profiler", "sparse", "compiler"}
    )
    tools = "benchmark bottleneck checkpoint cpp_extension dlpack flop_counter mobile_optimizer model_zoo tensorboard"
    names["torch.utils"] = sorted({*names["torch.utils"], *tools.split()})
    names["torch.Tensor"] = public(torch.Tensor)
    # What it imports for itself is no part of it.
    library = importlib.import_module("torch.library")
    documented = ("CustomOpDef", "opcheck", "register_autograd", "register_kernel")
    names["torch.library"] = sorted({*library.__all__, *documented})
    # The operators of `torch.ops.aten`, which lists only those that were asked for.
    schemas = torch._C._jit_get_all_schemas()
    names["torch.ops.aten"] = sorted(
        {s.name.removeprefix("aten::") for s in schemas if s.name.startswith("aten::")}
    )
    target = Path(__file__).parent.parent / "torchlike" / "pytorch_names.json"
    target.write_text(json.dumps(names, separators=(",", ":")).replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    main()
