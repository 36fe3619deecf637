"""The messages of a conversation as adapters use them: with their position and sorted parts.

Some parts may appear only in messages of one role: that is checked here for all vendors. What an
API does not take is replaced here, or refused by name: see `Takes`.
"""

from collections.abc import Callable

import msgspec

from aircherd.errors import fail
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import (
    OtherPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

# Parts that may appear only in messages of one role.
_ROLES: dict[type, str] = {
    ToolCallPart: "assistant",
    ReasoningPart: "assistant",
    OtherPart: "assistant",
    ToolResultPart: "user",
    DocumentPart: "user",
}
_NOT_FOR_SYSTEM = (ImagePart, AudioPart)

PICTURE_FOLLOWS = "(A picture that the assistant made:)"


class Takes(msgspec.Struct, frozen=True, kw_only=True):
    """What an API takes besides text, pictures, tools and thinking; `name` is used in messages.

    Attributes:
        documents: PDF files; without it they are refused.
        result_documents: PDF files in a tool result; likewise.
        text_documents: text files as such; without it they become text.
        audio: sound; without it, it is refused.
        model_media: pictures and sound in messages of the assistant; without it pictures follow in
            the user's next message, and sound becomes its transcript.
        keeps_media: of these, which ones stay where they are, as `signature` tells.
        others: parts that have no word of ours; without it they are left out.
    """

    name: str
    documents: bool = False
    result_documents: bool = False
    text_documents: bool = False
    audio: bool = False
    model_media: bool = False
    keeps_media: Callable[[ImagePart | AudioPart], bool] | None = None
    others: bool = False


class Turn(msgspec.Struct, frozen=True):
    """One message; `where` names it in an error ("messages[3]").

    `parts` are in the client's order; `said` is the text of a message that is nothing but text.
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
        """The results of tools, in user messages only."""
        return [part for part in self.parts if isinstance(part, ToolResultPart)]


def turns(messages: list[Message], takes: Takes) -> list[Turn]:
    """Return each message with its position, and with nothing in it that the API does not take.

    Raises:
        ProviderFailed: BAD_REQUEST: a part is in a message of the wrong role; UNSUPPORTED: the API
            does not take a part.
    """
    ordered = [_turn(f"messages[{n}]", each, takes) for n, each in enumerate(messages)]
    if takes.model_media or not any(_moved_media(turn, takes) for turn in ordered):
        return ordered
    return _move_model_media(ordered, takes)


def _turn(where: str, message: Message, takes: Takes) -> Turn:
    content = message.content
    if isinstance(content, str):
        return Turn(where, message.role, [TextPart(content)], content)
    parts: list[Part] = []
    for part in content:
        if type(part) is not TextPart:
            _check_role(part, message.role, where)
            taken = _taken(part, takes, where)
            if taken is not None:
                parts.append(taken)
        else:
            parts.append(part)
    return Turn(where, message.role, parts)


def _check_role(part: Part, role: str, where: str) -> None:
    wanted = _ROLES.get(type(part), role)
    if isinstance(part, _NOT_FOR_SYSTEM) and role == "system":
        wanted = "user"
    if role != wanted:
        kind = part.__struct_config__.tag
        fail(FailureClass.BAD_REQUEST, f"{where}: {kind} parts belong in {wanted} messages")


def _taken(part: Part, takes: Takes, where: str) -> Part | None:
    """Return the part as the API takes it, None if it is to be left out."""
    if isinstance(part, DocumentPart):
        return _taken_document(part, takes, where, is_allowed=takes.documents)
    if isinstance(part, ToolResultPart) and not isinstance(part.content, str):
        return _taken_result(part, part.content, takes, where)
    if isinstance(part, AudioPart) and not takes.audio and part.origin is None:
        fail(FailureClass.UNSUPPORTED, f"{where}: {takes.name} does not take sound")
    if isinstance(part, OtherPart) and not takes.others:
        return None
    return part


def _taken_result(
    part: ToolResultPart,
    content: list[TextPart | ImagePart | DocumentPart],
    takes: Takes,
    where: str,
) -> ToolResultPart:
    if not any(isinstance(each, DocumentPart) for each in content):
        return part
    taken = [
        _taken_document(each, takes, where, is_allowed=takes.result_documents)
        if isinstance(each, DocumentPart)
        else each
        for each in content
    ]
    return msgspec.structs.replace(part, content=taken)


def _taken_document(
    part: DocumentPart, takes: Takes, where: str, *, is_allowed: bool
) -> TextPart | DocumentPart:
    if part.is_pdf:
        if is_allowed:
            return part
        place = " in a tool result" if takes.documents else ""
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: {takes.name} does not take a PDF{place}: send its text instead",
        )
    if takes.text_documents:
        return part
    text = part.text or ""
    return TextPart(f"{part.name}:\n{text}" if part.name else text, cache=part.cache)


# ------------------------------------------------------------------ what a model made


def _moved_media(turn: Turn, takes: Takes) -> list[ImagePart | AudioPart]:
    """Return the pictures and sound of the assistant that cannot stay where they are."""
    if turn.role != "assistant":
        return []
    media = [part for part in turn.parts if isinstance(part, ImagePart | AudioPart)]
    return [part for part in media if takes.keeps_media is None or not takes.keeps_media(part)]


def _move_model_media(ordered: list[Turn], takes: Takes) -> list[Turn]:
    """Move the assistant's pictures and sound to the beginning of the user's next message."""
    moved: list[Turn] = []
    waiting: list[Part] = []
    for turn in ordered:
        if media := _moved_media(turn, takes):
            kept: list[Part] = [part for part in turn.parts if part not in media]
            for part in media:
                if isinstance(part, ImagePart):
                    waiting += [TextPart(PICTURE_FOLLOWS), _as_users(part)]
                else:
                    kept += [TextPart(part.transcript)] if part.transcript else ()
            moved.append(Turn(turn.where, turn.role, kept))
        elif turn.role == "user" and waiting:
            moved.append(Turn(turn.where, turn.role, waiting + turn.parts))
            waiting = []
        else:
            moved.append(turn)
    return moved


def _as_users(part: ImagePart) -> ImagePart:
    return msgspec.structs.replace(part, signature=None, origin=None)


# ------------------------------------------------------------------ tool results


def result_text(result: ToolResultPart) -> str:
    """Return the text of a tool result."""
    if isinstance(result.content, str):
        return result.content
    return "\n".join(part.text for part in result.content if isinstance(part, TextPart))


def result_images(result: ToolResultPart) -> list[ImagePart]:
    """Return the images of a tool result."""
    if isinstance(result.content, str):
        return []
    return [part for part in result.content if isinstance(part, ImagePart)]


def data_uri(image: ImagePart) -> str:
    """Return an image as a URL: its own, or one that holds the data."""
    return image.url or f"data:{image.media_type};base64,{image.data}"
