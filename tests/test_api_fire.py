"""Every route of the API under fire: it answers as its document says, and a read key writes nothing."""

from functools import lru_cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from limits import parse
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from models.state import Mentorship
from settings import ROOT, Settings
from tests.api_parts import KEY, Platform
from tests.test_web_fire import prepared
from tests.web_parts import LINKS, PureEngine
from web.api import access
from web.api.app import create_api
from web.api.keys import Scope

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
KNOWN = {"id": ["pair-1", "pair-7"]}
"""Words that lead somewhere."""


def document() -> dict[str, Any]:
    """The document as it is told."""
    return create_api(PureEngine(), Settings(), LINKS).openapi()


@lru_cache(maxsize=1)
def platform() -> Platform:
    """Its rate is beyond what a test can send."""
    return Platform(api_rate="1000000/minute")


@lru_cache(maxsize=1)
def schema() -> OpenApiSchema:
    """The document with words that lead somewhere, for Schemathesis."""
    told = document()
    for operations in told["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if values := KNOWN.get(parameter["name"]):
                    parameter["schema"] = {"anyOf": [{"enum": values}, parameter["schema"]]}
    loaded = schemathesis.openapi.from_dict(told)
    loaded.app = platform().app
    return loaded


ROUTES = [(method.upper(), path) for path, operations in document()["paths"].items() for method in operations]


@pytest.mark.parametrize("scope", [Scope.ADMIN, Scope.READ, None])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_whatever_is_sent_it_is_answered_as_documented(
    method: str, path: str, scope: Scope | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "STRANGERS", parse("1000000/minute"))
    engine = platform().engine
    operation = schema()[path][method]
    authorization = {} if scope is None else {"Authorization": f"Bearer {KEY[scope]}"}

    @effort(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        case=st.one_of(operation.as_strategy(), operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)),
        state=st.sampled_from([prepared().beginning, prepared().middle, prepared().ended]),
    )
    def fire(case: Any, state: Mentorship) -> None:
        engine.m, engine.now = state, prepared().engine.now
        engine.starts.clear()
        engine.calls.clear()
        case.headers.pop("Authorization", None)
        answer = case.call(headers=authorization)
        case.validate_response(answer, checks=CHECKS)
        assert f"{ROOT}/" not in answer.text
        if scope is None:
            assert answer.status_code == 401
            assert engine.calls == []
        if scope is not Scope.ADMIN or method == "GET":
            assert engine.m is state
            assert engine.starts == {}
        if scope is Scope.READ and method == "POST":
            assert not answer.status_code < 400

    fire()
