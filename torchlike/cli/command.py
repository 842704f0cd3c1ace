"""The command line: what it understands, and how an answer is given."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout

import torchlike
from torchlike.cli.answers import Answer, CommandError, check_tables

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `torchlike`.

    Args:
        arguments: those of the command line by default.

    Returns:
        The exit status: 0, 1 where a check failed or nothing was found, 2 where the command is not understood.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.tables and not options.json:
            check_tables()
        # What plugins print when they are imported is no part of the answer, which says itself what failed to load.
        with redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "plugin .* failed to load and contributes nothing")
            answer = options.run(options)
    except CommandError as error:
        if options.json:
            print(json.dumps({"error": str(error)}, indent=2))
        else:
            print(f"torchlike: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(answer.data, indent=2))
    else:
        answer.show()
    return answer.status


# Each imports what it needs within `main`, since early plugins are loaded by that.
def _list(options: argparse.Namespace) -> Answer:
    from torchlike.cli.listing import listing

    return listing(options.load)


def _check(options: argparse.Namespace) -> Answer:
    from torchlike.cli.checking import check

    return check(options.name)


def _why(options: argparse.Namespace) -> Answer:
    from torchlike.cli.providers import why

    return why(options.name)


def _new(options: argparse.Namespace) -> Answer:
    from torchlike.cli.creation import create

    return create(options.name, options.into)


def _stub(options: argparse.Namespace) -> Answer:
    from torchlike.cli.stubbing import stub_of

    return stub_of(options.namespace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("torchlike", description="PyTorch's interface on JAX.")
    parser.add_argument("--version", action="version", version=f"torchlike {torchlike.__version__}")
    groups = parser.add_subparsers(required=True, metavar="COMMAND")
    plugins = groups.add_parser(
        "plugins",
        help="installed plugins: list them, check them, find out who provides a name, write a new one",
        description="Installed plugins. TORCHLIKE_PLUGINS=a,b allows only these, TORCHLIKE_DISABLE_PLUGINS=a leaves "
        "these out, TORCHLIKE_TRACE_PLUGINS=1 prints what is loaded when.",
    )
    commands = plugins.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable, tables: bool, text: str, more: str = "") -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}. {more}")
        made.add_argument("--json", action="store_true", help="answer in JSON on the standard output")
        made.set_defaults(run=run, tables=tables)
        return made

    made = command(
        "list",
        _list,
        True,
        "show the plugins and what they register",
        "They are loaded, since only that shows which of them work and what they bring.",
    )
    made.add_argument(
        "--no-load",
        dest="load",
        action="store_false",
        help="show what metadata tells; only plugins that ask to be early are imported",
    )
    made = command(
        "check",
        _check,
        True,
        "load plugins and check what they register",
        "Exits with 1 if a check fails.",
    )
    made.add_argument(
        "name", nargs="?", metavar="NAME", help="of an entry point or a distribution; all if left out"
    )
    made = command(
        "why",
        _why,
        False,
        "say who provides an operator, a layer or an optimizer",
        "Exits with 1 if nobody does.",
    )
    made.add_argument(
        "name", metavar="NAME", help="mine::swish, torch.ops.mine.swish, gelu, nn.Linear, optim.SGD, ..."
    )
    made = command(
        "stub",
        _stub,
        False,
        "print the stub file of a namespace's operators, for type checkers",
        "It is made from their schemas.",
    )
    made.add_argument("namespace", metavar="NAMESPACE", help="mine, or aten for what is built in")
    made = command(
        "new",
        _new,
        False,
        "write a package with a plugin, to start from",
        "It has an operator, a layer, an optimizer and tests.",
    )
    made.add_argument(
        "name", metavar="NAME", help="the plugin's, and its namespace's: lower-case letters, digits, _"
    )
    made.add_argument("--into", default=".", metavar="FOLDER", help="where to put its folder (default: here)")
    return parser
