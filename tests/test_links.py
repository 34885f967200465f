"""Links open what they were minted for, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from links import BadLink, Link, Links, Purpose, form_url
from models.base import Role

AT = datetime(2026, 12, 1, 8, 30, 15, 999, tzinfo=UTC)
OLD, NEW = "o" * 32, "n" * 32
LINKS = Links("https://mentoring.example.com", [OLD])


def minted(links: Links = LINKS, purpose: Purpose = Purpose.ASK, ask: str = "accept.mentee.1") -> str:
    return links.mint(purpose, "career-1", Role.MENTEE, ask, "career-1-0001", AT)


def token(url: str) -> str:
    return url.rsplit("/", 1)[1]


def test_a_link_says_who_what_and_since_when() -> None:
    url = minted()
    assert url.startswith("https://mentoring.example.com/a/")
    link = LINKS.read(Purpose.ASK, token(url))
    assert link == Link(
        mentorship="career-1",
        role=Role.MENTEE,
        ask="accept.mentee.1",
        jti=link.jti,
        issued_at=AT.replace(microsecond=0),
    )
    assert len(link.jti) == 22


def test_the_same_mail_gives_the_same_link_and_another_mail_another_one() -> None:
    assert minted() == minted()
    other = LINKS.mint(Purpose.ASK, "career-1", Role.MENTEE, "accept.mentee.1", "career-1-0002", AT)
    assert LINKS.read(Purpose.ASK, token(other)).jti != LINKS.read(Purpose.ASK, token(minted())).jti


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("other", Purpose)
def test_a_link_serves_one_purpose(purpose: Purpose, other: Purpose) -> None:
    mine = token(minted(purpose=purpose))
    if purpose is other:
        assert LINKS.read(other, mine).mentorship == "career-1"
    else:
        with pytest.raises(BadLink):
            LINKS.read(other, mine)


def test_every_changed_or_cut_character_is_noticed() -> None:
    mine = token(minted())
    for at in range(len(mine) - 1):  # the last character carries bits that no signature covers: the jti identifies
        changed = mine[:at] + ("A" if mine[at] != "A" else "B") + mine[at + 1 :]
        with pytest.raises(BadLink):
            LINKS.read(Purpose.ASK, changed)
        with pytest.raises(BadLink):
            LINKS.read(Purpose.ASK, mine[:at])


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "é", "\x00", "x" * 5000, "eyJtIjoxfQ.", "😀.😀", "%2e", " "])
def test_nonsense_is_a_bad_link_and_never_another_error(text: str) -> None:
    with pytest.raises(BadLink):
        LINKS.read(Purpose.ASK, text)


def test_trailing_punctuation_breaks_a_link_cleanly() -> None:
    for tail in (".", ")", ">", ","):
        with pytest.raises(BadLink):
            LINKS.read(Purpose.ASK, token(minted()) + tail)


def test_a_signed_token_with_other_content_is_a_bad_link() -> None:
    signer = LINKS.serializer("link.ask")
    for content in ({}, [], "x", {"m": "a"}, {"m": "a", "r": "king", "a": "", "j": "j", "t": 1}, {"t": 10**20}):
        with pytest.raises(BadLink):
            LINKS.read(Purpose.ASK, str(signer.dumps(content)))


def test_keys_rotate_the_last_one_signs_and_removed_ones_no_longer_verify() -> None:
    both, only_new = Links("https://mentoring.example.com", [OLD, NEW]), Links("https://mentoring.example.com", [NEW])
    before, after = token(minted()), token(minted(both))
    assert both.read(Purpose.ASK, before) == LINKS.read(Purpose.ASK, before)
    assert only_new.read(Purpose.ASK, after).mentorship == "career-1"
    with pytest.raises(BadLink):
        only_new.read(Purpose.ASK, before)


def test_tokens_fit_any_web_server_and_any_mail_client() -> None:
    for number in range(50):
        url = LINKS.mint(Purpose.ASK, f"career-{number}", Role.MENTOR, "", f"l-{number}", AT + timedelta(hours=number))
        first, last = token(url)[0], token(url)[-1]
        assert first != ".", "a leading dot is refused by servers that hide dot files"
        assert last.isalnum(), "mail clients leave a last - or _ out of the link"
        assert len(url) < 400


def test_the_form_of_an_act_lies_below_the_journey_link() -> None:
    journey = minted(purpose=Purpose.JOURNEY, ask="")
    assert form_url(journey, "pause") == f"{journey}/pause"
    assert form_url(journey, "move_session", session=3) == f"{journey}/move_session?session=3"
