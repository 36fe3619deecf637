"""A conversation in the schema of Ollama's own API.

Where it has no field, a substitute is used:

- Images inside a text: a message has its images before its text.
- Images in a tool result: a text says so, and they follow in a user message of their own.
- A failed tool: its text begins with "Error: ".
- JSON without a schema: the server enforces it, but a model that is not asked for it fills the
  answer with white space, so a sentence asks for it.
- An image URL: refused, because the server fetches nothing.
- Sound: among the images, where the server looks at the first bytes.
"""

from typing import Final

from aircherd.errors import fail
from aircherd.providers.codec.call_arguments import call_arguments
from aircherd.providers.codec.turns import Takes, Turn, result_images, result_text, turns
from aircherd.providers.request_fields import IMAGES_FOLLOW, with_json_sentence
from aircherd.vocabulary.chat import ChatRequest, JsonFormat
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import ReasoningPart, ToolCallPart, ToolResultPart

Json = dict[str, object]

TAKES: Final = Takes(name="Ollama", audio=True)

AUDIO_TYPES: Final = ("audio/wav", "audio/mpeg")
"""The sound that the server recognizes."""


def write_messages(request: ChatRequest) -> list[Json]:
    """Return the messages, the system prompt first.

    Raises:
        ProviderFailed: UNSUPPORTED: this API cannot express one of them; BAD_REQUEST: no API could.
    """
    _check_documents(request)
    ordered = turns(request.messages, TAKES)
    messages: list[Json] = []
    if system := _system(request, ordered):
        messages.append({"role": "system", "content": system})
    names: dict[str, str] = {}
    for turn in ordered:
        names |= {call.id: call.name for call in turn.calls}
        messages += _turn_messages(turn, names)
    if not ordered:
        # Ollama would load the model and answer nothing.
        fail(FailureClass.BAD_REQUEST, "messages: the list is empty: send some text")
    return messages


def _check_documents(request: ChatRequest) -> None:
    # Text files become text, which has no field for what is asked of them.
    for number, message in enumerate(request.messages):
        for part in () if isinstance(message.content, str) else message.content:
            if isinstance(part, DocumentPart) and part.citations:
                fail(
                    FailureClass.UNSUPPORTED,
                    f"messages[{number}]: Ollama cannot cite a document: leave out its citations",
                )


def _system(request: ChatRequest, ordered: list[Turn]) -> str:
    system = request.system or ""
    if not isinstance(request.response_format, JsonFormat):
        return system
    return with_json_sentence(system, ordered)


def _turn_messages(turn: Turn, names: dict[str, str]) -> list[Json]:
    # Tool results must directly follow the calls.
    messages = [_tool_message(result, names) for result in turn.results]
    messages += [
        _image_message(result, turn.where) for result in turn.results if result_images(result)
    ]
    if len(turn.results) < len(turn.parts) or not messages:
        messages.append(_message(turn))
    return messages


def _message(turn: Turn) -> Json:
    message: Json = {"role": turn.role, "content": "\n\n".join(turn.text)}
    if media := [part for part in turn.parts if isinstance(part, ImagePart | AudioPart)]:
        message["images"] = [_media(part, turn.where) for part in media]
    if thought := "".join(part.text for part in turn.parts if isinstance(part, ReasoningPart)):
        message["thinking"] = thought
    if turn.calls:
        message["tool_calls"] = [_call(call) for call in turn.calls]
    return message


def _image(image: ImagePart, where: str) -> str:
    if image.data is None:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Ollama takes images only as data, not by URL: attach the file instead",
        )
    return image.data


def _media(part: ImagePart | AudioPart, where: str) -> str:
    if isinstance(part, ImagePart):
        return _image(part, where)
    if part.media_type not in AUDIO_TYPES:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Ollama takes sound only as WAV or MP3, not {part.media_type}",
        )
    return part.data


def _call(call: ToolCallPart) -> Json:
    arguments = call_arguments(call)
    return {"id": call.id, "function": {"name": call.name, "arguments": arguments}}


def _tool_message(result: ToolResultPart, names: dict[str, str]) -> Json:
    text = result_text(result)
    if result_images(result):
        text = "\n".join(filter(None, (text, IMAGES_FOLLOW)))
    message: Json = {
        "role": "tool",
        "content": f"Error: {text}" if result.is_error else text,
        "tool_call_id": result.id,
    }
    if result.id in names:
        message["tool_name"] = names[result.id]
    return message


def _image_message(result: ToolResultPart, where: str) -> Json:
    return {
        "role": "user",
        "content": f"Pictures from the result of tool call {result.id}:",
        "images": [_image(image, where) for image in result_images(result)],
    }
