"""The facts of an error, wherever they are."""

import msgspec
import pytest

from aircherd.providers.error_mapping.error_objects import decode_text, printed_message, read_facts

RAW = '{"error": {"message": "Why", "code": "model_not_found"}}'


@pytest.mark.parametrize(
    ("body", "codes", "message"),
    [
        ({"error": "Why", "code": "c_d"}, {"c_d"}, "Why"),
        (
            {"error": "model_not_found", "message": "Why"},
            {"model_not_found"},
            "model_not_found: Why",
        ),
        ({"code": 1113, "message": "Why"}, {"1113"}, "Why"),
        ({"code": "InvalidApiKey", "text": "Why"}, {"invalidapikey", "invalid_api_key"}, "Why"),
        ({"code": "model-not-found", "err": "Why"}, {"model-not-found", "model_not_found"}, "Why"),
        ({"response": {"error": {"message": "Why"}}}, set(), "Why"),
        ({"data": {"error": "Why"}}, set(), "Why"),
        ({"fault": {"faultstring": "Why"}}, set(), "Why"),
        ({"code": "1113", "msg": "Why"}, {"1113"}, "Why"),
        ({"code": 404, "message": "Why"}, set(), "Why"),
        ({"message": "Why", "reason": "no_credit"}, {"no_credit"}, "Why"),
        ({"title": "Bad", "detail": "Why"}, set(), "Why"),
        ({"error_code": 336, "error_msg": "Why"}, set(), "Why"),
        ({"error_code": "E", "error_description": "Why"}, {"e"}, "Why"),
        ({"__type": "com.amazon.x#Throttled", "Message": "Why"}, {"throttled"}, "Why"),
        ({"error": {"code": "a.b", "message": "Why"}}, {"a.b", "a"}, "Why"),
        (
            {"error": {"message": "Why", "innererror": {"code": "Inner"}}},
            {"inner"},
            "Why",
        ),
        (
            {"success": False, "errors": [{"code": 7003, "message": "Why"}, {"message": "More"}]},
            {"7003"},
            "Why: More",
        ),
        (
            {"base_resp": {"status_code": 1008, "status_msg": "Why"}},
            {"minimax:1008"},
            "Why",
        ),
        ({"header": {"code": 10907, "message": "Why"}}, {"10907"}, "Why"),
        ({"detail": {"error": "Why"}}, set(), "Why"),
        ({"result": {"error": "Why"}}, set(), "Why"),
        ({"errMsg": "Why"}, set(), "Why"),
        ({"error_info": {"message": "Why"}}, set(), "Why"),
        ({"info": "no known field"}, set(), "no known field"),
        ({"errors": {"api_key": ["is invalid"]}}, set(), "is invalid"),
        ({"status": {"notice": "too deep for the table"}}, set(), "too deep for the table"),
        ({"request": "the user's text", "input": ["the user's text"]}, set(), ""),
        ({"error": RAW}, {"model_not_found"}, "Why"),
        ({"message": f"OpenAIException - {RAW}"}, {"model_not_found"}, "OpenAIException: Why"),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "metadata": {"raw": RAW, "error_type": "T"},
                }
            },
            {"router:t", "model_not_found"},
            "Provider returned error: Why",
        ),
        (
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "No"}]},
            {"extra_forbidden", "param:seed"},
            "body.seed: No",
        ),
        ({"choices": None, "error_type": "T", "error_message": "Why"}, {"t"}, "Why"),
        ({"error": {"code": True, "message": 3}}, set(), ""),
    ],
)
def test_facts(body: object, codes: set[str], message: str) -> None:
    """Codes and messages are collected from all objects that describe the error."""
    facts = read_facts(body)
    assert (codes, message) == (facts.codes, ": ".join(facts.messages))


def test_an_error_printed_as_a_python_object_is_searched() -> None:
    """LiteLLM and others put such texts into their own message."""
    text = "Error code: 400 - {'error': {'message': 'It is too long', 'code': 400}}"
    assert "It is too long" in read_facts({"error": {"message": text}}).texts


def test_the_first_status_counts() -> None:
    """The outermost error says what it was."""
    assert read_facts({"error": {"code": 429}, "status": 502}).status == 502
    assert read_facts({"error": {"http_code": "429"}}).status == 429


def test_a_hostile_body_is_read_in_part() -> None:
    """Depth and number of objects are bounded."""
    deep: object = {"message": "end"}
    for _ in range(50):
        deep = {"error": deep}
    assert read_facts(deep).messages == []
    wide = {"errors": [{"message": f"m{n}", "errors": [{"message": "x"}] * 9} for n in range(999)]}
    assert len(read_facts(wide).messages) < 30


def test_json_is_found_in_a_text() -> None:
    """Only a whole object counts."""
    assert decode_text('before {"a": 1} after') == {"a": 1}
    assert decode_text("{" * 100_000 + "}") == {}
    assert decode_text("} {") == decode_text("[1]") == decode_text('{"a": ') == {}
    assert msgspec.json.encode(decode_text('{"a": {"b": 1}}')) == b'{"a":{"b":1}}'


def test_a_field_names_what_its_text_is_about() -> None:
    """Where no field is known, `api_key: is invalid` is read as one sentence."""
    assert read_facts({"errors": {"api_key": ["is invalid"]}}).texts == ["api key is invalid"]


@pytest.mark.parametrize("text", [f"{RAW}{RAW}", f"{RAW} and more }}", f"words {RAW} }}"])
def test_what_follows_an_object_is_left_out(text: str) -> None:
    """A server wrote twice, or appended something."""
    assert decode_text(text) == {"error": {"message": "Why", "code": "model_not_found"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"error":{"message":"Why", "type', "Why"),
        ("Error code: 400 - {'error': {'message': 'Why'", "Why"),
        ("Why", None),
    ],
)
def test_the_message_of_an_object_that_was_cut_off(text: str, message: str | None) -> None:
    """It is found without the rest."""
    assert printed_message(text) == message
