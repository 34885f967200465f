"""The gallery holds every mail, and a browser agrees that they fit."""

from pathlib import Path

from templates.catalogs import LANGUAGES
from tests.gallery import by_night, mails, write
from tests.letters import EVERY_LETTER
from tests.screenshots import NEEDS_CHROMIUM, Sheets, chromium, measure


def test_the_gallery_shows_every_mail_in_every_language(tmp_path: Path) -> None:
    shown = mails()
    write(tmp_path, shown)
    index = (tmp_path / "index.html").read_text()
    for kind, role in EVERY_LETTER:
        for language in LANGUAGES:
            name = f"{language}/{kind.value}-{role.value}"
            assert f'href="{name}.page.html"' in index
            for ending in (".page.html", ".html", ".night.html", ".txt", ".eml"):
                assert (tmp_path / f"{name}{ending}").stat().st_size > 400
    pictures = {one.name: "data:image/png;base64," in one.html for one in shown}
    assert pictures["accept-mentee"]
    assert not pictures["accept-mentor"]
    assert not [one.name for one in shown if "cid:" in one.html], "a browser can't show these"
    assert all("prefers-color-scheme" not in by_night(one.html) for one in shown)


@NEEDS_CHROMIUM
def test_no_mail_scrolls_sideways_and_every_button_is_44_pixels_high(tmp_path: Path) -> None:
    browser = chromium()
    assert browser is not None
    assert measure(browser, Sheets(tmp_path, {f"{one.language} {one.name}": one.html for one in mails()})) == []
