"""Bad input, told to the person who wrote it: which field, what was found, what is allowed."""

from dataclasses import dataclass

from pydantic import ValidationError

FOUND_MOST = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `field` is a dotted path, empty when it is about the whole."""

    field: str
    found: str
    message: str

    def __str__(self) -> str:
        where = self.field or "the whole"
        return f"{where}: {self.message}" + (f" (found {self.found})" if self.found else "")


PHRASES = {
    "missing": "is missing; please add it",
    "extra_forbidden": "is not a field that is known here; is it misspelt?",
}


def describe(error: ValidationError, allowed: dict[str, tuple[str, ...]] | None = None) -> list[Problem]:
    """The problems of a validation, in the order of the fields. `allowed` names the fields known at a path."""
    problems = []
    for one in error.errors(include_url=False):
        field = ".".join(str(part) for part in one["loc"])
        kind = one["type"]
        message = PHRASES.get(kind) or one["msg"].removeprefix("Value error, ")
        if kind == "extra_forbidden" and allowed is not None:
            parent = ".".join(str(part) for part in one["loc"][:-1])
            if known := allowed.get(parent):
                message += f" Known: {', '.join(known)}"
        found = "" if kind in ("missing", "extra_forbidden") or not one["loc"] else shown(one["input"])
        problems.append(Problem(field, found, message))
    return problems


def shown(value: object) -> str:
    """What was found, shortened."""
    text = repr(value)
    return text if len(text) <= FOUND_MOST else f"{text[:FOUND_MOST]}…"
