"""Mail manners, judged by the clock on the reader's wall."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

import programs
from lifecycle import preview
from lifecycle.manners import fits, next_in_budget, next_waking, next_welcome
from models.mail import MailClass, MailKind
from models.people import Preferences
from models.program import AskKind, Manners
from tests.builders import BEGINNING, MENTEE, MENTOR, Story, a_program, a_start


def local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"


@pytest.mark.parametrize(
    ("zone", "at", "welcome"),
    [
        ("Pacific/Kiritimati", "2026-12-04T10:00Z", "Mon 07 Dec 09:00"),  # it is Saturday there already
        ("Pacific/Kiritimati", "2026-12-06T10:00Z", "Mon 07 Dec 09:00"),  # and Monday, an hour past midnight
        ("Pacific/Pago_Pago", "2026-12-05T04:00Z", "Fri 04 Dec 17:00"),  # still Friday afternoon
        ("Pacific/Pago_Pago", "2026-12-05T06:00Z", "Mon 07 Dec 09:00"),
        ("Asia/Kathmandu", "2026-12-07T00:00Z", "Mon 07 Dec 09:00"),
        ("Asia/Tokyo", "2026-12-04T12:00Z", "Mon 07 Dec 09:00"),
    ],
)
def test_the_next_welcome_hour_is_found_by_the_local_wall_clock(zone: str, at: str, welcome: str) -> None:
    assert local(next_welcome(Preferences(zone=zone), (), datetime.fromisoformat(at)), zone) == welcome


def test_monday_in_tokyo_is_monday_in_tokyo() -> None:
    preferences = Preferences(zone="Asia/Tokyo", hours_from=time(8), days_off=(1, 2, 3, 4, 5, 6))
    for hours in range(0, 24 * 14, 5):
        at = next_welcome(preferences, (), BEGINNING + timedelta(hours=hours))
        assert at.astimezone(ZoneInfo("Asia/Tokyo")).weekday() == 0
        assert 8 <= at.astimezone(ZoneInfo("Asia/Tokyo")).hour < 18


def test_the_hour_in_new_york_stays_across_the_clock_change() -> None:
    preferences = Preferences(zone="America/New_York", days_off=())
    hours = {
        f"{next_welcome(preferences, (), datetime(2026, 10, 30, tzinfo=UTC) + timedelta(days=day)):%H:%M}"
        for day in range(5)
    }
    assert hours == {"13:00", "14:00"}


def test_welcome_hours_that_begin_in_the_gap_begin_when_it_ends() -> None:
    preferences = Preferences(zone="Europe/Berlin", hours_from=time(2, 30), hours_to=time(5), days_off=())
    at = next_welcome(preferences, (), datetime(2027, 3, 28, 0, 10, tzinfo=UTC))
    assert local(at, "Europe/Berlin") == "Sun 28 Mar 03:00"


def test_nobody_is_mailed_on_days_away() -> None:
    monday, friday = datetime(2026, 9, 7, tzinfo=UTC), datetime(2026, 9, 12, tzinfo=UTC)
    at = next_welcome(Preferences(zone="UTC"), ((monday, friday),), datetime(2026, 9, 8, 10, tzinfo=UTC))
    assert local(at, "UTC") == "Mon 14 Sep 09:00"


def test_reminders_may_come_on_a_day_off_but_not_at_night() -> None:
    preferences, saturday = Preferences(zone="UTC"), datetime(2026, 9, 12, 3, tzinfo=UTC)
    assert local(next_waking(Manners(), preferences, saturday), "UTC") == "Sat 12 Sep 07:00"
    assert local(next_waking(Manners(), preferences, saturday.replace(hour=22)), "UTC") == "Sun 13 Sep 07:00"


def test_the_budget_of_a_week_holds_for_any_seven_days_in_a_row() -> None:
    manners = Manners(per_day=1, per_week=2)
    days = [date(2026, 9, 4), date(2026, 9, 9)]
    assert not fits(manners, days, date(2026, 9, 4)), "one a day"
    assert not fits(manners, days, date(2026, 9, 7)), "it would be three from 4 to 10 September"
    assert fits(manners, days, date(2026, 9, 11)), "4 September is a week ago"
    at = next_in_budget(manners, Preferences(zone="UTC"), (), days, datetime(2026, 9, 7, 10, tzinfo=UTC))
    assert local(at, "UTC") == "Fri 11 Sep 09:00"


def test_everything_that_is_due_to_one_person_at_one_time_is_one_mail() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.until(BEGINNING + timedelta(hours=10))
    story.says(MENTOR, AskKind.ACCEPT)
    story.days(1)
    (letter,) = story.mails(MENTEE, since=BEGINNING)
    assert [item.kind for item in letter.items] == [MailKind.PROPOSE_TIMES, MailKind.PARTNER_ACCEPTED]


def test_a_nudge_gives_way_when_the_week_is_full() -> None:
    story = Story(a_program(manners={"per_week": 2}, nudges={"ladder_days": (1, 2, 3)}))
    story.days(15)
    sent = [
        (f"{letter.at:%a %d}", item.ask.rung) for letter in story.mails(MENTEE) for item in letter.items if item.ask
    ]
    assert sent == [("Mon 07", 0), ("Tue 08", 1), ("Mon 14", 2)], "a nudge that fell due meanwhile is not made up for"


def test_a_reminder_of_a_monday_session_comes_on_sunday() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.SIGN_AGREEMENT)
    terms = {**story.answer(MENTEE, AskKind.SIGN_AGREEMENT).model_dump()["terms"], "weekday": 0}
    story.says(MENTEE, AskKind.SIGN_AGREEMENT, terms=terms)
    story.says(MENTOR, AskKind.SIGN_AGREEMENT)
    first = story.session(1).starts_at
    story.until(first)
    reminder = story.mails(MENTOR, MailKind.SESSION_REMINDER)[-1]
    assert reminder.mail_class is MailClass.REMINDER
    assert local(reminder.at, "Europe/Berlin").startswith("Sun")


@pytest.mark.parametrize("zones", [("Pacific/Kiritimati", "Pacific/Pago_Pago"), ("Asia/Tokyo", "America/New_York")])
@pytest.mark.parametrize("name", ["career", "onboarding", "single_session"])
def test_a_timetable_of_a_shipped_program_is_in_office_hours_everywhere(name: str, zones: tuple[str, str]) -> None:
    for habit in ("eager", "typical", "silent"):
        for mail in preview(programs.load(name), *zones, BEGINNING, habit):
            if mail.mail_class not in (MailClass.REMINDER, MailClass.URGENT, MailClass.CANCELLATION):
                assert 8 <= mail.local.hour < 18
                assert mail.local.weekday() < 5


def test_the_timetable_names_a_reason_for_every_mail() -> None:
    mails = preview(a_program(), "Europe/Berlin", "America/New_York", BEGINNING, "typical")
    assert mails
    assert all(mail.why and mail.says for mail in mails)


def test_each_of_the_pair_is_written_to_in_their_own_morning() -> None:
    story = Story(start=a_start("Pacific/Kiritimati", "Pacific/Pago_Pago"))
    story.days(3)
    assert local(story.mails(MENTOR)[0].at, "Pacific/Kiritimati") == "Tue 08 Sep 09:00"
    assert local(story.mails(MENTEE)[0].at, "Pacific/Pago_Pago") == "Mon 07 Sep 09:00"
