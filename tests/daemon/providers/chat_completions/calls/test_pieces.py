"""What servers send as a piece of a call, as far as it is usable."""

import pytest

from aircherd.providers.chat_completions.calls.pieces import Piece
from aircherd.vocabulary.reply import ToolCallDelta
from helpers.providers.tool_call_pieces import (
    events_of,
    piece_of,
)


@pytest.mark.parametrize(
    ("index", "number"),
    [(1, 1), (2.0, 2), ("3", 3), (0.5, None), ("x", None), ("9" * 16, None), (True, None)],
)
def test_numbers_of_calls(index: object, number: int | None) -> None:
    """Some servers send a float or a text; anything else is no number."""
    assert Piece(piece_of(index=index)).index == number


def test_fields_beside_the_function_are_its_own() -> None:
    """Some servers leave out the level of the function, or call the arguments otherwise."""
    piece = Piece(piece_of(id=7, name=" f ", parameters={"a": 1}))
    assert (piece.id, piece.name, piece.arguments) == ("7", "f", '{"a":1}')
    assert Piece(piece_of()).is_empty


def test_an_empty_custom_call_beside_a_function_is_none() -> None:
    """A server that always sends all fields means the one that says something."""
    function = {"name": "f", "arguments": "{}"}
    piece = piece_of(id="a", custom={"name": "", "input": ""}, function=function)
    assert events_of([piece]) == [ToolCallDelta(0, "a", "f", "{}")]
    piece = piece_of(id="a", custom={"name": "g", "input": "x"}, function={"name": ""})
    assert events_of([piece]) == [ToolCallDelta(0, "a", "g", "x", custom=True)]
