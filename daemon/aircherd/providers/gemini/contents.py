"""A conversation as Gemini's `contents`: turns of two roles, each a list of parts.

What differs from other APIs: the roles are `user` and `model`; a tool result names the function and
is an object; all results of a turn are together; no part is empty; signed parts go back unchanged.
"""

from typing import Final

from aircherd.errors import fail
from aircherd.providers.codec.call_arguments import call_arguments
from aircherd.providers.codec.turns import Takes, Turn, result_images, result_text
from aircherd.providers.gemini.models import is_old
from aircherd.providers.gemini.signature import split_signed
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart

GeminiPart = dict[str, object]

TAKES: Final = Takes(name="Gemini")

MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
"""The image types that Gemini takes, of those that clients may send."""

_SUFFIXES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
}

UNSIGNED: Final = "skip_thought_signature_validator"
"""Google's own substitute for the signature of a call that the model did not make itself.

Such a call came from another provider, before a fallback. Without it, Gemini 3 answers 400.
"""


def write_system(system: str | None, ordered: list[Turn]) -> dict[str, object] | None:
    """Return the `systemInstruction`, None if there is none.

    It is the only place for system prompts, so system messages inside the conversation move up.
    """
    in_conversation = (text for turn in ordered if turn.role == "system" for text in turn.text)
    texts = [text for text in (system or "", *in_conversation) if text.strip()]
    return {"parts": [{"text": "\n\n".join(texts)}]} if texts else None


def write_contents(ordered: list[Turn], model: str) -> list[dict[str, object]]:
    """Return the `contents`; neighbours of one role are merged.

    Raises:
        ProviderFailed: UNSUPPORTED: Gemini cannot express something in it; BAD_REQUEST: no API
            could, or it is empty.
    """
    writer = _Writer(is_old_model=is_old(model))
    for turn in ordered:
        if turn.role != "system":
            writer.add(turn)
    if not writer.contents:
        fail(FailureClass.BAD_REQUEST, "messages: all of them are empty: send some text")
    return [{"role": role, "parts": writer.finish(role, parts)} for role, parts in writer.contents]


class _Writer:
    """The contents so far, and the function names of the calls in them by call id."""

    def __init__(self, *, is_old_model: bool) -> None:
        self.contents: list[tuple[str, list[GeminiPart]]] = []
        self._is_old_model = is_old_model
        self._names: dict[str, str] = {}

    def add(self, turn: Turn) -> None:
        """Add the parts of a turn; an empty turn does not separate its neighbours."""
        role = "model" if turn.role == "assistant" else "user"
        parts: list[GeminiPart] = []
        for part in turn.parts:
            if isinstance(part, ToolCallPart):
                self._names[part.id] = part.name
                parts.append(_call(part))
            elif isinstance(part, ToolResultPart):
                parts += self._result(part, turn.where)
            elif isinstance(part, ImagePart):
                parts.append(_image(part, turn.where))
            elif isinstance(part, TextPart | ReasoningPart):
                parts += _text(part)
        if parts and self.contents and self.contents[-1][0] == role:
            self.contents[-1][1].extend(parts)
        elif parts:
            self.contents.append((role, parts))

    def finish(self, role: str, parts: list[GeminiPart]) -> list[GeminiPart]:
        """Return the parts of one content, ordered and signed as Gemini requires."""
        if role == "user":
            # Tool results come first: they belong to the turn before.
            return sorted(parts, key=lambda part: "functionResponse" not in part)
        first_call = next((part for part in parts if "functionCall" in part), None)
        if first_call is not None and not self._is_old_model:
            first_call.setdefault("thoughtSignature", UNSIGNED)
        return parts

    def _result(self, result: ToolResultPart, where: str) -> list[GeminiPart]:
        """Return the parts of a tool result; the key `error` marks a failed tool."""
        name = self._names.get(result.id)
        if name is None:
            message = f"{where}: tool_result {result.id!r} answers no tool call before it"
            fail(FailureClass.BAD_REQUEST, message)
        response = {"error" if result.is_error else "output": result_text(result)}
        function_response: GeminiPart = {"id": result.id, "name": name, "response": response}
        embedded, following = self._images(result, where)
        if embedded:
            function_response["parts"] = embedded
        if following:
            following.insert(0, {"text": f"What the tool {name} answered with:"})
        return [{"functionResponse": function_response}, *following]

    def _images(
        self, result: ToolResultPart, where: str
    ) -> tuple[list[GeminiPart], list[GeminiPart]]:
        # Gemini 3 takes image data inside a tool result. Other images follow the results.
        embedded: list[GeminiPart] = []
        following: list[GeminiPart] = []
        for image in result_images(result):
            fits = image.data is not None and not self._is_old_model
            (embedded if fits else following).append(_image(image, where))
        return embedded, following


def _text(part: TextPart | ReasoningPart) -> list[GeminiPart]:
    kind: GeminiPart = {"thought": True} if isinstance(part, ReasoningPart) else {}
    if part.signature is None:
        return [{"text": part.text, **kind}] if part.text else []
    before, signed, signature = split_signed(part.text, part.signature)
    plain = [{"text": before, **kind}] if before else []
    return [*plain, {"text": signed, **kind, "thoughtSignature": signature}]


def _call(call: ToolCallPart) -> GeminiPart:
    arguments = call_arguments(call)
    part: GeminiPart = {"functionCall": {"id": call.id, "name": call.name, "args": arguments}}
    if call.signature is not None:
        part["thoughtSignature"] = call.signature
    return part


def _image(image: ImagePart, where: str) -> GeminiPart:
    kind = image.media_type if image.url is None else _media_type_in(image.url)
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


def _media_type_in(url: str) -> str | None:
    """Return the image type that a URL's path names, None if it names none."""
    path = url.partition("#")[0].partition("?")[0].lower()
    return next((kind for suffix, kind in _SUFFIXES.items() if path.endswith(suffix)), None)
