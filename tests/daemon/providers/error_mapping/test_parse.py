"""The facts in every vendor's format of error."""

import msgspec
import pytest

from aircherd.providers.error_mapping.parse import (
    RETRY_NEVER,
    RETRY_OK,
    error_in,
    read_error,
    read_error_object,
)

NESTED = {"error": {"message": "Why", "type": "T", "code": "C", "param": None}}


@pytest.mark.parametrize(
    ("body", "codes", "message"),
    [
        (NESTED, {"t", "c"}, "Why"),
        ({"type": "error", "error": {"type": "T", "message": "Why"}}, {"t"}, "Why"),
        (
            {"error": {"type": "T", "message": "Why", "details": {"error_code": "D"}}},
            {"t", "d"},
            "Why",
        ),
        ({"object": "error", "message": "Why", "type": "T", "code": 5}, {"t"}, "Why"),
        ({"error": "Why"}, set(), "Why"),
        ({"detail": "Why"}, set(), "Why"),
        (
            {"detail": [{"msg": "Why"}, {"loc": ["body", 0], "msg": "No"}, 3]},
            set(),
            "Why; body.0: No",
        ),
        ({"object": "error", "message": {"detail": [{"msg": "Why"}]}}, set(), "Why"),
        ({"error": {"message": "Why", "param": "P"}}, {"param:p"}, "Why"),
        ([{"error": {"message": "Why", "status": "S"}}], {"s"}, "Why"),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 429,
                    "metadata": {"raw": "Why", "error_type": "E", "reasons": ["r"]},
                }
            },
            {"router:e", "has:reasons"},
            "Provider returned error: Why",
        ),
        ({"error": {"availability": {"retry_after": 5}}}, {"has:retry-after"}, ""),
        (
            {"error": {"status": "S", "details": [{"reason": "R"}, {"retryDelay": "5s"}]}},
            {"s", "r", "has:retry-after"},
            "",
        ),
        ({"error": None}, set(), ""),
        ({"error": {"message": {"a": 1}, "code": [], "metadata": 3}}, set(), ""),
        ([], set(), ""),
        (None, set(), ""),
    ],
)
def test_formats(body: object, codes: set[str], message: str) -> None:
    """Codes and message are found wherever the vendor puts them."""
    reply = read_error(400, {}, msgspec.json.encode(body), now=0)
    assert (codes, message, True) == (set(reply.codes), reply.message, reply.is_json)


@pytest.mark.parametrize(
    ("headers", "body", "message"),
    [
        ({"content-type": "text/html; charset=utf-8"}, b"<p>", "a web page (text/html)"),
        ({}, b"  <!DOCTYPE html>", "a web page (text/html)"),
        ({"content-type": "text/plain"}, b"404 page not found\n", "404 page not found"),
        ({}, b"", ""),
        ({}, b"\xff", "\ufffd"),
        ({}, b"\x1f\x8b\x08\x00 compressed", ""),
        ({}, b"[" * 100_000, "[" * 100_000),
    ],
)
def test_bodies_that_are_not_json(headers: dict[str, str], body: bytes, message: str) -> None:
    """Web pages are named, plain text is quoted, binary data is left out."""
    reply = read_error(500, headers, body, now=0)
    assert (message, False) == (reply.message, reply.is_json)


@pytest.mark.parametrize(
    ("code", "status"), [(429, 429), ("503", 503), (200, None), ("x", None), (None, None)]
)
def test_status_inside_a_stream(code: object, status: int | None) -> None:
    """In a stream the status, if any, is in the error object."""
    assert status == read_error_object({"code": code}).status


def test_retry_after_header_becomes_a_code() -> None:
    """The delay is kept, and rules can match it."""
    reply = read_error(402, {"retry-after": "3"}, b"{}", now=0)
    assert (3.0, {"has:retry-after"}) == (reply.retry_after, set(reply.codes))
    assert {"has:retry-after"} == read_error(503, {"retry-after": "3"}, b"oops", now=0).codes


@pytest.mark.parametrize(
    ("availability", "headers", "again", "wait"),
    [
        ({}, {}, set(), None),
        ({}, {"x-should-retry": "true"}, {RETRY_OK}, None),
        ({}, {"x-should-retry": "false"}, {RETRY_NEVER}, None),
        ({}, {"x-should-retry": "false", "retry-after": "3"}, set(), 3.0),
        ({"retryable": True}, {"x-should-retry": "false"}, {RETRY_OK}, None),
        ({"retryable": False}, {"x-should-retry": "true"}, {RETRY_NEVER}, None),
        ({"retryable": "yes", "retry_after": "soon"}, {}, set(), None),
        ({"retry_after": 4}, {"retry-after": "3"}, set(), 4.0),
    ],
)
def test_retry_codes(
    availability: object, headers: dict[str, str], again: set[str], wait: float | None
) -> None:
    """OpenRouter's own field wins over a header; with a delay it is not "never"."""
    body = msgspec.json.encode({"error": {"availability": availability}})
    reply = read_error(429, headers, body, now=0)
    assert (again, wait) == (set(reply.codes) - {"has:retry-after"}, reply.retry_after)


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("Model 'x' not found", "model 'x' not found"),
        ("Value 'my api key is invalid' is wrong", 'value "..." is wrong'),
        ('"All of it is quoted"', "all of it is quoted"),
        ("The user\u2019s model\u2019s window", "the user's model's window"),
        ("\u201cTwo words\u201d and `two words` here", '"..." and "..." here'),
    ],
)
def test_phrases_in_quotes_are_not_searched(text: str, searched: str) -> None:
    """They may be what the user wrote; a single word is a name and stays."""
    body = msgspec.json.encode({"error": {"message": text}})
    assert read_error(400, {}, body, now=0).text == searched


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"error": {"message": "Why"}}',
        b'{"error": {"message": "Why\t"}, "n": NaN}',
        b'data: {"error": {"message": "Why"}}\n\ndata: [DONE]\n\n',
        b'event: error\ndata: {"message": "Why"}\n\n',
        b'"Why"',
        b'["Why"]',
        b"<?xml version='1.0'?><Error><Code>C</Code><Message>Why</Message></Error>",
    ],
)
def test_an_odd_body_is_read(body: bytes) -> None:
    """A byte order mark, control characters, NaN, and events are no reason to lose the message."""
    assert read_error(400, {}, body, now=0).message.strip() == "Why"


@pytest.mark.parametrize(
    ("http", "inner", "status"),
    [(500, 401, 401), (502, "429", 429), (500, 404, 500), (400, 500, 400), (400, 401, 400)],
)
def test_a_status_that_a_proxy_passes_on(http: int, inner: object, status: int) -> None:
    """Behind a 5xx, what the other server said counts."""
    body = msgspec.json.encode({"error": {"code": inner, "message": "x"}})
    assert status == read_error(http, {}, body, now=0).status


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "Why"}}, "Why"),
        ({"error": "Why"}, "Why"),
        ({"error": "Why", "code": "c"}, "Why"),
        ({"error": True, "message": "Why"}, "Why"),
        ({"error": ["Why"]}, "Why"),
        ({"error": {"message": "Why"}, "choices": [{"delta": {"content": "x"}}]}, "Why"),
        ({"choices": None, "error_type": "T", "error_message": "Why"}, "Why"),
        ({"choices": [], "error_message": "Why"}, "Why"),
        ({"detail": "Why"}, "Why"),
        ({"detail": [{"msg": "Why"}]}, "Why"),
        ({"status": "439", "msg": "Why"}, "Why"),
        ({"status": "error", "message": "Why"}, "Why"),
        ({"code": 1113, "message": "Why"}, "Why"),
        ({"code": 1113, "msg": "Why", "success": False}, "Why"),
        ({"object": "error", "message": "Why"}, "Why"),
        ({"type": "error", "message": "Why"}, "Why"),
        ({"success": False, "errors": [{"code": 7003, "message": "Why"}]}, "Why"),
        ({"errors": ["Why"]}, "Why"),
        ({"title": "Bad", "status": 400, "detail": "Why"}, "Why"),
        ({"Message": "Why"}, "Why"),
        ({"__type": "ThrottlingException", "message": "Why"}, "Why"),
        ({"base_resp": {"status_code": 1008, "status_msg": "Why"}}, "Why"),
        (
            {"choices": [{"delta": {}}], "base_resp": {"status_code": 1027, "status_msg": "Why"}},
            "Why",
        ),
        ({"message": "Why"}, "Why"),
        ({"header": {"code": 10907, "message": "Why"}}, "Why"),
        ({"Error": {"Code": "AccountOverdueError", "Message": "Why"}}, "Why"),
        ({"Response": {"Error": {"Code": "AuthFailure", "Message": "Why"}}}, "Why"),
        ({"ResponseMetadata": {"Error": {"Code": "Throttled", "Message": "Why"}}}, "Why"),
        ({"ok": False, "message": "Why"}, "Why"),
        ({"result": {"error": {"message": "Why"}}}, "Why"),
        ({"response": {"error": "Why"}}, "Why"),
        ({"data": {"error": {"message": "Why"}}}, "Why"),
        ({"status": {"code": 402, "message": "Why"}}, "Why"),
        ({"state": "fail", "message": "Why"}, "Why"),
        ({"fault": {"faultstring": "Why"}}, "Why"),
    ],
)
def test_an_error_in_place_of_a_reply(body: dict[str, object], message: str) -> None:
    """It is recognised in all of its shapes, and its message is found."""
    error = error_in(body)
    assert error is not None
    assert read_error_object(error).message == message


CHOICES: dict[str, object] = {"choices": [{"delta": {"content": "x"}}]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        CHOICES,
        *({**CHOICES, "error": nothing} for nothing in ({}, "", None, False, 0, [], "null", " ")),
        {**CHOICES, "error": {"message": "", "code": None}},
        {**CHOICES, "error": {"code": 0, "message": "success"}},
        {**CHOICES, "base_resp": {"status_code": 0, "status_msg": "success"}},
        {**CHOICES, "message": "a notice", "detail": "more", "status": "error"},
        {"error": None},
        {**CHOICES, "header": {"code": 0, "message": "Success"}},
        {**CHOICES, "ResponseMetadata": {"RequestId": "x"}},
        {"ok": True, "reason": "done"},
        {"response": {"candidates": [{}], "error": None}},
        {"type": "response.created", "response": {"error": {"message": "x"}}},
        {"status": {"code": 200, "message": "OK"}, **CHOICES},
        {"usage": {"prompt_tokens": 3}},
        {"id": "x", "object": "chat.completion.chunk", "choices": []},
        {"message": {"role": "assistant", "content": "x"}},
        {"candidates": [{}], "message": "x"},
        {"output": [{"type": "message"}], "status": "completed"},
        {"response": "x", "done": False},
        {"status": "success", "message": "done"},
        {"code": 200, "msg": "ok"},
        {"code": 0, "message": "ok", "data": {"x": 1}},
        {"type": "message_start", "message": {"content": []}},
        {"type": "ping"},
    ],
)
def test_a_reply_is_no_error(body: dict[str, object]) -> None:
    """An empty error, a notice beside a reply, and a success are none."""
    assert error_in(body) is None


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("API_KEY_REVOKED", ("api key revoked",)),
        ("ContextOverflowError", ("context overflow error",)),
        (
            "FailedOperation.ResourcePackExhausted",
            ("failed operation", "failed operation resource pack exhausted"),
        ),
        ("invalid_api_key", ()),
        ("invalid_request_error", ()),
        ("oops", ()),
    ],
)
def test_unlisted_codes_are_read_as_words(code: str, names: tuple[str, ...]) -> None:
    """A code that no table lists still says something; listed ones have their own rows."""
    assert read_error_object({"code": code, "message": "x"}).names == names


def test_unlisted_codes_are_bounded() -> None:
    """A hostile server decides how many there are, and how long they are."""
    error = {"errors": [{"code": f"c_{at}_{'x' * 900}"} for at in range(100)]}
    names = read_error_object(error).names
    assert (len(names) <= 8, max(map(len, names)) <= 80) == (True, True)


def test_bedrock_names_the_error_in_a_header() -> None:
    """What follows the colon is an address."""
    headers = {"x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/coral/"}
    assert "throttlingexception" in read_error(400, headers, b'{"message":"x"}', now=0).codes


def test_a_body_that_was_cut_off_is_read() -> None:
    """Its message stands in quotes, and still counts."""
    reply = read_error(400, {}, b'{"error":{"message":"It is used up","code', now=0)
    assert (reply.message, reply.text) == ("It is used up", "it is used up")


def test_xml_in_lower_case_is_read() -> None:
    """AWS and Google have names in capitals."""
    body = b"<?xml version='1.0'?><error><message>Why</message></error>"
    assert read_error(400, {}, body, now=0).message == "Why"


@pytest.mark.parametrize(("inner", "status"), [(402, 402), ("402", 402), (429, 400)])
def test_money_counts_behind_every_status(inner: object, status: int) -> None:
    """No server says 402 by mistake."""
    body = msgspec.json.encode({"error": {"code": inner, "message": "x"}})
    assert status == read_error(400, {}, body, now=0).status


def test_traditional_characters_are_read_as_simplified_ones() -> None:
    """The patterns have the latter only; the message stays as it is."""
    reply = read_error_object({"message": "帳戶餘額不足"})
    assert (reply.text, reply.message) == ("账户余额不足", "帳戶餘額不足")
