"""The routes of the API: mentorships, started, found, read and steered."""

import hashlib
import logging
import secrets
from collections.abc import Awaitable
from pathlib import Path as FilePath
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

import programs
from links import Links
from models.acts import Coordinate
from models.base import Misfit, Role
from models.commands import ChangeProgramCommand, Command
from models.export import Export
from models.figures import Figures
from models.pages import PageQuery
from models.people import Start
from models.program import Program
from settings import Settings
from web.api.access import Needs
from web.api.bodies import ChangeProgram, Count, Done, Filter, MentorshipList, PageFilter, Standing, Steering, Whose
from web.api.bulk import NDJSON, Begin, LinesResponse, answers
from web.api.cursors import BadCursor, Cursors
from web.api.examples import COMMANDS, LINES, START
from web.api.keys import ApiKey, Scope
from web.api.problems import ApiProblem, FieldProblem, documented
from web.api.request_ids import request_id
from web.engine import Engine
from workflows.client import ActRejected, NoSuchMentorship, StartConflict, Started
from workflows.connection import EngineUnreachable

FOR_ADMINS = frozenset({"end", "change_program", "change_person", "revoke_links"})
"""Commands that end a mentorship, or decide where its mail and its links go."""
ALWAYS = ("no_key", "unknown_key", "scope", "invalid", "too_many_requests", "internal", "unreachable")
WITH_A_BODY = (*ALWAYS, "cross_site", "not_json", "media_type", "too_large", "too_slow")

Id = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="The platform's own id of the mentorship.",
        examples=["pair-4711"],
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_.:-]{1,100}$",
        description="Your own name for this command. However often it is sent with it, it counts once.",
    ),
]
T = TypeVar("T")

log = logging.getLogger("trellis.api")


def mentorship_routes(engine: Engine, settings: Settings, links: Links) -> APIRouter:
    """All of them."""
    router = APIRouter(tags=["mentorships"])
    cursors = Cursors(links)
    read, write, admin = (Depends(Needs(scope)) for scope in Scope)

    @router.post(
        "/mentorships",
        status_code=201,
        dependencies=[write, Depends(sends_json)],
        responses={
            **documented(*WITH_A_BODY, "start_conflict"),
            200: {"model": Started, "description": "It was started before, with the same facts."},
        },
        openapi_extra={"requestBody": {"content": {"application/json": {"examples": START}}}},
    )
    async def start(body: Start, response: Response) -> Started:
        """Start a mentorship.

        The id is yours, and makes this idempotent: the same request again answers 200 and changes nothing; the same id
        with other facts is a 409 whose `errors` name what differs.
        """
        started = await _beginner(engine, Programs(settings.programs_dir))(body)
        response.status_code = 200 if started.already_running else 201
        return started

    @router.get("/mentorships", dependencies=[read], responses=documented(*ALWAYS, "bad_cursor"))
    async def list_mentorships(wanted: Annotated[PageFilter, Query()]) -> MentorshipList:
        """Find mentorships, the latest first, by what all of them are.

        The list is a second or so behind what happens.
        """
        query = wanted.query()
        try:
            cursor = cursors.read(query, wanted.cursor) if wanted.cursor else ""
        except BadCursor:
            errors = [FieldProblem(field="cursor", message="is not of an earlier page with the same filter")]
            raise ApiProblem("bad_cursor", "Begin again without a cursor.", errors) from None
        found = await asked(engine.list_page(query, limit=wanted.limit, cursor=cursor))
        more = cursors.write(query, found.cursor) if found.cursor is not None else None
        return MentorshipList(mentorships=found.mentorships, cursor=more)

    @router.get("/count", dependencies=[read], responses=documented(*ALWAYS))
    async def count(wanted: Annotated[Filter, Query()]) -> Count:
        """Count mentorships by what all of them are."""
        return Count(count=await asked(engine.count(wanted.query())))

    @router.post(
        "/mentorships/bulk",
        status_code=200,
        dependencies=[write],
        response_class=LinesResponse,
        responses={
            **documented(*ALWAYS, "cross_site", "media_type"),
            200: {
                "description": "A line for each line, as they are done: a `BulkLine`.",
                "content": {NDJSON: {"schema": {"type": "string"}}},
            },
        },
        openapi_extra={
            "requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}, "examples": LINES}}}
        },
    )
    async def bulk_start(request: Request) -> LinesResponse:
        """Start many mentorships: a start request on each line of the body, an answer on each line of the answer.

        Answers come as they are done, each with its line's number. A line that is wrong does not keep the others from
        starting. To go on after a broken connection, send the same lines again: each mentorship begins once.
        """
        _must_be(NDJSON, request)
        begin = _beginner(engine, Programs(settings.programs_dir))
        return LinesResponse(answers(request.stream(), begin, request_id(request)))

    @router.get("/mentorships/{id}", dependencies=[read], responses=documented(*ALWAYS, "no_such_mentorship"))
    async def read_one(id: Id) -> Standing:
        """Where a mentorship stands: stage, whom it waits for, what is next, its health with reasons, its outcome."""
        return Standing.of(await asked(engine.overview(id)))

    @router.get("/mentorships/{id}/summary", dependencies=[read], responses=documented(*ALWAYS, "no_such_mentorship"))
    async def summary(id: Id) -> Figures:
        """A mentorship in figures: sessions, commitments, check-ins, how far each goal is. No words of the two."""
        return Figures.of((await asked(engine.journey(id, PageQuery(role=Role.MENTEE)))).summary)

    @router.get("/mentorships/{id}/export", dependencies=[admin], responses=documented(*ALWAYS, "no_such_mentorship"))
    async def export(id: Id, whose: Annotated[Whose, Query()]) -> Export:
        """All that is kept of one of the two, as that person can download it from their journey page. Personal data."""
        return await asked(engine.export(id, PageQuery(role=whose.role)))

    @router.post(
        "/mentorships/{id}/commands",
        dependencies=[Depends(sends_json)],
        responses=documented(*WITH_A_BODY, "no_such_mentorship", "ended", "refused"),
        openapi_extra={"requestBody": {"content": {"application/json": {"examples": COMMANDS}}}},
    )
    async def command(
        id: Id,
        body: Steering,
        key: Annotated[ApiKey, write],
        once: IdempotencyKey = None,
    ) -> Done:
        """Steer a mentorship: pause, resume, end, extend, message, change the program, a name or an address, …

        The answer says what was recorded and what the two hear of it. What can't be done any more is a 409 with the
        reason, and changes nothing. Ending, and whatever touches people or links, needs an admin key.
        """
        if body.command in FOR_ADMINS and key.scope < Scope.ADMIN:
            raise ApiProblem("scope", f"The command {body.command!r} needs an admin key.")
        name = f"{key.name}\x1f{id}\x1f{once or secrets.token_hex()}"
        update_id = hashlib.sha256(name.encode()).hexdigest()[:32]
        order = _obeyable(body, Programs(settings.programs_dir))
        return Done.of(await asked(engine.act(id, Coordinate(command=order), update_id=update_id)))

    return router


def sends_json(request: Request) -> None:
    """The dependency of a route that reads JSON."""
    _must_be("application/json", request)


def _must_be(kind: str, request: Request) -> None:
    found = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if found != kind:
        raise ApiProblem("media_type", f"Found Content-Type: {found[:60] or 'none'}; send {kind}.")


def _obeyable(body: Steering, known: "Programs") -> Command:
    """What the workflow obeys: it can't look a program up."""
    if not isinstance(body, ChangeProgram):
        return body
    given = body.program
    return ChangeProgramCommand(program=known.named(given) if isinstance(given, str) else given)


def _beginner(engine: Engine, known: "Programs") -> Begin:
    """Starts mentorships, and reads each program once for all of them."""

    async def begin(start: Start) -> Started:
        return await asked(engine.start(start, known.named(start.program)))

    return begin


class Programs:
    """The programs that there are, each read once. One is made for each request: a file may change."""

    def __init__(self, folder: FilePath) -> None:
        self._folder = folder
        self._read: dict[str, Program] = {}

    def named(self, name: str) -> Program:
        """Raises ApiProblem where there is none, or it can't be used."""
        if name not in self._read:
            self._read[name] = self._load(name)
        return self._read[name]

    def _load(self, name: str) -> Program:
        try:
            return programs.load(name, self._folder)
        except programs.ProgramProblem as problem:
            if name in programs.names(self._folder):
                log.error("A program can't be used: %s", problem)
                raise ApiProblem("internal", f"The program {name!r} can't be used; the log says why.") from None
            errors = [FieldProblem(field="program", message=problem.problems[0])]
            raise ApiProblem("invalid", "There is no such program.", errors) from None


async def asked(call: Awaitable[T]) -> T:
    """The engine's answer, or the problem that its refusal is."""
    try:
        return await call
    except NoSuchMentorship as problem:
        raise ApiProblem("no_such_mentorship", f"{problem}.") from None
    except StartConflict as problem:
        errors = [
            FieldProblem(field=field, message="differs from what it was started with") for field in problem.fields
        ]
        raise ApiProblem("start_conflict", "Nothing was changed. A new mentorship needs a new id.", errors) from None
    except Misfit as problem:
        errors = [FieldProblem(field=problem.field, message=problem.advice)]
        raise ApiProblem("invalid", "Mend the fields that `errors` names, and send it again.", errors) from None
    except EngineUnreachable:
        detail = (
            "What was asked may have been done or not. Send it again: a start counts once, and so does a command with "
            "the same Idempotency-Key."
        )
        raise ApiProblem("unreachable", detail, headers={"Retry-After": "10"}) from None
    except ActRejected as problem:
        raise _refused(problem) from None


def _refused(problem: ActRejected) -> ApiProblem:
    if problem.code == "ended":
        return ApiProblem("ended", problem.message)
    if problem.code == "renewing":
        return ApiProblem("unreachable", problem.message, headers={"Retry-After": "1"})
    if problem.code == "failed":
        return ApiProblem("internal", problem.message)
    errors = [FieldProblem(field=problem.field, message=problem.message)] if problem.field else []
    return ApiProblem("invalid" if problem.code == "invalid" else "refused", problem.message, errors)
