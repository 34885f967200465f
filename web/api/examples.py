"""Examples for the OpenAPI document. Tests send each of them."""

import json

_PAIR = {
    "id": "pair-4711",
    "program": "career",
    "mentor": {
        "name": "Mentor Example",
        "email": "mentor@example.com",
        "bio": "Leads a team of twelve and likes to explain things.",
        "zone": "America/New_York",
    },
    "mentee": {
        "name": "Mentee Example",
        "email": "mentee@example.com",
        "bio": "Three years into the first job, and ready for more.",
        "zone": "Europe/Berlin",
        "language": "en",
    },
    "shared": ["Both came to this field from another one"],
}
START = {"a pair": {"summary": "A pair, as the platform matched it", "value": _PAIR}}
LINES = {
    "two pairs": {
        "summary": "Two pairs, one on each line",
        "value": "".join(json.dumps({**_PAIR, "id": f"pair-{number}"}) + "\n" for number in (4712, 4713)),
    }
}
COMMANDS = {
    "pause": {
        "summary": "Rest until a day",
        "value": {"command": "pause", "until": "2027-03-01", "reason": "Holidays"},
    },
    "resume": {"summary": "Go on before that day", "value": {"command": "resume"}},
    "message": {
        "summary": "A word from the coordinator to both",
        "value": {"command": "message", "to": "both", "text": "How is it going? Write to me if you need anything."},
    },
    "patience": {"summary": "More days for what is open", "value": {"command": "patience", "days": 7}},
    "extend": {
        "summary": "A later last day, and more sessions",
        "value": {"command": "extend", "days": 28, "sessions": 2},
    },
    "resend_link": {
        "summary": "Mail a fresh link to the address on record",
        "value": {"command": "resend_link", "role": "mentee"},
    },
    "change_program": {
        "summary": "Other rules, by the name of their program; a whole program is taken, too",
        "value": {"command": "change_program", "program": "onboarding"},
    },
    "change_person": {
        "summary": "Another address; links mailed to the old one stop working",
        "value": {"command": "change_person", "role": "mentor", "email": "mentor.new@example.com"},
    },
    "revoke_links": {
        "summary": "Switch off all links mailed so far, and mail a fresh one",
        "value": {"command": "revoke_links", "role": "mentee"},
    },
    "end": {
        "summary": "End it, and match the two anew",
        "value": {"command": "end", "outcome": "not_a_fit", "rematch": True},
    },
}
"""A body for each command."""
