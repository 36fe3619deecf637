"""Fields that aircher adds and a server refuses in its own words: the call is made without them."""

import json
from collections.abc import Callable
from typing import Any

from helpers.field.case import Case
from helpers.field.forms import openai
from helpers.providers.byte_server import Received, Reply, chunk, stream, whole

GOOD = stream(chunk(content="good"), chunk("stop"))

UNKNOWN: list[tuple[int, object]] = [
    (400, {"error": {"message": "Unknown parameter: 'stream_options'.", "param": "stream_options", "code": "unknown_parameter"}}),
    (400, openai("Unrecognized request argument supplied: stream_options")),
    (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}),
    (400, {"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted'}]"}),
    (400, openai('Invalid JSON payload received. Unknown name "stream_options": Cannot find field.')),
    (400, openai("Additional properties are not allowed ('stream_options' was unexpected)")),
    (422, {"message": "unknown field: parameter 'stream_options' is not a valid field"}),
    (400, openai("Extra inputs are not permitted, field: 'stream_options', value: {}")),
    (400, openai("unknown field `stream_options`, expected one of `model`, `messages`")),
    (400, openai("property 'stream_options' is unsupported")),
    (400, openai("stream_options.include_usage is not supported")),
    (400, openai("Unsupported parameter stream_options")),
    (400, openai("参数 stream_options 不支持")),
    (400, openai("stream_options 参数非法")),
    (400, b'json: unknown field "stream_options"'),
    (500, openai("create() got an unexpected keyword argument 'stream_options'")),
    (400, openai("1 validation error for ChatRequest\nstream_options\n  Extra inputs are not permitted")),
    (422, {"detail": "stream_options: extra fields not permitted"}),
    (400, openai("stream options are not supported by this server")),
    (400, openai("This server has no support for stream_options")),
    (400, openai("stream_options cannot be used with this model")),
    (400, openai("Invalid parameter: stream_options")),
    (400, openai("body/stream_options must NOT have additional properties")),
    (400, {"error": {"message": "invalid request", "param": "stream_options"}}),
    (400, openai("litellm.UnsupportedParamsError: x does not support parameters: ['stream_options']")),
    (404, openai("No endpoints found that support the parameter stream_options")),
    (400, [{"error": {"message": 'Unknown name "stream_options"'}}]),
    (400, {"success": False, "errors": [{"code": 5006, "message": "AiError: Bad input: unevaluated property '/stream_options'"}]}),
]  # fmt: skip

RENAMED: list[tuple[int, object]] = [
    (400, openai("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "unsupported_parameter")),
    (400, openai("`max_tokens` has been deprecated; please use `max_completion_tokens`")),
    (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "max_tokens"], "msg": "Extra inputs are not permitted"}]}),
    (400, openai("不支持参数 max_tokens")),
    (400, openai("this model is not supported MaxTokens, please use MaxCompletionTokens")),
]  # fmt: skip

EFFORTS: list[tuple[int, object]] = [
    (400, openai("Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'low', 'medium', and 'high'.")),
    (400, openai("reasoning_effort must be one of low, medium, high")),
    (422, {"detail": [{"type": "literal_error", "loc": ["body", "reasoning_effort"], "msg": "Input should be 'low', 'medium' or 'high'", "input": "minimal"}]}),
    (400, openai("`reasoning_effort` must be one of `low`, `medium`, or `high`")),
]  # fmt: skip


def refusing(word: bytes, status: int, body: object) -> Callable[[Received], Reply]:
    return lambda received: whole(body, status) if word in received.body else GOOD


def swapped(body: object) -> object:
    text = (
        json.dumps(body).replace("max_completion_tokens", "@").replace("MaxCompletionTokens", "@@")
    )
    text = text.replace("max_tokens", "max_completion_tokens").replace(
        "MaxTokens", "MaxCompletionTokens"
    )
    return json.loads(text.replace("@@", "MaxTokens").replace("@", "max_tokens"))


def cases(name: str, word: bytes, rows: list[tuple[int, object]], **request: Any) -> list[Case]:
    return [
        Case(name=f"{name}-{at}", reply=refusing(word, *row), text="good", request=request)
        for at, row in enumerate(rows)
    ]


CASES = [
    *cases("own-stream-options", b"stream_options", UNKNOWN),
    *cases("own-max-tokens", b'"max_tokens"', RENAMED, max_tokens=50),
    *cases("own-max-completion", b'"max_completion_tokens"', [(s, swapped(b)) for s, b in RENAMED], max_tokens=50),
    *cases("own-effort", b"minimal", EFFORTS, reasoning="minimal"),
]  # fmt: skip
