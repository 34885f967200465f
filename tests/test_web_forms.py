"""Form values to acts and back, and the words for what is wrong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.acts import ACTS
from models.answers import (
    FollowUp,
    NewTask,
    PickTime,
    ProposeTimes,
    Report,
    SetGoals,
)
from models.base import Role
from models.pages import PageQuery
from tests.test_web_asks import with_goals
from web.answered import told
from web.coordinating import DEEDS
from web.dates import apart, when
from web.fields import FIELDS, ROWS, WHOLES, field_name
from web.forms import flatten, nested, typed
from web.mistakes import _field_names, mistakes_of, worded
from web.prefill import first_values
from web.rendering import brand_style

BERLIN = "Europe/Berlin"


def test_dotted_names_become_what_the_model_reads() -> None:
    tree = nested(typed([("goals.0.title", "A"), ("goals.1.title", "B"), ("terms.zone", "UTC"), ("note", " ")]))
    assert tree == {"goals": [{"title": "A"}, {"title": "B"}], "terms": {"zone": "UTC"}}


def test_blank_rows_are_dropped_and_a_label_alone_is_no_row() -> None:
    values = typed([("options.0", ""), ("options.3", "x"), ("progress.0.goal", "1"), ("progress.1.goal", "2"),
                    ("progress.0.percent", ""), ("progress.1.percent", "40")])  # fmt: skip
    assert values == {"options.0": "x", "progress.0.goal": "2", "progress.0.percent": "40"}


def test_boxes_that_are_all_unticked_are_an_answer() -> None:
    assert nested(typed([("days_off", "")])) == {"days_off": []}
    assert nested(typed([("days_off", ""), ("days_off", "5")])) == {"days_off": ["5"]}


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=10)), max_size=10))
def test_no_form_makes_the_reading_fail(items: list[tuple[str, str]]) -> None:
    nested(typed(items))


@given(
    st.lists(
        st.sampled_from(["goals", "goals.0", "goals.0.title", "goals.title", "a.b.c", "a", "a.0.b", "a.0"]), max_size=8
    )
)
def test_names_that_contradict_each_other_do_not_make_it_fail(names: list[str]) -> None:
    tree = nested(typed((name, "x") for name in names))
    with pytest.raises(ValidationError):
        ACTS["set_goals"].model_validate({**tree, "by": "mentee"})


def test_a_model_becomes_a_form_and_the_same_model_again() -> None:
    zone = "America/New_York"
    report = Report(
        by=Role.MENTEE,
        happened="yes",  # type: ignore[arg-type]
        goal="g",
        reality="r",
        options=("a", "b"),
        will="w",
        rating=4,
        tasks=(NewTask(title="t", due=date(2027, 2, 1), confidence=7),),
        new_time=datetime(2027, 1, 4, 15, tzinfo=UTC),
    )
    flat = flatten(report, zone)
    assert flat["new_time"] == "2027-01-04T10:00"
    again = Report.model_validate(nested(flat), context={"zone": zone})
    assert again == report


@pytest.mark.parametrize(
    ("local", "utc"),
    [("2027-03-28T02:30", "2027-03-28T01:00:00+00:00"), ("2027-10-31T02:30", "2027-10-31T00:30:00+00:00")],
)
def test_times_in_the_gap_and_the_fold_of_a_clock_change_are_read_on_purpose(local: str, utc: str) -> None:
    act = ProposeTimes.model_validate({"by": "mentee", "times": [local]}, context={"zone": BERLIN})
    assert act.times[0].isoformat() == utc


def _wrong(act: type, values: dict[str, object]) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        act.model_validate({"by": "mentee", **values}, context={"zone": BERLIN})  # type: ignore[attr-defined]
    return worded(mistakes_of(caught.value, act), "en", "UTC")


def test_a_rule_about_the_whole_form_finds_its_field() -> None:
    assert _wrong(FollowUp, {"status": "more_time"}) == {"new_due": "Choose a new date."}
    assert _wrong(PickTime, {}) == {"time": "Choose one of the times, or say that none suits."}
    assert (
        "Name at least two."
        in _wrong(Report, {"happened": "yes", "goal": "g", "reality": "r", "will": "w", "options": ["a"]}).values()
    )


def test_a_mistake_in_a_goal_does_not_say_that_there_is_no_goal() -> None:
    with pytest.raises(ValidationError) as begun:
        SetGoals.model_validate({"by": "mentee", "goals": [{"title": "Lead a project"}]})
    assert "goals.0.measure" in mistakes_of(begun.value, SetGoals)
    assert "goals" not in mistakes_of(begun.value, SetGoals)
    with pytest.raises(ValidationError) as empty:
        SetGoals.model_validate({"by": "mentee", "goals": []})
    assert worded(mistakes_of(empty.value, SetGoals), "en", "UTC") == {"goals": "Please give at least 1."}


def test_mistakes_speak_to_a_person() -> None:
    found = _wrong(Report, {"happened": "maybe", "rating": "9", "new_time": "soon", "tasks": [{"due": "x"}], "x": "y"})
    assert found["happened"] == "Please choose one of the answers."
    assert found["rating"] == "Please give a number of at most 5."
    assert found["tasks.0.title"] == "Please fill this in."
    assert found["tasks.0.due"].startswith("Please give a date")
    assert found["x"] == "This form has no such field."
    assert field_name("tasks.0.due") == "task 1, by when"


def test_dates_are_said_with_their_zone() -> None:
    at = datetime(2027, 1, 4, 15, tzinfo=UTC)
    assert when(at, "Asia/Kolkata") == "Monday 4 January 2027, 20:30 (Kolkata time)"
    assert apart("Europe/Berlin", "Asia/Kolkata", at) == "4 hours 30 minutes ahead of you"
    assert apart("Europe/Berlin", "Europe/Rome", at) == "the same time as yours"
    assert apart("Europe/Berlin", "America/New_York", at, "es") == "6 horas por detrás de tu hora"


@pytest.mark.parametrize(("colour", "text"), [("#ffffff", "#000000"), ("#000000", "#ffffff"), ("#2f6f4f", "#ffffff")])
def test_the_buttons_text_can_be_read_on_every_brand_colour(colour: str, text: str) -> None:
    assert f"--on-brand:{text}" in brand_style(colour)


def test_a_colour_that_is_none_does_not_reach_the_page() -> None:
    assert "url" not in brand_style("red;background:url(x)")


def test_every_field_of_a_form_has_a_name_that_people_know() -> None:
    """Numbers, roles and what a link says stand in no form."""
    hidden = {"act", "by", "command", "rematch", "silent_to", "successor", "link", "jti", "issued_at"}
    people = [act for name, act in ACTS.items() if name != "coordinate"]
    deeds = {deed.command for deed in DEEDS.values()}
    fields = {part for model in (*people, *deeds) for part in _field_names(model)} - hidden
    assert fields - FIELDS.keys() == set()
    assert ROWS.keys() <= fields
    assert fields >= WHOLES


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("goals.1.by_when", "goal 2, by when"),
        ("options.0", "option 1"),
        ("options", "the options"),
        ("pulse.give_and_take", "give and take"),
        ("preferences.hours_to", "the end of your hours"),
        ("task", "the task"),
        ("task.due", "by when"),
        ("made.up", "made, up"),
    ],
)
def test_a_field_is_called_by_its_row_and_its_name(field: str, name: str) -> None:
    assert field_name(field) == name


def test_an_answer_is_told_in_words_dates_and_the_readers_zone() -> None:
    report = Report(
        by=Role.MENTEE,
        happened="yes",  # type: ignore[arg-type]
        goal="See what to ask",
        reality="r",
        options=("a", "b"),
        will="w",
        rating=4,
        tasks=(NewTask(title="Write to Ana", due=date(2027, 2, 1), confidence=7),),
        new_time=datetime(2027, 1, 4, 15, tzinfo=UTC),
    )
    lines = dict(told(report, "America/New_York", "en"))
    assert lines["Whether you met"] == "yes"
    assert lines["Option 2"] == "b"
    assert lines["Task 1, by when"] == "1 February 2027"
    assert lines["Task 1, who does it"] == "mentee"
    assert lines["The new time"] == "Monday 4 January 2027, 10:00 (New York time)"
    assert not {"By", "Ask", "The reason"} & lines.keys(), "who and what is plain, and what is empty was not said"


async def test_a_goals_day_that_has_passed_is_not_filled_in_again() -> None:
    engine, _ = await with_goals()
    page = await engine.page("pair-1", PageQuery(role=Role.MENTEE))
    draft = engine.m.goals[0]
    for days, kept in ((1, True), (0, False), (-30, False)):
        goal = draft.evolve(by_when=(page.now + timedelta(days=days)).astimezone(ZoneInfo("Europe/Lisbon")).date())
        values = first_values("set_goals", page.evolve(draft_goals=(goal,)))
        assert ("goals.0.by_when" in values) is kept
        assert values["goals.0.title"] == draft.title
