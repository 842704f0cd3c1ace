"""`torchlike plugins stub`: what a type checker is told of a namespace's operators."""

from __future__ import annotations

from torchlike import plugin
from torchlike.cli.answers import Answer, CommandError
from torchlike.library.stubs import stub
from torchlike.operators.declaration import OPERATORS
from torchlike.operators.schema import Schema
from torchlike.plugin import NameClash

__all__ = ["stub_of"]


def stub_of(namespace: str) -> Answer:
    """The stub file of a namespace's operators, made from their schemas.

    Args:
        namespace: `mine`, or `aten` for what is built in.

    Raises:
        CommandError: it has no operators, two plugins claim one of them, or one has no schema of a plugin's.
    """
    plugin.load(reason=f"torchlike plugins stub {namespace}")
    names = OPERATORS.members(namespace)
    if not names:
        raise CommandError(f"nobody provides operators under '{namespace}'")
    schemas = []
    for name in names:
        try:
            schema = OPERATORS.find(f"{namespace}::{name}").schema
        except NameClash as error:
            raise CommandError(str(error)) from None
        if not isinstance(schema, Schema):
            raise CommandError(
                f"'{namespace}::{name}' was defined through torch.library, for which there are no stubs"
            )
        schemas.append(schema)
    text = stub(schemas)
    return Answer({"namespace": namespace, "stub": text}, lambda: print(text, end=""))
