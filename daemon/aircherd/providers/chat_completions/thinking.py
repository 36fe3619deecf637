"""A model's thinking in chat completions, which OpenAI has no field for: servers use five.

    reasoning_content   DeepSeek, llama.cpp, LM Studio, SGLang, older vLLM
    reasoning           Groq, Cerebras, vLLM
    parts of content    Mistral, with type `thinking`
    reasoning_details   OpenRouter, gateways in front of it, MiniMax: see `reasoning_details`
    thinking_blocks     LiteLLM in front of Anthropic: likewise

Thinking goes back in the field that it came in. DeepSeek refuses tool results without the thinking
that led to the calls; Groq and Cerebras refuse other servers' fields. Our signature names the field
if it is not the first, or holds the details. OpenAI itself sends and takes no thinking here (its
Responses API does). Sources: the servers' documentation and refusals reported in issues, November
2026.
"""

from typing import Protocol

import msgspec

from aircherd.providers.codec.json_in import as_text
from aircherd.vocabulary.parts import ReasoningPart

MessageJson = dict[str, object]

_CONTENT_FIELD = "content"
_REASONING_FIELD = "reasoning"
_REASONING_CONTENT_FIELD = "reasoning_content"


class ThinkingFields(msgspec.Struct, gc=False):
    """The fields of a delta or message that may hold thinking."""

    content: object = None
    reasoning: object = None
    reasoning_content: object = None
    reasoning_details: msgspec.Raw = msgspec.Raw()
    thinking_blocks: msgspec.Raw = msgspec.Raw()


class ThinkingReader(Protocol):
    """Reads the thinking of one reply, run by run; text or a tool call ends a run."""

    def take(self, fields: ThinkingFields) -> str | None:
        """Return the text of the thinking in `fields`, "" if it is hidden, None if there is none.

        Raises:
            ProviderFailed: PROTOCOL: there is too much of it.
        """

    def end(self) -> str | None:
        """End the run; return its signature, None if it needs none."""


class FieldThinking:
    """Reads thinking from any of the three fields and signs it with the field's name."""

    def __init__(self) -> None:
        self._field: str | None = None

    def take(self, fields: ThinkingFields) -> str | None:
        """Return the text, whichever field it is in; see `ThinkingReader`."""
        text = fields.reasoning_content
        if type(text) is str and text:
            self._field = _REASONING_CONTENT_FIELD
            return text  # the usual case; some servers send the same text in `reasoning`
        for field, value in (
            (_REASONING_CONTENT_FIELD, fields.reasoning_content),
            (_REASONING_FIELD, fields.reasoning),
            (_CONTENT_FIELD, thinking_parts(fields.content)),
        ):
            if value and (text := as_text(value)):
                self._field = field
                return text
        return None

    def end(self) -> str | None:
        """Return the field's name if it is not `reasoning_content`; see `ThinkingReader`."""
        return None if self._field == _REASONING_CONTENT_FIELD else self._field


def thinking_parts(content: object) -> list[object]:
    """Return the content of the `thinking` parts."""
    if not isinstance(content, list):
        return []
    thoughts = [
        part.get("thinking")
        for part in content
        if isinstance(part, dict) and part.get("type") == "thinking"
    ]
    return [piece for thought in thoughts for piece in _pieces(thought)]


def _pieces(thought: object) -> list[object]:
    if isinstance(thought, str):
        return [{"type": "text", "text": thought}]
    return thought if isinstance(thought, list) else []


# ------------------------------------------------------------------ requests


def with_thinking(message: MessageJson, thoughts: list[ReasoningPart]) -> MessageJson:
    """Return the assistant's `message` with its thinking in the field that it came in."""
    text = "".join(thought.text for thought in thoughts)
    if not text:
        return message
    signatures = {thought.signature for thought in thoughts}
    if _CONTENT_FIELD in signatures:
        return message | {"content": _thinking_content(text, message["content"])}
    return message | {
        _REASONING_FIELD if _REASONING_FIELD in signatures else _REASONING_CONTENT_FIELD: text
    }


def without_thinking(message: MessageJson, thoughts: list[ReasoningPart]) -> MessageJson:
    """Return `message` unchanged: OpenAI would refuse thinking in it."""
    del thoughts
    return message


def _thinking_content(text: str, content: object) -> list[object]:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
    if isinstance(content, list):
        return [thinking, *content]
    return [thinking, *([{"type": "text", "text": content}] if content else [])]
