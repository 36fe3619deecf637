"""The conversation in a request, as our messages.

- `developer` is `system`.
- The results of tools are parts of a user's message: those that follow each other, of one.
- What a model said that has no word of ours, such as other vendors' thinking, is left out: only
  that model can use it, and where the model is reached over this API it gets it as it came.
- What a user says that has none is named in `unsaid`. So is OpenAI's first form of tool calls,
  the role `function`, and the answer in sound that a message refers to by its id.
- A user's `name` is left out.
"""

from collections.abc import Sequence

from aircherd.http_api.dialects.common.attached import cache_mark
from aircherd.http_api.dialects.common.reading import is_set
from aircherd.http_api.dialects.openai_chat.attachments import user_part
from aircherd.http_api.dialects.openai_chat.body import (
    ChatMessage,
    ContentPart,
    ToolCall,
)
from aircherd.http_api.dialects.openai_chat.thought_marks import Mark, in_order, read_mark
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import Part, TextPart, ToolCallPart, ToolResultPart

MAX_MARKS = 5000
"""How many calls may carry thinking: no conversation has as many, and each takes time to read."""

ROLES = ("system", "developer", "user", "assistant", "tool", "function")


class Conversation:
    """The messages so far.

    - `unsaid`: what in them has no word of ours.
    - `marked`: the numbers of the messages that carry our marks.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.unsaid: list[str] = []
        self.marked: list[int] = []
        self._results: list[Part] | None = None  # those of the tools that just ran
        self._marks_left = MAX_MARKS

    def add(self, given: Sequence[ChatMessage]) -> None:
        """Add the messages of a request.

        Raises:
            RequestProblem: one has a role that does not exist, or lacks what its role needs.
        """
        for number, message in enumerate(given):
            role = message.role
            if role == "tool":
                self._add_result(message, number)
                continue
            self._results = None
            if role == "user":
                self._add_user(message, number)
            elif role == "assistant":
                self._add_assistant(message, number)
            elif role in ("system", "developer"):
                self._add_system(message, number)
            elif role == "function":
                self.unsaid.append(f"messages[{number}].role 'function'")
            else:
                known = ", ".join(ROLES)
                raise invalid(
                    f"messages[{number}].role: has to be one of {known}", f"messages[{number}].role"
                )

    # -------------------------------------------------------------- what users and systems say

    def _add_user(self, message: ChatMessage, number: int) -> None:
        content = message.content
        if type(content) is str and message.cache_control is None:  # as most are
            self.messages.append(Message("user", content))
            return
        where = f"messages[{number}].content"
        parts: list[Part] = []
        for at, part in enumerate(_listed(message)):
            parts.append(user_part(part, f"{where}[{at}]", self.unsaid))
        self.messages.append(Message("user", _joined(parts)))

    def _add_system(self, message: ChatMessage, number: int) -> None:
        content = message.content
        if type(content) is str and message.cache_control is None:
            self.messages.append(Message("system", content))
            return
        parts: list[Part] = []
        for at, part in enumerate(_listed(message)):
            if part.type == "text":
                parts.append(TextPart(part.text or "", cache=cache_mark(part.cache_control)))
            else:
                self.unsaid.append(f"messages[{number}].content[{at}].type {part.type[:60]!r}")
        self.messages.append(Message("system", _joined(parts)))

    # -------------------------------------------------------------- what the model said

    def _add_assistant(self, message: ChatMessage, number: int) -> None:
        content = message.content
        if is_set(message.function_call):
            self.unsaid.append(f"messages[{number}].function_call")
        if is_set(message.audio):
            self.unsaid.append(f"messages[{number}].audio")
        if message.tool_calls:
            self._add_calls(message, message.tool_calls, number)
        elif type(content) is str and not message.refusal and message.cache_control is None:
            if content:
                self.messages.append(Message("assistant", content))
        elif parts := _said(message):
            self.messages.append(Message("assistant", _joined(parts)))

    def _add_calls(self, message: ChatMessage, given: Sequence[ToolCall], number: int) -> None:
        calls: list[tuple[ToolCallPart, Mark | None]] = []
        for at, call in enumerate(given):
            mark = self._mark_of(call)
            part = _call_part(call, mark)
            if part is None:
                self.unsaid.append(f"messages[{number}].tool_calls[{at}].type {call.type!r}"[:200])
            else:
                calls.append((part, mark))
        if any(mark is not None for _, mark in calls):
            self.marked.append(number)
        said = _said(message)
        text = _only_text(said)
        parts = [*said, *in_order("", calls)] if text is None else in_order(text, calls)
        if parts:
            self.messages.append(Message("assistant", parts))

    def _mark_of(self, call: ToolCall) -> Mark | None:
        if call.extra_content is None or self._marks_left == 0:
            return None
        mark = read_mark(call.extra_content)
        self._marks_left -= mark is not None
        return mark

    # -------------------------------------------------------------- what tools returned

    def _add_result(self, message: ChatMessage, number: int) -> None:
        if not message.tool_call_id:
            where = f"messages[{number}].tool_call_id"
            raise invalid(f"{where}: a message of the role tool needs it", where)
        part = ToolResultPart(
            message.tool_call_id,
            self._result_content(message, number),
            cache=cache_mark(message.cache_control),
        )
        if self._results is None:
            self._results = []
            self.messages.append(Message("user", self._results))
        self._results.append(part)

    def _result_content(
        self, message: ChatMessage, number: int
    ) -> str | list[TextPart | ImagePart | DocumentPart]:
        content = message.content
        if content is None or isinstance(content, str):
            return content or ""
        parts: list[TextPart | ImagePart | DocumentPart] = []
        for at, given in enumerate(content):
            where = f"messages[{number}].content[{at}]"
            part = user_part(given, where, self.unsaid)
            if isinstance(part, AudioPart):
                self.unsaid.append(f"{where}.type 'input_audio'")
            else:
                parts.append(part)
        text = _only_text(parts)
        return parts if text is None else text


def _listed(message: ChatMessage) -> list[ContentPart]:
    """Return the parts of a content, the last one with the mark of the whole message."""
    content = message.content
    parts = [ContentPart("text", content)] if isinstance(content, str) else content or []
    if message.cache_control is not None and parts and parts[-1].cache_control is None:
        parts[-1].cache_control = message.cache_control
    return parts


def _said(message: ChatMessage) -> list[Part]:
    """Return what an assistant's message says, without its calls."""
    parts: list[Part] = []
    for part in _listed(message):
        if part.type == "text" and part.text:
            parts.append(TextPart(part.text, cache=cache_mark(part.cache_control)))
        elif part.type == "refusal" and part.refusal:
            parts.append(TextPart(part.refusal, refusal=True))
    if message.refusal:
        parts.append(TextPart(message.refusal, refusal=True))
    return parts


def _call_part(call: ToolCall, mark: Mark | None) -> ToolCallPart | None:
    """Return a call, None if it is of no type of ours."""
    signature = None if mark is None else mark.signature
    origin = None if signature is None or mark is None else mark.origin
    if call.function is not None:
        arguments = call.function.arguments or ""
        return ToolCallPart(call.id, call.function.name, arguments, signature, origin)
    if call.custom is not None:
        text = call.custom.input or ""
        return ToolCallPart(call.id, call.custom.name, text, signature, origin, custom=True)
    return None


def _joined(parts: list[Part]) -> str | list[Part]:
    """Return parts as a message's content: one plain text as a string."""
    text = _only_text(parts)
    return parts if text is None else text


def _only_text(parts: Sequence[Part]) -> str | None:
    """Return the text if there is nothing but one plain text, or nothing at all."""
    if not parts:
        return ""
    first = parts[0]
    if len(parts) > 1 or type(first) is not TextPart or first.cache or first.refusal:
        return None
    return first.text
