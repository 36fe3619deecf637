"""Ollama: its own API under `/api`, and OpenAI's format under `/v1`.

Its own streams are lines of JSON: the pieces of the message, then one with `done` and the counts.
Zero counts are left out. Source: ollama/ollama, `api/types.go` and `server/routes.go`, 2026.
"""

from typing import Any

from aircherd.testing.simulator import script
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.limits import Headers, rfc3339
from aircherd.testing.simulator.ollama import prompt as ollama_prompt
from aircherd.testing.simulator.ollama.models import installed
from aircherd.testing.simulator.openai_chat import chat as openai
from aircherd.testing.simulator.reply import LINES_TYPE, Reply, Streamed, Whole, json_reply, line

OLLAMA = openai.Dialect(
    id_prefix="chatcmpl-", id_width=3, extra={"system_fingerprint": "fp_ollama"}
)
VERSION = "0.21.0"
FINISH = {"stop": "stop", "stop_sequence": "stop", "length": "length", "tools": "stop"}


def answer_compatible(context: Context) -> Reply:
    """Answer `POST /v1/chat/completions`.

    Raises:
        Refusal: the request is not one the API takes.
    """
    return openai.answer_chat(context, OLLAMA)


def answer_chat(context: Context) -> Reply:
    """Answer `POST /api/chat`, streamed by default.

    Raises:
        Refusal: the request is not one the API takes.
    """
    prompt = ollama_prompt.read_prompt(context)
    form = _ReplyBuilder(context)
    if not context.body.get("messages"):
        return json_reply(200, form.last({}, "load", {}), [])
    answer = script.decide(prompt, context.behaviour)
    counts = _counts(script.count_usage(prompt, answer, context.behaviour))
    if context.streaming and context.body.get("stream") is not False:
        return form.stream(answer, counts)
    return form.whole(answer, counts)


class _Completion(Context):
    """A request to `/api/generate`, read like a chat: the prompt is the user's message."""

    @property
    def body(self) -> Any:
        """The request as a chat."""
        body = self.request.json
        if not isinstance(body, dict):
            return body
        prompt, images = body.get("prompt") or "", body.get("images") or []
        message = {"role": "user", "content": prompt, "images": images}
        return {**body, "messages": [message] if prompt or images else []}


def answer_completion(context: Context) -> Reply:
    """Answer `POST /api/generate`: as a chat, but the lines have the text as `response`.

    What belongs between prompt and `suffix` is the answer to the prompt.

    Raises:
        Refusal: the request is not one the API takes.
    """
    fields = {name: getattr(context, name) for name in Context.__struct_fields__}
    asked = _Completion(**fields)
    prompt = ollama_prompt.read_prompt(asked)
    form = _CompletionBuilder(asked)
    if not asked.body["messages"]:
        return json_reply(200, form.last({}, "load", {}), [])
    answer = script.decide(prompt, context.behaviour)
    counts = {**_counts(script.count_usage(prompt, answer, context.behaviour)), "context": [1, 2]}
    if context.streaming and asked.body.get("stream") is not False:
        return form.stream(answer, counts)
    return form.whole(answer, counts)


class _ReplyBuilder:
    """Builds the lines of one reply."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._base = {"model": context.body["model"], "created_at": rfc3339(context.now)}

    def stream(self, answer: script.Answer, counts: dict[str, object]) -> Streamed:
        thoughts = [self._piece({"thinking": piece}) for piece in answer.thoughts]
        words = [self._piece({"content": piece}) for piece in answer.pieces]
        calls = [self._piece({"tool_calls": [call]}) for call in self._calls(answer)]
        end = line(self.last({}, FINISH[answer.finish], counts))
        return Streamed([LINES_TYPE], b"", [*thoughts, *words, *calls], b"", end)

    def whole(self, answer: script.Answer, counts: dict[str, object]) -> Whole:
        message: dict[str, object] = {"content": "".join(answer.pieces)}
        if answer.thoughts:
            message["thinking"] = "".join(answer.thoughts)
        if answer.calls:
            message["tool_calls"] = self._calls(answer)
        return json_reply(200, self.last(message, FINISH[answer.finish], counts), [])

    def last(
        self, message: dict[str, object], reason: str, counts: dict[str, object]
    ) -> dict[str, object]:
        return {**self._message_line(message, done=True), "done_reason": reason, **counts}

    def _piece(self, message: dict[str, object]) -> bytes:
        return line(self._message_line(message, done=False))

    def _message_line(self, message: dict[str, object], *, done: bool) -> dict[str, object]:
        content = {"role": "assistant", "content": "", **message}
        return {**self._base, "message": content, "done": done}

    def _calls(self, answer: script.Answer) -> list[dict[str, object]]:
        return [
            {
                "id": self._context.make_id("call_", 8, index),
                "function": {
                    "index": index,
                    "name": call.name,
                    "arguments": script.parse_json(call.arguments),
                },
            }
            for index, call in enumerate(answer.calls)
        ]


class _CompletionBuilder(_ReplyBuilder):
    """Builds the lines of a completion."""

    def _message_line(self, message: dict[str, object], *, done: bool) -> dict[str, object]:
        content = {"response": message.pop("content", ""), **message}
        return {**self._base, **content, "done": done}


def _counts(count_usage: script.TokenCounts) -> dict[str, object]:
    counts = {
        "total_duration": 4_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": count_usage.input,
        "prompt_eval_duration": 1_000_000,
        "eval_count": count_usage.output,
        "eval_duration": 2_000_000,
    }
    return {name: count for name, count in counts.items() if count}


def answer_version(_context: Context) -> Whole:
    """Answer `GET /api/version`."""
    return json_reply(200, {"version": VERSION}, [])


def answer_tags(context: Context) -> Whole:
    """Answer `GET /api/tags`: the installed models."""
    names = context.behaviour.models.get("ollama", [])
    listed = [_listed(number, name) for number, name in enumerate(names)]
    return json_reply(200, {"models": listed}, [])


def _listed(number: int, name: str) -> dict[str, object]:
    model = installed(name)
    return {
        "name": name,
        "model": name,
        "modified_at": "2026-11-01T00:00:00Z",
        "size": 2_019_393_189,
        "digest": f"{number:064x}",
        "details": {
            "parent_model": "",
            "format": "gguf",
            "family": model.family,
            "families": [model.family],
            "parameter_size": "3.2B",
            "quantization_level": "Q4_K_M",
            "context_length": model.window,
        },
        "capabilities": list(model.capabilities),
    }


def request_headers(_context: Context) -> Headers:
    """Return the headers of every response: none."""
    return []
