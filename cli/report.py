"""The command `report`: how mentorships go, as a table, as JSON or as a page with plots."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.filters import ProgramOption, QueryOption, both, wanted
from cli.many import progress
from cli.report_page import page
from cli.report_table import report_view
from cli.survey import Survey, survey
from cli.terminal import AsJson, engine, fail, run


def report(
    program: ProgramOption = None,
    query: QueryOption = "",
    sample: Annotated[
        int, typer.Option(min=0, help="How many are asked for times and mails; 0 for none, then nobody is asked.")
    ] = 200,
    seed: Annotated[int, typer.Option(help="The seed of the sample: the same seed asks the same ones.")] = 1,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with plots, to open in a browser or to print.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report how mentorships go: how many are where and how well, outcomes, times in stages, answer times, mails.

    What is where is counted for all of them. Times and mails are measured in a sample. No names and no addresses.

    Examples: `python starter.py report` · `python starter.py report --program career --sample 500 --html report.html`
    """
    filter = both(wanted(program=program), query)

    async def work() -> Survey:
        with progress() as bar:
            asked = bar.add_task("asking a sample", total=None)
            return await survey(
                await engine(), filter, sample, seed, lambda total: bar.update(asked, total=total, advance=1)
            )

    found = run(work())
    if html is not None:
        try:
            html.write_text(page(found), encoding="utf-8")
        except OSError as problem:
            fail(f"--html: {html}: can't be written: {problem.strerror}")
    if as_json:
        print(found.model_dump_json())
    elif html is not None:
        print(f"The report of {found.counted.in_all:,} mentorships is in {html}")
    else:
        Console(highlight=False).print(report_view(found))
