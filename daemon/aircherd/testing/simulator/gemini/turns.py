"""The checks that Gemini makes of a conversation: parts, the order of calls, signatures.

Signed parts must be sent back unchanged. From Gemini 3 on, each step of the current turn needs the
signature of its first call; history of another model may use one of Google's placeholder
signatures.
"""

import json
import re
from typing import Any

from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.script import signature

Json = dict[str, Any]

STAND_INS = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
DATA = (
    *("text", "inlineData", "fileData", "functionCall", "functionResponse"),
    *("executableCode", "codeExecutionResult", "toolCall", "toolResponse"),
)
SERVER_TOOLS = ("toolCall", "toolResponse")
FIELDS = frozenset((*DATA, "thought", "thoughtSignature", "mediaResolution", "videoMetadata"))
IMAGES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")
SOUNDS = tuple(f"audio/{name}" for name in ("wav", "mp3", "aiff", "aac", "ogg", "flac"))
TEXTS = tuple(f"text/{name}" for name in ("plain", "html", "css", "csv", "xml", "markdown"))
MEDIA = (*IMAGES, *SOUNDS, *TEXTS, "application/pdf")
_OLD = re.compile(r"gemini-[12]\.")


def is_new(model: str) -> bool:
    """Return whether a model is of Gemini 3 or later."""
    return _OLD.match(model) is None


def sign(model: str, part: Json) -> str:
    """Return this model's signature of a part."""
    call = part.get("functionCall")
    if call is not None:
        arguments = f"{call['name']} {json.dumps(call.get('args', {}), sort_keys=True)}"
        return signature(f"{model} calls {arguments}")
    if "text" in part:
        return signature(f"{model} says {part['text']}")
    content = {name: part[name] for name in DATA if name in part}
    return signature(f"{model} made {json.dumps(content, sort_keys=True)}")


def check_contents(contents: list[Json] | None, model: str) -> None:
    """Validate a conversation.

    Raises:
        Refusal: the API would refuse it.
    """
    if not contents:
        raise bad("* GenerateContentRequest.contents: contents is not specified\n")
    for at, content in enumerate(contents):
        _check_content(at, content, model)
    for at in range(len(contents)):
        _check_calls(contents, at)
        _check_answers(contents, at)
    if is_new(model):
        _check_signed(contents)


def bad(message: str) -> Refusal:
    """Return the refusal of an invalid argument."""
    return refuse("gemini", message)


def calls_of(content: Json) -> list[Json]:
    """Return the calls in a content."""
    return [part["functionCall"] for part in content["parts"] if "functionCall" in part]


def answers_of(content: Json) -> list[Json]:
    """Return the answers to calls in a content."""
    return [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]


def _check_content(at: int, content: Json, model: str) -> None:
    where = f"* GenerateContentRequest.contents[{at}]"
    if content.get("role", "user") not in ("user", "model"):
        raise bad("Please use a valid role: user, model.")
    if not content.get("parts"):
        raise bad(f"{where}.parts: contents.parts must not be empty.\n")
    for number, part in enumerate(content["parts"]):
        for name in part:
            if name not in FIELDS:
                place = f"contents[{at}].parts[{number}]"
                raise bad(
                    f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot "
                    "find field."
                )
        _check_part(f"{where}.parts[{number}]", part, model)


def _check_part(where: str, part: Json, model: str) -> None:
    held = [name for name in DATA if part.get(name) is not None]
    is_empty = part.get("text") == "" and "thoughtSignature" not in part
    if len(held) != 1 or is_empty:
        raise bad(f"{where}.data: required oneof field 'data' must have one initialized field\n")
    _check_media(part, MEDIA)
    if (answer := part.get("functionResponse")) is not None:
        _check_answer(where, answer, model)
    signed = part.get("thoughtSignature")
    if signed is not None and signed not in STAND_INS and signed != sign(model, part):
        raise bad("Corrupted thought signature.")


def _check_media(part: Json, types: tuple[str, ...]) -> None:
    data = part.get("inlineData") or part.get("fileData") or {}
    kind = data.get("mimeType")
    if kind is not None and kind not in types:
        raise bad(f"Unsupported MIME type: {kind}")
    if "inlineData" in part and kind is None:
        raise bad("Unable to determine the MIME type of the inline data.")
    if not data.get("fileUri", "https://").startswith("https://"):
        raise bad(f"Invalid or unsupported file uri: {data['fileUri']}")


def _check_answer(where: str, answer: Json, model: str) -> None:
    if not answer.get("name"):
        raise bad(f"{where}.function_response.name: Name cannot be empty.\n")
    if not isinstance(answer.get("response"), dict):
        raise bad(f"Invalid value at '{where}.function_response.response' (Struct)")
    if answer.get("parts") and not is_new(model):
        raise bad("Multimodal function responses are not supported for this model.")
    for part in answer.get("parts") or ():
        _check_media(part, (*IMAGES, "application/pdf"))


def check_server_tools(contents: list[Json], *, shown: bool) -> None:
    """Check that each result of a server's tool follows its call, and that they are switched on.

    Raises:
        Refusal: the API would refuse it.
    """
    open_calls: set[str] = set()
    for content in contents:
        for part in content["parts"]:
            if not shown and any(name in part for name in SERVER_TOOLS):
                raise bad("Tool call context circulation is not enabled for this request.")
            if "toolCall" in part:
                open_calls.add(part["toolCall"]["id"])
            elif "toolResponse" in part and part["toolResponse"]["id"] not in open_calls:
                raise bad("Please ensure that each tool response follows its tool call.")


def _check_calls(contents: list[Json], at: int) -> None:
    """Check that calls follow a user's turn and are answered in the next one."""
    if not calls_of(contents[at]):
        return
    if not at or contents[at - 1].get("role") == "model":
        raise bad(
            "Please ensure that function call turn comes immediately after a user turn or after a "
            "function response turn."
        )
    if at + 1 < len(contents) and not answers_of(contents[at + 1]):
        raise bad(
            "Please ensure that function response turn comes immediately after a function call "
            "turn."
        )


def _check_answers(contents: list[Json], at: int) -> None:
    answers = answers_of(contents[at])
    if not answers:
        return
    calls = calls_of(contents[at - 1]) if at else []
    if not calls:
        raise bad(
            "Please ensure that function response turn comes immediately after a function call "
            "turn."
        )
    if not _belong(answers, calls):
        raise bad(
            "Please ensure that the number of function response parts is equal to the number of "
            "function call parts of the function call turn."
        )


def _belong(answers: list[Json], calls: list[Json]) -> bool:
    """Return whether each answer belongs to one of the calls, by id (if any) and name."""
    named = {(call["name"], id_) for call in calls for id_ in (call.get("id"), None)}
    known = all((answer["name"], answer.get("id")) in named for answer in answers)
    return known and len(answers) == len(calls)


def _check_signed(contents: list[Json]) -> None:
    """Refuse an unsigned step of the current turn, which starts at the last plain user content."""
    plain = [
        at
        for at, content in enumerate(contents)
        if content.get("role", "user") == "user" and not answers_of(content)
    ]
    start = plain[-1] if plain else 0
    for at, content in enumerate(contents[start:], start):
        first = next((part for part in content["parts"] if "functionCall" in part), None)
        if first is not None and not first.get("thoughtSignature"):
            raise bad(
                "Function call is missing a thought_signature in functionCall parts. This is "
                "required for tools to work correctly, and missing thought_signature may lead to "
                "degraded model performance. Additional data, function call "
                f"`default_api:{first['functionCall']['name']}` , position {at + 1}. Please refer "
                "to https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
            )
