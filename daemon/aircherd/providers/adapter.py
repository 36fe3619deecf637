"""What an adapter is: it turns a request into one HTTP call and the answer's bytes into events.

Adapters are sans-I/O: no sockets, no clock, no waiting. So a vendor's quirks are tested as tables
of bytes, and the pool treats all vendors alike.
"""

import secrets
from typing import NoReturn, Protocol, TypeVar

import msgspec

from aircher_wire.version import __version__
from aircherd.config.model import Provider
from aircherd.errors import ProviderFailed
from aircherd.vocabulary.chat import ChatRequest, Message, Tool
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import (
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

T = TypeVar("T")

Headers = list[tuple[str, str]]


class HttpCall(msgspec.Struct, frozen=True):
    """One HTTP request, ready to be sent. Printing it shows neither header values nor the body."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""

    def __repr__(self) -> str:
        names = ", ".join(name for name, _ in self.headers)
        return f"<HttpCall {self.method} {self.url} [{names}] {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        # msgspec would generate one that shows the fields, and with them the key.
        return [("call", repr(self))]


class ReplyDecoder(Protocol):
    """Turns the bytes of one streamed reply into events."""

    hidden: int
    """How many parts of the reply came that make no event, such as a model's thinking.

    Keep-alives are no part of a reply. By this a call knows a reply that goes on from one that
    only pretends to.
    """

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Return the events that `data` completes.

        Raises:
            ProviderFailed: the vendor reported an error, or sent what is not its API. Events that
                precede it are returned first: then the next call raises.
        """

    def close(self) -> list[ReplyEvent]:
        """Say that the body has ended: return what is still due, [] after an `Ending`.

        What it returns without an `Ending` came before a failure: the next call raises that.

        Raises:
            ProviderFailed: the reply did not come to its proper end.
        """


class Adapter(Protocol):
    """One vendor API."""

    def chat_call(
        self, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
    ) -> HttpCall:
        """Translate `request`. What is signed or reasoned in it came from this very model.

        Raises:
            ProviderFailed: UNSUPPORTED: this API or model cannot express it, another may;
                BAD_REQUEST: nobody could; AUTH: the key fits into no header.
        """

    def reply_decoder(self) -> ReplyDecoder:
        """Return a decoder for one streamed reply."""

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply that came in one piece, an `Ending` last.

        Raises:
            ProviderFailed: it holds an error, or is not a reply of this API.
        """

    def key_check_call(self, provider: Provider, key: Secret) -> HttpCall:
        """Return a call that costs nothing and succeeds only if `key` is good."""

    def models_call(self, provider: Provider, key: Secret | None) -> HttpCall:
        """Return the call that lists the provider's models."""

    def read_models(self, body: bytes) -> list[Model]:
        """Return what the provider lists, with what it says of each; without what cannot chat.

        Raises:
            ProviderFailed: it is not such a list.
        """


# ------------------------------------------------------------------ failing


def fail(kind: FailureClass, message: str) -> NoReturn:
    """Raise `ProviderFailed` with this class and message."""
    raise ProviderFailed(Failure(kind=kind, message=message))


# ------------------------------------------------------------------ JSON


def encode_body(body: dict[str, object], extra: dict[str, object]) -> bytes:
    """Encode a request body as JSON; keys of `extra` win over ours.

    Text from editors may hold lone surrogates, which no provider takes: they become U+FFFD.

    Raises:
        ProviderFailed: BAD_REQUEST: a tool's parameters nest without end.
    """
    merged = body | extra
    try:
        try:
            return msgspec.json.encode(merged)
        except UnicodeEncodeError:
            return msgspec.json.encode(_without_surrogates(merged))
    except RecursionError:
        fail(FailureClass.BAD_REQUEST, "the request nests too deeply")


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value


def decode_with(decoder: "msgspec.json.Decoder[T]", data: bytes, what: str) -> T:
    """Decode what a vendor sent.

    Raises:
        ProviderFailed: PROTOCOL, when `data` is not JSON or not of the decoder's form.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        detail = str(error)  # names a place and types, never a value
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested without end
        detail = "malformed JSON"
    fail(FailureClass.PROTOCOL, f"sent {what} that is not of its API: {detail}")


def parse_object(text: str, what: str) -> dict[str, object]:
    """Read a JSON object that a client sent as a string; nothing at all is an empty one.

    Raises:
        ProviderFailed: BAD_REQUEST, naming `what`.
    """
    if not text.strip():
        return {}
    try:
        value = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        fail(FailureClass.BAD_REQUEST, f"{what} must be a JSON object, as a string")
    return value


def tool_parameters(tool: Tool) -> dict[str, object]:
    """Read the JSON Schema of a tool's parameters; one with no `type` is told to be an object.

    Parameters have names, so it can be nothing else; but half of the vendors refuse to guess.

    Raises:
        ProviderFailed: BAD_REQUEST, naming the tool.
    """
    schema = parse_object(tool.parameters, f"parameters of tool {tool.name!r}")
    return {"type": "object", **schema} if schema else schema


MAX_COUNT = 2**53 - 1
"""The largest count: what JSON carries exactly everywhere, and every client's integer holds."""

MAX_LEAF = 32
"""Bytes of a number: what is longer is none, and is not decoded."""

_LEAF = msgspec.json.Decoder()


def as_count(value: object) -> int:
    """Read a token count from whatever a server put there: anything odd counts as 0."""
    if type(value) is int:
        return value if 0 <= value <= MAX_COUNT else 0
    if isinstance(value, float) and 0 <= value < 1e15:
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return 0


def leaf(raw: msgspec.Raw) -> object:
    """Return a number or a short text of a reply; None for anything larger, which stays unread."""
    return branch(_LEAF, raw) if memoryview(raw).nbytes <= MAX_LEAF else None


def counts_of(*raws: msgspec.Raw) -> list[int] | None:
    """Return the counts that a server told, 0 for those that it left out; None if unknown.

    They are unknown together: where it told none, or one that is no count. Rubbish is not nothing,
    and a sum with a part unknown is too little.
    """
    counts, is_told = [], False
    for raw in raws:
        count = 0
        if raw and memoryview(raw)[:5].tobytes() != b"null":
            value = leaf(raw)
            count = as_count(value)
            if not count and (value not in (0, "0", 0.0) or value is False):
                return None
            is_told = True
        counts.append(count)
    return counts if is_told else None


def count_of(raw: msgspec.Raw) -> int:
    """Read a token count as `as_count` does, from what was not decoded yet."""
    return as_count(leaf(raw)) if raw else 0


def branch(decoder: "msgspec.json.Decoder[T]", raw: msgspec.Raw) -> T | None:
    """Decode a part of a reply that was left as it came; None if it is missing or odd."""
    if not raw:
        return None
    try:
        return decoder.decode(raw)
    except (ValueError, RecursionError):
        return None


def as_text(value: object) -> str:
    """Return `value` if it is text, the text of a list of parts, and "" for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_part_text(part) for part in value)
    return ""


def _part_text(part: object) -> str:
    # One level only: parts do not nest, and what a server nests without end is not followed.
    if isinstance(part, dict) and part.get("type") == "text":
        text = part.get("text")
        return text if isinstance(text, str) else ""
    return ""


def as_map(value: object) -> dict[str, object]:
    """Return `value` if it is a map, else an empty one."""
    return value if isinstance(value, dict) else {}


def new_call_id() -> str:
    """Make up the id of a tool call for a server that gave none; unique over a conversation."""
    return f"call_{secrets.token_hex(12)}"


def is_closed(schema: object) -> bool:
    """Tell whether a JSON Schema is one that OpenAI's strict mode takes.

    Every object in it names all of its properties as required and allows no others; an ordinary
    schema is followed as advice instead of being refused.
    """
    if isinstance(schema, list):
        return all(is_closed(each) for each in schema)
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, dict):
        named = set(as_map(properties))
        required = schema.get("required")
        if schema.get("additionalProperties") is not False or not isinstance(required, list):
            return False
        if named - {name for name in required if isinstance(name, str)}:
            return False
    return all(is_closed(each) for each in schema.values())


# ------------------------------------------------------------------ headers


def key_text(key: Secret) -> str:
    """Return the key as header text.

    Raises:
        ProviderFailed: AUTH: it holds what no header can. Checked here because the HTTP library's
            own error would quote the whole value.
    """
    text = key.reveal()
    if not (text and text.isascii() and text.isprintable()) or " " in text:
        fail(
            FailureClass.AUTH,
            "the key is empty or holds white space, control or non-ASCII characters: store it anew",
        )
    return text


def bearer(key: Secret | None) -> Headers:
    """Return the usual header for a key, nothing where none is needed."""
    return [("authorization", f"Bearer {key_text(key)}")] if key else []


_COMMON = (("user-agent", f"aircher/{__version__}"), ("accept-encoding", "identity"))


def call_headers(provider: Provider, own: Headers, *, accept: str = "application/json") -> Headers:
    """Return all headers of a call: the common ones, the adapter's `own`, the user's on top.

    The body is asked for as it is: a compressor would hold back the pieces of a stream.
    """
    headers = [*_COMMON, ("accept", accept), *own]
    if not provider.headers:
        return headers
    users = {name.lower(): value for name, value in provider.headers.items()}
    return list((dict(headers) | users).items())


def chat_headers(provider: Provider, own: Headers, *, stream: bool) -> Headers:
    """Return the headers of a chat call."""
    accept = "text/event-stream" if stream else "application/json"
    return call_headers(provider, [("content-type", "application/json"), *own], accept=accept)


# ------------------------------------------------------------------ messages


class Turn(msgspec.Struct, frozen=True):
    """One message by what its parts are; `where` names it in an error ("messages[3]").

    `parts` has all of them in the order in which the client gave them; `said` is the text where
    that is all there is, as in most.
    """

    where: str
    role: str
    parts: list[Part]
    said: str | None = None

    @property
    def text(self) -> list[str]:
        """The texts."""
        return [part.text for part in self.parts if isinstance(part, TextPart)]

    @property
    def calls(self) -> list[ToolCallPart]:
        """The tool calls, in assistant messages only."""
        return [part for part in self.parts if isinstance(part, ToolCallPart)]

    @property
    def results(self) -> list[ToolResultPart]:
        """The answers of tools, in user messages only."""
        return [part for part in self.parts if isinstance(part, ToolResultPart)]


# Which parts belong in messages of one role only.
_ROLES: dict[type, str] = {
    ToolCallPart: "assistant",
    ReasoningPart: "assistant",
    ToolResultPart: "user",
    ImagePart: "user",
}


def turns(messages: list[Message]) -> list[Turn]:
    """Return each message with its place.

    Raises:
        ProviderFailed: BAD_REQUEST: a part is in a message of the wrong role.
    """
    return [_turn(f"messages[{index}]", message) for index, message in enumerate(messages)]


def _turn(where: str, message: Message) -> Turn:
    content = message.content
    if isinstance(content, str):
        return Turn(where, message.role, [TextPart(content)], content)
    for part in content:
        role = _ROLES.get(type(part), message.role)
        if role != message.role:
            kind = part.__struct_config__.tag
            fail(FailureClass.BAD_REQUEST, f"{where}: {kind} parts belong in {role} messages")
    return Turn(where, message.role, content)


def result_text(result: ToolResultPart) -> str:
    """Return what a tool answered in words, as one text."""
    if isinstance(result.content, str):
        return result.content
    return "\n".join(part.text for part in result.content if isinstance(part, TextPart))


def result_images(result: ToolResultPart) -> list[ImagePart]:
    """Return the pictures a tool answered with."""
    if isinstance(result.content, str):
        return []
    return [part for part in result.content if isinstance(part, ImagePart)]


def data_uri(image: ImagePart) -> str:
    """Return the picture as a URL: its own, or one that holds the data."""
    return image.url or f"data:{image.media_type};base64,{image.data}"
