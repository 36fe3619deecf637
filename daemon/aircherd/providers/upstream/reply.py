"""Another daemon's deltas and results as our events: pure.

It is trusted no more than any provider. Deltas say what a client sees at once; only the result has
the whole message, with the origin of each part, so it replaces what was joined from the deltas.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar, get_args

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_count
from aircherd.vocabulary.content.media import AudioPart, ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import (
    OtherPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    seal,
)
from aircherd.vocabulary.reply import (
    AttemptDelta,
    AudioDelta,
    CitationDelta,
    Ending,
    Finish,
    ImageDelta,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
    WholeMessage,
)

Map = Mapping[str, object]
Made = TextPart | ReasoningPart | ToolCallPart | ImagePart | AudioPart | OtherPart
"""The parts that a model makes."""

_PARTS: Final[dict[object, type[Made]]] = {
    each.__struct_config__.tag: each for each in get_args(Made)
}
_DELTAS: Final[dict[object, type[msgspec.Struct]]] = {
    "text": TextDelta,
    "reasoning": ReasoningDelta,
    "tool_call": ToolCallDelta,
    "citation": CitationDelta,
    "image": ImageDelta,
    "audio": AudioDelta,
    "other": OtherDelta,
    "attempt": AttemptDelta,
}
_PLAIN_TEXT: Final = 4
"""The keys of a delta of text that is nothing else: `id`, `seq`, `type`, `text`."""
_FINISHES: Final[dict[object, Finish]] = {each: each for each in get_args(Finish)}
_COST = re.compile(r"[0-9]{1,9}(\.[0-9]{1,18})?")
_SHOWN: Final = frozenset({"trying", "ok"})
"""Outcomes of attempts there that are no news: that it is called, this daemon has said already."""

T = TypeVar("T", bound=msgspec.Struct)
V = TypeVar("V")


def event_of(delta: Map, provider: str) -> ReplyEvent | None:
    """Return the event of one `chat.delta`, None for one that is new or says nothing.

    `provider` is the name that the daemon has here.

    Raises:
        ProviderFailed: it is malformed.
    """
    kind = delta.get("type")
    text = delta.get("text")
    if kind == "text" and isinstance(text, str) and len(delta) == _PLAIN_TEXT:
        return TextDelta(text)
    if kind == "usage":
        usage = _usage(delta.get("usage"))
        return None if usage is None else UsageDelta(usage)
    wanted = _found(_DELTAS, kind)
    if wanted is None:
        return None
    event = _convert(delta, wanted, "a delta")
    if not isinstance(event, AttemptDelta):
        return event  # type: ignore[return-value]  # one of the table's
    if event.outcome in _SHOWN:
        return None
    return msgspec.structs.replace(
        event, provider=provider, model=f"{event.provider}/{event.model}", key=None
    )


def events_of_result(result: object, provider: str, *, streamed: bool) -> list[ReplyEvent]:
    """Return the events of a result; the last is its `Ending`.

    Args:
        result: of a chat.
        provider: the name that the daemon has here.
        streamed: whether its parts have come as deltas already.

    Raises:
        ProviderFailed: it is not the result of a chat.
    """
    found = _map(result, "a result")
    message = _map(found.get("message"), "a message")
    content = message.get("content")
    if not isinstance(content, list):
        fail(FailureClass.PROTOCOL, "the daemon sent a message without a list of parts")
    parts = [part for each in content if (part := _part(each)) is not None]
    finish = _found(_FINISHES, found.get("finish"))
    if finish is None:
        fail(FailureClass.PROTOCOL, "the daemon sent a result that does not say how it ended")
    answered_by = f"{_name(found, 'provider')}/{_name(found, 'model')}"
    events: list[ReplyEvent] = []
    if not streamed:
        events += _events_of_parts(parts)
    rows = tuple(_row(part, provider) for part in parts)
    events.append(WholeMessage(rows, _via(found, answered_by)))
    cost = found.get("cost")
    ending = Ending(
        finish=finish,
        usage=_usage(found.get("usage")),
        model=answered_by,
        cost=cost if isinstance(cost, str) and _COST.fullmatch(cost) else None,
    )
    return [*events, ending]


def _via(result: Map, answered_by: str) -> str:
    """Return what answered in the end, which may be behind more than one daemon."""
    deeper = result.get("answered_by")
    if not isinstance(deeper, str) or not deeper.isprintable() or len(deeper) > MAX_NAME:
        return answered_by
    return f"{answered_by.partition('/')[0]}/{deeper}"


MAX_NAME = 1000
"""Characters of the name of a model, with those of all daemons before it."""


def _name(result: Map, field: str) -> str:
    value = result.get(field)
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= MAX_NAME:
        fail(FailureClass.PROTOCOL, f"the daemon sent a result whose {field} is no name")
    return value


# ------------------------------------------------------------------ parts


def _part(value: object) -> Made | None:
    """Return a part without fields that are new here, None for one of a new type."""
    row = _map(value, "a part")
    kind = _found(_PARTS, row.get("type"))
    if kind is None:
        return None
    known = {*kind.__struct_fields__, "type"}
    return _convert({name: row[name] for name in row if name in known}, kind, "a part")


def _row(part: Made, provider: str) -> dict[str, object]:
    """Return a part as clients get it, its origin as this daemon calls it."""
    if part.origin is not None:
        origin = f"{provider}/{part.origin}"
        part = msgspec.structs.replace(part, origin=origin)
        if isinstance(part, OtherPart):
            signature = seal(part.kind, origin, part.data)
            part = msgspec.structs.replace(part, signature=signature)
    row: dict[str, object] = msgspec.to_builtins(part)
    if isinstance(part, ReasoningPart):
        row.setdefault("text", "")
    return row


def _events_of_parts(parts: list[Made]) -> Iterator[ReplyEvent]:
    calls = 0
    for part in parts:
        if isinstance(part, TextPart):
            yield TextDelta(part.text, part.signature, part.refusal)
            yield from (CitationDelta(each) for each in part.citations)
            yield PartEnd()
        elif isinstance(part, ToolCallPart):
            yield ToolCallDelta(
                calls, part.id, part.name, part.arguments, part.signature, part.custom
            )
            calls += 1
        else:
            yield _EVENTS[type(part)](part)


_EVENTS: dict[type, Callable[..., ReplyEvent]] = {
    ReasoningPart: lambda part: ReasoningDelta(part.text, part.signature),
    ImagePart: lambda part: ImageDelta(part.data, part.media_type, part.url, part.signature),
    AudioPart: lambda part: AudioDelta(part.data, part.media_type, part.transcript, part.signature),
    OtherPart: lambda part: OtherDelta(part.kind, part.data),
}


# ------------------------------------------------------------------ values


def _usage(value: object) -> Usage | None:
    if not isinstance(value, Mapping):
        return None
    return Usage(**{name: as_count(value.get(name)) for name in Usage.__struct_fields__})


def _found(table: Mapping[object, V], name: object) -> V | None:
    """Return what a table has for a name that may be anything."""
    return table.get(name) if isinstance(name, str) else None


def _map(value: object, what: str) -> Map:
    if not isinstance(value, Mapping):
        fail(FailureClass.PROTOCOL, f"the daemon sent {what} that is no map")
    return value


def _convert(value: Map, kind: type[T], what: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError):
        # Its text may quote the reply.
        fail(FailureClass.PROTOCOL, f"the daemon sent {what} that is none of the protocol's")
