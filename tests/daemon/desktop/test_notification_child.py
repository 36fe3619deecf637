"""The child's text and its input; what it does on a bus is in `test_notifier`."""

import os

import pytest

from aircherd.desktop.notification_child import MAX_NAME, describe, read_request

REQUEST = {"client": "a<b>&\n\x1b[1m\u202e", "program": None, "pid": 7, "action": "store a key"}


def test_names_cannot_be_markup():
    """Nor have control characters, or change the direction of the text."""
    title, body = describe(REQUEST, has_markup=True)
    assert title == "Let a client store a key?"
    assert body.splitlines() == [
        'Client: "a&lt;b&gt;&amp;??[1m?"',
        "Program: unknown (process 7)",
        "It wants to store a key. Without an answer it is refused.",
    ]
    assert "a<b>&??" in describe(REQUEST, has_markup=False)[1]


def test_a_long_name_is_cut():
    """It would push the rest out of the notification."""
    first = describe({**REQUEST, "client": "x" * 999}, has_markup=True)[1].splitlines()[0]
    assert len(first) == len('Client: ""') + MAX_NAME


@pytest.mark.parametrize("data", [b'{"client": "vi"}\n', b'{"client": "vi"}'])
def test_the_request_is_one_line(data):
    """The input stays open after it."""
    reader, writer = os.pipe()
    os.write(writer, data)
    if not data.endswith(b"\n"):
        os.close(writer)
    assert read_request(reader) == {"client": "vi"}
