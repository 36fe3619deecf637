"""Responses as bytes."""

from types import SimpleNamespace

import msgpack
import msgspec
import pytest

from aircher_wire import frames
from aircherd.errors import BadRequest
from aircherd.ipc import responses
from aircherd.ipc.responses import cancelled_error, encode_error, encode_result, internal_error
from aircherd.vocabulary.attempt import Attempt


class Result(msgspec.Struct):
    attempts: list[Attempt]
    text: str


def test_struct_is_encoded_as_a_map():
    """The bytes are those of the same values as plain maps."""
    result = Result([Attempt(provider="a", model="m", outcome="ok", ms=3)], "hi")
    plain = msgspec.to_builtins(result)
    assert encode_result(4, result) == frames.encode_response(4, plain)


def test_invalid_text_is_replaced():
    """Half a surrogate pair cannot be encoded."""
    answer = msgpack.unpackb(encode_result(1, Result([], "a\ud800b")))
    assert answer == [1, 1, None, {"attempts": [], "text": "a?b"}]


@pytest.mark.parametrize("result", [{"number": 10**30}, {"text": "x" * (frames.MAX_FRAME + 1)}])
def test_too_large_result_is_an_internal_error(result):
    """The connection stays open."""
    answer = msgpack.unpackb(encode_result(1, result))
    assert answer[2]["code"] == "internal"


def test_error_has_code_message_and_data():
    """The format is that of docs/protocol.md."""
    answer = msgpack.unpackb(encode_error(2, BadRequest("no", field="name")))
    error = {"code": "bad_request", "message": "no", "data": {"field": "name"}}
    assert answer == [1, 2, error, None]


def test_too_large_error_loses_its_data():
    """It is still a response."""
    answer = msgpack.unpackb(encode_error(2, BadRequest("x" * (frames.MAX_FRAME + 1))))
    assert answer[2]["code"] == "internal"


def test_internal_error_has_the_type_without_the_text():
    """The text may contain a prompt or a key."""
    assert "canary" not in internal_error(ValueError("canary")).message
    assert "ValueError" in internal_error(ValueError("canary")).message


@pytest.mark.parametrize(
    ("error", "is_explained"),
    [
        (ModuleNotFoundError("No module named 'x'"), True),
        (FileNotFoundError("models.json"), True),
        (ExceptionGroup("several", [ExceptionGroup("inner", [ImportError("x")])]), True),
        (ExceptionGroup("several", [ValueError("x")]), False),
        (ValueError("x"), False),
    ],
)
def test_a_missing_file_is_explained_if_the_installation_is_gone(monkeypatch, error, is_explained):
    """The name of a module would tell the user nothing; without that it is our mistake."""
    assert "internal error" in internal_error(error).message
    gone = SimpleNamespace(problem=lambda: ("installation_gone", "it was removed"))
    monkeypatch.setattr(responses, "INSTALLATION", gone)
    assert (internal_error(error).message == "it was removed") == is_explained


@pytest.mark.parametrize(("is_draining", "code"), [(False, "cancelled"), (True, "shutting_down")])
def test_cancelled_error_names_its_cause(is_draining, code):
    """It is the client or the shutdown."""
    assert cancelled_error(is_draining=is_draining).code == code
