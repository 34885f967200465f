"""A program's logo, as its authors meet it: which pictures are taken, and what is said of the others."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import programs
from lifecycle import begin
from models.logo import MOST_BYTES, MOST_PIXELS, opened
from models.problems import describe
from models.program import Branding, Program
from models.state import Mentorship
from tests.builders import BEGINNING, a_program, a_start
from tests.pictures import GIF, JPEG, png, uri

CAREER = (programs.HERE / "career.yaml").read_text(encoding="utf-8")
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def program_with(folder: Path, logo: str) -> Program:
    """The career program with this written as its logo, from a file in the folder."""
    path = folder / "mine.yaml"
    path.write_text(CAREER.replace("logo: career.png", f"logo: {json.dumps(logo)}"), encoding="utf-8")
    return programs.load(str(path))


def problem_of(folder: Path, logo: str) -> str:
    with pytest.raises(programs.ProgramProblem) as problem:
        program_with(folder, logo)
    (told,) = problem.value.problems
    line = next(number for number, line in enumerate(CAREER.splitlines(), 1) if "logo: career.png" in line)
    assert told.startswith(f"line {line}: branding.logo: ")
    assert len(told) < 400
    return told


def problem_of_uri(value: object) -> str:
    with pytest.raises(ValidationError) as error:
        Branding.model_validate({"logo": value})
    (problem,) = describe(error.value)
    assert problem.field == "logo"
    assert len(str(problem)) < 400
    return problem.message


@pytest.mark.parametrize(
    ("content", "kind", "size"), [(png(196, 80), "png", (196, 80)), (JPEG, "jpeg", (30, 10)), (GIF, "gif", (1, 1))]
)
def test_a_picture_beside_the_program_travels_with_it(
    content: bytes, kind: str, size: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "art").mkdir()
    (tmp_path / "art" / "logo.bin").write_bytes(content)
    logo = program_with(tmp_path, "art/logo.bin").branding.logo
    assert logo == uri(content, kind), "what it is shows in its bytes, not in its name"
    picture = opened(logo)
    assert (picture.content, picture.width, picture.height) == (content, *size)


def test_career_has_a_logo_and_the_others_show_that_none_is_needed() -> None:
    logos = {name: programs.load(name).branding.logo for name in programs.names()}
    assert opened(logos.pop("career")).height == 80
    assert set(logos.values()) == {""}


def test_a_running_mentorship_keeps_its_logo_wherever_it_is_carried_on(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png(80, 80))
    m = begin(a_start(), program_with(tmp_path, "logo.png"), BEGINNING)
    (tmp_path / "logo.png").unlink()
    assert Mentorship.model_validate_json(m.model_dump_json()).program.branding.logo == uri(png(80, 80))


def test_a_backend_sends_the_picture_itself() -> None:
    data = a_program().model_dump(mode="json") | {"branding": {"logo": uri(GIF, "gif")}}
    assert Program.model_validate(data).branding.logo == uri(GIF, "gif")


def test_the_type_of_a_data_uri_is_that_of_its_bytes() -> None:
    assert Branding(logo=uri(JPEG, "svg+xml")).logo == uri(JPEG, "jpeg")


@pytest.mark.parametrize(
    "logo", ["../../etc/passwd", "/etc/passwd", "../secret.png", "art/../../secret.png", "link.png", ".."]
)
def test_a_path_that_leads_out_of_the_folder_is_refused(logo: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(8, 8))
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    assert "must lie in the folder of the program's file" in problem_of(folder, logo)


@pytest.mark.parametrize("logo", ["nowhere.png", "career", "art", ".", "logo.png/x", "https://example.com/logo.png"])
def test_a_path_without_a_file_is_told(logo: str, tmp_path: Path) -> None:
    (tmp_path / "art").mkdir()
    (tmp_path / "logo.png").write_bytes(png(8, 8))
    told = problem_of(tmp_path, logo)
    assert "there is no such file" in told
    assert f"(found {logo!r})" in told


@pytest.mark.parametrize("logo", ["x" * 5000, "logo\0.png"])
def test_a_path_that_is_none_is_told(logo: str, tmp_path: Path) -> None:
    problem_of(tmp_path, logo)


def test_links_that_lead_round_and_pipes_do_not_hold_anything_up(tmp_path: Path) -> None:
    (tmp_path / "round.png").symlink_to(tmp_path / "round.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert "circle" in problem_of(tmp_path, "round.png")
    assert "no such file" in problem_of(tmp_path, "pipe.png")


HOSTILE: dict[str, tuple[bytes, str]] = {
    "too many bytes": (png(8, 8, filling=b"x" * MOST_BYTES), "8,000 bytes at the most"),
    "svg": (SVG, "don't show SVG or WebP"),
    "large svg": (b"\xef\xbb\xbf  " + SVG + b"x" * MOST_BYTES, "don't show SVG or WebP"),
    "webp": (b"RIFF\x24\0\0\0WEBPVP8 ", "don't show SVG or WebP"),
    "words": (b"not a picture", "something else, whatever its name says"),
    "no more than a beginning": (b"\x89PNG\r\n\x1a\n", "something else"),
    "png cut off": (png(8, 8)[:-4], "is cut off"),
    "jpeg cut off": (JPEG[:-2], "is cut off"),
    "png and more": (png(8, 8) + SVG, "something follows the picture"),
    "gif and more": (GIF + SVG, "something follows the picture"),
    "too wide": (png(MOST_PIXELS + 1, 1), "1001 × 1"),
    "no width": (png(0, 8), "0 × 8"),
    "jpeg without a frame": (b"\xff\xd8\xff\xd9", "0 × 0"),
    "jpeg with lengths of zero": (b"\xff\xd8\xff\xe0\x00\x00" + b"\xff" * 50 + b"\xff\xd9", "0 × 0"),
    "gif without a size": (b"GIF89a;", "pixels wide and high"),
}


@pytest.mark.parametrize(("content", "says"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_logo_is_refused_as_a_file_and_as_a_data_uri(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(content)
    told = problem_of(tmp_path, "logo.png")
    assert says in told
    assert told.endswith("(found 'logo.png')")
    assert says in problem_of_uri(uri(content))


def test_the_largest_picture_is_taken() -> None:
    content = png(MOST_PIXELS, 8, filling=b"x" * (MOST_BYTES - len(png(MOST_PIXELS, 8, filling=b"x")) + 1))
    assert len(content) == MOST_BYTES
    assert opened(Branding(logo=uri(content)).logo).content == content


@pytest.mark.parametrize(
    "value",
    [
        "career.png", "data:", "data:image/png,abc", "data:image/png;base64,", "data:image/png;base64,****",
        "data:image/png;base64,a", "data:image/png;base64,iVBO\nRw0K", 'data:image/png;base64,AAAA" onerror="x',
        "data:text/html;base64,PGI+", "https://example.com/logo.png", "javascript:alert(1)", " ",
    ],
)  # fmt: skip
def test_garbage_in_place_of_a_data_uri_is_refused(value: str) -> None:
    assert "base64" in problem_of_uri(value)


@pytest.mark.parametrize("value", [7, None, ["career.png"], {"path": "career.png"}])
def test_what_is_no_text_is_refused(value: Any) -> None:
    assert "string" in problem_of_uri(value)


def test_a_wrong_logo_is_told_together_with_the_other_mistakes(tmp_path: Path) -> None:
    with pytest.raises(programs.ProgramProblem) as problem:
        programs.parse(CAREER.replace("weeks: 12", "weeks: 0", 1), "mine.yaml", tmp_path)
    assert ["branding.logo" in told for told in problem.value.problems].count(True) == 1
    assert ["weeks" in told for told in problem.value.problems].count(True) == 1
