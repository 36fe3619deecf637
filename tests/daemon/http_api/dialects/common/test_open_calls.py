"""Which call of a conversation an answer belongs to."""

from aircherd.http_api.dialects.common.open_calls import OpenCalls


def test_by_id_then_by_name() -> None:
    """An id decides, else the first call of the name that has no answer."""
    calls = OpenCalls()
    assert [calls.add(each, "f") for each in ("a", None, "b")] == ["a", "call_1", "b"]
    assert calls.answer("b", "f") == "b"
    assert calls.answer("b", "f") == "a"
    assert calls.answer(None, "f") == "call_1"
    assert calls.answer(None, "f") is None


def test_by_order() -> None:
    """Where clients send no name, the first call is meant."""
    calls = OpenCalls()
    calls.add("a", "f")
    calls.add("b", "g")
    assert calls.answer(None, "h") is None
    assert calls.answer(None, None, any_name=True) == "a"
    assert calls.answer(None, "h", any_name=True) == "b"


def test_an_id_twice() -> None:
    """The last call with an id is the one that is answered."""
    calls = OpenCalls()
    calls.add("a", "f")
    calls.add("a", "g")
    assert calls.answer(None, "f") is None
    assert calls.answer(None, "g") == "a"
    assert repr(calls) == "<OpenCalls 0>"
