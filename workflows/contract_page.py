"""Writes the contract for its readers: `python -m workflows.contract_page` (or `make contract`).

Programs read docs/contract.json. People read docs/contract.md, whose tables stand between marks and are written here;
what stands around them is written by hand.
"""

import json
import re
import sys
from pathlib import Path

from workflows.contract import Json, document

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, SCHEMAS = DOCS / "contract.md", DOCS / "contract.json"
EVERY_ACT = ("by", "ask", "link", "act")
"""Fields that all updates share: told once, by hand."""
OWN_NAME = ("act", "command")
"""Fields that repeat a message's name and need not be sent."""
FORMATS = {
    "date": "date",
    "date-time": "instant",
    "time": "time of day",
    "email": "mail address",
    "duration": "duration",
}
_LINK = re.compile(r"\[(\w+)\]\(#\w+\)")
_BLOCK = re.compile(r"(<!-- make contract: (\w+) -->\n).*?(<!-- end -->)", re.S)


def schemas_text() -> str:
    """What docs/contract.json holds."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def page_text(page: str) -> str:
    """A page with its tables as they should be. Raises KeyError for a mark that names no table."""
    blocks = _blocks(document())
    return _BLOCK.sub(lambda found: f"{found[1]}\n{blocks[found[2]]}\n\n{found[3]}", page)


def _blocks(told: Json) -> dict[str, str]:
    mentorship, events = told["workflows"]
    shapes = _Shapes(told["$defs"])
    return {
        "attributes": "\n".join(f"- `{name}`" for name in told["search_attributes"]),
        "updates": _messages(mentorship["updates"], shapes, without=EVERY_ACT),
        "signals": _messages(mentorship["signals"], shapes, without=OWN_NAME),
        "begin": shapes.table("Begin"),
        "ended": shapes.answer("Ended"),
        "receipt": shapes.answer("Receipt"),
        "refusal": shapes.answer("Refusal"),
        "queries": "\n".join(_query(one) for one in mentorship["queries"]),
        "overview": shapes.answer("Overview"),
        "events": "\n".join(
            f"- {kind} `{one['name']}`: {_line(one['description'])}"
            for kind in ("signal", "query")
            for one in events["signals" if kind == "signal" else "queries"]
        ),
        # The last, since it tells the shapes that the others have named.
        "shapes": shapes.named(),
    }


def _query(told: Json) -> str:
    takes = f"takes `{_name(told['input'])}`" if "input" in told else "takes nothing"
    return f"- `{told['name']}` {takes} and answers `{_name(told['result'])}`. {_line(told['description'])}"


def _messages(messages: list[Json], shapes: "_Shapes", without: tuple[str, ...] = ()) -> str:
    told = []
    for one in messages:
        told += [f"#### {one['name']}", _line(one["description"])]
        if "input" in one:
            told.append(shapes.table(_name(one["input"]), without))
    return "\n\n".join(part for part in told if part)


class _Shapes:
    """Tables of fields, and the shapes that they have named so far."""

    def __init__(self, definitions: Json) -> None:
        self._definitions = definitions
        self._named: list[str] = []

    def answer(self, name: str) -> str:
        """The fields of what is answered. The shapes that only answers have are left to programs: see the schemas."""
        told = _Shapes(self._definitions)
        fields = self._definitions[name]["properties"].items()
        rows = [f"| `{field}` | {_unlinked(told.kind(given))} |" for field, given in fields]
        return "\n".join(["| field | holds |", "|---|---|", *rows])

    def table(self, name: str, without: tuple[str, ...] = ()) -> str:
        """The fields of one shape, but for these; empty where none is left."""
        shape: Json = self._definitions[name]
        needed = shape.get("required", ())
        rows = [
            f"| `{field}` | {self.kind(given)} | {'needed' if field in needed else _default(given)} |"
            for field, given in shape.get("properties", {}).items()
            if field not in without
        ]
        return "\n".join(["| field | holds | if left out |", "|---|---|---|", *rows]) if rows else ""

    def named(self) -> str:
        """Every shape that was named, and those that these name in their turn."""
        told: dict[str, str] = {}
        while missing := [name for name in self._named if name not in told]:
            for name in missing:
                about = _line(self._definitions[name].get("description", ""))
                told[name] = "\n\n".join(
                    part for part in (f"#### {name}", about, self.table(name, ("type", *OWN_NAME))) if part
                )
        return "\n\n".join(told[name] for name in sorted(told))

    def kind(self, schema: Json) -> str:
        """What a field holds, in a few words."""
        if "$ref" in schema:
            return self._reference(schema["$ref"].rpartition("/")[2])
        if "const" in schema:
            return f"`{schema['const']}`"
        if "enum" in schema:
            return _either([f"`{value}`" for value in schema["enum"]])
        if "discriminator" in schema and schema["discriminator"]["propertyName"] == "command":
            return "what one of the [signals](#signals-what-the-platform-wants) holds, with its name in `command`"
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return _either([self.kind(choice) for choice in choices])
        match schema.get("type"):
            case "array":
                return f"list of {self.kind(schema.get('items', {}))}{_bounds(schema, 'minItems', 'maxItems')}"
            case "object":
                return f"{self.kind(schema.get('additionalProperties', {}))} by name"
            case "integer":
                return f"whole number{_bounds(schema, 'minimum', 'maximum')}"
            case "boolean":
                return "`true` or `false`"
            case "null":
                return "`null`"
            case "number":
                return "number"
            case "string":
                return FORMATS.get(schema.get("format", "")) or f"text{_length(schema)}"
        return "anything"

    def _reference(self, name: str) -> str:
        shape: Json = self._definitions[name]
        if "enum" in shape:
            return self.kind({"enum": shape["enum"]})
        if name not in self._named:
            self._named.append(name)
        return f"[{name}](#{name.lower()})"


def _name(schema: Json) -> str:
    return str(schema["$ref"].rpartition("/")[2])


def _unlinked(text: str) -> str:
    return _LINK.sub(r"`\1`", text)


def _line(text: str) -> str:
    return " ".join(text.split())


def _either(choices: list[str]) -> str:
    return " or ".join((", ".join(choices[:-1]), choices[-1])) if len(choices) > 1 else choices[0]


def _bounds(schema: Json, low: str, high: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if least is not None and most is not None:
        return f", {least} to {most}"
    if most is not None:
        return f", at most {most}"
    return f", {least} or more" if least is not None else ""


def _length(schema: Json) -> str:
    if "pattern" in schema:
        return f" like `{schema['pattern']}`"
    return f", at most {schema['maxLength']} characters" if "maxLength" in schema else ""


def _default(schema: Json) -> str:
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""


def main() -> int:
    """Writes both files, and names those that were stale."""
    for path, text in ((SCHEMAS, schemas_text()), (PAGE, page_text(PAGE.read_text()))):
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"wrote {path.relative_to(DOCS.parent)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
