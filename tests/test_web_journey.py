"""The journey page: what is drawn is what happened, the rest is there in words, and it stays small."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import get_args

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from activities.calendar import calendar_file
from lifecycle import journey
from models.acts import CancelSession, ExitRamp, MoveSession, Pause, Ramp
from models.answers import Goal, Terms
from models.base import PAIR, Role
from models.journeys import Course, Journey, Mark
from models.pages import PageQuery
from models.program import AskKind
from models.state import GoalState, GoalVersion, Mentorship, Record, Session, SessionStatus, Stage, Task, TaskStatus
from settings import ROOT
from tests.builders import MENTEE, MENTOR, Story, a_program, a_start
from tests.private_words import OTHER, said_otherwise
from tests.random_lives import live, watch
from tests.web_parts import Browser, PureEngine, journey_link, text_of
from web.goal_plot import goal_plot
from web.journey_page import MOST_BYTES, NARROW, WIDE, chapters
from web.timeline import STAGES, Drawing, drawing, is_done
from web.words import STAGES as NAMES

LISBON = "Europe/Lisbon"


def a_pair(**program: object) -> Story:
    return Story(a_program(**program), a_start("America/New_York", LISBON, id="pair-1"))


def visit(story: Story) -> Browser:
    return Browser(PureEngine(story.m, story.now))


def a_goal(today: date) -> Goal:
    return Goal(
        title="Lead a project",
        measure="Projects led",
        baseline="0",
        target="1",
        why="To grow",
        by_when=today + timedelta(days=80),
    )


def seen(m: Mentorship, now: datetime, role: Role = MENTEE) -> Journey:
    return journey(m, PageQuery(role=role), now)


async def page_of(story: Story, role: Role = MENTEE, query: str = "") -> BeautifulSoup:
    return await visit(story).get(journey_link(role) + query)


@cache
def in_the_middle() -> Story:
    """A pair whose second session is recorded and confirmed."""
    story = a_pair()
    story.reach(MENTEE, AskKind.PREPARE)
    story.says(MENTEE, AskKind.PREPARE, topics="How to begin", questions="What did you do?")
    story.reach(MENTOR, AskKind.CONFIRM)
    story.says(MENTOR, AskKind.CONFIRM, feedback="You were clear.", rating=2)
    story.reach(MENTOR, AskKind.CONFIRM)
    story.says(MENTOR, AskKind.CONFIRM)
    return story


# The drawing.


def drawings(found: Journey) -> Iterator[tuple[Course, Drawing]]:
    for width in (NARROW, WIDE):
        yield found.course, drawing(found.course, found.page.now, LISBON, "en", NAMES, width)


def judge(m: Mentorship, now: datetime) -> None:
    """What holds of every course and its drawings."""
    found = seen(m, now)
    course = found.course
    ends = [stay.end for stay in course.stays]
    assert [stay.start for stay in course.stays] == [course.start, *ends[:-1]], "the stays leave no gap"
    assert ends[-1] == course.end
    assert all(stay.start <= stay.end for stay in course.stays)
    times = [mark.at for mark in course.marks]
    assert times == sorted(times)
    assert all(course.start <= at <= course.end for at in times)
    chosen = m.ending.effective_at if m.ending is not None and m.ending.by is MENTEE else None
    over = m.ended_at or chosen
    met = {one.number for one in m.sessions if over is None or one.starts_at <= over}
    marked = [mark.number for mark in course.marks if mark.kind == "session"]
    assert len(marked) == len(set(marked)), "a session is marked once"
    assert met <= set(marked), "each session has its mark"
    reached = [mark for mark in course.marks if mark.kind == "milestone"]
    assert len(reached) == sum(state.reached_at is not None for state in m.goal_states)
    told = [mark for chapter in chapters(course) for mark in chapter.marks]
    assert sorted(told, key=str) == sorted(course.marks, key=str), "the list tells what the drawing shows"
    for _, drawn in drawings(found):
        judge_drawing(course, drawn, now)
    for card, path in zip(found.goals, found.paths, strict=True):
        plot = goal_plot(card, path, now, LISBON, over=course.over)
        xs = [plot.start_x, *(dot.x for dot in plot.dots)]
        assert xs == sorted(xs)
        assert all(plot.left <= x <= plot.right for x in (*xs, plot.wanted_x))
        assert all(plot.top <= dot.y <= plot.bottom for dot in plot.dots)


def judge_drawing(course: Course, drawn: Drawing, now: datetime) -> None:
    assert sorted((one.mark for one in drawn.marks), key=str) == sorted(course.marks, key=str)
    xs = [one.at.x for one in drawn.marks]
    assert xs == sorted(set(xs)), "marks stand in the order of time, each at its own place"
    assert [one.mark.at for one in drawn.marks] == sorted(one.mark.at for one in drawn.marks)
    for one in drawn.marks:
        assert 0 < one.radius <= one.at.x <= drawn.width - one.radius
        assert one.radius <= one.at.y <= drawn.floor - one.radius
    for left, right in zip(drawn.marks, drawn.marks[1:], strict=False):
        assert right.at.x - left.at.x > left.radius + right.radius - 0.2, "no mark covers another"
    points = re.findall(r"([MHV])([\d.]+)(?: ([\d.]+))?", drawn.past + drawn.coming)
    for command, first, second in points:
        across = [float(first)] if command in "MH" else []
        down = [float(second)] if command == "M" else [float(first)] if command == "V" else []
        assert all(0 <= x <= drawn.width for x in across)
        assert all(0 <= y <= drawn.floor for y in down)
    assert [band.stage for band in drawn.bands] == [
        stage for stage in STAGES if any(stay.stage is stage for stay in course.stays)
    ]
    assert all(0 <= band.name.x <= drawn.width for band in drawn.bands)
    for band in drawn.bands:
        assert band.anchor == "start" or band.name.x >= 8.5 * len(NAMES[band.stage]), "no name is cut off"
    assert all(rest.x >= 0 and rest.x + rest.width <= drawn.width + 2 for rest in drawn.rests)
    assert (drawn.here is None) == course.over
    if drawn.here is not None:
        assert all(one.at.x < drawn.here.x for one in drawn.marks if one.mark.at < now)
        assert all(one.at.x > drawn.here.x for one in drawn.marks if one.mark.at > now)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), steps=st.integers(0, 150), willing=st.floats(0.4, 0.95))
def test_whatever_happens_the_drawing_shows_it_in_order_and_inside_its_frame(
    seed: int, steps: int, willing: float
) -> None:
    world = watch(Random(seed))
    judge(world.m, world.now)
    live(world, 20, 0.95)
    judge(world.m, world.now)
    live(world, steps, willing)
    judge(world.m, world.now)


def marks(found: Course, kind: str) -> list[tuple[int, str]]:
    return [(mark.number, mark.state) for mark in found.marks if mark.kind == kind]


def test_at_the_beginning_the_whole_plan_lies_ahead() -> None:
    story = a_pair()
    course = seen(story.m, story.now).course
    assert [stay.stage for stay in course.stays] == list(STAGES)
    assert [stay.state for stay in course.stays] == ["now", *["coming"] * 4]
    assert marks(course, "session") == [(number, "expected") for number in (1, 2, 3, 4)]
    assert [mark.midway for mark in course.marks if mark.kind == "check_in"] == [True, False, False]
    assert timedelta(weeks=9) < course.end - course.start < timedelta(weeks=16)


def test_the_plan_is_close_to_what_comes() -> None:
    story = a_pair()
    guess = seen(story.m, story.now).course
    story.live_on()
    came = seen(story.m, story.now).course
    assert abs(guess.end - came.end) < timedelta(days=21)
    assert len(guess.marks) == len([mark for mark in came.marks if mark.number or mark.kind != "session"])


def test_what_was_held_called_off_or_not_told_looks_different() -> None:
    story = a_pair()
    story.reach(MENTOR, AskKind.CONFIRM)
    story.do(CancelSession(by=MENTOR, session=3))
    story.days(21)
    while any(one.number == 2 and one.status is SessionStatus.PLANNED for one in story.m.sessions):
        story.days(1)
    course = seen(story.m, story.now).course
    assert marks(course, "session")[:4] == [(0, "held"), (1, "held"), (2, "unreported"), (3, "cancelled")]


def test_moving_back_is_drawn_as_moving_back() -> None:
    story = a_pair()
    story.reach(MENTEE, AskKind.CHECK_IN)
    story.says(MENTEE, AskKind.CHECK_IN, refocus="goals")
    found = seen(story.m, story.now)
    stages = [stay.stage for stay in found.course.stays]
    assert stages[:4] == [Stage.INTRO, Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.GOAL_SETTING]
    assert [chapter.back for chapter in chapters(found.course)][:4] == [False, False, False, True]
    for _, drawn in drawings(found):
        assert drawn.here is not None
        sessions = next(band for band in drawn.bands if band.stage is Stage.GROW_SESSIONS)
        assert drawn.here.y > sessions.top + 50, "below the sessions, where one came from"


def test_a_pause_lies_over_its_days_and_moves_what_comes() -> None:
    story = in_the_middle()
    before = seen(story.m, story.now).course
    paused = a_pair()
    paused.m, paused.now, paused.receipts = story.m, story.now, story.receipts
    paused.do(Pause(by=MENTEE, until=paused.today(21)))
    course = seen(paused.m, paused.now).course
    assert course.end > before.end
    assert [rest.start for rest in course.rests] == [paused.now]
    (narrow, wide) = (drawn for _, drawn in drawings(seen(paused.m, paused.now)))
    assert all(len(drawn.rests) == 1 and drawn.rests[0].width > 5 for drawn in (narrow, wide))


def test_an_early_end_draws_nothing_after_it() -> None:
    story = a_pair()
    story.reach(MENTOR, AskKind.CONFIRM)
    story.do(ExitRamp(by=MENTEE, choice=Ramp.END))
    story.days(2)
    course = seen(story.m, story.now).course
    assert course.over
    assert course.end == story.m.ended_at
    assert all(is_done(mark) and mark.at <= course.end for mark in course.marks)
    assert {stay.state for stay in course.stays} == {"past"}
    assert all(drawn.here is None and drawn.coming == "" for _, drawn in drawings(seen(story.m, story.now)))


def test_an_end_that_can_be_taken_back_shows_only_to_whoever_chose_it() -> None:
    story = a_pair()
    story.reach(MENTOR, AskKind.CONFIRM)
    before = seen(story.m, story.now, MENTOR)
    story.do(ExitRamp(by=MENTEE, choice=Ramp.END))
    assert story.m.ending is not None
    assert "undo" in seen(story.m, story.now, MENTEE).can
    assert seen(story.m, story.now, MENTOR).model_copy(update={"page": before.page}) == before
    assert seen(story.m, story.now, MENTEE).course.end == story.m.ending.effective_at


def test_twenty_sessions_fit_and_are_numbered_where_there_is_room() -> None:
    story = a_pair(weeks=60, longest_days=700, sessions={"count": 20})
    story.reach(MENTOR, AskKind.CONFIRM)
    found = seen(story.m, story.now)
    assert marks(found.course, "session")[-1] == (20, "planned")
    (_, narrow), (_, wide) = drawings(found)
    assert not any(one.is_numbered for one in narrow.marks)
    assert all(one.is_numbered for one in wide.marks if one.mark.kind == "session" and one.mark.number)
    judge(story.m, story.now)


def test_a_goal_is_plotted_from_its_baseline_through_every_report() -> None:
    story = a_pair()
    for _ in range(2):
        story.reach(MENTEE, AskKind.CHECK_IN)
        story.says(MENTEE, AskKind.CHECK_IN)
        story.says(MENTOR, AskKind.CHECK_IN)
    found = seen(story.m, story.now)
    (path,) = found.paths
    assert path.since == story.m.goal_versions[0].reviewed_at
    assert [percent for _, percent in path.points] == [30, 60]
    plot = goal_plot(found.goals[0], path, story.now, LISBON, over=False)
    assert [dot.percent for dot in plot.dots] == [30, 60]
    assert plot.dots[0].y > plot.dots[1].y, "up is nearer to the target"
    assert plot.line.startswith(f"M{plot.start_x:g} {plot.bottom:g}")


# The page.


async def test_first_comes_what_to_do_and_what_is_next() -> None:
    story = a_pair()
    story.reach(MENTEE, AskKind.PREPARE)
    page = await page_of(story)
    heads = [head.get_text() for head in page.select("main h2")]
    assert heads[0] == "Now"
    button = page.select_one("a.button")
    assert button is not None
    assert button.get_text() == "Prepare session 1"
    text = text_of(str(page.select_one(".now")))
    assert text.index("Prepare session 1") < text.index("You meet next")
    assert re.search(r"You meet next \w+day \d+ \w+ 2026, \d\d:00 \(Lisbon time\)", text)
    assert "5 hours behind you" in text


async def test_the_partners_clock_is_left_out_where_it_is_the_same() -> None:
    story = Story(start=a_start(id="pair-1"))
    story.reach(MENTEE, AskKind.PREPARE)
    assert "behind you" not in text_of(str(await page_of(story)))


def entry(file: bytes) -> Event:
    event = Calendar.from_ical(file).walk("VEVENT")[0]
    assert isinstance(event, Event)
    return event


async def test_the_next_meeting_goes_into_a_calendar_as_the_entry_that_was_mailed() -> None:
    story = a_pair()
    story.reach(MENTEE, AskKind.PREPARE)
    browser = visit(story)
    page = await browser.get(journey_link())
    (link,) = [str(one["href"]) for one in page.select("a") if one.get_text() == "Add to calendar"]
    answer = await browser.http.get(link)
    assert answer.headers["content-type"] == "text/calendar; method=PUBLISH; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="session-1.ics"'
    event = entry(answer.content)
    invitations = [
        (letter, item)
        for letter in story.letters
        for item in letter.items
        if item.calendar == "request" and item.session is not None and item.session.number == 1
    ]
    mailed = calendar_file(*invitations[-1], seen(story.m, story.now).page.program, "trellis.example.com")
    assert mailed is not None
    for name in ("uid", "sequence", "dtstart", "dtend", "summary", "location", "organizer"):
        assert event.get(name) == entry(mailed).get(name), name
    assert "attendee" not in event, "what is published invites nobody"
    assert b"mara@example.com" not in answer.content
    assert browser.engine.m is story.m


async def test_a_moved_meeting_has_a_higher_sequence_under_the_same_uid() -> None:
    story = a_pair()
    story.reach(MENTEE, AskKind.PREPARE)
    before = entry((await visit(story).http.get(f"{journey_link()}/next.ics")).content)
    story.do(MoveSession(by=MENTOR, session=1, starts_at=story.now + timedelta(days=2)))
    after = entry((await visit(story).http.get(f"{journey_link(MENTOR)}/next.ics")).content)
    assert after["uid"] == before["uid"]
    assert int(after["sequence"]) == int(before["sequence"]) + 1


async def test_without_a_meeting_there_is_no_file_and_a_page_says_so() -> None:
    page = await visit(a_pair()).get(f"{journey_link()}/next.ics", 404)
    assert "No session is planned" in text_of(str(page))


async def test_records_feedback_and_preparation_are_for_both_and_ratings_for_whoever_gave_them() -> None:
    mentee, mentor = [text_of(str(await page_of(in_the_middle(), role))) for role in PAIR]
    for text in (mentee, mentor):
        assert "Prepared topics How to begin" in text
        assert "Prepared questions What did you do?" in text
        assert "The mentor’s feedback You were clear." in text
    assert "You rated it 2 of 5" not in mentee
    assert "You rated it 2 of 5" in mentor


async def test_every_version_of_the_goals_is_told_with_what_changed_and_why() -> None:
    story = a_pair()
    story.reach(MENTEE, AskKind.SET_GOALS)
    first = a_goal(story.today()).evolve(target="Three projects")
    story.says(MENTEE, AskKind.SET_GOALS, goals=(first, first.evolve(title="Learn to paint")))
    story.says(MENTOR, AskKind.REVIEW_GOALS, verdict="change", comment="One is enough.")
    story.says(MENTEE, AskKind.SET_GOALS, goals=(first.evolve(target="One project"),))
    story.says(MENTOR, AskKind.REVIEW_GOALS, comment="Good.")
    page = await page_of(story)
    (history,) = [one for one in page.select("details") if "How the goals came about" in one.get_text()]
    assert "2 versions" in text_of(str(history.summary))
    assert [quote.get_text() for quote in history.select("blockquote")] == ["One is enough.", "Good."]
    assert {"Three projects", "Learn to paint"} == {gone.get_text() for gone in history.select("del")}
    assert [new.get_text() for new in history.select("ins")] == ["One project"]


async def test_the_drawings_say_in_words_what_they_show() -> None:
    story = in_the_middle()
    page = await page_of(story)
    for picture in page.select("svg[role=img]"):
        names = [page.find(id=one) for one in str(picture["aria-labelledby"]).split()]
        assert all(name is not None and name.get_text().strip() for name in names)
    told = text_of(str(page.select_one(".course desc")))
    assert "You are at “Sessions”. 2 sessions took place. By the plan it ends about" in told
    dates = text_of(str(page.select_one(".dates")))
    course = seen(story.m, story.now).course
    assert dates.count("Session ") == sum(mark.kind == "session" and mark.number > 0 for mark in course.marks)
    assert "Session 1, took place" in dates
    assert "Session 4, planned" in dates
    assert "Check-in, expected about then" in dates


async def test_it_ends_with_what_came_of_the_goals_and_the_thanks() -> None:
    story = a_pair()
    story.reach(MENTEE, AskKind.REFLECT)
    story.says(MENTEE, AskKind.REFLECT)
    story.says(MENTOR, AskKind.REFLECT, thanks="Thank you for daring.")
    story.days(1)
    page = await page_of(story)
    text = text_of(str(page.select_one(".done")))
    assert "You completed it together." in text
    assert "Mara Mentor says thanks Thank you for daring." in text
    assert "From “0” towards “1”: 90 %" in text
    assert not page.select(".now, .acts")


async def test_what_one_can_do_is_grouped_and_each_way_stands_once() -> None:
    story = in_the_middle()
    page = await page_of(story)
    acts = [str(link["href"]).rsplit("/", 1)[-1] for link in page.select(".acts a")]
    assert len(acts) == len(set(acts))
    assert set(seen(story.m, story.now).can) <= set(acts)
    heads = [head.get_text() for head in page.select(".acts h3")]
    assert heads == ["Sessions and tasks", "A rest", "Change something", "Help", "Your mail"]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), steps=st.integers(0, 120))
def test_the_page_is_the_same_whatever_the_partner_said_in_private(seed: int, steps: int) -> None:
    world = watch(Random(seed))
    live(world, 30, 0.95)
    live(world, steps)
    for role in PAIR:
        other = seen(said_otherwise(world.m, role.partner), world.now, role).model_dump_json()
        assert OTHER not in other
        same = seen(world.m, world.now, role).model_dump_json()
        address = world.m.person(role.partner).email
        assert other.replace("other@example.org", address) == same


def the_fullest(letter: str) -> Mentorship:
    """Fifty sessions, fifty tasks, five goals in ten versions, and every field as long as it may be."""
    story = in_the_middle()
    m, now = story.m, story.now

    def text(length: int) -> str:
        return (letter * 7 + " ") * (length // 8)

    goal = a_goal(now.date()).evolve(
        **{name: text(200) for name in ("measure", "baseline", "target", "obstacle", "plan")},
        why=text(4000),
        within_reach=text(1000),
    )
    goals = tuple(goal.evolve(title=f"{number} {text(190)}") for number in range(5))
    record = Record(
        at=now,
        goal=text(4000),
        reality=text(4000),
        options=(text(200),) * 10,
        will=text(4000),
        mentee_rating=4,
        correction=text(4000),
        feedback=text(4000),
        confirmed_at=now,
    )
    sessions = tuple(
        Session(
            number=number,
            starts_at=now + timedelta(days=7 * (number - 25)),
            minutes=60,
            place=text(200),
            planned_at=now,
            status=SessionStatus.HELD if number < 25 else SessionStatus.PLANNED,
            topics=text(4000),
            questions=text(4000),
            record=record if number < 25 else None,
        )
        for number in range(51)
    )
    tasks = tuple(
        Task(
            id=number,
            title=text(200),
            owner=MENTEE,
            assigned_by=MENTOR,
            session=None,
            created_at=now,
            due_at=now - timedelta(days=1),
            follow_from=now - timedelta(days=1),
            obstacle=text(200),
            plan=text(200),
            note=text(1000),
            feedback=text(4000),
            status=TaskStatus.OPEN if number <= 12 else TaskStatus.DONE,
        )
        for number in range(1, 51)
    )
    versions = tuple(
        GoalVersion(number=number, at=now, goals=goals[number % 2 :], verdict="change", comment=text(4000))
        for number in range(1, 11)
    )
    terms = Terms(
        weekday=1,
        time=datetime(2026, 1, 1, 9, tzinfo=UTC).time(),
        zone=LISBON,
        channels=text(200),
        in_scope=text(200),
        out_of_scope=text(200),
        confidential=text(200),
    )
    state = GoalState(percent=50, note=text(1000), history=tuple((now, 10 * step) for step in range(10)))
    start = now - timedelta(days=200)
    return m.evolve(
        mentor=m.mentor.evolve(name=letter * 200),
        mentee=m.mentee.evolve(name=letter * 200),
        started_at=start,
        visits=tuple(visit.evolve(at=start + timedelta(days=index)) for index, visit in enumerate(m.visits)),
        deadline=now + timedelta(days=400),
        sessions=sessions,
        tasks=tasks,
        goal_versions=versions,
        goals=goals,
        goal_states=(state,) * 5,
        terms=terms,
    )


@pytest.mark.parametrize("letter", ["a", "ü", "語", "🌿", "&", "'"])
async def test_the_page_is_small_however_much_was_written_and_shows_all_where_asked(letter: str) -> None:
    engine = PureEngine(the_fullest(letter), in_the_middle().now)
    browser = Browser(engine)
    for role in PAIR:
        answer = await browser.http.get(journey_link(role))
        assert answer.status_code == 200
        assert len(answer.content) < MOST_BYTES
    page = await browser.get(journey_link())
    assert "Show everything in full" in text_of(str(page))
    whole = await browser.get(f"{journey_link()}?all=1")
    assert whole.get_text().count(letter * 7) > 20_000
    assert "Show everything in full" not in text_of(str(whole))
    assert len(whole.select("section > details")) > 100


async def test_a_usual_page_is_told_in_full() -> None:
    page = await page_of(in_the_middle())
    assert "Show everything" not in text_of(str(page))


@pytest.mark.parametrize("role", PAIR)
async def test_the_markup_is_sound(role: Role) -> None:
    story = in_the_middle()
    browser = visit(story)
    answer = await browser.http.get(journey_link(role))
    assert "style=" not in answer.text, "the content policy would drop it"
    page = BeautifulSoup(answer.text, "lxml")
    identities = [str(tag["id"]) for tag in page.find_all(id=True)]
    assert len(identities) == len(set(identities))
    assert not page.select("script, main img, iframe")
    assert page.select("[dir=auto]"), "what people write may run either way"


async def test_hostile_words_stay_words() -> None:
    story = in_the_middle()
    evil = "</title><script>alert(1)</script>{{ 7 * 7 }} “x” & %(name)s"
    goals = tuple(goal.evolve(title=evil, baseline=evil, target=evil) for goal in story.m.goals)
    sessions = tuple(one.evolve(place=evil, topics=evil) for one in story.m.sessions)
    tasks = tuple(task.evolve(title=evil) for task in story.m.tasks)
    engine = PureEngine(story.m.evolve(goals=goals, sessions=sessions, tasks=tasks), story.now)
    page = await Browser(engine).get(journey_link())
    assert not page.select("script")
    assert page.get_text().count(evil) >= 5


async def test_looking_at_it_changes_nothing() -> None:
    story = in_the_middle()
    browser = visit(story)
    for path in ("", "?all=1", "/next.ics", "/export"):
        first = await browser.http.get(journey_link() + path)
        assert first.content == (await browser.http.get(journey_link() + path)).content
        assert (await browser.http.head(journey_link() + path)).status_code == 200
    assert browser.engine.m is story.m


def test_every_state_of_a_mark_has_a_look_and_a_word() -> None:
    told = (ROOT / "templates" / "pages" / "journey" / "course.html").read_text()
    looks = (ROOT / "web" / "static" / "style.css").read_text()
    for state in get_args(Mark.model_fields["state"].annotation):
        assert f'"{state}": _(' in told
        assert state in ("planned", "open") or f".mark.{state}" in looks, "planned is how a mark looks by itself"
