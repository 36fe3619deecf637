"""The messages of a chat as Ollama's own API takes them.

What has no form there, and what stands for it:

- a picture's place in the text: a message has its pictures before its text;
- a picture in a tool's answer: words stand there, and it follows in a user message of its own;
- a failed tool: its text begins with "Error: ";
- JSON of any form: the server sees to it, but a model that was not told fills it with white space,
  so a sentence asks for it where nobody did;
- a picture's URL: refused, the server fetches nothing.
"""

from aircherd.errors import fail
from aircherd.providers.codec.json_out import parse_object
from aircherd.providers.codec.turns import Turn, result_images, result_text, turns
from aircherd.providers.request_fields import IMAGES_FOLLOW, with_json_sentence
from aircherd.vocabulary.chat import ChatRequest, JsonFormat
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import (
    ImagePart,
    ReasoningPart,
    ToolCallPart,
    ToolResultPart,
)

Json = dict[str, object]


def write_messages(request: ChatRequest) -> list[Json]:
    """Return the messages, the system prompt first.

    Raises:
        ProviderFailed: UNSUPPORTED: this API cannot express one of them; BAD_REQUEST: nobody could.
    """
    ordered = turns(request.messages)
    messages: list[Json] = []
    if system := _system(request, ordered):
        messages.append({"role": "system", "content": system})
    names: dict[str, str] = {}
    for turn in ordered:
        names |= {call.id: call.name for call in turn.calls}
        messages += _turn_messages(turn, names)
    if not ordered:
        # It would load the model and answer nothing.
        fail(FailureClass.BAD_REQUEST, "messages: there is nothing in any of them")
    return messages


def _system(request: ChatRequest, ordered: list[Turn]) -> str:
    system = request.system or ""
    if not isinstance(request.response_format, JsonFormat):
        return system
    return with_json_sentence(system, ordered)


def _turn_messages(turn: Turn, names: dict[str, str]) -> list[Json]:
    # Answers to tools come first: they must follow the calls directly.
    messages = [_tool_message(result, names) for result in turn.results]
    messages += [_pictures(result, turn.where) for result in turn.results if result_images(result)]
    if len(turn.results) < len(turn.parts) or not messages:
        messages.append(_message(turn))
    return messages


def _message(turn: Turn) -> Json:
    message: Json = {"role": turn.role, "content": "\n\n".join(turn.text)}
    if images := [part for part in turn.parts if isinstance(part, ImagePart)]:
        message["images"] = [_image(image, turn.where) for image in images]
    if thought := "".join(part.text for part in turn.parts if isinstance(part, ReasoningPart)):
        message["thinking"] = thought
    if turn.calls:
        message["tool_calls"] = [_call(call, turn.where) for call in turn.calls]
    return message


def _image(image: ImagePart, where: str) -> str:
    if image.data is None:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Ollama takes pictures only as data, not by url: attach the file instead",
        )
    return image.data


def _call(call: ToolCallPart, where: str) -> Json:
    arguments = parse_object(call.arguments, f"{where}: arguments of tool call {call.id!r}")
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


def _pictures(result: ToolResultPart, where: str) -> Json:
    return {
        "role": "user",
        "content": f"Pictures from the result of tool call {result.id}:",
        "images": [_image(image, where) for image in result_images(result)],
    }
