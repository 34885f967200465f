"""The command that makes an API key: `python starter.py api-key`."""

from enum import StrEnum
from typing import Annotated

import typer

from web.api.keys import Scope, mint


class Choice(StrEnum):
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def api_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who uses it: lower-case letters, digits and -.")],
    scope: Annotated[Choice, typer.Option(help="What it may do; each includes those before it.")] = Choice.READ,
) -> None:
    """Make an API key for a platform's backend. It is shown once and kept nowhere: the settings hold its SHA-256.

    Example: `python starter.py api-key platform --scope write`
    """
    try:
        key, entry = mint(name, Scope[scope.name])
    except ValueError as problem:
        typer.echo(f"NAME: {problem}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"The key, for the platform; it is not shown again:\n  {key}")
    typer.echo(f"Its entry, for the web app; several are separated by commas:\n  TRELLIS_API_KEYS={entry}")
