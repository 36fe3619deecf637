"""Where in a part Gemini's thought signature stood, kept inside our `signature`.

A part of ours is a whole run of text; Gemini signs only the piece that carried the signature, often
an empty one at the end, and wants its parts back as they were. So the number of characters that the
signed piece had goes in front: `0:SIGNATURE`. Nobody else reads it.
"""


def placed(signature: str, text: str) -> str:
    """Return the `signature` of a part of ours whose last piece is `text`."""
    return f"{len(text)}:{signature}"


def split_signed(text: str, placed_signature: str) -> tuple[str, str, str]:
    """Return the text before the signed piece, the signed piece, and Gemini's own signature."""
    size, colon, signature = placed_signature.partition(":")
    if not (colon and size.isascii() and size.isdigit() and len(size) < 9):
        return "", text, placed_signature  # not of our making: all of it is signed, as it stands
    at = max(len(text) - int(size), 0)
    return text[:at], text[at:], signature
