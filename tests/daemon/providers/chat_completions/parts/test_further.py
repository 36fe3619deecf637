"""Fields without a word of ours are put together and come whole."""

import msgspec
import pytest

from aircherd.providers.chat_completions.parts.further import (
    MAX_HELD,
    FurtherFields,
    assemble,
    new_held,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import OtherDelta
from helpers.providers.provider_calls import failure_of


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (['{ "a": 1.0 }'], ['{ "a": 1.0 }']),
        (['"a"', '"ą"'], ['"aą"']),
        (["[1.0]", "[]", '[{"a": 2}]'], ['[1.0,{"a": 2}]']),
        (['{"content":[1],"refusal":null}', '{"content":[2]}'], ['{"content":[1,2]}']),
        (
            ['{"id":"x","t":"a"}', '{"id":"x","t":"b"}'],
            ['{"id":"x","t":"a"}', '{"id":"x","t":"b"}'],
        ),
        (['{"id":"x"}', '{"id":"x"}'], ['{"id":"x"}']),
        (['"a"', "[1]"], ['"a"', "[1]"]),
    ],
)
def test_pieces(pieces: list[str], expected: list[str]) -> None:
    """Texts are joined and lists continued; what does not fit together stays apart."""
    assembled = assemble([piece.encode() for piece in pieces])
    assert [each.decode() for each in assembled] == expected


def test_states_replace_what_they_contain() -> None:
    """A growing list comes once, in its last state; another one besides it."""
    further = FurtherFields(new_held())
    for state in ('["a"]', '["a"]', '["a","b"]', '["c"]'):
        further.add_state("found", raw(state))
    assert further.close() == [OtherDelta("found", '["a","b"]'), OtherDelta("found", '["c"]')]


def test_a_state_of_what_came_in_pieces_is_left_out() -> None:
    """It repeats them."""
    further = FurtherFields(new_held())
    further.add_piece("text", raw('"a"'))
    further.add_piece("text", raw('"b"'))
    further.add_state("text", raw('"ab"'))
    assert further.close() == [OtherDelta("text", '"ab"')]


def test_long_names_are_cut() -> None:
    """A kind has a limit."""
    further = FurtherFields(new_held())
    further.add_piece("x" * 1000, raw('"a"'))
    assert [len(each.kind) for each in further.close()] == [200]


def test_what_is_held_has_a_limit() -> None:
    """Of bytes, and of empty pieces."""
    further = FurtherFields(new_held())
    failure = failure_of(lambda: further.add_piece("a", raw('"' + "x" * MAX_HELD + '"')))
    assert failure.kind is FailureClass.PROTOCOL

    def many() -> None:
        for _ in range(MAX_HELD):
            further.add_state("b", raw("[1]"))
            further.add_piece("c", raw("[1]"))

    assert failure_of(many).kind is FailureClass.PROTOCOL
