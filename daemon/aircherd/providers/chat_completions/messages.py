"""A conversation in the chat completions format.

Where the format has no field, a substitute is used:

- Pictures and files in a tool result: a text says so, and they follow in the user's next message.
- A failed tool: its text begins with "Error: ".
- JSON without a schema: the prompt must mention JSON, so a sentence is added where it does not.
- Thinking: see `thinking`.
- Sound and pictures that another model made: the transcript, and the user's next message.
"""

from functools import partial

from aircherd.providers.chat_completions.quirks import Quirks, safe_id
from aircherd.providers.chat_completions.request_parts.assistant import (
    assistant_message,
    keeps_media,
)
from aircherd.providers.chat_completions.request_parts.attachments import (
    ContentPart,
    check_document,
    image_part,
    marked,
    sound_format,
)
from aircherd.providers.chat_completions.thinking import MessageJson
from aircherd.providers.codec.turns import Takes, Turn, result_images, result_text, turns
from aircherd.providers.request_fields import IMAGES_FOLLOW, with_json_sentence
from aircherd.vocabulary.chat import ChatRequest, JsonFormat
from aircherd.vocabulary.content.cache import CacheMark
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import TextPart, ToolResultPart

FILES_FOLLOW = "(Its files are in the user's next message.)"

_Attached = ImagePart | DocumentPart | AudioPart


def write_messages(request: ChatRequest, quirks: Quirks) -> list[object]:
    """Return the messages to be encoded, the system prompt first.

    Raises:
        ProviderFailed: BAD_REQUEST: a part is in a message of the wrong role; UNSUPPORTED: the
            server does not take a part.
    """
    system, is_json = request.system or "", isinstance(request.response_format, JsonFormat)
    if not is_json and {type(message.content) for message in request.messages} <= {str}:
        # Messages with only text are encoded as they are.
        prompt: list[object] = [{"role": "system", "content": system}] if system else []
        return prompt + request.messages
    ordered = turns(request.messages, _takes(quirks))
    if is_json:
        system = with_json_sentence(system, ordered)
    messages: list[object] = [{"role": "system", "content": system}] if system else []
    for turn in ordered:
        messages += _turn_messages(turn, quirks)
    return messages


def _takes(quirks: Quirks) -> Takes:
    return Takes(
        name=quirks.api,
        documents=True,
        result_documents=True,
        audio=True,
        keeps_media=partial(keeps_media, images=quirks.keeps_images),
        others=quirks.takes_others,
    )


def _turn_messages(turn: Turn, quirks: Quirks) -> list[MessageJson]:
    if turn.role == "assistant":
        return [assistant_message(turn, quirks)]
    if turn.said is not None:
        return [{"role": turn.role, "content": turn.said}]
    # Tool results must directly follow the calls.
    messages = [_tool_message(result, quirks) for result in turn.results]
    content = _content(turn, quirks)
    if content or turn.text or not messages:
        messages.append({"role": turn.role, "content": content})
    return messages


# ------------------------------------------------------------------ tool results


def _tool_message(result: ToolResultPart, quirks: Quirks) -> MessageJson:
    notes = [
        note
        for note, found in ((IMAGES_FOLLOW, result_images(result)), (FILES_FOLLOW, _files(result)))
        if found
    ]
    text = "\n".join(filter(None, (result_text(result), *notes)))
    # The format has no field for a failed tool.
    text = f"Error: {text}" if result.is_error else text
    content: object = text
    if (mark := _mark_of(result)) and quirks.takes_marks:
        content = [marked(_text_part(text), mark, takes_marks=True)]
    return {
        "role": "tool",
        "tool_call_id": safe_id(result.id, quirks.call_id),
        "content": content,
    }


def _files(result: ToolResultPart) -> list[DocumentPart]:
    if isinstance(result.content, str):
        return []
    return [part for part in result.content if isinstance(part, DocumentPart)]


def _mark_of(result: ToolResultPart) -> CacheMark:
    if result.cache or isinstance(result.content, str):
        return result.cache
    marks = [part.cache for part in result.content if part.cache]
    return marks[-1] if marks else False


def _result_files(result: ToolResultPart, where: str, quirks: Quirks) -> list[ContentPart]:
    attached: list[_Attached] = [*result_images(result), *_files(result)]
    if not attached:
        return []
    what = "Files" if _files(result) else "Pictures"
    intro = f"{what} from the result of tool call {safe_id(result.id, quirks.call_id)}:"
    return [_text_part(intro), *(_attached_part(part, where, quirks) for part in attached)]


# ------------------------------------------------------------------ what a user says


def _content(turn: Turn, quirks: Quirks) -> str | list[ContentPart]:
    """Return what the user or the system says, in order; files of tool results come first."""
    blocks = [
        block for result in turn.results for block in _result_files(result, turn.where, quirks)
    ]
    is_list = any(
        isinstance(part, ImagePart | DocumentPart | AudioPart)
        or (isinstance(part, TextPart) and bool(part.cache) and quirks.takes_marks)
        for part in turn.parts
    )
    if not (blocks or is_list):
        # A string, not a list of parts: some servers take nothing else.
        return "\n\n".join(turn.text)
    for part in turn.parts:
        if isinstance(part, ImagePart | DocumentPart | AudioPart):
            blocks.append(_attached_part(part, turn.where, quirks))
        elif isinstance(part, TextPart) and part.text:
            blocks.append(marked(_text_part(part.text), part.cache, takes_marks=quirks.takes_marks))
    return blocks


def _attached_part(part: _Attached, where: str, quirks: Quirks) -> ContentPart:
    if isinstance(part, ImagePart):
        block = image_part(part)
    elif isinstance(part, DocumentPart):
        check_document(part, where, quirks.api, by_url=quirks.takes_pdf_urls)
        block = quirks.document_part(part)
    else:
        name = sound_format(part, quirks.sounds, where, quirks.api)
        block = quirks.sound_part(part, name)
    return marked(block, part.cache, takes_marks=quirks.takes_marks)


def _text_part(text: str) -> ContentPart:
    return {"type": "text", "text": text}
