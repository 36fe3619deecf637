"""The position of a signed piece in a part."""

import pytest

from aircherd.providers.gemini.signature import split_signed, with_length


@pytest.mark.parametrize(
    ("text", "piece"), [("Hello", "Hello"), ("Hello", "lo"), ("Hello", ""), ("", ""), ("a🦀", "🦀")]
)
def test_a_signed_piece_is_found_again(text: str, piece: str) -> None:
    """However the text before it was collected, the piece and its signature come back."""
    assert (text.removesuffix(piece) if piece else text, piece, "S:1") == split_signed(
        text, with_length("S:1", piece)
    )


@pytest.mark.parametrize(
    ("signature", "parts"),
    [
        ("S", ("", "Hello", "S")),
        ("x:S", ("", "Hello", "x:S")),
        ("²:S", ("", "Hello", "²:S")),
        ("999999999999:S", ("", "Hello", "999999999999:S")),
        ("99:S", ("", "Hello", "S")),
    ],
)
def test_foreign_signatures_sign_all_of_the_text(
    signature: str, parts: tuple[str, str, str]
) -> None:
    """A signature not made here, or of a shortened text, counts for all of the text."""
    assert parts == split_signed("Hello", signature)
