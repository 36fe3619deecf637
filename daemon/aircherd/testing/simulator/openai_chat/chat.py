"""OpenAI Chat Completions: answers, streams, model list and headers.

`Dialect` says where OpenRouter and Ollama, which speak the same form, differ; their modules hold
theirs. Sources: OpenAI's API reference and SDK, November 2026.
"""

from functools import lru_cache

import msgspec

from aircherd.testing.simulator import script
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.limits import Headers
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

FINISH = {"stop": "stop", "stop_sequence": "stop", "length": "length", "tools": "tool_calls"}
CREATED = 1_790_000_000


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """Where those who speak OpenAI's form differ.

    Attributes:
        id_prefix, id_width: of a completion's id.
        extra: fields every chunk and answer carries besides the usual ones.
        preamble: bytes that come before the first event.
        pads: chunks carry `obfuscation`, which hides the length of a token from a listener.
        always_usage: a stream reports its usage unasked.
        usage_extra: fields of the usage besides the usual ones.
        native_finish: a choice repeats its finish as `native_finish_reason`.
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
        Refusal: the request is not one the API takes.
    """
    prompt = openai_prompt.read_prompt(context)
    said = script.decide(prompt, context.manner)
    usage = _usage(script.tally(prompt, said, context.manner), dialect)
    form = _Form(context, dialect)
    if context.wants_stream():
        return form.stream(said, usage)
    return form.whole(said, usage)


def answer_models(context: Context) -> Whole:
    """Answer `GET /models`."""
    listed = [
        {
            "id": model,
            "object": "model",
            "created": CREATED,
            "owned_by": "system",
            **context.manner.model_fields,
        }
        for model in context.manner.models.get(context.vendor, [])
    ]
    return json_reply(200, {"object": "list", "data": listed}, [])


def request_headers(context: Context) -> Headers:
    """Return the headers every answer carries besides the rate limits."""
    return [
        ("openai-organization", "org-simulated"),
        ("openai-processing-ms", "1"),
        ("openai-version", "2020-10-01"),
        ("x-request-id", context.request_id),
    ]


def refused_key_message(key: str) -> str:
    """Return the 401's text: it echoes both ends of the key, which nobody may pass on."""
    shown = f"{key[:8]}{'*' * max(len(key) - 12, 4)}{key[-4:]}"
    return (
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys."
    )


class _Form:
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
        # OpenRouter's: the model thinks, and nobody sees it.
        asked = context.body.get("reasoning") or {}
        self._hides = bool(asked.get("exclude"))

    def whole(self, said: script.Said, usage: dict[str, object]) -> Whole:
        message: dict[str, object] = {
            "role": "assistant",
            "content": "".join(said.pieces) if said.pieces or not said.calls else None,
            "refusal": None,
            **openai_thinking.shown_whole(self._thinking, said.thoughts, hidden=self._hides),
        }
        if said.calls:
            message["tool_calls"] = [
                self._call(index, call, call.arguments) for index, call in enumerate(said.calls)
            ]
        choice = {"index": 0, "message": message, "logprobs": None, **self._finish(said)}
        body = {**self._base, "object": "chat.completion", "choices": [choice], "usage": usage}
        return json_reply(200, body, [])

    def stream(self, said: script.Said, usage: dict[str, object]) -> Streamed:
        options = self._context.body.get("stream_options") or {}
        with_usage = self._dialect.always_usage or bool(options.get("include_usage"))
        pads = self._dialect.pads and options.get("include_obfuscation", True)
        chunks = _Chunks(self._base, usage_null=with_usage, pads=pads)
        speaks = bool(said.pieces) or not said.calls
        content = "" if speaks else None
        opening: dict[str, object] = {"role": "assistant", "content": content, "refusal": None}
        closing = chunks.chunk({}, **self._finish(said))
        return Streamed(
            [EVENT_TYPE, ("cache-control", "no-cache")],
            self._dialect.preamble + chunks.chunk(opening),
            [
                *self._thought_chunks(chunks, said.thoughts),
                *chunks.texts(said.pieces),
                *self._call_chunks(chunks, said.calls),
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
                part = {"index": index, "function": {"arguments": fragment}}
                output.append(chunks.chunk({"tool_calls": [part]}))
        return output

    def _call(self, index: int, call: script.Call, arguments: str) -> dict[str, object]:
        return {
            "id": self._context.make_id("call_", 24, index),
            "type": "function",
            "function": {"name": call.name, "arguments": arguments},
        }

    def _finish(self, said: script.Said) -> dict[str, object]:
        finish = FINISH[said.finish]
        if self._dialect.native_finish:
            return {"finish_reason": finish, "native_finish_reason": finish}
        return {"finish_reason": finish}


@lru_cache(maxsize=4)
def _endings(*, usage_null: bool, pads: bool) -> tuple[list[bytes], list[bytes]]:
    """Return what ends a chunk, and what ends a chunk of text, by the length of its text mod 16."""
    usage = b',"usage":null' if usage_null else b""
    padding = [b',"obfuscation":"%b"' % (b"x" * (16 - size)) if pads else b"" for size in range(16)]
    ends = [b"]%b%b}\n\n" % (usage, pad) for pad in padding]
    return ends, [b'},"logprobs":null,"finish_reason":null}' + end for end in ends]


class _Chunks:
    """Encodes chunks whose outer part never changes: the hot path of every benchmark."""

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


def _usage(tally: script.Tally, dialect: Dialect) -> dict[str, object]:
    return {
        "prompt_tokens": tally.input,
        "completion_tokens": tally.output,
        "total_tokens": tally.input + tally.output,
        "prompt_tokens_details": {
            "cached_tokens": tally.cached,
            "cache_write_tokens": tally.cache_write,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": tally.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        **dialect.usage_extra,
    }
