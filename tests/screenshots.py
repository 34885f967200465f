"""Pictures and measures of mails through headless Chromium: whole contact sheets, so that few starts cover all."""

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

import pytest

WIDTHS = (320, 600)
MODES = {"light": 1, "dark": 0}
"""The names of Blink's setting `preferredColorScheme`."""
IN_A_ROW = {320: 10, 600: 6}
ROWS = 2
"""Mails on a sheet: about a square, so that it can be looked at as a whole."""
HEIGHT = 1450
BUTTON = 44
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage",
    "--no-first-run", "--hide-scrollbars", "--disable-extensions", "--disable-component-update",
)  # fmt: skip


@dataclass(frozen=True)
class Sheets:
    """What is to be shown: HTML by title, and where the pictures go."""

    folder: Path
    mails: dict[str, str]


def chromium() -> str | None:
    """The browser, if there is one."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


NEEDS_CHROMIUM = pytest.mark.skipif(chromium() is None, reason="they need Chromium (Debian: apt install chromium)")


def take(browser: str, sheets: Sheets) -> list[Path]:
    """One picture for each sheet, by day and by night, at each width."""
    for old in sheets.folder.glob("sheet-*.png"):
        old.unlink()
    taken = []
    for width in WIDTHS:
        for number, titles in enumerate(_groups(sorted(sheets.mails), IN_A_ROW[width] * ROWS), start=1):
            page = _sheet({title: sheets.mails[title] for title in titles}, width)
            for mode, setting in MODES.items():
                picture = sheets.folder / f"sheet-{width}-{mode}-{number:02}.png"
                size = f"--window-size={IN_A_ROW[width] * (width + 16) + 16},{ROWS * HEIGHT}"
                _run(browser, page, size, f"--blink-settings=preferredColorScheme={setting}", f"--screenshot={picture}")
                taken.append(picture)
    return taken


def measure(browser: str, sheets: Sheets) -> list[str]:
    """What does not fit: mails that would scroll sideways, and buttons that are too low for a thumb."""
    problems = []
    for width in WIDTHS:
        dom = _run(browser, _sheet(sheets.mails, width), "--window-size=2000,2000", "--dump-dom")
        found = re.search(r'<pre id="measured">(.*?)</pre>', dom, re.DOTALL)
        measured = json.loads(unescape(found.group(1))) if found else {}
        problems += [f"{title} was not measured at {width} px" for title in sheets.mails.keys() - measured.keys()]
        for title, (wide, buttons) in measured.items():
            if wide > width:
                problems.append(f"{title} is {wide} px wide on a screen of {width} px")
            problems += [f"{title} has a button {high} px high at {width} px" for high in buttons if high < BUTTON]
    return problems


def _groups(titles: list[str], size: int) -> list[list[str]]:
    return [titles[start : start + size] for start in range(0, len(titles), size)]


def _sheet(mails: dict[str, str], width: int) -> str:
    frames = "".join(
        f'<figure><figcaption>{escape(title)}</figcaption><iframe title="{escape(title)}" width="{width}" '
        f'height="{HEIGHT - 40}" srcdoc="{escape(html)}"></iframe></figure>'
        for title, html in mails.items()
    )
    return f"""<!doctype html><meta charset="utf-8"><style>:root {{ color-scheme: light dark }}
body {{ margin: 8px; display: flex; flex-wrap: wrap; gap: 12px 16px; font: 12px sans-serif }} figure {{ margin: 0 }}
figcaption {{ height: 20px; overflow: hidden; width: {width}px }} iframe {{ border: 0 }}</style>{frames}
<pre id="measured"></pre><script>onload = () => {{ const found = {{}};
for (const frame of document.querySelectorAll("iframe")) {{ const inner = frame.contentDocument;
found[frame.title] = [inner.documentElement.scrollWidth,
[...inner.querySelectorAll(".action a")].map(button => Math.round(button.getBoundingClientRect().height))]; }}
document.getElementById("measured").textContent = JSON.stringify(found); }}</script>"""


def _run(browser: str, page: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sheet.html")
        file.write_text(page, encoding="utf-8")
        profile = f"--user-data-dir={folder}/profile"
        command = (browser, *FLAGS, profile, *arguments, file.as_uri())
        return subprocess.run(command, capture_output=True, check=True, text=True, timeout=90).stdout
