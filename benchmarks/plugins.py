"""What plugins cost: 200 that nobody uses, and an operator of a plugin's beside the same one built in."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = 200
PROCESSES = 9
BLOCKS = 60

_IMPORT = """
import json, time
import jax
start = time.perf_counter()
import torchlike as torch
took = time.perf_counter() - start
a, b = torch.rand(4, 4), torch.rand(4, 4)
start = time.perf_counter()
(a + b).tolist()
first = time.perf_counter() - start
times = []
for _ in range(200):
    start = time.perf_counter()
    for _ in range(100):
        a + b
    times.append((time.perf_counter() - start) / 100)
    torch.engine.dispatch()
print(json.dumps([took * 1e3, first * 1e3, min(times) * 1e6]))
"""


def write_plugins(folder: Path) -> None:
    """What pip leaves of `INSTALLED` packages with a plugin each."""
    for i in range(INSTALLED):
        info = folder / f"plugin_{i}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plugin-{i}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[torchlike]\np{i} = plugin_{i}\n")
        (folder / f"plugin_{i}.py").write_text(
            "from torchlike.plugin import hookimpl\n\n\n@hookimpl\ndef torchlike_register_ops(register):\n"
            f'    register.op("p{i}::same(Tensor x) -> Tensor")(lambda x: x)\n'
        )


def unused(folder: Path) -> dict[str, list[list[float]]]:
    """Import, first operator and operator call in fresh processes, with and without the plugins, in turn."""
    found: dict[str, list[list[float]]] = {"without": [], "with": []}
    for _ in range(PROCESSES):
        for name, path in (("without", [str(ROOT)]), ("with", [str(ROOT), str(folder)])):
            environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
            done = subprocess.run(
                [sys.executable, "-c", _IMPORT], env=environ, stdout=subprocess.PIPE, text=True, check=True
            )
            found[name].append(json.loads(done.stdout))
    return found


def beside_built_in() -> dict[str, list[float]]:
    """Microseconds of an operator built in, and of the same one registered by a plugin, in blocks in turn."""
    import torchlike as torch
    from torchlike.operators.declaration import get
    from torchlike.plugin import Register

    own = get("sigmoid")
    register = Register("the benchmark")
    text = own.schema.text.replace("sigmoid(", "bench::sigmoid(")
    register.op(text, promote=own.promote, saves=own.saves, double_backward=own.double_backward)(own.fn)
    register.commit()

    def recorded(sigmoid: Callable) -> Callable[[], Any]:
        x = torch.rand(16, 16)

        def block() -> None:
            for _ in range(200):
                sigmoid(x)
            torch.engine.dispatch()

        return block

    def at_once(sigmoid: Callable) -> Callable[[], Any]:
        x = torch.rand(16, 16)

        def block() -> None:
            with torch.engine.eager():
                for _ in range(50):
                    sigmoid(x)

        return block

    def trained(sigmoid: Callable) -> Callable[[], Any]:
        torch.manual_seed(0)
        first, second = torch.nn.Linear(64, 128), torch.nn.Linear(128, 10)
        optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.01)
        x, target = torch.randn(32, 64), torch.randn(32, 10)

        def block() -> None:
            for _ in range(50):
                loss = (second(sigmoid(first(x))) - target).square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss.item()

        return block

    found: dict[str, list[float]] = {}
    functions = {"built in": torch.sigmoid, "plugin": torch.ops.bench.sigmoid}
    for name, (make, count) in {
        "recorded, a call": (recorded, 200),
        "operator by operator, a call": (at_once, 50),
        "in a compiled training step, a step": (trained, 50),
    }.items():
        blocks = {of: make(sigmoid) for of, sigmoid in functions.items()}
        times: dict[str, list[float]] = {of: [] for of in functions}
        for _ in range(5):
            for block in blocks.values():
                block()
        for _ in range(BLOCKS):
            for of, block in blocks.items():
                start = time.perf_counter()
                block()
                times[of].append((time.perf_counter() - start) / count * 1e6)
        ratio = statistics.median(p / b for p, b in zip(times["plugin"], times["built in"], strict=True))
        found[name] = [min(times["built in"]), min(times["plugin"]), ratio]
    return found


def table() -> str:
    """Both comparisons as tables."""
    with tempfile.TemporaryDirectory() as folder:
        write_plugins(Path(folder))
        processes = unused(Path(folder))
    least = {name: [min(column) for column in zip(*rows, strict=True)] for name, rows in processes.items()}
    rows = [
        f"{INSTALLED} installed plugins that nobody uses; fresh processes in turn, the least of {PROCESSES}:\n",
        "| | without | with |",
        "|---|---|---|",
    ]
    for i, name in enumerate(
        ("`import torchlike` after `import jax`, ms", "the first operator, ms", "`a + b`, us")
    ):
        rows.append(f"| {name} | {least['without'][i]:.2f} | {least['with'][i]:.2f} |")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.plugins"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    rows += [
        "\n`sigmoid` built in, and the same function registered by a plugin; blocks in turn, microseconds, the "
        f"least of {BLOCKS} and the median of their ratios:\n",
        "| | built in | plugin | plugin / built in |",
        "|---|---|---|---|",
    ]
    for name, (own, plugin, ratio) in json.loads(done.stdout.splitlines()[-1]).items():
        rows.append(f"| {name} | {own:.2f} | {plugin:.2f} | {ratio:.3f} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(json.dumps(beside_built_in()))
