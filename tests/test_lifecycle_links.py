"""Links that came to the wrong person: they are switched off, and a fresh one goes to the address on record."""

from datetime import timedelta

import pytest

from lifecycle import Rejected, page
from lifecycle.cards import masked
from links import Links, Purpose
from models.acts import FreshLink, NotMine
from models.answers import LinkUsed
from models.commands import RevokeLinksCommand
from models.mail import MailKind
from models.pages import PageQuery
from models.program import AskKind
from settings import LOCAL_KEY
from tests.builders import MENTEE, MENTOR, Story


def link_of(story: Story) -> LinkUsed:
    """A link that was minted just now."""
    return LinkUsed(jti="held", issued_at=story.now)


def status(story: Story, link: LinkUsed) -> str:
    return page(story.m, PageQuery(role=MENTEE, ask="accept.mentee", link=link), story.now).status


def test_a_link_that_is_not_mine_is_switched_off_and_a_fresh_one_goes_to_the_address_on_record() -> None:
    story = Story()
    held = link_of(story)
    story.until(story.now + timedelta(hours=1))
    receipt = story.do(NotMine(by=MENTEE, link=held))
    assert "switched off" in str(receipt.recorded)
    assert "address on record" in str(receipt.happens_next)
    assert status(story, held) == "revoked"
    with pytest.raises(Rejected) as refusal:
        story.do(story.answer(MENTEE, AskKind.ACCEPT).evolve(link=held))
    assert refusal.value.code == "revoked"
    story.days(1)
    (letter,) = story.mails(MENTEE, MailKind.FRESH_LINK)
    assert letter.to.email == "theo@example.com"
    assert status(story, LinkUsed(jti="new", issued_at=letter.at)) == "open"


def test_only_the_links_of_that_person_are_switched_off() -> None:
    story = Story()
    story.do(NotMine(by=MENTEE, link=link_of(story)))
    story.do(story.answer(MENTOR, AskKind.ACCEPT).evolve(link=link_of(story)))
    assert not story.mails(MENTOR, MailKind.FRESH_LINK)


def test_what_a_stranger_presses_does_not_count_as_a_word_of_the_person() -> None:
    story = Story()
    story.m = story.m.evolve(silences={MENTEE: 1})
    story.do(NotMine(by=MENTEE, link=link_of(story)))
    assert story.m.silences == {MENTEE: 1}
    assert MENTEE not in story.m.last_act


def test_links_that_go_round_in_circles_are_switched_off_but_not_mailed_for_ever() -> None:
    story = Story()
    for _ in range(3):
        story.do(FreshLink(by=MENTEE, ask="accept.mentee"))
        story.until(story.now + timedelta(minutes=30))
    held = link_of(story)
    story.until(story.now + timedelta(minutes=1))
    receipt = story.do(NotMine(by=MENTEE, link=held))
    assert "when they ask for it" in str(receipt.happens_next)
    assert status(story, held) == "revoked"
    story.until(story.now + timedelta(hours=2))
    assert len(story.mails(MENTEE, MailKind.FRESH_LINK)) == 3


@pytest.mark.parametrize("microsecond", [1, 500_000, 999_999])
def test_the_fresh_link_works_although_it_is_mailed_within_the_same_second(microsecond: int) -> None:
    """A token tells whole seconds, a workflow's clock does not."""
    story = Story()
    story.now = story.now.replace(hour=10) + timedelta(days=1, microseconds=microsecond)
    story.order(RevokeLinksCommand(role=MENTEE))
    (letter,) = story.mails(MENTEE, MailKind.FRESH_LINK)
    links = Links("https://trellis.example", [LOCAL_KEY])
    url = links.mint(Purpose.ASK, "pair", MENTEE, "accept.mentee", letter.id, letter.at)
    read = links.read(Purpose.ASK, url.rsplit("/", 1)[-1])
    assert status(story, LinkUsed(jti=read.jti, issued_at=read.issued_at)) == "open"


@pytest.mark.parametrize(
    ("address", "shown"),
    [("ines@example.com", "i•••@example.com"), ("i@example.com", "•••@example.com"), ("é.b@x.org", "é•••@x.org")],
)
def test_an_address_is_known_to_who_has_it_and_to_nobody_else(address: str, shown: str) -> None:
    assert masked(address) == shown
