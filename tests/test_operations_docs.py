"""The page for operators: its views are filters that the server understands, and its links lead somewhere."""

import re
from pathlib import Path

import pytest
from temporalio.client import Client

from settings import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text()
VIEWS = re.findall(r"^(\S[^:\n]+): (WorkflowType = .+)$", PAGE, re.M)


def test_the_page_has_views() -> None:
    assert len(VIEWS) >= 9


@pytest.mark.parametrize(("name", "query"), VIEWS, ids=[name for name, _ in VIEWS])
async def test_the_server_understands_each_view(client: Client, name: str, query: str) -> None:
    assert (await client.count_workflows(query)).count >= 0


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_every_page_links_only_to_what_is_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target
