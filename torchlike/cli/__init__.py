"""The command `torchlike`, also `python -m torchlike`: see `torchlike --help`."""

from torchlike.cli.command import main

__all__ = ["main"]
