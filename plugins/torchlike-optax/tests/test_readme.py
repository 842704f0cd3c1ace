"""The examples of README.md and of the docstrings run as they stand there."""

import contextlib
import doctest
import io
import re
from pathlib import Path

import optax
import pytest

import torchlike as torch
from torchlike_optax import Optax, optimizer, ready_made

README = (Path(__file__).parent.parent / "README.md").read_text()
SNIPPETS = re.findall(r"```py\n(.*?)```", README, re.S)


def test_the_program_prints_what_it_says():
    (program,) = re.findall(r"```python\n(.*?)```", README, re.S)
    (text,) = re.findall(r"```text\n(.*?)```", README, re.S)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "README.md", "exec"), {})
    assert printed.getvalue() == text


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda text: text.split("\n")[0])
def test_the_snippets(snippet):
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 1))
    before = [p.detach().clone() for p in model.parameters()]
    names = {"torch": torch, "optax": optax, "Optax": Optax, "model": model}
    exec(compile(snippet, "README.md", "exec"), names)
    if ".step(" not in snippet:
        for _ in range(2):
            # A schedule may begin at 0.
            names["optimizer"].zero_grad()
            model(torch.ones(2, 4)).sum().backward()
            names["optimizer"].step()
    assert not any(map(torch.equal, model.parameters(), before))


@pytest.mark.parametrize("module", [optimizer, ready_made], ids=lambda module: module.__name__)
def test_the_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted and not result.failed
