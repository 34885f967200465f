"""Sentences of the rules: in English for programs and logs, in the reader's language, zone and words on pages."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle import Rejected
from models.base import Role
from models.phrases import NOTHING, Phrase, say
from models.program import AskKind
from models.state import Answered, Mentorship, Reason, Receipt
from templates.messages import messages, said_in
from templates.spoken import ask_title, spoken
from tests.builders import MENTEE, Story
from web import reading
from workflows.client import ActRejected
from workflows.refusal import Refusal, rejected

AT = datetime(2027, 1, 5, 8, tzinfo=UTC)
TYPED = st.text(max_size=40) | st.sampled_from(
    ["{at}", "{count}", "%(at)s", "%s", "100 %", "}{", "{0}", "{{x}}", "{a.b}"]
)
FIRST, LAST = datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2999-12-31")
"""Between these lie all instants that the models know."""


@given(TYPED, TYPED)
def test_what_people_typed_is_shown_as_they_typed_it(one: str, other: str) -> None:
    phrase = say("“{one}” and “{other}”, {count}", "", count=3, one=one, other=other)
    said = f"“{one}” and “{other}”, 3"
    assert str(phrase) == said
    assert reading.spoken(phrase, "en", "UTC") == said
    assert reading.spoken(phrase, "es", "Asia/Tokyo") == said


@given(
    TYPED,
    TYPED,
    st.none() | st.integers(0, 99),
    st.dictionaries(st.sampled_from(["a", "b"]), TYPED),
    st.lists(st.datetimes(FIRST, LAST, timezones=st.just(UTC)), max_size=3),
    st.none() | st.dates(),
)
def test_a_phrase_travels_whole(
    text: str, plural: str, count: int | None, words: dict[str, str], times: list[datetime], day: date | None
) -> None:
    days = {} if day is None else {"day": day}
    phrase = Phrase(
        text=text, plural=plural, count=count, words=words, terms=words, times={"at": tuple(times)}, days=days
    )
    assert Phrase.model_validate_json(phrase.model_dump_json()) == phrase
    assert Phrase.model_validate(phrase.model_dump()) == phrase


@given(TYPED.map("Your task “{}” is done.".format))
def test_a_sentence_of_before_there_were_phrases_is_shown_as_it_was_written(old: str) -> None:
    receipt = Receipt.model_validate(
        {"id": "x", "act": "report", "by": "mentee", "ask": "", "at": AT, "recorded": old, "happens_next": old}
    )
    assert str(receipt.recorded) == reading.spoken(receipt.recorded, "es", "UTC") == old
    assert receipt.model_dump(mode="json")["recorded"] == old


def test_a_state_with_plain_sentences_loads() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    state = story.m.model_dump(mode="json")
    state["answers"]["accept.mentee"].pop("recorded")
    state["raised"]["stop.1"] = {
        "key": "stop.1", "severity": "at_risk", "since": "2026-09-07T08:00:00Z",
        "text": "the mentee asked that all contact stops", "remedy": "Talk to them today.",
    }  # fmt: skip
    loaded = Mentorship.model_validate(state)
    assert loaded.answers["accept.mentee"].recorded == NOTHING
    assert str(loaded.raised["stop.1"].text) == "the mentee asked that all contact stops"


def test_what_is_empty_does_not_travel() -> None:
    assert say("You accepted the mentorship.").model_dump_json() == '"You accepted the mentorship."'
    kept = say("{count} goal is saved.", "{count} goals are saved.", count=0).model_dump(mode="json")
    assert kept == {"text": "{count} goal is saved.", "plural": "{count} goals are saved.", "count": 0}
    assert Answered(ask="a", by=Role.MENTEE, at=AT, revision=1).model_dump(mode="json")["recorded"] == ""


def test_dates_are_said_in_the_readers_language_and_zone() -> None:
    phrase = say("The session is now on {at}.", at=AT)
    assert str(phrase) == "The session is now on 2027-01-05 08:00 UTC."
    assert reading.spoken(phrase, "en", "Europe/Berlin").endswith("on Tuesday 5 January 2027, 09:00 (Berlin time).")
    assert "martes 5 de enero de 2027, 03:00" in reading.spoken(phrase, "es", "America/New_York")
    several = say("You proposed: {times}.", times=(AT, AT.replace(hour=9)))
    assert str(several) == "You proposed: 2027-01-05 08:00 UTC; 2027-01-05 09:00 UTC."
    rest = say("The mentorship rests until {until}.", until=date(2027, 2, 1))
    assert "1 February 2027" in reading.spoken(rest, "en", "UTC")


def test_terms_are_translated_and_their_numbers_filled_in() -> None:
    phrase = say(
        "{who} has not answered “{ask}” for {count} day",
        "{who} has not answered “{ask}” for {count} days",
        count=1,
        terms={"who": "the mentor", "ask": "confirm session {n}"},
        n=3,
    )
    assert str(phrase) == "the mentor has not answered “confirm session 3” for 1 day"
    said = spoken(phrase, "es", str, str)
    assert said == "la persona mentora lleva 1 día sin responder a «confirmar la sesión 3»"
    assert ask_title("confirm session 3", "es") == "confirmar la sesión 3"


def test_a_refusal_crosses_the_wire_in_english_and_with_its_values_apart() -> None:
    refusal = Rejected("invalid", say("A pause can last {days} days at the most.", days=42), "until")
    error = rejected(refusal)
    assert error.message == str(refusal) == "A pause can last 42 days at the most."
    (detail,) = error.details
    assert isinstance(detail, Refusal)
    arrived = Refusal.model_validate_json(detail.model_dump_json())
    assert arrived.message == "A pause can last 42 days at the most."
    assert arrived.phrase.words == {"days": "42"}


def test_a_refusal_without_a_phrase_is_a_sentence_all_the_same() -> None:
    old = Refusal.model_validate({"code": "ended", "message": "This mentorship has ended."})
    known = ActRejected(old.code, old.message, old.field, old.phrase)
    assert str(known.phrase) == "This mentorship has ended."


def test_every_receipt_of_a_whole_life_is_a_sentence_that_can_be_translated() -> None:
    story = Story()
    story.live_on()
    known = {said if isinstance(said, str) else said[0] for domain in ("mail", "pages") for said, _ in messages(domain)}
    for receipt in story.m.receipts:
        for phrase in (receipt.recorded, receipt.happens_next):
            assert phrase.text in known, phrase
            assert "{" not in str(phrase)
    assert all(given.recorded.text in known for given in story.m.answers.values())


def test_every_reason_of_health_is_a_sentence_of_the_mails() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.days(20)
    known = {said if isinstance(said, str) else said[0] for said, _ in messages("mail")}
    (reason,) = story.m.raised.values()
    assert isinstance(reason, Reason)
    assert {reason.text.text, reason.remedy.text, *reason.text.terms.values()} <= known
    assert reason.text.terms["who"] == "the mentor"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('say("One {n}.", n=1)', ["One {n}."]),
        ('say("{count} day", "{count} days", count=2)', [("{count} day", "{count} days")]),
        ('raise Rejected("invalid", say("At most {n}.", n=2), "field")', ["At most {n}."]),
        ('raise Rejected("ended", "It has " "ended.")', ["It has ended."]),
        ('raise ValueError(f"{field}: no")', []),
        ('words.say(text)', []),
    ],
)  # fmt: skip
def test_sentences_are_found_in_code(source: str, said: list[str]) -> None:
    assert list(said_in(source)) == said
