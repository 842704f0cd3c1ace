"""Rewriting a program's imports between PyTorch and torchlike, and nothing else of it."""

import re

_PLAIN = re.compile(r"^([ \t]*)import torch(\.[\w.]+)?( as (\w+))?$", re.M)
_FROM = re.compile(r"^([ \t]*)from torch(\.[\w.]+)? import ", re.M)
_PLAIN_BACK = re.compile(r"^([ \t]*)import torchlike(\.[\w.]+)? as (\w+)$", re.M)
_FROM_BACK = re.compile(r"^([ \t]*)from torchlike(\.[\w.]+)? import ", re.M)


def to_torchlike(source: str) -> str:
    """Return a PyTorch program with its imports of `torch` turned into imports of `torchlike`.

    Args:
        source: the text of a Python program.

    Raises:
        ValueError: for `import torch.x` without `as`, which binds the name `torch` and has no twin.

    >>> to_torchlike("import torch\\nimport torch.nn as nn\\n")
    'import torchlike as torch\\nimport torchlike.nn as nn\\n'
    """

    def plain(match: re.Match[str]) -> str:
        indent, submodule, _, name = match.groups()
        if submodule and not name:
            raise ValueError(f"no one-line twin for {match.group(0).strip()!r}")
        return f"{indent}import torchlike{submodule or ''} as {name or 'torch'}"

    return _FROM.sub(r"\1from torchlike\2 import ", _PLAIN.sub(plain, source))


def to_torch(source: str) -> str:
    """Return a torchlike program with its imports mapped back to PyTorch's: the inverse of `to_torchlike`.

    Args:
        source: the text of a Python program.

    >>> to_torch("import torchlike as torch\\nfrom torchlike.utils.data import DataLoader\\n")
    'import torch\\nfrom torch.utils.data import DataLoader\\n'
    """

    def plain(match: re.Match[str]) -> str:
        indent, submodule, name = match.groups()
        return f"{indent}import torch{submodule or ''}" + (
            "" if not submodule and name == "torch" else f" as {name}"
        )

    return _FROM_BACK.sub(r"\1from torch\2 import ", _PLAIN_BACK.sub(plain, source))
