"""Headers that tell what answered."""

from aircherd.http_api.operations.answer_headers import (
    answering_headers,
    cost_notes,
    result_headers,
)
from aircherd.vocabulary.attempt import Attempt, ChatResult

RESULT = ChatResult(
    message={},
    finish="stop",
    usage=None,
    cost="0.0012",
    provider="p",
    model="m",
    attempts=[Attempt(provider="p", model="m", outcome="ok", ms=1)] * 2,
    skipped=[],
)


def test_all_of_them():
    """The cost is left out where it is unknown."""
    assert dict(result_headers(RESULT, "verbatim")) == {
        "x-aircher-provider": "p",
        "x-aircher-model": "m",
        "x-aircher-attempts": "2",
        "x-aircher-carried": "verbatim",
        "x-aircher-cost": "0.0012",
    }
    unknown = ChatResult(
        **{f: getattr(RESULT, f) for f in RESULT.__struct_fields__} | {"cost": None}
    )
    assert cost_notes(unknown) == []


def test_names_of_any_kind():
    """A header is ASCII on one line."""
    headers = dict(answering_headers("p", "modèle\r\nx", 1, "translated"))
    assert headers["x-aircher-model"] == "mod\\xe8le\\r\\nx"
