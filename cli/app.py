"""The command line as a whole: which commands there are, in the order in which help lists them."""

import typer

from cli import encryption, mentorships, replacing, steering, trying
from models.acts import ACTS
from web.api.minting import api_key

app = typer.Typer(
    help="Trellis carries mentorships, by email, from the first hello to a good ending.\n\n"
    "It talks to the Temporal server of TEMPORAL_ADDRESS or TEMPORAL_PROFILE (without them: localhost:7233).\n\n"
    "Nothing set up yet? Try: python starter.py demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(mentorships.start)
app.command()(mentorships.show)
app.command(name="list")(mentorships.list_all)
app.command(epilog=f"Acts: {', '.join(ACTS)}. Their fields are in models/acts.py.")(mentorships.act)
app.command()(steering.pause)
app.command()(steering.resume)
app.command()(steering.end)
app.command(name="replace-mentor")(replacing.replace_mentor)
app.command()(steering.events)
app.command(name="api-key")(api_key)
app.command(name="payload-key")(encryption.payload_key)
app.command()(trying.preview)
app.command()(trying.demo)
