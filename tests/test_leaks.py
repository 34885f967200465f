"""The search at the end of a run finds what it should."""

import subprocess
import sys
from pathlib import Path

import pytest

from settings import LOCAL_KEY, ROOT
from tests.leaks.left import Kind, Left, Report
from tests.leaks.words import typed

LEAKING = """
import logging
from datetime import UTC, datetime

from links import Links, Purpose
from models.base import Role
from tests.leaks.left import LEFT


def test_that_passes():
    LEFT.word("Nora Newcomer")
    link = Links("http://127.0.0.1", ["k" * 32]).mint(Purpose.ASK, "m", Role.MENTEE, "accept", "m-1", datetime.now(UTC))
    logging.getLogger("trellis").warning({said})
"""


@pytest.fixture
def left(tmp_path: Path) -> Left:
    left = Left(tmp_path / "left")
    left.word("Nora Newcomer", "nora@example.org", "Something that\nnobody else may read", "Zoë said “yes”")
    left.secret("a-key-of-thirty-two-characters-or-so")
    return left


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "leak", ["Nora Newcomer", "nora@example.org", "nobody else may read", '{"a": "Zo\\u00eb said \\u201cyes\\u201d"}']
)
def test_a_word_is_found_wherever_it_is(left: Left, kind: Kind, leak: str) -> None:
    left.leave(kind, b"\x00\xff before " + leak.encode() + b" after \x00")
    assert len(left.search().found) == 1


@pytest.mark.parametrize("kind", Kind)
def test_a_key_is_found_wherever_it_is(left: Left, kind: Kind) -> None:
    left.leave(kind, b"key=a-key-of-thirty-two-characters-or-so&more")
    assert len(left.search().found) == 1


def test_nothing_is_found_where_nothing_is(left: Left) -> None:
    for kind in Kind:
        left.leave(kind, b"mentorship/pair-1 entered goal_setting")
    report = left.search()
    assert report.found == ()
    assert (report.words, report.secrets, len(report.places)) == (4, 1, len(Kind))


def test_a_link_may_stand_in_the_path_of_our_pages_and_nowhere_else(left: Left) -> None:
    token = "eyJtIjoibSIsInIiOiJtZW50ZWUifQ.aRkU3Q.0123456789012345678901234567890"
    left.secret(token)
    left.url(f"https://trellis.example.com/a/{token}/snooze")
    assert left.search().found == ()
    for url, referer in (
        (f"https://elsewhere.example.com/?from={token}", ""),
        (f"https://elsewhere.example.com/hook/{token}", ""),
        ("https://elsewhere.example.com/", f"https://trellis.example.com/a/{token}"),
        (f"https://trellis.example.com/a/{token}/{token}", ""),
    ):
        elsewhere = Left(left.folder.parent / f"left-{len(url)}{len(referer)}", secrets={token})
        elsewhere.url(url, referer)
        assert len(elsewhere.search().found) == 1, url


def test_a_word_in_an_address_is_found_however_it_is_written(left: Left) -> None:
    left.url("https://trellis.example.com/search?q=Nora+Newcomer&mail=nora%40example.org")
    assert len(left.search().found) == 2


def test_short_words_and_the_key_of_local_mode_are_looked_for_by_nobody(left: Left) -> None:
    left.word("yes", "mentorship", "1234 5678")
    left.secret("short", LOCAL_KEY)
    assert len(left.words) == 4
    assert len(left.secrets) == 1


def test_what_people_are_called_is_told_from_what_a_program_is_called() -> None:
    start = {"program": {"title": "A program of ours"}, "mentee": {"name": "Nora Newcomer", "zone": "Europe/Berlin"}}
    assert list(typed(start)) == ["Nora Newcomer"]


def test_reports_of_several_processes_are_one() -> None:
    one = {"places": {"URL": 2}, "words": 3, "secrets": 4, "found": ("here",)}
    report = Report.together([one, {**one, "found": ()}])
    assert (report.places["URL"], report.words, report.secrets, report.found) == (4, 6, 8, ("here",))
    assert str(report) == "Looked for 6 words of people and 8 links and keys in 4 URL: 1 found"


@pytest.mark.parametrize(
    ("said", "status", "told", "processes"),
    [
        ('"somebody came"', 0, "none found", "0"),
        ('"Nora Newcomer came"', 1, "Nora Newcomer", "0"),
        ('"came by %s", link', 1, "1 found", "0"),
        ('"came by %s", link', 1, "1 found", "1"),
    ],
)
def test_a_run_that_leaks_fails_although_its_tests_pass(
    tmp_path: Path, said: str, status: int, told: str, processes: str
) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING.format(said=said))
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\nasyncio_mode = auto\n")
    command = [sys.executable, "-m", "pytest", "-q", "-n", processes, "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == status, run.stdout
    assert "1 passed" in run.stdout
    assert told in run.stdout
