"""From template output to paragraphs: one written form that becomes tidy plain text and tidy HTML.

Templates are written as prose with blank lines between paragraphs. Lists, quotes and facts come from macros and keep
their lines.
"""

import re
import textwrap

from markupsafe import Markup, escape

WIDTH = 76
SUBJECT_LIMIT = 150
_BLANK_LINES = re.compile(r"\n\s*\n")
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MARKER = re.compile(r"(> |- | {2,})*")


def one_line(text: str, limit: int = SUBJECT_LIMIT) -> str:
    """One line fit for a header: no line breaks, no control characters, at most `limit` characters."""
    line = " ".join(_CONTROL.sub(" ", one_direction(text)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def one_direction(text: str) -> str:
    """The text without the marks that reverse what follows them. Letters know their own direction without."""
    return _DIRECTION.sub("", text)


def wrap_text(text: str) -> str:
    """Plain text with paragraphs filled to 76 columns and single blank lines. Lines with an address stay."""
    blocks = (_wrap_block(block) for block in _BLANK_LINES.split(text.strip("\n")))
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def _wrap_block(block: str) -> str:
    lines = [line.rstrip() for line in block.split("\n") if line.strip()]
    if any(line.startswith(("- ", "> ", "  ", "--")) or "://" in line for line in lines):
        return "\n".join(_wrap_line(line) for line in lines)
    return _fill(" ".join(" ".join(lines).split()), "", "")


def _wrap_line(line: str) -> str:
    if "://" in line or len(line) <= WIDTH:
        return line
    marker = _MARKER.match(line)
    first = marker.group() if marker else ""
    return _fill(line[len(first) :], first, first.replace("-", " "))


def _fill(text: str, first: str, rest: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def paragraphs(text: str) -> Markup:
    """HTML paragraphs for prose; what already is a block of its own (from a macro) is left alone.

    Everything from outside has been escaped before, so that a leading "<" can only be a template's own.
    """
    blocks = (block.strip() for block in _BLANK_LINES.split(str(escape(text)).strip()))
    return Markup("\n").join(
        Markup(block if block.startswith("<") and not block.startswith(("<a", "<b>", "<i>")) else f"<p>{block}</p>")  # noqa: S704  # nosec B704
        for block in blocks
        if block
    )
