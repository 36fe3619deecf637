"""The conversation of a request: Gemini's `contents` as messages.

Calls and answers have ids since Gemini 3; older clients send none, so an answer belongs to the
first call of its name that has none yet. Some clients send answers with the role `function`.
"""

from typing import Final, Literal

import msgspec

from aircherd.http_api.dialects.common.open_calls import OpenCalls
from aircherd.http_api.dialects.common.reading import MAX_PARTS, check_number, text_of
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.gemini.media import MediaPart, read_blob, read_file
from aircherd.http_api.dialects.gemini.model_turn import ModelTurn
from aircherd.http_api.dialects.gemini.shapes import Content, FunctionResponse, Part, ResponsePart
from aircherd.http_api.dialects.gemini.signatures import Sealed, Unsealer
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import (
    Part as OurPart,
)
from aircherd.vocabulary.parts import (
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

Contents = list[Content] | Content | str | None

Role = Literal["system", "user", "assistant"]

_ROLES: Final[dict[str | None, Role]] = {
    None: "user",
    "": "user",
    "user": "user",
    "function": "user",
    "tool": "user",
    "model": "assistant",
    "assistant": "assistant",
    "system": "system",
}
_GOOGLES: Final = ("executable_code", "code_execution_result", "tool_call", "tool_response")
"""What Google's own tools did in a turn: no other model knows them."""
_ANSWERS: Final = ("output", "result", "content", "text")
"""The names under which clients send what a function answered, if it is one text."""
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)


def contents_of(contents: Contents) -> list[Content]:
    """Return the turns; a client may send one alone, or a text."""
    if contents is None:
        return []
    if isinstance(contents, str):
        return [Content(role="user", parts=[Part(text=contents)])]
    return [contents] if isinstance(contents, Content) else contents


def parts_of(content: Content) -> list[Part]:
    """Return the parts of a turn; a client may send one alone."""
    parts = content.parts
    if parts is None:
        return []
    return [parts] if isinstance(parts, Part) else parts


def read_messages(contents: Contents, unsaid: Unsaid) -> list[Message]:
    """Return the messages of a request.

    Raises:
        RequestProblem: a turn has a role that the API does not know, or an answer belongs to no
            call.
    """
    reader = _Reader(unsaid)
    for number, content in enumerate(contents_of(contents)):
        reader.add(content, number)
    reader.close_turn()
    return reader.messages


def read_system(instruction: Content | str | None, unsaid: Unsaid) -> str | None:
    """Return the system prompt, None if there is none."""
    if instruction is None or isinstance(instruction, str):
        return instruction or None
    texts: list[str] = []
    check_number(len(parts_of(instruction)), MAX_PARTS, "systemInstruction")
    for number, part in enumerate(parts_of(instruction)):
        if part.text is not None:
            texts.append(part.text)
        else:
            unsaid.add(f"systemInstruction.parts[{number}]")
    return "\n".join(texts) or None


class _Reader:
    """The messages so far, and the calls in them that have no answer yet."""

    def __init__(self, unsaid: Unsaid) -> None:
        self.messages: list[Message] = []
        self._unsaid = unsaid
        self._open = OpenCalls()
        self._turn = ModelTurn()
        self._unsealer = Unsealer()
        self._count = 0

    def add(self, content: Content, number: int) -> None:
        """Add a turn."""
        role = _ROLES.get(content.role)
        if role is None:
            message = f"contents[{number}].role: has to be user or model"
            raise invalid(message, f"contents[{number}].role")
        parts = parts_of(content)
        self._count += len(parts) + 1
        check_number(self._count, MAX_PARTS, "contents")
        if role == "assistant":
            for at, part in enumerate(parts):
                self._read_model(part, f"contents[{number}].parts[{at}]")
            return
        self.close_turn()
        if len(parts) == 1 and _is_plain(parts[0]):  # as most are
            self.messages.append(Message(role, parts[0].text or ""))
            return
        ours: list[OurPart] = []
        for at, part in enumerate(parts):
            self._read_user(part, f"contents[{number}].parts[{at}]", ours)
        if ours:
            self.messages.append(Message(role, ours))

    def close_turn(self) -> None:
        """End the turn of the model: clients keep each event of a stream as one of its own."""
        content = self._turn.close()
        if content:
            self.messages.append(Message("assistant", content))

    # -------------------------------------------------------------- the user's parts

    def _read_user(self, part: Part, where: str, ours: list[OurPart]) -> None:
        self._note_settings(part, where)
        if part.function_response is not None:
            ours.append(self._result(part.function_response, where))
        elif part.text is not None:
            if part.text:
                ours.append(TextPart(part.text))
        elif (media := self._media(part, where)) is not None:
            ours.append(media)
        elif part.function_call is not None:
            raise invalid(f"{where}: a functionCall belongs in a turn of the model", where)

    def _media(self, part: Part | ResponsePart, where: str) -> MediaPart | None:
        if part.inline_data is not None:
            return read_blob(part.inline_data, where, self._unsaid)
        if part.file_data is not None:
            return read_file(part.file_data, where, self._unsaid)
        return None

    def _note_settings(self, part: Part, where: str) -> None:
        """Note what changes the meaning of a part; how sharp a picture is read does not."""
        if part.video_metadata is not None:
            self._unsaid.add(f"{where}.videoMetadata")
        for name in _GOOGLES:
            if getattr(part, name) is not None:
                self._unsaid.add(f"{where}.{name}")

    def _result(self, response: FunctionResponse, where: str) -> ToolResultPart:
        text, is_error = _answer(response.response)
        content: list[TextPart | ImagePart | DocumentPart] = []
        self._count += len(response.parts or ())
        check_number(self._count, MAX_PARTS, "contents")
        for number, part in enumerate(response.parts or ()):
            inner = f"{where}.functionResponse.parts[{number}]"
            media = self._media(part, inner)
            if isinstance(media, AudioPart):
                self._unsaid.add(f"{inner} (sound)")
            elif media is not None:
                content.append(media)
        call_id = self._answered(response, where)
        if not content:
            return ToolResultPart(call_id, text, is_error)
        return ToolResultPart(call_id, [TextPart(text), *content], is_error)

    def _answered(self, response: FunctionResponse, where: str) -> str:
        """Return the id of the call that an answer belongs to."""
        found = self._open.answer(response.id, response.name)
        if found is not None:
            return found
        # Several answers to one call are refused by every API, and so is one without a call.
        message = f"{where}: answers no call of {response.name[:100]!r} before it"
        raise invalid(message, f"{where}.functionResponse")

    # -------------------------------------------------------------- the model's parts

    def _read_model(self, part: Part, where: str) -> None:
        turn = self._turn
        text = part.thought_signature
        sealed = self._unsealer.open(text) if text else None
        if sealed is not None:
            turn.add_carried(sealed)
        if part.thought:
            # Without its signature no model takes it: it came before, with the next part.
            if sealed is not None and sealed.signature is not None:
                turn.add(ReasoningPart(part.text or "", sealed.signature, sealed.origin))
        elif part.function_call is not None:
            turn.add(self._call(part, sealed))
        elif part.text:
            turn.add_text(part.text, *_signed(sealed))
        elif (media := self._media(part, where)) is not None:
            turn.add(_made(media, sealed))
        # What Google's own tools did is left out for all others, as on the socket.

    def _call(self, part: Part, sealed: Sealed | None) -> ToolCallPart:
        call = part.function_call
        assert call is not None
        call_id = self._open.add(call.id, call.name)
        arguments = text_of(call.args)
        arguments = "{}" if arguments == "null" else arguments
        return ToolCallPart(call_id, call.name, arguments, *_signed(sealed))


def _is_plain(part: Part) -> bool:
    """Return whether a part is only text."""
    return bool(part.text) and part == Part(text=part.text)


def _signed(sealed: Sealed | None) -> tuple[str | None, str | None]:
    """Return the signature and the origin of a part, as far as its model signed it."""
    if sealed is None or sealed.signature is None:
        return None, None
    return sealed.signature, sealed.origin


def _made(media: MediaPart, sealed: Sealed | None) -> OurPart:
    """Return what a model made."""
    if isinstance(media, DocumentPart):
        return TextPart(media.text or media.url or "")
    signature, origin = _signed(sealed)
    return msgspec.structs.replace(media, signature=signature, origin=origin)


def _answer(response: msgspec.Raw) -> tuple[str, bool]:
    """Return the text of what a function answered, and whether it is an error."""
    try:
        fields = _OBJECT.decode(response)
    except (ValueError, RecursionError):
        return text_of(response), False  # some clients send a text
    if len(fields) == 1:
        name, value = next(iter(fields.items()))
        if name == "error":
            return _as_text(value), True
        if name in _ANSWERS:
            return _as_text(value), False
    return text_of(response), False


def _as_text(value: msgspec.Raw) -> str:
    try:
        return _TEXT.decode(value)
    except (ValueError, RecursionError):
        return text_of(value)
