"""Run in a fresh interpreter that has every package of `packages.py`: prints, as JSON, what became of each."""

import json
import sys
import warnings

import torchlike as torch

early = {"erf": torch.erf(torch.tensor(1.0)).item(), "sigmoid": torch.sigmoid(torch.tensor(1.0)).item()}
site = sys.argv[1]
imported_early = sorted(
    n for n, m in sys.modules.items() if (getattr(m, "__file__", None) or "").startswith(site)
)


def training():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    x = torch.randn(16, 3)
    losses = []
    for _ in range(5):
        loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def error_of(call):
    try:
        return ["no error", repr(call())]
    except Exception as error:
        return [type(error).__name__, str(error), *getattr(error, "__notes__", ())]


alone = training()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    cube = torch.ops.good.cube(torch.tensor(2.0), by=3).item()
x = torch.tensor([2.0], requires_grad=True)
layer = torch.nn.plugins.good.Scale()
optimizer = torch.optim.plugins.good.Descent(layer.parameters(), lr=1.0)
layer(torch.ops.good.cube(x)).sum().backward()
optimizer.step()

json.dump(
    {
        "imported_early": imported_early,
        "early": early,
        "alone": alone,
        "after": training(),
        "good": [cube, x.grad.item(), layer.by.item()],
        "states": {f"{p.distribution}": [p.state, p.reason, p.traceback] for p in torch.plugin.plugins()},
        "warnings": [[str(w.message), w.category.__name__, w.filename] for w in caught],
        "errors": {
            "same": error_of(lambda: torch.ops.clash.same(x)),
            "mine": error_of(lambda: torch.ops.clash.mine(x).item()),
            "yours": error_of(lambda: torch.ops.clash.yours(x).item()),
            "relu": error_of(lambda: torch.ops.aten.relu(x)),
            "core relu": error_of(lambda: torch.relu(torch.tensor(3.0)).item()),
            "first": error_of(lambda: torch.ops.halfway.first(x)),
            "Identity": error_of(lambda: torch.nn.Identity.__module__),
        },
    },
    sys.stdout,
)
