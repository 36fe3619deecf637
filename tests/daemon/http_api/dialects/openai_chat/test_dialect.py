import pytest

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.problem import RequestProblem


def test_there_is_no_counting_of_tokens() -> None:
    """A request to count tokens is a path that is not there."""
    with pytest.raises(RequestProblem) as raised:
        DIALECT.read_count(ApiCall(method="POST", path="/v1/count"))
    assert raised.value.problem.status == 404
    assert DIALECT.count_reply(7) == b'{"input_tokens":7}'


def test_notes_are_comments() -> None:
    """What no header could say is in lines that every client of streams skips."""
    notes = [("x-aircher-cost", "0.0012"), ("x-aircher-attempts", "2")]
    assert DIALECT.stream_note(notes) == b": x-aircher-cost: 0.0012\n: x-aircher-attempts: 2\n\n"
    assert DIALECT.stream_note([]) == b""
    assert DIALECT.keep_alive == b": keep-alive\n\n"
