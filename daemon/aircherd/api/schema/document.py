"""Puts the description of the protocol together, as `protocol.schema` returns it.

Schemas are open: a later daemon sends keys that this description does not have. Tests close them,
so that the description cannot lack a key that this daemon sends.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict

import msgspec

from aircher_wire import methods
from aircher_wire.version import __version__
from aircherd.api.params import (
    HelloParams,
    HttpOpenParams,
    NoParams,
    SubscribeParams,
    UnsubscribeParams,
)
from aircherd.api.schema.chat_results import ANSWER_PARTS, AnswerPart, ChatErrorData, ChatResult
from aircherd.api.schema.codes import MEANINGS
from aircherd.api.schema.deltas import DELTAS
from aircherd.api.schema.events import TOPICS, LaggedEvent
from aircherd.api.schema.fields import says
from aircherd.api.schema.frames import FORMATS, LIMITS, RULES
from aircherd.api.schema.methods import COMMON_ERRORS, METHODS, Described
from aircherd.api.schema.parameters import MAPS, PARAMETERS
from aircherd.vocabulary.chat import ChatRequest

Map = dict[str, Any]

REFERENCE = "#/$defs/{name}"
ANYTHING: Map = {"type": ["string", "number", "boolean", "array", "object", "null"]}
"""Any value, said so that generators of types do not take it for a map."""


class WireError(TypedDict):
    """An error; `data` depends on the code."""

    code: Annotated[str, says("see errors")]
    message: Annotated[str, says("a sentence for people")]
    data: Annotated[dict[str, object], says("depends on the code")]


class ClosingError(TypedDict):
    """Why the daemon closes the connection."""

    code: Annotated[str, says("see errors")]
    message: Annotated[str, says("a sentence for people")]


class Cancel(TypedDict, total=False):
    """What to cancel: a request, or a stream."""

    id: Annotated[int, says("of a request; of a `chat.start`: its stream")]
    stream: Annotated[int, says("the number of a stream")]


class Via(TypedDict):
    """Where a forwarded connection comes from."""

    host: Annotated[str, says("the name of the machine")]


class ChatDone(TypedDict):
    """The end of a stream: its result or its error."""

    stream: Annotated[int, says("the number of the stream")]
    result: NotRequired[ChatResult]
    error: NotRequired[WireError]


class Delta(TypedDict):
    """A piece of an answer; `type` says which."""

    type: str


class Event(TypedDict):
    """A change of the state; `topic` says of what."""

    topic: str


class Union(NamedTuple):
    """Maps that are distinguished by the word that one of their keys has."""

    key: str
    choices: dict[str, type]


UNIONS: dict[type, Union] = {
    AnswerPart: Union("type", ANSWER_PARTS),
    Delta: Union("type", DELTAS),
    Event: Union(
        "topic",
        {**{name: topic.event for name, topic in TOPICS.items()}, "lagged": LaggedEvent},
    ),
}
"""What msgspec cannot say of maps. Each is one of the `choices`."""

FROM_CLIENT: dict[str, tuple[str, type]] = {
    methods.CANCEL: ("Close the upstream request at once; it fails with `cancelled`.", Cancel),
    methods.VIA: ("The first frame of a forwarder, on the extra socket only.", Via),
}
FROM_DAEMON: dict[str, tuple[str, type]] = {
    methods.CHAT_DELTA: ("A piece of an answer.", Delta),
    methods.EVENT: ("A change of the state.", Event),
    methods.CHAT_DONE: ("The end of a stream.", ChatDone),
    methods.ERROR: ("Sent once, before the daemon closes the connection.", ClosingError),
}


CONNECTION_PARAMETERS: dict[str, type[msgspec.Struct]] = {
    methods.HELLO: HelloParams,
    methods.CHAT_START: ChatRequest,
    methods.HTTP_OPEN: HttpOpenParams,
    methods.EVENTS_SUBSCRIBE: SubscribeParams,
    methods.EVENTS_UNSUBSCRIBE: UnsubscribeParams,
}
"""Those of `ipc.connection_methods`, which may not be imported here. A test compares them."""


@cache
def schema_text() -> str:
    """Return the description as JSON."""
    return json.dumps(describe(), ensure_ascii=False)


def describe() -> Map:
    """Return the description of the protocol."""
    takes = _parameter_types()
    schemas = _Schemas(takes)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The protocol of aircherd",
        "protocol": methods.PROTOCOL,
        "version": __version__,
        "frames": {"formats": FORMATS, "rules": list(RULES), "limits": LIMITS},
        "methods": {
            name: _method(described, schemas.of(takes[name]), schemas.of(described.result))
            for name, described in METHODS.items()
        },
        "notifications": {
            "from_client": _notifications(FROM_CLIENT, schemas),
            "from_daemon": _notifications(FROM_DAEMON, schemas),
        },
        "deltas": {name: schemas.of(kind) for name, kind in DELTAS.items()},
        "events": {
            **{
                name: {"snapshot": schemas.of(topic.snapshot), "event": schemas.of(topic.event)}
                for name, topic in TOPICS.items()
            },
            "lagged": {"event": schemas.of(LaggedEvent)},
        },
        "error": schemas.of(WireError),
        "chat_error_data": schemas.of(ChatErrorData),
        "errors": MEANINGS,
        "common_errors": list(COMMON_ERRORS),
        "$defs": schemas.definitions,
    }


def _parameter_types() -> dict[str, type[msgspec.Struct]]:
    from aircherd.api.methods import METHODS as HANDLED  # noqa: PLC0415 -- imports us, late

    handled = {name: method.params for name, method in HANDLED.items()}
    return {**handled, **CONNECTION_PARAMETERS}


def _method(described: Described, params: Map, result: Map) -> Map:
    return {
        "about": described.about,
        "params": params,
        "result": result,
        **({"errors": list(described.errors)} if described.errors else {}),
        **({"sends": list(described.sends)} if described.sends else {}),
    }


def _notifications(table: Mapping[str, tuple[str, type]], schemas: "_Schemas") -> Map:
    return {
        name: {"about": about, "params": schemas.of(kind)} for name, (about, kind) in table.items()
    }


class _Schemas:
    """The JSON Schemas of types, and the definitions that they refer to."""

    def __init__(self, takes: Mapping[str, type[msgspec.Struct]]) -> None:
        kinds: list[object] = [*takes.values(), *(each.result for each in METHODS.values())]
        kinds += [part for topic in TOPICS.values() for part in topic]
        kinds += [LaggedEvent, WireError, ChatErrorData, *DELTAS.values()]
        kinds += [kind for _, kind in (*FROM_CLIENT.values(), *FROM_DAEMON.values())]
        kinds += ANSWER_PARTS.values()
        schemas, definitions = msgspec.json.schema_components(
            kinds, ref_template=REFERENCE, schema_hook=lambda _: ANYTHING
        )
        self._of = dict(zip(kinds, schemas, strict=True))
        self.definitions: Map = {name: _plain(each) for name, each in definitions.items()}
        for kind, union in UNIONS.items():
            self._say_union(kind.__name__, union)
        for name, texts in MAPS.items():
            self._say(name, texts)
        for name, kind in takes.items():
            self._say_parameters(name, kind, takes)

    def of(self, kind: object) -> Map:
        """Return the schema of a type."""
        return dict(self._of[kind])

    def _say_parameters(
        self, method: str, kind: type[msgspec.Struct], takes: Mapping[str, type[msgspec.Struct]]
    ) -> None:
        """Say what the parameters mean, instead of what the code says of its struct."""
        of = " and ".join(name for name, other in takes.items() if other is kind)
        definition = self._say(kind.__name__, PARAMETERS.get(method, {}))
        definition["description"] = "No parameters." if kind is NoParams else f"Parameters of {of}."

    def _say(self, name: str, texts: Mapping[str, str]) -> Map:
        """Say what the keys of a map mean; of the map, its first paragraph is enough then."""
        definition: Map = self.definitions[name]
        definition["description"] = definition["description"].split("\n\n")[0]
        for key, text in texts.items():
            definition["properties"][key] = _described(definition["properties"][key], text)
        return definition

    def _say_union(self, name: str, union: Union) -> None:
        refers = {word: self._of[kind]["$ref"] for word, kind in union.choices.items()}
        self.definitions[name] = {
            "title": name,
            "description": self.definitions[name]["description"],
            "anyOf": [{"$ref": reference} for reference in refers.values()],
            "discriminator": {"propertyName": union.key, "mapping": refers},
        }


def _described(schema: Map, text: str) -> Map:
    """Return a schema with what it means.

    Beside a reference, generators of types take that for another type of the same name. A default
    there would have the keys that are absent.
    """
    if "$ref" in schema:
        return {"allOf": [{"$ref": schema["$ref"]}], "description": text}
    return {**schema, "description": text}


def _plain(schema: Any) -> Any:
    """Return a schema without null for what is left out, and without references to code."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _plain(each) for key, each in schema.items()}
    if found.get("additionalProperties") == ANYTHING:
        found["additionalProperties"] = True
    if "default" in found and found["default"] is None:
        del found["default"]
        if "anyOf" in found:
            found["anyOf"] = [each for each in found["anyOf"] if each != {"type": "null"}]
            if len(found["anyOf"]) == 1:
                (only,) = found.pop("anyOf")
                found |= only
    return found
