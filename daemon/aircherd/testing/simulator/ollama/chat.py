"""Ollama: its own API under `/api`, and OpenAI's form under `/v1`.

Its own streams are lines of JSON: the pieces of the message, then one with `done` and the counts.
A count of 0 is left out. Source: ollama/ollama, `api/types.go` and `server/routes.go`, 2026.
"""

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
    """Answer `POST /api/chat`; it streams unless told not to.

    Raises:
        Refusal: the request is not one the API takes.
    """
    prompt = ollama_prompt.read_prompt(context)
    form = _Form(context)
    if not context.body.get("messages"):
        return json_reply(200, form.last({}, "load", {}), [])
    said = script.decide(prompt, context.manner)
    counts = _counts(script.tally(prompt, said, context.manner))
    if context.streaming and context.body.get("stream") is not False:
        return form.stream(said, counts)
    return form.whole(said, counts)


class _Form:
    """Builds the lines of one reply."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._base = {"model": context.body["model"], "created_at": rfc3339(context.now)}

    def stream(self, said: script.Said, counts: dict[str, object]) -> Streamed:
        thoughts = [self._piece({"thinking": piece}) for piece in said.thoughts]
        words = [self._piece({"content": piece}) for piece in said.pieces]
        calls = [self._piece({"tool_calls": [call]}) for call in self._calls(said)]
        end = line(self.last({}, FINISH[said.finish], counts))
        return Streamed([LINES_TYPE], b"", [*thoughts, *words, *calls], b"", end)

    def whole(self, said: script.Said, counts: dict[str, object]) -> Whole:
        message: dict[str, object] = {"content": "".join(said.pieces)}
        if said.thoughts:
            message["thinking"] = "".join(said.thoughts)
        if said.calls:
            message["tool_calls"] = self._calls(said)
        return json_reply(200, self.last(message, FINISH[said.finish], counts), [])

    def last(
        self, message: dict[str, object], reason: str, counts: dict[str, object]
    ) -> dict[str, object]:
        return {**self._told(message, done=True), "done_reason": reason, **counts}

    def _piece(self, message: dict[str, object]) -> bytes:
        return line(self._told(message, done=False))

    def _told(self, message: dict[str, object], *, done: bool) -> dict[str, object]:
        told = {"role": "assistant", "content": "", **message}
        return {**self._base, "message": told, "done": done}

    def _calls(self, said: script.Said) -> list[dict[str, object]]:
        return [
            {
                "id": self._context.make_id("call_", 8, index),
                "function": {
                    "index": index,
                    "name": call.name,
                    "arguments": script.parse_json(call.arguments),
                },
            }
            for index, call in enumerate(said.calls)
        ]


def _counts(tally: script.Tally) -> dict[str, object]:
    counts = {
        "total_duration": 4_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": tally.input,
        "prompt_eval_duration": 1_000_000,
        "eval_count": tally.output,
        "eval_duration": 2_000_000,
    }
    return {name: count for name, count in counts.items() if count}


def answer_version(_context: Context) -> Whole:
    """Answer `GET /api/version`."""
    return json_reply(200, {"version": VERSION}, [])


def answer_tags(context: Context) -> Whole:
    """Answer `GET /api/tags`: what is installed."""
    names = context.manner.models.get("ollama", [])
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
    """Return the headers every answer carries: none."""
    return []
