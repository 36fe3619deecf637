"""The messages of a conversation as adapters use them: with their position and sorted parts.

Some parts may appear only in messages of one role: that is checked here for all vendors.
"""

import msgspec

from aircherd.errors import fail
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import (
    ImagePart,
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
    ToolResultPart: "user",
    ImagePart: "user",
}


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


def turns(messages: list[Message]) -> list[Turn]:
    """Return each message with its position.

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
