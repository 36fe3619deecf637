from typing import get_args

import openai
import pytest

from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.problem import Problem, ProblemKind
from aircherd.vocabulary.reply import TextDelta
from helpers.http_api.chat_dialect import ANSWERING, read
from helpers.http_api.openai_sdk import client_of


def problem(kind: ProblemKind, status: int = 400, **fields: object) -> Problem:
    message = "model: there is no model named 'x'"
    return Problem(kind=kind, status=status, code="own_code", message=message, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "raised", "code"),
    [
        (problem("invalid_request"), openai.BadRequestError, "own_code"),
        (problem("context_length"), openai.BadRequestError, "context_length_exceeded"),
        (problem("unsupported"), openai.BadRequestError, "unsupported_parameter"),
        (problem("authentication", 401), openai.AuthenticationError, "invalid_api_key"),
        (problem("permission", 403), openai.PermissionDeniedError, "own_code"),
        (problem("not_found", 404, param="model"), openai.NotFoundError, "model_not_found"),
        (problem("not_found", 404), openai.NotFoundError, "own_code"),
        (problem("usage_limit", 429), openai.APIStatusError, "insufficient_quota"),
        (problem("rate_limit", 429), openai.RateLimitError, "rate_limit_exceeded"),
        (problem("overloaded", 503), openai.APIStatusError, "server_is_overloaded"),
        (
            problem("overloaded", 503, may_retry=True),
            openai.InternalServerError,
            "server_is_overloaded",
        ),
        (problem("internal", 500), openai.APIStatusError, "internal_error"),
    ],
)
def test_the_sdk_reads_errors(given: Problem, raised: type[Exception], code: str) -> None:
    """Each error is the SDK's own class for it, with a message, a code and the field."""
    status, body = DIALECT.error(given)
    client = client_of(body, status=status, headers={"x-should-retry": "false"})
    with pytest.raises(openai.APIStatusError) as found:
        client.chat.completions.create(model="x", messages=[])
    assert isinstance(found.value, raised)
    assert (found.value.code, found.value.param) == (code, given.param)
    assert found.value.body["message"] == given.message  # type: ignore[index]


@pytest.mark.parametrize("kind", get_args(ProblemKind))
def test_every_kind_has_a_form(kind: ProblemKind) -> None:
    """No kind of problem is without a form."""
    assert DIALECT.error(problem(kind, 418))[1].startswith(b'{"error":{"message":')


def test_a_limit_of_the_users_ends_attempts() -> None:
    """What no retry will change is a 402: tools ask once. What will, is a 429."""
    assert DIALECT.error(problem("usage_limit", 429))[0] == 402
    assert DIALECT.error(problem("usage_limit", 429, may_retry=True))[0] == 429
    assert DIALECT.error(problem("rate_limit", 429))[0] == 429


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_where_nothing_is_left_to_try(status: int) -> None:
    """Tools repeat every 5xx, whatever headers say: then it is none."""
    final, passing = problem("unavailable", status), problem("unavailable", status, may_retry=True)
    assert DIALECT.error(final)[0] == 424
    assert b'"type":"api_error"' in DIALECT.error(final)[1]
    assert DIALECT.error(passing)[0] == status
    assert b'"type":"server_error"' in DIALECT.error(passing)[1]


@pytest.mark.parametrize("has_begun", [True, False])
def test_trap_4_a_failure_is_no_empty_end(*, has_begun: bool) -> None:
    """litellm#32086: an upstream failure became an empty end. In a stream the SDK raises it."""
    given = problem("interrupted", 502)
    chat = read(stream=True)
    writer = DIALECT.stream_writer(chat)
    begun = writer.write([TextDelta("The sky")], ANSWERING) if has_begun else b""
    for failed in (writer.fail(given), DIALECT.stream_error(given)):
        assert b"[DONE]" not in failed
        client = client_of(begun + failed, stream=True)
        with pytest.raises(openai.APIError, match="no model named"):
            list(client.chat.completions.create(model="x", messages=[], stream=True))
