"""The messages of a request: a tool's answer belongs to the call with its id, or by its name.

Many clients keep neither: then it belongs to the first call without an answer.
"""

from typing import Final

from aircherd.http_api.dialects.common.open_calls import OpenCalls
from aircherd.http_api.dialects.common.reading import MAX_PARTS, check_number, text_of
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.ollama.shapes import OllamaMessage
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import AudioPart, ImagePart
from aircherd.vocabulary.parts import Part, TextPart, ToolCallPart, ToolResultPart

_ROLES: Final = ("system", "user", "assistant")


def read_messages(given: list[OllamaMessage], unsaid: Unsaid) -> list[Message]:
    """Return the messages; the answers of one round of tools are one message.

    Raises:
        RequestProblem: a message has a role that the API does not know, or an answer belongs to
            no call.
    """
    parts = sum(len(each.images or ()) + len(each.tool_calls or ()) for each in given)
    check_number(len(given) + parts, MAX_PARTS, "messages")
    reader = _Reader(unsaid)
    for number, message in enumerate(given):
        reader.add(message, f"messages[{number}]")
    return reader.messages


def read_media(images: list[str] | None, where: str, unsaid: Unsaid) -> list[Part]:
    """Return pictures; the API has sound among them."""
    parts: list[Part] = []
    for number, data in enumerate(images or ()):
        part = _medium(data)
        if part is None:
            unsaid.add(f"{where}images[{number}]")
        else:
            parts.append(part)
    return parts


def _medium(data: str) -> ImagePart | AudioPart | None:
    for kind in (ImagePart, AudioPart):
        try:
            return kind(data=data)
        except ValueError:
            continue  # the first bytes are of another kind
    return None


class _Reader:
    """The messages so far, and the calls in them that have no answer yet."""

    def __init__(self, unsaid: Unsaid) -> None:
        self.messages: list[Message] = []
        self._unsaid = unsaid
        self._open = OpenCalls()
        self._results: list[Part] | None = None

    def add(self, message: OllamaMessage, where: str) -> None:
        """Add a message."""
        if message.role == "tool":
            self._add_result(message, where)
            return
        self._results = None
        if message.role not in _ROLES:
            raise invalid(f"{where}.role: has to be system, user, assistant or tool", where)
        text = message.content or ""
        if not message.images and not message.tool_calls:
            if text or message.role == "user":
                self._append(message.role, text)
            return
        parts: list[Part] = [TextPart(text)] if text else []
        # Pictures come before the text, as Ollama gives them to its models.
        parts = [*read_media(message.images, f"{where}.", self._unsaid), *parts]
        for call in message.tool_calls or ():
            call_id = self._open.add(call.id, call.function.name)
            arguments = text_of(call.function.arguments)
            parts.append(ToolCallPart(call_id, call.function.name, _object(arguments)))
        self._append(message.role, parts)

    def _append(self, role: str, content: str | list[Part]) -> None:
        self.messages.append(Message(role, content))  # type: ignore[arg-type]  # one of _ROLES

    def _add_result(self, message: OllamaMessage, where: str) -> None:
        result = ToolResultPart(self._answered(message, where), message.content or "")
        if self._results is None:
            self._results = []
            self._append("user", self._results)
        self._results.append(result)

    def _answered(self, message: OllamaMessage, where: str) -> str:
        """Return the id of the call that an answer belongs to."""
        name = message.tool_name or message.name
        found = self._open.answer(message.tool_call_id, name, any_name=True)
        if found is None:
            raise invalid(f"{where}: answers no tool call before it", where)
        return found


def _object(arguments: str) -> str:
    return "{}" if arguments in ("null", "") else arguments
