"""YAML as its authors mean it."""

import re
from typing import Any, cast

import yaml

DEEPEST = 20
"""Levels of nesting. What is written here has six at most."""
MOST_ENTRIES = 10_000
"""Entries in a file, what an alias stands for counted each time: a few lines of aliases can stand for millions."""


class PlainLoader(yaml.SafeLoader):
    """Safe YAML that says no to a key given twice, and reads `17:00` as text, not as a number in base sixty.

    Raises yaml.YAMLError, with its line, for whatever it can't read.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = self._entries = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        mark = cast(yaml.Mark, event.start_mark)
        self._depth += 1
        if self._depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem="is nested too deeply", problem_mark=mark)
        before = self._entries
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, yaml.AliasEvent):
            if id(node) not in self._sizes:
                problem = f"the alias {event.anchor!r} stands within what it names"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
            self._entries += self._sizes[id(node)]
        else:
            self._entries += 1
            self._sizes[id(node)] = self._entries - before
        if self._entries > MOST_ENTRIES:
            raise yaml.MarkedYAMLError(problem="has too many entries", problem_mark=mark)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
            # What PyYAML raises where a value is not what its tag says, or a number has thousands of digits.
            kind = str(node.tag).rpartition(":")[2]
            raise yaml.MarkedYAMLError(problem=f"can't be read as {kind}", problem_mark=node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        # A tag can call anything a mapping; what is none is refused below.
        given: yaml.Node = node
        for key, _ in given.value if isinstance(given, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key.start_mark)
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {name!r} is given twice", problem_mark=key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if not tag.endswith((":int", ":float", ":timestamp"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))


def read(text: str) -> object:
    """What the text says. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=PlainLoader)  # noqa: S506 - it is a SafeLoader  # nosec B506
