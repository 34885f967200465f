"""The certificate: for whom, and on one sheet of paper."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from pypdf import PdfReader

from models.answers import Goal
from models.base import Role
from models.program import AskKind
from models.state import Outcome
from settings import ROOT
from tests.builders import MENTEE, Story, a_program, a_start
from tests.screenshots import FLAGS, chromium
from tests.web_parts import Browser, PureEngine, journey_link, text_of

PAPERS = {"A4": (595, 842), "Letter": (612, 792)}
"""In points."""
LONG_NAME = "Maximiliane Josephine-Charlotte de la Rochefoucauld-Montbazon y Fernández de Córdoba"
LONG_GOAL = "Speak in front of everyone who has ever asked me why maps matter to a harbour town, and answer them. " * 2
LIVES = {
    "plain": ("Theo Mentee", "Mara Mentor", ("Speak at a meetup", "Lead a project")),
    "long": (LONG_NAME, LONG_NAME.upper(), (LONG_GOAL[:200],) * 5),
    "longest": ("M" * 200, "W" * 200, ("Ä" * 200,) * 5),
    "without goals": ("Theo", "Mara", ()),
}


@cache
def completed(mentee: str, mentor: str, titles: tuple[str, ...]) -> Story:
    """A pair of these names that went the whole way towards these goals."""
    start = a_start()
    start = start.evolve(id="pair-1", mentor=start.mentor.evolve(name=mentor), mentee=start.mentee.evolve(name=mentee))
    story = Story(a_program(goals={"most": 5}), start)
    story.reach(MENTEE, AskKind.SET_GOALS)
    story.says(MENTEE, AskKind.SET_GOALS, goals=[a_goal(story, title) for title in titles or ("Gone later",)])
    story.live_on()
    assert story.m.outcome is Outcome.COMPLETED
    if not titles:
        story.m = story.m.evolve(goals=(), goal_states=())
    return story


def a_goal(story: Story, title: str) -> Goal:
    return Goal(
        title=title,
        measure="Talks",
        baseline=f"None, {title}"[:200],
        target=f"One, {title}"[:200],
        why="To be heard.",
        by_when=story.today(60),
    )


def visit(story: Story) -> Browser:
    return Browser(PureEngine(story.m, story.now))


def certificate(role: Role = MENTEE) -> str:
    return f"{journey_link(role)}/certificate"


async def test_a_mentee_who_completed_it_has_a_certificate() -> None:
    browser = visit(completed(*LIVES["plain"]))
    journey = await browser.get(journey_link())
    (button,) = journey.select("a.button")
    assert certificate().endswith(str(button["href"]))
    page = text_of(str(await browser.get(certificate())))
    assert "Theo Mentee completed “Career mentorship” with Mara Mentor as mentor." in page
    assert "7 September 2026 to" in page
    assert "Speak at a meetup" in page
    assert "90 %" in page
    assert "4 sessions" in page


async def test_nobody_else_has_one() -> None:
    story = completed(*LIVES["plain"])
    browser = visit(story)
    page = await browser.get(certificate(Role.MENTOR), 404)
    assert "A mentee gets one when the mentorship is completed." in text_of(str(page))
    assert not (await browser.get(journey_link(Role.MENTOR))).select("a.button")


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": Outcome.ENDED_EARLY},
        {"program": a_program(wrap_up={"certificate": False})},
    ],
    ids=["ended early", "a program without certificates"],
)
async def test_there_is_none_after_an_early_end_or_where_the_program_has_none(changes: dict[str, object]) -> None:
    story = completed(*LIVES["plain"])
    browser = Browser(PureEngine(story.m.evolve(**changes), story.now))
    await browser.get(certificate(), 404)
    assert not (await browser.get(journey_link())).select("a.button")


async def test_before_the_end_there_is_none() -> None:
    await Browser(PureEngine()).get(certificate(), 404)


async def test_names_are_text_and_not_markup() -> None:
    story = completed("<b>Theo</b> & Co", "Mara “the <i>rock</i>”", ("<script>1</script>",))
    page = await visit(story).get(certificate())
    assert page.select_one(".name").get_text() == "<b>Theo</b> & Co"  # type: ignore[union-attr]
    assert not page.select("main b, main i, main script")


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("paper", PAPERS)
async def test_it_prints_on_exactly_one_sheet(life: str, paper: str, tmp_path: Path) -> None:
    browser = chromium()
    if browser is None:
        pytest.skip("there is no Chromium here")
    html = (await visit(completed(*LIVES[life])).http.get(certificate())).text
    (sheet,) = printed(browser, html, paper, tmp_path)
    assert abs(float(sheet.mediabox.width) - PAPERS[paper][0]) < 2
    assert abs(float(sheet.mediabox.height) - PAPERS[paper][1]) < 2
    text = re.sub(r"\s+", "", sheet.extract_text())
    mentee, mentor, titles = LIVES[life]
    assert re.sub(r"\s+", "", mentee) in text
    assert re.sub(r"\s+", "", mentor) in text
    assert text.count("30%") + text.count("90%") >= len(titles), "every goal stands on it"
    assert text.endswith("TrellisCareers"), "the signatures stand on it, and nothing of the page around it"
    assert "Backtothejourney" not in text


def printed(browser: str, html: str, paper: str, folder: Path) -> list[object]:
    """The sheets of a page, printed by a browser on this paper."""
    for name in ("style.css", "certificate.css"):
        css = (ROOT / "web" / "static" / name).read_text()
        html = re.sub(rf'<link rel="stylesheet" href="[^"]*{name}">', lambda _, css=css: f"<style>{css}</style>", html)
    file, pdf = folder / "certificate.html", folder / "certificate.pdf"
    file.write_text(html.replace("</head>", f"<style>@page {{ size: {paper} }}</style></head>"))
    subprocess.run(
        [
            browser,
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={pdf}",
            file.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return list(PdfReader(pdf).pages)
