"""Forms: field names are pydantic paths with dots, and blank rows are nobody's answer."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import Enum

from pydantic import BaseModel

from web.dates import wall_clock

Values = Mapping[str, str | tuple[str, ...]]
"""What stands in a form, by field name; a tuple where several boxes can be ticked."""
Branch = str | list["Branch"] | dict[str, "Branch"]
Tree = dict[str, Branch]

MANY = frozenset({"days_off", "preferences.days_off", "slot"})
"""Fields of several boxes: an empty choice is an answer too, so the form sends one blank value along."""
ROW_LABELS = frozenset({"progress.goal"})
"""Fields that say which row it is: alone they do not make a row an answer."""

ROWS = frozenset({"goals", "options", "progress", "tasks", "times"})
"""Fields of several rows: what follows is the row's number."""
UNKNOWN = "unknown"
"""Stands for every name that no form of ours has, so that nothing behind has to reckon with one."""

_NAME = re.compile(r"[a-z_]{1,40}(\.([0-9]{1,3}|[a-z_]{1,40})){0,3}")
_ROW = re.compile(r"([a-z_.]+)\.(\d+)(?:\.([a-z_]+))?")


def typed(items: Iterable[tuple[str, str]]) -> dict[str, str | tuple[str, ...]]:
    """What was typed, as it is sent off: by field name, with blank rows dropped and the others moved up."""
    return without_blank_rows(sent(items))


def sent(items: Iterable[tuple[str, str]]) -> dict[str, str | tuple[str, ...]]:
    """What was typed, by field name."""
    values: dict[str, str | tuple[str, ...]] = {}
    for sent, value in items:
        name = sent if _is_ours(sent) else UNKNOWN
        if name in MANY:
            before = values.get(name, ())
            values[name] = (*before, value) if value.strip() else tuple(before)
        else:
            values[name] = value
    return values


def nested(values: Values) -> Tree:
    """The same as the model reads it: `goals.0.title` becomes a list of objects; blank fields are left out."""
    tree: Tree = {}
    for name, value in values.items():
        if isinstance(value, str) and not value.strip():
            continue
        if not _is_ours(name):
            tree[UNKNOWN] = UNKNOWN
            continue
        *path, leaf = name.split(".")
        node = tree
        for part in path:
            below = node.get(part)
            if not isinstance(below, dict):
                below = {}
                node[part] = below
            node = below
        node[leaf] = value if isinstance(value, str) else list(value)
    return {name: _rows(branch) for name, branch in tree.items()}


def flatten(model: BaseModel, zone: str) -> dict[str, str | tuple[str, ...]]:
    """A model as form values: the reverse of `nested`, instants as wall-clock time in the zone."""
    flat: dict[str, str | tuple[str, ...]] = {}

    def walk(path: str, value: object) -> None:
        if path in MANY and isinstance(value, tuple):
            flat[path] = tuple(str(entry) for entry in value)
        elif isinstance(value, BaseModel):
            for name in type(value).model_fields:
                walk(f"{path}.{name}" if path else name, getattr(value, name))
        elif isinstance(value, tuple):
            for index, entry in enumerate(value):
                walk(f"{path}.{index}", entry)
        else:
            flat[path] = _text(value, zone)

    walk("", model)
    return flat


def _is_ours(name: str) -> bool:
    """Whether a form of ours could have a field of this name."""
    first, _, rest = name.partition(".")
    return _NAME.fullmatch(name) is not None and (first not in ROWS or not rest or rest[0].isdecimal())


def _text(value: object, zone: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else ""
        case datetime():
            return wall_clock(value, zone)
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
        case Enum():
            return str(value.value)
        case _:
            return str(value)


def without_blank_rows(values: Values) -> dict[str, str | tuple[str, ...]]:
    """The values with blank rows dropped and the others moved up.

    The page that comes back after a mistake shows the same numbering, so each problem finds its field.
    """
    filled: dict[str, set[int]] = {}
    for name, value in values.items():
        if row := _ROW.fullmatch(name):
            prefix, index, field = row[1], int(row[2]), row[3]
            rows = filled.setdefault(prefix, set())
            if isinstance(value, str) and value.strip() and f"{prefix}.{field}" not in ROW_LABELS:
                rows.add(index)
    moved = {prefix: {old: new for new, old in enumerate(sorted(rows))} for prefix, rows in filled.items()}
    kept: dict[str, str | tuple[str, ...]] = {}
    for name, value in values.items():
        row = _ROW.fullmatch(name)
        if row is None:
            kept[name] = value
        elif (new := moved[row[1]].get(int(row[2]))) is not None:
            kept[f"{row[1]}.{new}.{row[3]}" if row[3] else f"{row[1]}.{new}"] = value
    return kept


def _rows(branch: Branch) -> Branch:
    if not isinstance(branch, dict):
        return branch
    if branch and all(key.isdigit() for key in branch):
        return [_rows(branch[key]) for key in sorted(branch, key=int)]
    return {key: _rows(below) for key, below in branch.items()}
