"""A conversation as Gemini's `contents`: turns of two roles, each a list of parts.

What differs from other APIs: the roles are `user` and `model`; a tool result names the function and
is an object; all results of a turn are together; no part is empty; signed parts go back unchanged.
"""

from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.call_arguments import call_arguments
from aircherd.providers.codec.turns import Takes, Turn
from aircherd.providers.gemini.media import (
    GeminiPart,
    write_audio,
    write_document,
    write_image,
)
from aircherd.providers.gemini.models import is_old
from aircherd.providers.gemini.signature import split_signed
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import (
    OtherPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

TAKES: Final = Takes(
    name="Gemini",
    documents=True,
    result_documents=True,
    text_documents=True,
    audio=True,
    model_media=True,
    others=True,
)

UNSIGNED: Final = "skip_thought_signature_validator"
"""Google's own substitute for the signature of what the model did not make itself.

Such a call or picture came from another provider, before a fallback. Without it, Gemini 3 answers
400.
"""

_STEPS: Final = {"toolResponse": "toolCall", "codeExecutionResult": "executableCode"}
"""What a hosted tool answered -> the call of it, without which Gemini refuses the answer."""


class _Step(msgspec.Struct, gc=False):
    id: object = None


_PART = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STEP = msgspec.json.Decoder(_Step)


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
        self._steps: set[tuple[str, str]] = set()

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
            elif isinstance(part, TextPart | ReasoningPart):
                parts += _text(part)
            elif isinstance(part, DocumentPart):
                parts += write_document(part, turn.where)
            elif isinstance(part, OtherPart):
                parts += self._other(part)
            else:
                parts.append(self._media(part, turn))
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

    def _other(self, part: OtherPart) -> list[GeminiPart]:
        """Return a part as it came, if it still has the step before it.

        What the reply said about itself is no part of the conversation.
        """
        try:
            fields = _PART.decode(part.data.encode("utf-8", "replace"))
            step = _STEP.decode(fields.get(part.kind, b"null"))
        except (ValueError, RecursionError):
            return []
        step_id = step.id if isinstance(step.id, str) else ""
        self._steps.add((part.kind, step_id))
        first = _STEPS.get(part.kind)
        if part.kind not in fields or (first is not None and (first, step_id) not in self._steps):
            return []
        return [dict(fields)]

    def _media(self, part: ImagePart | AudioPart, turn: Turn) -> GeminiPart:
        is_mine = turn.role == "assistant"
        if isinstance(part, ImagePart):
            written = write_image(part, turn.where)
        elif is_mine and part.signature is None and part.transcript:
            return {"text": part.transcript}  # what another provider's model said
        else:
            written = write_audio(part, turn.where)
        if is_mine and not self._is_old_model:
            written.setdefault("thoughtSignature", UNSIGNED)
        return written

    def _result(self, result: ToolResultPart, where: str) -> list[GeminiPart]:
        """Return the parts of a tool result; the key `error` marks a failed tool."""
        name = self._names.get(result.id)
        if name is None:
            message = f"{where}: tool_result {result.id!r} answers no tool call before it"
            fail(FailureClass.BAD_REQUEST, message)
        response = {"error" if result.is_error else "output": _result_text(result)}
        function_response: GeminiPart = {"id": result.id, "name": name, "response": response}
        embedded, following = self._files(result, where)
        if embedded:
            function_response["parts"] = embedded
        if following:
            following.insert(0, {"text": f"What the tool {name} answered with:"})
        return [{"functionResponse": function_response}, *following]

    def _files(
        self, result: ToolResultPart, where: str
    ) -> tuple[list[GeminiPart], list[GeminiPart]]:
        # Gemini 3 takes data inside a tool result. Other pictures and PDF files follow the results.
        embedded: list[GeminiPart] = []
        following: list[GeminiPart] = []
        for part in result.content:
            if isinstance(part, ImagePart):
                written = [write_image(part, where)]
            elif isinstance(part, DocumentPart) and part.is_pdf:
                written = write_document(part, where)
            else:
                continue
            is_embedded = part.data is not None and not self._is_old_model
            (embedded if is_embedded else following).append(written[-1])
        return embedded, following


def _result_text(result: ToolResultPart) -> str:
    """Return the text of a result; Google wants text files in it, and a PDF is at least named."""
    if isinstance(result.content, str):
        return result.content
    texts: list[str] = []
    for part in result.content:
        if isinstance(part, TextPart):
            texts.append(part.text)
        elif isinstance(part, DocumentPart):
            texts += _file_text(part)
    return "\n".join(texts)


def _file_text(file: DocumentPart) -> list[str]:
    named = [file.name] if file.name else []
    text = file.text  # decoded each time
    if text is None:
        return named
    return [*(f"{name}:" for name in named), text]


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
