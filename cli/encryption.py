"""Commands for the keys that encrypt what Temporal stores."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.terminal import WRONG_INPUT, fail
from workflows.payload_keys import new_payload_key


def payload_key(
    id: Annotated[str, typer.Argument(metavar="[ID]", help="What the key is called. [default: the date]")] = "",
) -> None:
    """Make a key that encrypts what Temporal stores. It is shown once and kept nowhere: whoever loses it loses data.

    Its id stands in the clear beside everything that it encrypts.

    Example: `python starter.py payload-key`
    """
    try:
        entry = new_payload_key(id or f"{datetime.now(UTC):%Y-%m-%d}")
    except ValueError as problem:
        fail(f"ID: {problem}", WRONG_INPUT)
    typer.echo(
        f"The first key, for every worker, web app and command line; keep a copy of it:\n  TRELLIS_PAYLOAD_KEYS={entry}"
    )
    typer.echo(
        "If there are keys already, put it before them, everywhere, and only then at the end: docs/encryption.md."
    )
