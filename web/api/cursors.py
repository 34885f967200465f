"""Cursors of lists: signed, and each for its own filter. Over a made-up one Temporal would fail, and be asked again."""

from itsdangerous import BadData

from links import Links


class BadCursor(Exception):
    """Not a cursor of an earlier page of this list."""


class Cursors:
    """Signs with the keys of the links, under a salt of their own."""

    def __init__(self, links: Links) -> None:
        self._serializer = links.serializer("cursor")

    def write(self, query: str, cursor: str) -> str:
        """What asks for the page that this cursor of the engine leads to."""
        return str(self._serializer.dumps([query, cursor]))

    def read(self, query: str, value: str) -> str:
        """The engine's cursor. Raises BadCursor."""
        try:
            asked, cursor = self._serializer.loads(value)
        except (BadData, ValueError, TypeError):
            raise BadCursor from None
        if asked != query:
            raise BadCursor
        return str(cursor)
