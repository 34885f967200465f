"""What became of letters, by what the event histories say of them and what the provider took."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from models.mail import Delivery, Letter, LetterItem, MailClass, MailEvent, SendResult, SessionCard

SOON = timedelta(days=3)
SHORTLY = timedelta(hours=12)
RESULTS = TypeAdapter(list[SendResult])


@dataclass(slots=True)
class Fate:
    """What a mentorship's history says of one letter."""

    letter: Letter
    deliveries: int = 0
    results: list[SendResult] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    handed: list[datetime] = field(default_factory=list)
    """When it was handed over, by the mentorship's own clock."""

    @property
    def was_unknown(self) -> bool:
        return any(result.result == "unknown" for result in self.results)

    @property
    def is_nudge(self) -> bool:
        """Whether nothing is lost when it does not arrive: a reminder of what was mailed before."""
        reminds = self.letter.mail_class in (MailClass.INITIATED, MailClass.REMINDER)
        return reminds and all(item.ask is not None and item.ask.rung > 0 for item in self.letter.items)


@dataclass(frozen=True, slots=True)
class Post:
    """The letters of one mentorship or of several, what of them arrived, and the asks that were answered."""

    fates: dict[str, Fate]
    accepted: Collection[str]
    answered: Collection[tuple[str, str]]

    def gone(self) -> list[Fate]:
        """Those that never arrived."""
        return [fate for fate in self.fates.values() if fate.letter.id not in self.accepted]

    def is_overtaken(self, letter: Letter) -> bool:
        """Whether nothing in the letter had anything to say any more when its turn came again."""
        mentorship = letter.id.rpartition("-")[0]
        later = [
            fate.letter
            for fate in self.fates.values()
            if fate.letter.to.role is letter.to.role
            and fate.letter.id.rpartition("-")[0] == mentorship
            and fate.letter.id > letter.id
            and fate.letter.id in self.accepted
        ]
        if any(one.mail_class is MailClass.CLOSING and one.at - letter.at < SOON for one in later):
            return True
        said_later = [item for one in later for item in one.items]
        return all(self._is_old(item, mentorship, self.fates[letter.id], said_later) for item in letter.items)

    def _is_old(self, item: LetterItem, mentorship: str, fate: Fate, said_later: list[LetterItem]) -> bool:
        """Whether the person or the partner has answered meanwhile, a later mail said it again or said how it
        changed, or it was tried until the session began, but for a night before it."""
        if item.ask is not None:
            ask = item.ask
            names = {ask.id, ask.id.replace(f".{ask.by.value}", f".{ask.by.partner.value}")}
            return any((mentorship, name) in self.answered for name in names) or any(
                one.ask is not None and one.ask.id == ask.id for one in said_later
            )
        session = item.session
        return session is not None and (
            session.starts_at - fate.handed[-1] < SHORTLY
            or any(one.session is not None and _moved(session, one.session) for one in said_later)
        )


def _moved(before: SessionCard, after: SessionCard) -> bool:
    return after.number == before.number and after.sequence > before.sequence


def read_letters(events: Iterable[HistoryEvent], fates: dict[str, Fate]) -> None:
    """Adds what one run of a workflow knows of its letters."""
    heard: defaultdict[str, list[str]] = defaultdict(list)
    for event in events:
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                payload = event.activity_task_scheduled_event_attributes.input.payloads[0]
                for letter in Delivery.model_validate_json(payload.data).letters:
                    fate = fates.setdefault(letter.id, Fate(letter))
                    fate.deliveries += 1
                    fate.handed.append(event.event_time.ToDatetime(tzinfo=UTC))
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                done = event.activity_task_completed_event_attributes
                for result in RESULTS.validate_json(done.result.payloads[0].data):
                    fates[result.letter].results.append(result)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                signal = event.workflow_execution_signaled_event_attributes
                if signal.signal_name == "mail_event":
                    told = MailEvent.model_validate_json(signal.input.payloads[0].data)
                    heard[told.letter].append(told.event)
    for letter_id, names in heard.items():
        if letter_id in fates:
            fates[letter_id].events += names
