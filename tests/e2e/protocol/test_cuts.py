"""The Python client survives every cut of a transcript's bytes, and bytes that are wrong."""

import socket
import threading
import time

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircher_client.connection import Connection
from aircher_client.conversation import Conversation
from aircher_client.errors import ClientError
from aircher_wire.frames import Decoder, Frame, Notification
from helpers.protocol.transcripts import files, read, sent_frames

LARGE = 4000
"""Bytes of all frames: each byte of a shorter transcript is a place to cut."""
PATIENCE = 5.0


def _bytes_of(name: str) -> list[bytes]:
    """Return what the daemon sends in a transcript, frame by frame."""
    steps = next(read(file) for file in files() if file.stem == name)["steps"]
    text = [_numbered(frame) for frame in sent_frames(steps)]
    return [msgpack.packb(frame) for frame in text]


def _numbered(value: object) -> object:
    """Return a frame with a number for each name of a request."""
    if isinstance(value, str) and value.startswith("#"):
        return ord(value[1])
    if isinstance(value, dict):
        return {key: _numbered(each) for key, each in value.items()}
    return [_numbered(each) for each in value] if isinstance(value, list) else value


SENT = {file.stem: _bytes_of(file.stem) for file in files()}
SHORT = {name: frames for name, frames in SENT.items() if sum(map(len, frames)) < LARGE}


def _decoded(*pieces: bytes) -> list[Frame]:
    decoder = Decoder()
    found = [frame for piece in pieces for frame in decoder.feed(piece)]
    assert decoder.error is None
    return found


@pytest.mark.parametrize("name", SHORT)
def test_one_cut_anywhere(name):
    """Nothing is lost, doubled or changed by a cut at any byte."""
    data = b"".join(SHORT[name])
    whole = _decoded(data)

    assert len(whole) == len(SHORT[name])
    assert all(_decoded(data[:at], data[at:]) == whole for at in range(len(data)))


def _reported(data: bytes) -> tuple[list[Frame], ClientError | None]:
    """Return what a client reports of a daemon that sends `data` and is gone."""
    ours, theirs = socket.socketpair()
    talk = Conversation(Connection(ours), "test")
    found: list[Frame] = []

    def send() -> None:
        with theirs:
            theirs.sendall(data)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        while True:
            frame = talk.receive(time.monotonic() + PATIENCE)
            found.append(frame)
            if isinstance(frame, Notification):
                talk.take_notification(frame, None)
    except ClientError as error:
        return found, error
    finally:
        ours.close()
        sender.join()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_daemon_that_is_gone_at_any_byte(data):
    """The client reports the frames that came whole, and then the end."""
    name = data.draw(st.sampled_from(sorted(SHORT)))
    sent = SHORT[name]
    whole = b"".join(sent)
    at = data.draw(st.integers(0, len(whole)))

    found, error = _reported(whole[:at])

    assert found == _decoded(whole)[: len(found)]
    assert len(b"".join(sent[: len(found)])) <= at
    assert len(b"".join(sent[: len(found) + 1])) > at or len(found) == len(sent)
    assert error is not None


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_byte_that_is_wrong(data):
    """Whatever it makes of the frames, the client ends with an error of its own."""
    name = data.draw(st.sampled_from(sorted(SHORT)))
    whole = bytearray(b"".join(SHORT[name]))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))

    found, error = _reported(bytes(whole))

    assert len(found) <= len(whole)
    assert isinstance(error, ClientError)
