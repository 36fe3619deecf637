"""The position of Gemini's thought signature in a part, kept inside our `signature`.

A part of ours is a whole run of text. Gemini signs only the piece that carried the signature, often
an empty one at the end, and wants its parts back unchanged. So our signature begins with the number
of characters in the signed piece: `0:SIGNATURE`. Only this module reads it.
"""


def with_length(signature: str, text: str) -> str:
    """Return our `signature` for a part whose last piece is `text`."""
    return f"{len(text)}:{signature}"


def split_signed(text: str, our_signature: str) -> tuple[str, str, str]:
    """Return the text before the signed piece, the signed piece, and Gemini's own signature."""
    size, colon, signature = our_signature.partition(":")
    if not (colon and size.isascii() and size.isdigit() and len(size) < 9):
        return "", text, our_signature  # not made here: all of the text is signed
    at = max(len(text) - int(size), 0)
    return text[:at], text[at:], signature
