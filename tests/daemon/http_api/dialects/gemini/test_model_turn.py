"""A turn of the model of which a client kept the pieces."""

from aircherd.http_api.dialects.gemini.model_turn import ModelTurn
from aircherd.http_api.dialects.gemini.signatures import Sealed
from aircherd.vocabulary.parts import ReasoningPart, TextPart, ToolCallPart

CALL = ToolCallPart("a", "f", "{}")


def test_texts_are_joined() -> None:
    """A text alone is a text; a turn is empty after its end."""
    turn = ModelTurn()
    turn.add_text("a", None, None)
    turn.add_text("b", None, None)
    assert turn.close() == "ab"
    assert turn.close() == []


def test_signatures() -> None:
    """One belongs to the text up to it, also if it comes with the next part."""
    turn = ModelTurn()
    turn.add_text("a", None, None)
    turn.add_text("b", "s1", "p/m")
    turn.add_text("c", None, None)
    turn.add_carried(Sealed("p/m", said="s2", before=[ReasoningPart("t", "s", "p/m")]))
    turn.add(CALL)
    assert turn.close() == [
        TextPart("ab", "s1", "p/m"),
        TextPart("c", "s2", "p/m"),
        ReasoningPart("t", "s", "p/m"),
        CALL,
    ]


def test_a_signature_without_its_text() -> None:
    """It is left out."""
    turn = ModelTurn()
    turn.add_carried(Sealed("p/m", said="s"))
    turn.add(CALL)
    assert turn.close() == [CALL]
