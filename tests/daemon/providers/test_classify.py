"""The error table, row by row, with bodies and headers as vendors send them."""

import msgspec
import pytest

from aircherd.providers.classify import (
    LEADS,
    MAX_MESSAGE,
    classify_error,
    classify_response,
    is_page,
    shown,
    was_recognised,
    web_page,
)
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.secret import Redactor, Secret
from helpers.provider_calls import CANARY


def openai(message: str, kind: str | None = None, code: str | None = None) -> object:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str, code: str | None = None) -> object:
    details = {"details": {"error_code": code}} if code else {}
    return {"type": "error", "error": {"type": kind, "message": message, **details}}


def router(code: int, message: str, **metadata: object) -> object:
    return {"error": {"code": code, "message": message, "metadata": metadata}}


F = FailureClass
NO_HEADERS: dict[str, str] = {}
SOON = {"retry-after": "2"}
HTML = {"content-type": "text/html"}

ROWS = [
    # Anthropic
    (401, anthropic("authentication_error", "invalid x-api-key"), NO_HEADERS, F.AUTH),
    (
        400,
        anthropic("invalid_request_error", "Your credit balance is too low to access the API."),
        NO_HEADERS,
        F.QUOTA,
    ),
    (
        400,
        anthropic(
            "invalid_request_error",
            "You have reached your specified workspace API usage limits. You will regain access"
            " on 2026-12-01 at 00:00 UTC.",
        ),
        NO_HEADERS,
        F.QUOTA,
    ),
    (402, anthropic("billing_error", "Payment needed"), NO_HEADERS, F.QUOTA),
    (
        429,
        anthropic("rate_limit_error", "Spend limit", "enforced_spend_limit_reached"),
        NO_HEADERS,
        F.QUOTA,
    ),
    (
        429,
        anthropic("rate_limit_error", "Spend limit", "contract_spend_limit_reached"),
        NO_HEADERS,
        F.QUOTA,
    ),
    (429, anthropic("rate_limit_error", "Too fast", "ramp_limit_exceeded"), SOON, F.RATE),
    (429, anthropic("rate_limit_error", "Number of request tokens"), SOON, F.RATE),
    (529, anthropic("overloaded_error", "Overloaded"), NO_HEADERS, F.OVERLOADED),
    (529, anthropic("api_error", "x", "compaction_unavailable"), NO_HEADERS, F.OVERLOADED),
    (
        400,
        anthropic("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
        NO_HEADERS,
        F.CONTEXT,
    ),
    (
        400,
        anthropic(
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 1 + 2 > 2",
        ),
        NO_HEADERS,
        F.CONTEXT,
    ),
    (413, anthropic("request_too_large", "Request exceeds 32 MB"), NO_HEADERS, F.REQUEST_SIZE),
    (413, b"<html>413 Payload Too Large</html>", HTML, F.REQUEST_SIZE),
    (
        400,
        anthropic("invalid_request_error", "On hold", "organization_on_hold"),
        NO_HEADERS,
        F.ACCOUNT,
    ),
    (403, anthropic("permission_error", "Your API key lacks permission"), NO_HEADERS, F.PERMISSION),
    (404, anthropic("not_found_error", "model: claude-9"), NO_HEADERS, F.MODEL),
    (400, anthropic("invalid_request_error", "messages: required"), NO_HEADERS, F.BAD_REQUEST),
    (500, anthropic("api_error", "Internal server error"), NO_HEADERS, F.SERVER),
    (504, anthropic("timeout_error", "Timed out"), NO_HEADERS, F.SERVER),
    (408, anthropic("timeout_error", "Timed out"), NO_HEADERS, F.SERVER),
    (409, anthropic("conflict_error", "Conflict"), NO_HEADERS, F.SERVER),
    # OpenAI
    (
        401,
        openai("Incorrect API key provided", "invalid_request_error", "invalid_api_key"),
        NO_HEADERS,
        F.AUTH,
    ),
    (
        401,
        openai("You have insufficient permissions. Missing scopes: model.request"),
        NO_HEADERS,
        F.PERMISSION,
    ),
    (
        403,
        openai("Country not supported", "x", "unsupported_country_region_territory"),
        NO_HEADERS,
        F.PERMISSION,
    ),
    (429, openai("x", "insufficient_quota", "insufficient_quota"), NO_HEADERS, F.QUOTA),
    (429, openai("x", "insufficient_quota", "credit_balance_exhausted"), NO_HEADERS, F.QUOTA),
    (429, openai("x", None, "organization_spend_limit_exceeded"), NO_HEADERS, F.QUOTA),
    (429, openai("x", None, "project_spend_limit_exceeded"), NO_HEADERS, F.QUOTA),
    (429, openai("x", None, "organization_usage_limit_exceeded"), NO_HEADERS, F.QUOTA),
    (429, openai("Rate limit", "requests", "rate_limit_exceeded"), SOON, F.RATE),
    (
        429,
        openai("Request too large for m on tokens per min (TPM)", "tokens", "rate_limit_exceeded"),
        NO_HEADERS,
        F.RATE,
    ),
    (429, openai("x", None, "slow_down"), NO_HEADERS, F.OVERLOADED),
    (503, openai("x", "server_error", "server_is_overloaded"), NO_HEADERS, F.OVERLOADED),
    (
        400,
        openai("x", "invalid_request_error", "context_length_exceeded"),
        NO_HEADERS,
        F.CONTEXT,
    ),
    (400, openai("x", "invalid_request_error", "invalid_prompt"), NO_HEADERS, F.POLICY),
    (400, openai("x", "x", "content_policy_violation"), NO_HEADERS, F.POLICY),
    (404, openai("x", "invalid_request_error", "model_not_found"), NO_HEADERS, F.MODEL),
    (400, openai("Unknown parameter", "invalid_request_error"), NO_HEADERS, F.BAD_REQUEST),
    (500, openai("The server had an error", "server_error"), NO_HEADERS, F.SERVER),
    # OpenRouter
    (401, router(401, "No auth credentials found"), NO_HEADERS, F.AUTH),
    (402, router(402, "Insufficient credits", error_type="payment_required"), NO_HEADERS, F.QUOTA),
    (
        402,
        router(402, "x", error_type="payment_required", limit_source="openrouter_in_flight_budget"),
        SOON,
        F.RATE,
    ),
    (402, router(402, "x"), SOON, F.RATE),
    (403, router(403, "Flagged", reasons=["violence"]), NO_HEADERS, F.POLICY),
    (403, router(403, "Budget", limit_source="key"), NO_HEADERS, F.QUOTA),
    (429, router(429, "x", error_type="rate_limit_exceeded"), NO_HEADERS, F.RATE),
    (502, router(502, "x", error_type="provider_unavailable"), NO_HEADERS, F.OVERLOADED),
    (502, router(502, "Provider returned error"), NO_HEADERS, F.SERVER),
    (503, router(503, "No provider"), NO_HEADERS, F.OVERLOADED),
    (504, router(504, "x"), NO_HEADERS, F.SERVER),
    (400, router(400, "Provider returned error", raw="maximum context length"), {}, F.CONTEXT),
    (400, router(400, "x", error_type="token_limit_exceeded"), NO_HEADERS, F.QUOTA),
    (404, router(404, "No endpoints found that support tool use"), NO_HEADERS, F.MODEL),
    # Ollama
    (404, {"error": "model 'x' not found"}, NO_HEADERS, F.MODEL),
    (404, openai("model 'x' not found", "not_found_error"), NO_HEADERS, F.MODEL),
    (404, b"404 page not found", {"content-type": "text/plain"}, F.PROTOCOL),
    (
        503,
        {"error": "server busy, please try again. maximum pending requests exceeded"},
        NO_HEADERS,
        F.OVERLOADED,
    ),
    (400, {"error": "prompt is longer than the context length of 4096"}, NO_HEADERS, F.CONTEXT),
    (400, openai("m does not support tools", "api_error"), NO_HEADERS, F.MODEL),
    # compatible servers
    (413, openai("TPM: Limit 6000", "tokens", "rate_limit_exceeded"), NO_HEADERS, F.RATE),
    (498, openai("x", None, "capacity_exceeded"), NO_HEADERS, F.OVERLOADED),
    (498, b"", NO_HEADERS, F.OVERLOADED),
    (402, openai("Insufficient Balance"), NO_HEADERS, F.QUOTA),
    (422, openai("Invalid parameters"), NO_HEADERS, F.BAD_REQUEST),
    (
        422,
        {"object": "error", "message": "bad", "type": "invalid_request_error", "code": 1},
        NO_HEADERS,
        F.BAD_REQUEST,
    ),
    (
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens.",
            "type": "BadRequestError",
            "code": 400,
        },
        NO_HEADERS,
        F.CONTEXT,
    ),
    (
        400,
        {"error": {"message": "context length is only 10", "type": "BadRequestError", "code": 400}},
        NO_HEADERS,
        F.CONTEXT,
    ),
    (
        500,
        {"error": {"code": 500, "type": "exceed_context_size_error", "n_ctx": 4096}},
        NO_HEADERS,
        F.CONTEXT,
    ),
    (500, {"error": {"code": 500, "message": "exceeds the available context size"}}, {}, F.CONTEXT),
    # whatever stands in between
    (301, b"", NO_HEADERS, F.PROTOCOL),
    (307, b"<html>", HTML, F.PROTOCOL),
    # A portal's or a proxy's own sign-in: it says nothing about the key.
    (403, b"<html>Forbidden</html>", HTML, F.PROTOCOL),
    (401, b"<html>Sign in</html>", {"content-type": "Text/HTML; charset=utf-8"}, F.PROTOCOL),
    (404, b"<html>Not found</html>", HTML, F.PROTOCOL),
    (405, b"", NO_HEADERS, F.PROTOCOL),
    (407, b"", NO_HEADERS, F.PROTOCOL),
    (502, b"<html>Bad Gateway</html>", HTML, F.SERVER),
    (503, b"upstream connect error", {"content-type": "text/plain"}, F.OVERLOADED),
    (520, b"", NO_HEADERS, F.SERVER),
    (418, b"", NO_HEADERS, F.BAD_REQUEST),
    (100, b"", NO_HEADERS, F.SERVER),
]


def raw(body: object) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


@pytest.mark.parametrize(("status", "body", "headers", "kind"), ROWS)
def test_table(status: int, body: object, headers: dict[str, str], kind: FailureClass) -> None:
    """Each documented error has its class; the status is kept."""
    failure = classify_response(status, headers, raw(body), now=0)
    assert (kind, status) == (failure.kind, failure.status)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "overloaded_error", "message": "x"}, F.OVERLOADED),
        ({"type": "authentication_error", "message": CANARY}, F.AUTH),
        ({"code": "invalid_api_key"}, F.AUTH),
        ({"type": "permission_error"}, F.PERMISSION),
        ({"type": "rate_limit_error"}, F.RATE),
        ({"type": "not_found_error"}, F.MODEL),
        ({"type": "request_too_large"}, F.REQUEST_SIZE),
        ({"type": "invalid_request_error", "message": "prompt is too long"}, F.CONTEXT),
        ({"type": "invalid_request_error"}, F.BAD_REQUEST),
        ({"code": 429, "message": "x"}, F.RATE),
        ({"code": 502, "metadata": {"error_type": "provider_unavailable"}}, F.OVERLOADED),
        ({"code": "server_error"}, F.SERVER),
        ("boom", F.SERVER),
        (None, F.SERVER),
        ([], F.SERVER),
    ],
)
def test_inside_a_stream(error: object, kind: FailureClass) -> None:
    """An error object is understood without a status, and has none."""
    failure = classify_error(error)
    assert (kind, None) == (failure.kind, failure.status)


def test_every_class_that_a_vendor_can_cause_has_words() -> None:
    """Each class begins its message with words of its own."""
    ours = {F.NETWORK, F.TIMEOUT, F.TRUNCATED}
    assert set(FailureClass) - ours == set(LEADS)


def test_message_quotes_the_vendor() -> None:
    """The vendor's words follow ours and the status."""
    failure = classify_response(400, {}, raw(openai("Unknown parameter")), now=0)
    assert failure.message == "refused the request (HTTP 400): Unknown parameter"


@pytest.mark.parametrize("message", ["Incorrect API key: sk-ab***yz", "Missing scopes for sk-ab"])
def test_refused_keys_are_never_quoted(message: str) -> None:
    """When a key is refused the vendor's words, which may hold parts of it, are not repeated."""
    assert "sk-ab" not in classify_response(401, {}, raw(openai(message)), now=0).message


def test_pages_are_named_not_quoted() -> None:
    """A web page is told as such, with the place to look where the address is wrong."""
    page = b"<html>secret portal</html>"
    assert (
        classify_response(502, HTML, page, now=0).message
    ) == "failed (HTTP 502): a web page (text/html)"
    assert "check base_url" in classify_response(404, HTML, page, now=0).message
    assert "check base_url" in web_page(200).message


def test_retry_after_reaches_the_failure() -> None:
    """The wait the vendor asks for is part of the failure, from a header or the body."""
    assert classify_response(429, SOON, b"{}", now=0).retry_after == 2.0
    body = {"error": {"code": 429, "availability": {"retryable": True, "retry_after": 4}}}
    assert classify_response(429, {}, raw(body), now=0).retry_after == 4.0


@pytest.mark.parametrize(
    ("status", "body", "recognised"),
    [
        (401, openai("Incorrect API key"), False),
        (403, openai("Missing scopes: api.model.read"), True),
        (403, anthropic("permission_error", "Your API key lacks permission"), True),
        (403, openai("Country, region, or territory not supported"), None),
        (403, b"<html>permission denied</html>", None),
        (402, router(402, "Insufficient credits"), True),
        (429, openai("x", "insufficient_quota"), True),
        (402, b"<html>", None),
        (429, b"", None),
        (500, b"", None),
        (404, b"", None),
    ],
)
def test_what_a_failed_check_tells_of_a_key(
    status: int, body: object, recognised: bool | None
) -> None:
    """Only 401 refuses a key; what is told to known keys only proves it; the rest tells nothing."""
    assert recognised is was_recognised(status, {}, raw(body))


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_page_tells_nothing_of_a_key(status: int) -> None:
    """Whoever answers with a page for people is not the API, even if it says 401."""
    assert was_recognised(status, {"content-type": "text/html"}, b"<html>Sign in</html>") is None


@pytest.mark.parametrize(
    ("headers", "is_one"),
    [
        ({"content-type": "text/html"}, True),
        ({"content-type": "Text/HTML; charset=utf-8"}, True),
        ({"content-type": "application/json"}, False),
        ({}, False),
    ],
)
def test_pages_are_known_by_their_type(headers: dict[str, str], is_one: bool) -> None:
    """A page for people says so in its content type."""
    assert is_one == is_page(headers)


def test_shown_is_short_and_in_one_line() -> None:
    """A long message over many lines becomes one line within the limit."""
    failure = Failure(kind=F.SERVER, message="a\n\t b " + "x" * 1000)
    told = shown(failure, str).message
    assert told.startswith("a b xx")
    assert told.endswith("…")
    assert len(told) == MAX_MESSAGE


@pytest.mark.parametrize("before", range(MAX_MESSAGE - 40, MAX_MESSAGE + 5))
def test_shown_never_shows_part_of_a_key(before: int) -> None:
    """A key at the cut is taken out before the cut, so no piece of it is left."""
    redactor, key = Redactor(), "unlike-any-vendors-key-0123456789"
    redactor.add(Secret(key))
    failure = Failure(kind=F.SERVER, message="x" * before + key)
    told = shown(failure, redactor.redact).message
    assert not any(key[:length] in told for length in (6, 12, len(key)))
