"""Commands for the keys that encrypt what Temporal stores."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from cli.terminal import WRONG_INPUT, AsJson, fail, run, say
from cli.views import as_json as json_of
from settings import settings
from web.api.keys import Scope, mint
from workflows.connection import connect
from workflows.key_usage import KeyUse, keys_in_use
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


def codec_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who uses it: lower-case letters, digits and -.")],
    encode: Annotated[bool, typer.Option("--encode", help="It may also encrypt what it sends to workflows.")] = False,
) -> None:
    """Make a token for the codec server, by which an operator reads encrypted payloads in the Temporal UI.

    It is shown once and kept nowhere: the settings hold its SHA-256.

    Examples: `python starter.py codec-token ops` · `python starter.py codec-token on-call --encode`
    """
    try:
        token, entry = mint(name, Scope.WRITE if encode else Scope.READ)
    except ValueError as problem:
        fail(f"NAME: {problem}", WRONG_INPUT)
    typer.echo(f"The token, for the operator; it is not shown again:\n  {token}")
    typer.echo(f"Its entry, for the web app; several are separated by commas:\n  TRELLIS_CODEC_TOKENS={entry}")


def keys(
    every_payload: Annotated[
        bool, typer.Option("--every-payload", help="Read all histories, and not only how each run began.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell which keys what Temporal keeps still needs, before an old one is dropped.

    Each renewal of a mentorship closes a run and begins another. A closed run needs its key for who looks at what has
    ended, until the server deletes it.

    Examples: `python starter.py keys` · `python starter.py keys --every-payload --json`
    """

    async def work() -> list[KeyUse]:
        return await keys_in_use(await connect(), every_payload=every_payload)

    own = settings()
    here = [key.id for key in own.payload_keyring]
    writes = here[-1] if own.encrypts_payloads else ""
    found = run(work())
    if as_json:
        say(json_of(found))
        return
    unused = [KeyUse(key=key) for key in here if all(use.key != key for use in found)]
    say(_table([*found, *unused], here, writes))


def _table(uses: Iterable[KeyUse], here: list[str], writes: str) -> Table:
    table = Table("key", "here", "open runs", "closed runs", "the last is kept until", header_style="bold")
    for use in uses:
        told = "encrypts" if use.key == writes else "decrypts" if use.key in here else "[red]missing[/red]"
        table.add_row(
            use.key or "not encrypted",
            told if use.key or not writes else "–",
            str(use.open),
            str(use.closed),
            f"{use.kept_until:%a %d %b %Y %H:%M} UTC" if use.kept_until else "–",
        )
    return table
