"""The outbox of local mode: a mail reader, and skipping ahead."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import lifecycle
from tests.web_parts import START, Browser, PureEngine, text_of


def written(folder: Path, number: int, role: str, mentorship: str = "pair-1") -> str:
    """A mail in the outbox, with everything a real one has."""
    message = EmailMessage()
    at = START + timedelta(hours=number)
    message["To"] = f"{role.title()} <{role}@example.com>"
    message["Subject"] = f"Mail {number} – für {role}"
    message["Date"] = at
    message["X-Trellis-Mentorship"] = mentorship
    message["X-Trellis-Kind"] = "accept"
    message["X-Trellis-Class"] = "initiated"
    message["X-Trellis-Role"] = role
    message["X-Trellis-At"] = at.isoformat()
    message["X-Trellis-Zone"] = "Asia/Tokyo"
    message["X-Trellis-Items"] = '[{"kind": "accept", "ask": "accept.mentee", "rung": 1}]'
    message.set_content(f"Hello\nhttp://127.0.0.1:8000/a/token-{number}\n<b>not markup</b>")
    message.add_alternative(
        f"<html><head></head><body><script>alert(1)</script><a href='/a/t{number}'>Go</a></body></html>", subtype="html"
    )
    message.add_attachment(b"BEGIN:VCALENDAR", maintype="application", subtype="ics", filename="invite.ics")
    name = f"{mentorship}-{number:04}"
    (folder / f"{name}.eml").write_bytes(message.as_bytes())
    return name


async def test_the_list_shows_the_newest_first_and_filters_by_person_and_mentorship(tmp_path: Path) -> None:
    for number, role in enumerate(("mentee", "mentor", "coordinator")):
        written(tmp_path, number, role)
    written(tmp_path, 9, "mentee", "pair-2")
    browser = Browser(PureEngine(), tmp_path)
    page = text_of(str((await browser.get("/outbox")).find("table")))
    order = [page.index(f"Mail {number} ") for number in (9, 2, 1, 0)]
    assert order == sorted(order)
    assert "Mon 4 Jan 2027, 18:00 (Asia/Tokyo)" in page
    only = text_of(str((await browser.get("/outbox?to=mentor")).find("table")))
    assert "Mail 1" in only
    assert "Mail 0" not in only
    other = text_of(str((await browser.get("/outbox?mentorship=pair-2")).find("table")))
    assert "Mail 9" in other
    assert "Mail 1" not in other


async def test_a_mail_is_read_as_html_as_text_and_with_its_attachment(tmp_path: Path) -> None:
    name = written(tmp_path, 1, "mentee")
    browser = Browser(PureEngine(), tmp_path)
    page = await browser.get(f"/outbox/{name}")
    frame = page.find("iframe")
    assert frame is not None
    assert "allow-scripts" not in str(frame["sandbox"])
    html = await browser.http.get(str(frame["src"]))
    assert '<base target="_top">' in html.text
    policy = html.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-top-navigation-by-user-activation" in policy
    text = await browser.get(f"/outbox/{name}?view=text")
    link = text.select_one("pre a")
    assert link is not None
    assert link["href"] == "http://127.0.0.1:8000/a/token-1"
    assert "<b>not markup</b>" in text_of(str(text))
    headers = text_of(str(await browser.get(f"/outbox/{name}?view=headers")))
    assert "accept · accept.mentee · rung 1" in headers
    file = await browser.http.get(f"/outbox/{name}/attachment/0")
    assert file.content == b"BEGIN:VCALENDAR"
    assert file.headers["content-disposition"] == 'attachment; filename="invite.ics"'


async def test_nothing_outside_of_the_outbox_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.eml").write_text("Subject: no\n\nno")
    (tmp_path / "box").mkdir()
    browser = Browser(PureEngine(), tmp_path / "box")
    for name in ("..%2fsecret", "%2e%2e%2fsecret", "secret", "%00"):
        assert (await browser.http.get(f"/outbox/{name}")).status_code == 404


async def test_skipping_ahead_moves_one_mentorships_own_clock(tmp_path: Path) -> None:
    engine = PureEngine()
    engine.settle()
    skipped: list[str] = []

    async def skip(mentorship: str) -> datetime | None:
        skipped.append(mentorship)
        due = lifecycle.next_due(engine.m, engine.now)
        assert due is not None
        engine.forward(seconds=(due.at - engine.now).total_seconds())
        return engine.now

    browser = Browser(engine, tmp_path, skip=skip)
    page = await browser.get("/")
    text = text_of(str(page))
    assert "Getting to know each other" in text
    assert "Monday 4 January 2027, 09:00 (UTC)" in text
    assert "mentee: accept the mentorship" in text
    assert "Next due" in text
    answer = await browser.send("/outbox", page, {})
    assert answer.status_code == 303
    assert skipped == ["pair-1"]
    assert "Skipped ahead" in text_of(str(await browser.get(answer.headers["location"])))
    assert engine.now > START


async def test_the_mails_are_there_even_while_temporal_is_not(tmp_path: Path) -> None:
    written(tmp_path, 1, "mentee")
    engine = PureEngine(down=True)
    text = text_of(str(await Browser(engine, tmp_path).get("/outbox")))
    assert "Temporal does not answer" in text
    assert "Mail 1" in text


async def test_outside_of_local_mode_there_is_no_outbox(tmp_path: Path) -> None:
    written(tmp_path, 1, "mentee")
    browser = Browser(PureEngine(), tmp_path, local=False)
    for address in ("/", "/outbox", "/outbox/pair-1-0001", "/outbox/pair-1-0001/html"):
        assert (await browser.http.get(address)).status_code == 404
    assert (await browser.http.post("/outbox/skip", data={"mentorship": "pair-1"})).status_code == 404
    assert (await browser.http.get("/health")).json() == {"status": "ok"}
