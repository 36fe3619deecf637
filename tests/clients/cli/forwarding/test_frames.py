"""The frames between the two ends of a forward."""

import pytest

from aircher_cli.forwarding.frames import (
    GREETING,
    MAX_PAYLOAD,
    MAX_SKIPPED,
    Decoder,
    Frame,
    FrameError,
    Kind,
    NoGreeting,
    decode_message,
    encode,
    encode_message,
)

FRAMES = encode(Kind.OPEN, 1) + encode(Kind.DATA, 1, b"abc") + encode(Kind.PING)
EXPECTED = [Frame(1, 1, b""), Frame(2, 1, b"abc"), Frame(5, 0, b"")]


@pytest.mark.parametrize("size", [1, 2, 9, 1000])
def test_bytes_come_in_any_pieces(size: int) -> None:
    """What a shell has printed before the greeting is skipped."""
    data = b"Welcome to buildbox\n" + GREETING + FRAMES
    decoder = Decoder(is_greeted=False)

    found = [frame for at in range(0, len(data), size) for frame in decoder.feed(data[at:][:size])]

    assert found == EXPECTED
    assert (decoder.is_greeted, decoder.skipped) == (True, b"")


def test_the_end_that_greets_waits_for_no_greeting() -> None:
    """Its frames begin at once."""
    assert Decoder(is_greeted=True).feed(FRAMES) == EXPECTED


def test_another_program_is_recognised() -> None:
    """It prints too much, or something that is kept for the message."""
    decoder = Decoder(is_greeted=False)
    assert decoder.feed(b"this is menu 1 of 3") == []
    assert decoder.skipped == b"this is menu 1 of 3"

    with pytest.raises(NoGreeting) as caught:
        decoder.feed(bytes(MAX_SKIPPED))
    assert caught.value.said.startswith(b"this is menu")


def test_a_frame_has_a_bound() -> None:
    """A length that no end sends is not waited for."""
    head = encode(Kind.DATA, 1, b"")[:5] + (MAX_PAYLOAD + 1).to_bytes(4, "big")

    with pytest.raises(FrameError, match="65537 bytes"):
        Decoder(is_greeted=True).feed(head)


def test_messages_are_maps() -> None:
    """Anything else breaks the protocol."""
    (frame,) = Decoder(is_greeted=True).feed(encode_message({"ready": "/run/ä"}))
    assert decode_message(frame.payload) == {"ready": "/run/ä"}

    for payload in (b"[]", b"{", b"\xff"):
        with pytest.raises(FrameError):
            decode_message(payload)


@pytest.mark.parametrize("payload", [b"[" * 60_000, b'{"a":' * 9000 + b"1" + b"}" * 9000])
def test_a_message_has_a_depth(payload: bytes) -> None:
    """Deeper than any parser goes, it breaks the protocol, and not this end."""
    with pytest.raises(FrameError, match="not JSON"):
        decode_message(payload)
