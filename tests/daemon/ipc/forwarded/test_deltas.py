"""The deltas of a chat from another machine."""

from types import SimpleNamespace

import msgpack

from aircherd.api.elsewhere.hidden_texts import HiddenTexts
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.config.paths import resolve_paths
from aircherd.ipc.forwarded.deltas import ForwardedDeltas
from aircherd.vocabulary.reply import AttemptDelta, TextDelta

ENVIRON = {"HOME": "/home/me"}


def test_what_failed_is_named_without_folders() -> None:
    """What the model says is not touched."""
    store = SimpleNamespace(current=DEFAULT_CONFIG)
    hidden = HiddenTexts(resolve_paths(ENVIRON), store, ENVIRON)
    writer = ForwardedDeltas("id", 7, hidden=hidden)

    unpacker = msgpack.Unpacker()
    unpacker.feed(
        writer.encode(
            [
                AttemptDelta(provider="p", model="m", outcome="trying"),
                AttemptDelta(provider="p", model="m", outcome="skipped", message="/home/me/key"),
                TextDelta("see /home/me/x"),
            ]
        )
    )

    found = [frame[2][0] for frame in unpacker]
    assert [each.get("message", each.get("text")) for each in found] == [
        None,
        "~/key",
        "see /home/me/x",
    ]
