"""Every mail to look at: `python -m tests.gallery` writes var/gallery/index.html, from the letters that the tests use.

Each mail is there in both languages, by day and by night, 320 and 600 pixels wide, with its subject, preheader, text
part and .eml. What mentees get is of a program with a logo. With Chromium on the machine there are contact sheets as
pictures, too, and every mail is measured.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from time import monotonic

from bs4 import BeautifulSoup

from activities.mail import Courier
from activities.outbox import OutboxMailer
from links import Links
from models.base import Role
from models.mail import Letter, MailKind
from models.people import Language
from settings import ROOT
from templates.catalogs import LANGUAGES
from tests.letters import (
    EVERY_LETTER,
    OUTCOMES,
    PROGRAM,
    SUMMARY,
    WITH_LOGO,
    delivery,
    in_language,
    item,
    letter,
    letter_of,
)
from tests.screenshots import WIDTHS, Sheets, chromium, measure, take
from web.mailbox import html_as_shown

BASE = "https://mentoring.example.com"
NIGHT = "(prefers-color-scheme: dark)"


@dataclass(frozen=True)
class Shown:
    """One mail of the gallery."""

    name: str
    language: Language
    subject: str
    preheader: str
    text: str
    html: str
    eml: bytes

    @property
    def file(self) -> str:
        return f"{self.language}/{self.name}"


def letters() -> Iterator[tuple[str, Letter]]:
    """Every kind for everyone who gets it, and what else looks different: nudges, each ending, a list of more."""
    for kind, role in EVERY_LETTER:
        yield f"{kind.value}-{role.value}", letter(kind, role)
    for kind in (MailKind.ACCEPT, MailKind.SET_GOALS, MailKind.CHECK_IN):
        for rung in (1, 2):
            yield f"{kind.value}-mentee-nudge-{rung}", letter(kind, Role.MENTEE, rung=rung)
    for outcome in OUTCOMES[1:]:
        summary = SUMMARY.evolve(certificate=False, thanks="")
        yield f"closing-mentee-{outcome}", letter(MailKind.CLOSING, Role.MENTEE, outcome=outcome, summary=summary)
    anew = letter(MailKind.CLOSING, Role.MENTOR, outcome="not_a_fit", rematch=True, summary=None)
    yield "closing-mentor-rematch", anew
    goes_on = letter(MailKind.CLOSING, Role.MENTEE, outcome="cancelled", successor="pair-2", summary=None)
    yield "closing-mentee-another-mentor", goes_on
    several = (MailKind.REPORT, MailKind.FOLLOW_UP, MailKind.TASK_FEEDBACK, MailKind.PARTNER_AWAY)
    yield "several-mentee", letter_of(*(item(kind, Role.MENTEE) for kind in several), to=Role.MENTEE)


def mails() -> list[Shown]:
    """All of them, rendered."""
    courier = Courier(Links(BASE, ["g" * 32]), OutboxMailer(ROOT / "never-written"), "trellis.example.com")
    found = []
    for language in LANGUAGES:
        for name, one in letters():
            one = in_language(one, language)
            program = WITH_LOGO if one.to.role is Role.MENTEE else PROGRAM
            message = courier.message(delivery(one, program=program), one)
            plain, page = message.get_body(("plain",)), html_as_shown(message)
            assert plain is not None
            hidden = BeautifulSoup(page, "html.parser").select_one(".preheader")
            assert hidden is not None
            found.append(
                Shown(
                    name=name,
                    language=language,
                    subject=str(message["Subject"]),
                    preheader=hidden.get_text().replace("\u200c", "").replace("\xa0", " ").strip(),
                    text=plain.get_content(),
                    html=page,
                    eml=message.as_bytes(),
                )
            )
    return found


def write(folder: Path, shown: list[Shown]) -> None:
    """The mails as files, a page for each name, and the index."""
    for one in shown:
        base = folder / one.file
        base.parent.mkdir(parents=True, exist_ok=True)
        # A file has no header that names its encoding: the mark at the start does.
        base.with_suffix(".html").write_text(one.html, encoding="utf-8-sig")
        base.with_suffix(".night.html").write_text(by_night(one.html), encoding="utf-8-sig")
        base.with_suffix(".txt").write_text(one.text, encoding="utf-8-sig")
        base.with_suffix(".eml").write_bytes(one.eml)
        base.with_suffix(".page.html").write_text(_page(one), encoding="utf-8")
    (folder / "index.html").write_text(_index(folder, shown), encoding="utf-8")


def by_night(html: str) -> str:
    """The mail as it looks in dark mode, whatever mode the browser is in."""
    return html.replace(NIGHT, "all")


def _page(one: Shown) -> str:
    file = Path(one.file).name
    frames = "".join(
        f"<figure><figcaption>{width} px, {mode}</figcaption>"
        f'<iframe src="{file}{ending}" width="{width}" height="1100"></iframe></figure>'
        for width in WIDTHS
        for mode, ending in (("light", ".html"), ("dark", ".night.html"))
    )
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(one.subject)}</title>{STYLE}
<p><a href="../index.html">All mails</a></p><h1>{escape(one.name)} ({one.language})</h1>
<dl><dt>Subject ({len(one.subject)})</dt><dd>{escape(one.subject)}</dd>
<dt>Preheader</dt><dd>{escape(one.preheader)}</dd></dl>
<p><a href="{file}.eml">.eml</a> · <a href="{file}.txt">text</a> · <a href="{file}.html">HTML</a></p>
<div class="frames">{frames}</div><h2>Text part</h2><pre>{escape(one.text)}</pre></html>
"""


def _index(folder: Path, shown: list[Shown]) -> str:
    rows = []
    for name in dict.fromkeys(one.name for one in shown):
        cells = "".join(
            f'<td><a href="{one.file}.page.html">{escape(one.subject)}</a><br>'
            f"<small>{escape(one.preheader)}</small></td>"
            for one in shown
            if one.name == name
        )
        rows.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
    pictures = "".join(
        f'<a href="{file.name}"><img src="{file.name}" alt="{file.stem}" height="300" loading="lazy"></a>\n'
        for file in sorted(folder.glob("sheet-*.png"))
    )
    heads = "".join(f"<th>{language}</th>" for language in LANGUAGES)
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Mails</title>{STYLE}
<h1>Mails</h1><table><tr><th></th>{heads}</tr>{"".join(rows)}</table><h2>Contact sheets</h2>{pictures}</html>
"""


STYLE = """<style>body { font: 15px/1.5 system-ui, sans-serif; margin: 24px; color: #222; background: #fff }
table { border-collapse: collapse } th, td { padding: 4px 12px; text-align: left; vertical-align: top;
border-bottom: 1px solid #ddd } small { color: #666 } .frames { display: flex; gap: 16px; overflow-x: auto }
figure { margin: 0 } iframe { border: 1px solid #ccc } pre { white-space: pre-wrap; max-width: 80ch } dt { color: #666 }
</style>"""


def main() -> int:
    """Writes, takes the pictures, measures. Returns 1 when a mail does not fit its width or a button is too low."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "gallery")
    parser.add_argument("--no-screenshots", action="store_true")
    arguments = parser.parse_args()
    began, folder = monotonic(), arguments.folder
    shown = mails()
    write(folder, shown)
    browser = None if arguments.no_screenshots else chromium()
    problems: list[str] = []
    if browser is None:
        print("No screenshots: they need Chromium (Debian: apt install chromium).")
    else:
        sheets = Sheets(folder, {f"{one.language} {one.name}": one.html for one in shown})
        pictures = take(browser, sheets)
        problems = measure(browser, sheets)
        write(folder, shown)
        print(f"{len(pictures)} contact sheets; {len(shown)} mails measured at {' and '.join(map(str, WIDTHS))} px.")
    print(f"{len(shown)} mails in {folder / 'index.html'} ({monotonic() - began:.0f} s)")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
