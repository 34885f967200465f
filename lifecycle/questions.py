"""The question bank, by step of GROW. Each session draws others, so that a pair does not read the same ones twice."""

GOAL = (
    "What would make today worth your time?",
    "How will you know that you got there?",
    "By when should this be different?",
    "How much of it is in your own hands?",
    "How much do you want it, from 1 to 10, and what would make it a 10?",
)
REALITY = (
    "What is happening now: how often, and who is part of it?",
    "What have you tried, and what came of it?",
    "What kept you from doing more?",
    "What do you already have that helps?",
    "What is missing?",
)
OPTIONS = (
    "What could you do? List everything, the silly ideas too.",
    "And what else?",
    "If this barrier were gone, what would change?",
    "What would you have to stop doing?",
    "What would someone you admire do?",
    "What does each way cost, and what does it bring?",
    "Would a suggestion help you now?",
)
WILL = (
    "Which one will you take?",
    "What is the first step, and on which day?",
    "What could get in the way, and if it does, what then?",
    "Who should know about it?",
    "What help do you need?",
    "How sure are you, from 1 to 10, and what would raise it?",
)
FOR_MENTORS = (
    "Who talked most last time?",
    "Did I guide or did I dictate?",
    "Did we see the full range of options?",
)
STEPS = (GOAL, REALITY, OPTIONS, WILL)


def session_questions(number: int, for_mentor: bool) -> tuple[str, ...]:
    """Four questions for a session, one for each step of GROW; the mentor gets one more, about mentoring itself."""
    chosen = tuple(step[(number - 1) % len(step)] for step in STEPS)
    return (*chosen, FOR_MENTORS[(number - 1) % len(FOR_MENTORS)]) if for_mentor else chosen


FOR_GOALS = (GOAL[1], GOAL[3], GOAL[4], WILL[2])
"""What helps to write a goal, or to look at one."""
FOR_LOOKING_BACK = (GOAL[1], REALITY[3], OPTIONS[1], WILL[1])
"""What helps at a check-in and at the end."""
