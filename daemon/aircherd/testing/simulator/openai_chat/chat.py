"""OpenAI Chat Completions: responses, streams, model list and headers.

`Dialect` describes the differences of OpenRouter and Ollama, which use the same format. Sources:
OpenAI's API reference and SDK, November 2026.
"""

from functools import lru_cache

import msgspec

from aircherd.testing.simulator import script
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.limits import Headers
from aircherd.testing.simulator.openai_chat import extras
from aircherd.testing.simulator.openai_chat import prompt as openai_prompt
from aircherd.testing.simulator.openai_chat import thinking as openai_thinking
from aircherd.testing.simulator.reply import (
    EVENT_TYPE,
    Reply,
    Streamed,
    Whole,
    encode_json,
    json_reply,
)

FINISH = {
    "stop": "stop",
    "refusal": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "tools": "tool_calls",
}
CREATED = 1_790_000_000


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """The differences between APIs in OpenAI's format.

    Attributes:
        id_prefix, id_width: of a completion's id.
        extra: additional fields of every chunk and response.
        preamble: bytes before the first event.
        pads: chunks have `obfuscation`, which hides the length of a token from eavesdroppers.
        always_usage: a stream always reports its usage.
        usage_extra: additional fields of the usage.
        native_finish: a choice repeats its finish reason as `native_finish_reason`.
    """

    id_prefix: str = "chatcmpl-"
    id_width: int = 29
    extra: dict[str, object] = {}
    preamble: bytes = b""
    pads: bool = False
    always_usage: bool = False
    usage_extra: dict[str, object] = {}
    native_finish: bool = False


OPENAI = Dialect(
    extra={"service_tier": "default", "system_fingerprint": "fp_5135ula704"}, pads=True
)


def answer_chat(context: Context, dialect: Dialect = OPENAI) -> Reply:
    """Answer `POST /chat/completions`.

    Raises:
        Refusal: the API would refuse the request.
    """
    prompt = openai_prompt.read_prompt(context)
    answer = script.decide(prompt, context.behaviour)
    counts = script.count_usage(prompt, answer, context.behaviour)
    if extras.count_marks(context):
        counts.cache_write = counts.input - counts.cached
    usage = _usage(counts, dialect)
    form = _ReplyBuilder(context, dialect)
    if context.wants_stream():
        return form.stream(answer, usage)
    return form.whole(answer, usage)


def answer_models(context: Context) -> Whole:
    """Answer `GET /models`."""
    listed = [
        {
            "id": model,
            "object": "model",
            "created": CREATED,
            "owned_by": "system",
            **context.behaviour.model_fields,
        }
        for model in context.behaviour.models.get(context.vendor, [])
    ]
    return json_reply(200, {"object": "list", "data": listed}, [])


def request_headers(context: Context) -> Headers:
    """Return the headers of every response, besides the rate limits."""
    return [
        ("openai-organization", "org-simulated"),
        ("openai-processing-ms", "1"),
        ("openai-version", "2020-10-01"),
        ("x-request-id", context.request_id),
    ]


def refused_key_message(key: str) -> str:
    """Return the 401's message. It repeats both ends of the key, which must be redacted."""
    shown = f"{key[:8]}{'*' * max(len(key) - 12, 4)}{key[-4:]}"
    return (
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys."
    )


class _ReplyBuilder:
    """Builds the bytes of one completion."""

    def __init__(self, context: Context, dialect: Dialect) -> None:
        self._context = context
        self._dialect = dialect
        self._base: dict[str, object] = {
            "id": context.make_id(dialect.id_prefix, dialect.id_width),
            "created": int(context.now),
            "model": context.body["model"],
            **dialect.extra,
        }
        self._thinking = openai_thinking.field_of(context)
        # OpenRouter: the model thinks, but the thinking is hidden.
        asked = context.body.get("reasoning") or {}
        self._hides = bool(asked.get("exclude"))

    def whole(self, answer: script.Answer, usage: dict[str, object]) -> Whole:
        message: dict[str, object] = {
            "role": "assistant",
            "content": "".join(answer.pieces) if answer.pieces or not answer.calls else None,
            "refusal": None,
            **openai_thinking.shown_whole(self._thinking, answer.thoughts, hidden=self._hides),
            **extras.whole_fields(answer),
        }
        if answer.calls:
            message["tool_calls"] = [
                self._call(index, call, call.arguments) for index, call in enumerate(answer.calls)
            ]
        choice = {"index": 0, "message": message, "logprobs": None, **self._finish(answer)}
        body = {**self._base, "object": "chat.completion", "choices": [choice], "usage": usage}
        return json_reply(200, body, [])

    def stream(self, answer: script.Answer, usage: dict[str, object]) -> Streamed:
        options = self._context.body.get("stream_options") or {}
        with_usage = self._dialect.always_usage or bool(options.get("include_usage"))
        pads = self._dialect.pads and options.get("include_obfuscation", True)
        chunks = _Chunks(self._base, usage_null=with_usage, pads=pads)
        speaks = bool(answer.pieces) or not answer.calls
        content = "" if speaks else None
        opening: dict[str, object] = {"role": "assistant", "content": content, "refusal": None}
        closing = chunks.chunk({}, **self._finish(answer))
        return Streamed(
            [EVENT_TYPE, ("cache-control", "no-cache")],
            self._dialect.preamble + chunks.chunk(opening),
            [
                *self._thought_chunks(chunks, answer.thoughts),
                *chunks.texts([] if extras.is_special(answer) else answer.pieces),
                *(chunks.chunk(delta) for delta in extras.deltas(answer)),
                *self._call_chunks(chunks, answer.calls),
            ],
            closing + (chunks.usage(usage) if with_usage else b""),
            b"data: [DONE]\n\n",
        )

    def _thought_chunks(self, chunks: "_Chunks", thoughts: list[str]) -> list[bytes]:
        deltas = openai_thinking.shown_deltas(self._thinking, thoughts, hidden=self._hides)
        return [b"".join(chunks.chunk(delta) for delta in piece) for piece in deltas]

    def _call_chunks(self, chunks: "_Chunks", calls: list[script.Call]) -> list[bytes]:
        output: list[bytes] = []
        for index, call in enumerate(calls):
            named = self._call(index, call, "")
            output.append(chunks.chunk({"tool_calls": [{"index": index, **named}]}))
            for fragment in script.fragments(call.arguments):
                name, field = ("custom", "input") if call.custom else ("function", "arguments")
                part = {"index": index, name: {field: fragment}}
                output.append(chunks.chunk({"tool_calls": [part]}))
        return output

    def _call(self, index: int, call: script.Call, arguments: str) -> dict[str, object]:
        identity = self._context.make_id("call_", 24, index)
        if call.custom:
            custom = {"name": call.name, "input": arguments}
            return {"id": identity, "type": "custom", "custom": custom}
        function = {"name": call.name, "arguments": arguments}
        return {"id": identity, "type": "function", "function": function}

    def _finish(self, answer: script.Answer) -> dict[str, object]:
        finish = FINISH[answer.finish]
        if self._dialect.native_finish:
            return {"finish_reason": finish, "native_finish_reason": finish}
        return {"finish_reason": finish}


@lru_cache(maxsize=4)
def _endings(*, usage_null: bool, pads: bool) -> tuple[list[bytes], list[bytes]]:
    """Return the end of a chunk, and that of a text chunk by the length of its text mod 16."""
    usage = b',"usage":null' if usage_null else b""
    padding = [b',"obfuscation":"%b"' % (b"x" * (16 - size)) if pads else b"" for size in range(16)]
    ends = [b"]%b%b}\n\n" % (usage, pad) for pad in padding]
    return ends, [b'},"logprobs":null,"finish_reason":null}' + end for end in ends]


class _Chunks:
    """Encodes chunks with a constant outer part. The hot path of benchmarks."""

    def __init__(self, base: dict[str, object], *, usage_null: bool, pads: bool) -> None:
        outer = encode_json({**base, "object": "chat.completion.chunk"})
        self._start = b"data: " + outer[:-1] + b',"choices":['
        self._ends, self._text_ends = _endings(usage_null=usage_null, pads=pads)

    def chunk(self, delta: dict[str, object], **finish: object) -> bytes:
        finish.setdefault("finish_reason", None)
        choice = {"index": 0, "delta": delta, "logprobs": None, **finish}
        return self._start + encode_json(choice) + self._ends[0]

    def texts(self, pieces: list[str]) -> list[bytes]:
        start, ends = self._start + b'{"index":0,"delta":{"content":', self._text_ends
        return [start + encode_json(piece) + ends[len(piece) & 15] for piece in pieces]

    def usage(self, usage: dict[str, object]) -> bytes:
        return self._start + b'],"usage":' + encode_json(usage) + b"}\n\n"


def _usage(count_usage: script.TokenCounts, dialect: Dialect) -> dict[str, object]:
    return {
        "prompt_tokens": count_usage.input,
        "completion_tokens": count_usage.output,
        "total_tokens": count_usage.input + count_usage.output,
        "prompt_tokens_details": {
            "cached_tokens": count_usage.cached,
            "cache_write_tokens": count_usage.cache_write,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": count_usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        **dialect.usage_extra,
    }
