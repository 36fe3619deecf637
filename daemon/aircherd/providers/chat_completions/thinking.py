"""A model's thinking in chat completions: OpenAI's API has no form for it, so servers made three.

    reasoning_content   DeepSeek, llama.cpp, LM Studio, SGLang, older vLLM
    reasoning           Groq, Cerebras, vLLM
    parts of content    Mistral, of the type `thinking`

It goes back in the form in which it came: DeepSeek refuses the results of tools without the
thinking that led to their calls, Groq and Cerebras refuse any other's form. The signature names the
form where it is not the first; none of these servers signs anything. OpenAI itself tells no
thinking here and takes none (its responses API does), OpenRouter has `openrouter_thinking`.
Sources: the servers' documentation, and their refusals as told in issues, November 2026.
"""

from typing import Protocol

import msgspec

from aircherd.providers.codec.json_in import as_text
from aircherd.vocabulary.parts import ReasoningPart

Message = dict[str, object]

_CONTENT = "content"
_REASONING = "reasoning"
_REASONING_CONTENT = "reasoning_content"


class ThinkingFields(msgspec.Struct, gc=False):
    """The fields of a delta, or of a message, in which servers tell thinking."""

    content: object = None
    reasoning: object = None
    reasoning_content: object = None
    reasoning_details: msgspec.Raw = msgspec.Raw()


class Thinking(Protocol):
    """Reads the thinking of one reply, in runs: text or a call ends one."""

    def take(self, fields: ThinkingFields) -> str | None:
        """Return the text of the thinking in `fields`, "" if it is hidden, None if there is none.

        Raises:
            ProviderFailed: there is no end of it.
        """

    def end(self) -> str | None:
        """Return the signature of the run that ends here, None if it needs none."""


class NamedThinking:
    """Thinking that is signed with the name of its form; see `Thinking`."""

    def __init__(self) -> None:
        self._form: str | None = None

    def take(self, fields: ThinkingFields) -> str | None:
        """Return the text in whichever form it came; see `Thinking`."""
        # Some servers send it under both names: it is the same text.
        for form, value in (
            (_REASONING_CONTENT, fields.reasoning_content),
            (_REASONING, fields.reasoning),
            (_CONTENT, _thinking_parts(fields.content)),
        ):
            if value and (text := as_text(value)):
                self._form = form
                return text
        return None

    def end(self) -> str | None:
        """Return the name of the form where it is not the usual one; see `Thinking`."""
        return None if self._form == _REASONING_CONTENT else self._form


def _thinking_parts(content: object) -> list[object]:
    """Return what the `thinking` parts of a content hold."""
    if not isinstance(content, list):
        return []
    thoughts = [
        part.get("thinking")
        for part in content
        if isinstance(part, dict) and part.get("type") == "thinking"
    ]
    return [piece for thought in thoughts if isinstance(thought, list) for piece in thought]


# ------------------------------------------------------------------ back to the server


def with_thinking(message: Message, thoughts: list[ReasoningPart]) -> Message:
    """Return the assistant's `message` with its thinking in the form in which it came."""
    text = "".join(thought.text for thought in thoughts)
    if not text:
        return message
    forms = {thought.signature for thought in thoughts}
    if _CONTENT in forms:
        return message | {"content": _thinking_content(text, message["content"])}
    return message | {_REASONING if _REASONING in forms else _REASONING_CONTENT: text}


def without_thinking(message: Message, thoughts: list[ReasoningPart]) -> Message:
    """Return `message` alone: for OpenAI itself, which would refuse the request."""
    del thoughts
    return message


def _thinking_content(text: str, content: object) -> list[object]:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
    return [thinking, *([{"type": "text", "text": content}] if content else [])]
