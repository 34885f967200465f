"""What stages, outcomes and statuses are called on a page."""

from models.state import Outcome, Stage

STAGES = {
    Stage.INTRO: "Getting to know each other",
    Stage.GOAL_SETTING: "Setting goals",
    Stage.GROW_SESSIONS: "Sessions",
    Stage.CHECK_INS: "Check-ins",
    Stage.WRAP_UP: "Looking back",
    Stage.ENDED: "Ended",
}
OUTCOMES = {
    Outcome.COMPLETED: "You completed it together.",
    Outcome.NOT_A_FIT: "It turned out not to be a fit, and that happens. Nobody is to blame.",
    Outcome.DECLINED: "It did not begin, because one of the two could not take it on.",
    Outcome.ENDED_EARLY: "It ended earlier than planned. Nobody is to blame.",
    Outcome.LAPSED: "It went quiet, and so it was closed.",
    Outcome.CANCELLED: "The program closed it.",
}
SESSION_STATUS = {
    "planned": "planned",
    "held": "took place",
    "unreported": "no record",
    "cancelled": "cancelled",
}
TASK_STATUS = {
    "open": "open",
    "blocked": "blocked",
    "done": "done",
    "let_go": "let go",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RATINGS = (
    (1, "1 – did not help"),
    (2, "2 – helped a little"),
    (3, "3 – was all right"),
    (4, "4 – was good"),
    (5, "5 – was just right"),
)
PULSE = (
    ("respect", "Respect", "We treat each other with respect."),
    ("give_and_take", "Give and take", "Both of us give, and both of us get something."),
    ("expectations", "Clear expectations", "I know what we expect of each other."),
    ("values", "Shared values", "We care about the same things."),
    ("connection", "Personal connection", "I feel at ease with the other."),
)
AGREEMENT = (("1", "not at all"), ("2", "a little"), ("3", "in part"), ("4", "mostly"), ("5", "fully"))
PERCENTS = (
    ("0", "0 % – as at the beginning"),
    *((str(part), f"{part} %") for part in (10, 20, 30, 40)),
    ("50", "50 % – half way"),
    *((str(part), f"{part} %") for part in (60, 70, 80, 90)),
    ("100", "100 % – reached"),
)
CONFIDENCE = (
    ("1", "1 – not sure at all"),
    *((str(score), str(score)) for score in (2, 3, 4)),
    ("5", "5 – it could go either way"),
    *((str(score), str(score)) for score in (6, 7, 8, 9)),
    ("10", "10 – certain"),
)
RHYTHMS = (
    ("1", "every week"),
    ("2", "every two weeks"),
    ("3", "every three weeks"),
    ("4", "every four weeks"),
    ("5", "every five weeks"),
    ("6", "every six weeks"),
    ("7", "every seven weeks"),
    ("8", "every eight weeks"),
)
TERMS = {
    "every_weeks": "How often",
    "minutes": "How long",
    "weekday": "Day of the week",
    "time": "Time",
    "zone": "Time zone of that time",
    "channels": "Channels and hours for messages",
    "in_scope": "What it is about",
    "out_of_scope": "What it is not about",
    "confidential": "What stays between us",
}
ACTS = {
    "pause": "Pause for a while",
    "resume": "Go on after a pause",
    "days_away": "Say when I am away",
    "change_preferences": "Change when I get mail",
    "exit_ramp": "Something should change (private)",
    "ask_help": "Ask the coordinator for help (private)",
    "stop_contact": "Stop all contact at once",
    "move_session": "Move a session",
    "cancel_session": "Cancel a session",
    "assign_task": "Add a task",
    "give_feedback": "Give feedback on a task",
    "undo": "Take the ending back",
    "fresh_link": "Mail me a fresh link",
    "not_mine": "This link is not mine",
    "unsubscribe": "Get less mail",
    "snooze": "Not now: remind me later",
}
"""The acts that are possible at any time, as the link to each says it, in the order of the journey page."""


SAID = (
    *STAGES.values(),
    *OUTCOMES.values(),
    *SESSION_STATUS.values(),
    *TASK_STATUS.values(),
    *WEEKDAYS,
    *(words for _, words in (*RATINGS, *AGREEMENT, *RHYTHMS)),
    *(words for _, words in (*PERCENTS, *CONFIDENCE) if "–" in words),
    *(words for _, *both in PULSE for words in both),
    *TERMS.values(),
    *ACTS.values(),
)
"""All of the above, for whoever collects the sentences to translate."""
