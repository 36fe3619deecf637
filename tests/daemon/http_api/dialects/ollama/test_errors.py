"""Errors in Ollama's form."""

from typing import get_args

import pytest
from ollama import ResponseError

from aircherd.http_api.dialects.ollama import DIALECT
from aircherd.http_api.problem import Problem, ProblemKind
from helpers.http_api.over_sdk import Played, ollama_client


@pytest.mark.parametrize("kind", get_args(ProblemKind))
def test_the_client_raises(kind: str) -> None:
    """Its client raises each kind with our message; only what is not there is a 404: trap 18."""
    status, body = DIALECT.error(Problem(kind=kind, status=500, code="c", message="what broke"))
    client = ollama_client(Played(DIALECT, [], whole=(status, body)))
    with pytest.raises(ResponseError, match="what broke") as raised:
        client.chat("m", [{"role": "user", "content": "Hi"}])
    assert raised.value.status_code == status >= 400
    assert (status == 404) == (kind == "not_found")
