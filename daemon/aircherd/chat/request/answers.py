"""Which parts without a word of ours a client can answer with a tool result: pure.

A request for approval, or the call of a vendor's own tool that runs at the client, is an `other`
part. The client answers it like a tool call: with a `tool_result` that has its id.
"""

from collections.abc import Iterable

import msgspec

from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.parts import OtherPart


class _Ids(msgspec.Struct, gc=False):
    id: object = None
    call_id: object = None


_IDS = msgspec.json.Decoder(_Ids)


def answerable_ids(messages: Iterable[Message]) -> set[str]:
    """Return the ids of all `other` parts in these messages."""
    return {
        name
        for message in messages
        if not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, OtherPart)
        for name in ids_of(part)
    }


def ids_of(part: OtherPart) -> list[str]:
    """Return the ids by which a part can be answered: its own, and that of its call."""
    try:
        found = _IDS.decode(part.data.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return []
    return [name for name in (found.id, found.call_id) if isinstance(name, str) and name]
