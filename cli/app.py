"""The command line as a whole: which commands there are, in the order in which help lists them."""

import typer

from cli import (
    doctor,
    encryption,
    forgetting,
    listing,
    mentorships,
    payload,
    replacing,
    report,
    steering,
    stuck,
    trying,
    upgrade,
)
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
app.command()(payload.payload)
app.command()(mentorships.show)
app.command(name="list")(listing.list_all)
app.command()(listing.count)
app.command()(stuck.stuck)
app.command()(report.report)
app.command(epilog=f"Acts: {', '.join(ACTS)}. Their fields are in models/acts.py.")(mentorships.act)
app.command()(steering.pause)
app.command()(steering.resume)
app.command()(steering.end)
app.command()(steering.message)
app.command()(steering.patience)
app.command(name="replace-mentor")(replacing.replace_mentor)
app.command()(steering.events)
app.command()(forgetting.forget)
app.command()(doctor.doctor)
app.command(name="api-key")(api_key)
app.command(name="payload-key")(encryption.payload_key)
app.command()(encryption.keys)
app.command(name="codec-token")(encryption.codec_token)
app.command()(upgrade.version)
app.command()(upgrade.fleet)
app.command()(upgrade.upgrade)
app.command()(trying.preview)
app.command()(trying.demo)
