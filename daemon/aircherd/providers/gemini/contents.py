"""A conversation as Gemini takes it: `contents` of two roles, each a list of parts.

What it wants differently from others: turns of `user` and `model`; the answer to a call by the
function's name, as an object; all answers of a turn together; no empty parts; what it signed
exactly as it was.
"""

from typing import Final

from aircherd.errors import fail
from aircherd.providers.codec.json_out import parse_object
from aircherd.providers.codec.turns import Turn, result_images, result_text
from aircherd.providers.gemini.models import is_old
from aircherd.providers.gemini.signature import split_signed
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import (
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

GeminiPart = dict[str, object]

MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
"""Of the kinds of image that clients may send, those that Gemini takes."""

_ENDINGS: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
}

UNSIGNED: Final = "skip_thought_signature_validator"
"""Google's own stand-in for the signature of a call that the model did not make itself: another
provider's, from before a fallback. Without it Gemini 3 answers 400."""


def write_system(system: str | None, ordered: list[Turn]) -> dict[str, object] | None:
    """Return the `systemInstruction`, None if there is none.

    There is no other place for one, so a system message in mid-conversation moves up.
    """
    within = (text for turn in ordered if turn.role == "system" for text in turn.text)
    texts = [text for text in (system or "", *within) if text.strip()]
    return {"parts": [{"text": "\n\n".join(texts)}]} if texts else None


def write_contents(ordered: list[Turn], model: str) -> list[dict[str, object]]:
    """Return the `contents`; neighbours of one role become one.

    Raises:
        ProviderFailed: UNSUPPORTED: Gemini has no form for something in it; BAD_REQUEST: nothing
            is in it, or what nobody could take.
    """
    writer = _Writer(old=is_old(model))
    for turn in ordered:
        if turn.role != "system":
            writer.add(turn)
    if not writer.contents:
        fail(FailureClass.BAD_REQUEST, "messages: all of them are empty: send some text")
    return [
        {"role": role, "parts": writer.finished(role, parts)} for role, parts in writer.contents
    ]


class _Writer:
    """The contents so far, and the names of the calls in them by their ids."""

    def __init__(self, *, old: bool) -> None:
        self.contents: list[tuple[str, list[GeminiPart]]] = []
        self._old = old
        self._names: dict[str, str] = {}

    def add(self, turn: Turn) -> None:
        """Add the parts of a turn; one that holds nothing separates nobody."""
        role = "model" if turn.role == "assistant" else "user"
        parts: list[GeminiPart] = []
        for part in turn.parts:
            if isinstance(part, ToolCallPart):
                self._names[part.id] = part.name
                parts.append(_call(part, turn.where))
            elif isinstance(part, ToolResultPart):
                parts += self._result(part, turn.where)
            elif isinstance(part, ImagePart):
                parts.append(_image(part, turn.where))
            else:
                parts += _text(part)
        if parts and self.contents and self.contents[-1][0] == role:
            self.contents[-1][1].extend(parts)
        elif parts:
            self.contents.append((role, parts))

    def finished(self, role: str, parts: list[GeminiPart]) -> list[GeminiPart]:
        """Return the parts of one content as they may go out."""
        if role == "user":
            # The answers stand together, in front: they belong to the turn before.
            return sorted(parts, key=lambda part: "functionResponse" not in part)
        first = next((part for part in parts if "functionCall" in part), None)
        if first is not None and not self._old:
            first.setdefault("thoughtSignature", UNSIGNED)
        return parts

    def _result(self, result: ToolResultPart, where: str) -> list[GeminiPart]:
        """Return a tool's answer: nothing here says an error, so the field's name does."""
        name = self._names.get(result.id)
        if name is None:
            told = f"{where}: tool_result {result.id!r} answers no tool call before it"
            fail(FailureClass.BAD_REQUEST, told)
        response = {"error" if result.is_error else "output": result_text(result)}
        answer: GeminiPart = {"id": result.id, "name": name, "response": response}
        inside, after = self._pictures(result, where)
        if inside:
            answer["parts"] = inside
        if after:
            after.insert(0, {"text": f"What the tool {name} answered with:"})
        return [{"functionResponse": answer}, *after]

    def _pictures(
        self, result: ToolResultPart, where: str
    ) -> tuple[list[GeminiPart], list[GeminiPart]]:
        # Gemini 3 takes the bytes of a picture inside an answer. Anything else follows the answers
        # as the user's own.
        inside: list[GeminiPart] = []
        after: list[GeminiPart] = []
        for image in result_images(result):
            fits = image.data is not None and not self._old
            (inside if fits else after).append(_image(image, where))
        return inside, after


def _text(part: TextPart | ReasoningPart) -> list[GeminiPart]:
    kind: GeminiPart = {"thought": True} if isinstance(part, ReasoningPart) else {}
    if part.signature is None:
        return [{"text": part.text, **kind}] if part.text else []
    before, signed, signature = split_signed(part.text, part.signature)
    plain = [{"text": before, **kind}] if before else []
    return [*plain, {"text": signed, **kind, "thoughtSignature": signature}]


def _call(call: ToolCallPart, where: str) -> GeminiPart:
    arguments = parse_object(call.arguments, f"{where}: arguments of tool call {call.id!r}")
    part: GeminiPart = {"functionCall": {"id": call.id, "name": call.name, "args": arguments}}
    if call.signature is not None:
        part["thoughtSignature"] = call.signature
    return part


def _image(image: ImagePart, where: str) -> GeminiPart:
    kind = image.media_type if image.url is None else _kind_of(image.url)
    if kind is not None and kind not in MEDIA_TYPES:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Gemini does not take {kind}, only {', '.join(MEDIA_TYPES)}",
        )
    if image.url is None:
        return {"inlineData": {"mimeType": kind, "data": image.data}}
    if not image.url.startswith("https://"):
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Gemini fetches images from https:// only: send the data, or another url",
        )
    file: GeminiPart = {"fileUri": image.url}
    if kind is not None:
        file["mimeType"] = kind
    return {"fileData": file}


def _kind_of(url: str) -> str | None:
    """Return the kind of image that a URL's path names, None where it names none."""
    path = url.partition("#")[0].partition("?")[0].lower()
    return next((kind for ending, kind in _ENDINGS.items() if path.endswith(ending)), None)
