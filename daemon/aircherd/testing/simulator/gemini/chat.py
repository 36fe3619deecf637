"""Gemini: responses, streams and the list of models of Google AI Studio's API.

Each event of a stream has the shape of a whole response; the last one has the finish reason, and
there is no other end marker. Function arguments are sent whole. Thinking is signed on the first
call, or else on the last text part, which is empty in a stream; a picture is signed itself. What a
search did is part of the reply if the request says so, and its sources come with the end. Sources:
Google's API reference and SDK, November 2026.
"""

from typing import Any

from aircherd.testing.simulator import script
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.gemini.prompt import (
    count_input,
    model_of,
    read_prompt,
    shows_tools,
)
from aircherd.testing.simulator.gemini.turns import is_new, sign
from aircherd.testing.simulator.limits import Headers
from aircherd.testing.simulator.reply import (
    EVENT_TYPE,
    Reply,
    Streamed,
    Whole,
    event,
    json_reply,
)

FINISH = {"length": "MAX_TOKENS"}
"""All other replies end with STOP."""

Part = dict[str, Any]


def answer_whole(context: Context) -> Reply:
    """Answer `POST /models/MODEL:generateContent`.

    Raises:
        Refusal: the request is not one the API takes.
    """
    form, answer = _read(context)
    parts = [
        *form.thoughts([answer.thoughts]),
        *form.search(answer),
        *(form.media(answer) or form.texts([answer.pieces])),
        *form.calls(answer.calls),
    ]
    if not (answer.calls or answer.media):
        form.sign_last(parts)
    return json_reply(200, form.answer(parts, answer), [])


def answer_stream(context: Context) -> Reply:
    """Answer `POST /models/MODEL:streamGenerateContent`.

    Without `alt=sse` the response is one JSON list, as with the real API.

    Raises:
        Refusal: the request is not one the API takes.
    """
    if not context.streaming:
        return answer_whole(context)
    form, answer = _read(context)
    pieces = [*form.thoughts([[piece] for piece in answer.thoughts])]
    pieces += form.search(answer)
    pieces += form.media(answer) or form.texts([[piece] for piece in answer.pieces])
    pieces += form.calls(answer.calls)
    answers = [form.answer([piece], None) for piece in pieces]
    last: list[Part] = [{"text": ""}]
    if not (answer.calls or answer.media):
        form.sign_last(last)
    end = form.answer(last, answer)
    if context.request.query.get("alt") != "sse":
        return json_reply(200, [*answers, end], [])
    output = [event(answer) for answer in answers]
    return Streamed([EVENT_TYPE], b"", output, b"", event(end))


def answer_count(context: Context) -> Whole:
    """Answer `POST /models/MODEL:countTokens`.

    Raises:
        Refusal: the request is not one the API takes.
    """
    tokens = count_input(context)
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    return json_reply(200, {"totalTokens": tokens, "promptTokensDetails": details}, [])


def answer_models(context: Context) -> Whole:
    """Answer `GET /models`, a page at a time (`pageSize`, `pageToken`)."""
    query = context.request.query
    models = context.behaviour.models.get("gemini", [])
    start = int(query.get("pageToken") or 0)
    size = int(query.get("pageSize") or 50)
    body: dict[str, object] = {"models": [_model(model) for model in models[start : start + size]]}
    if start + size < len(models):
        body["nextPageToken"] = str(start + size)
    return json_reply(200, body, [])


def request_headers(_context: Context) -> Headers:
    """Return the headers of every response: no rate limits, no request id."""
    return [("server", "scaffolding on HTTPServer2"), ("x-content-type-options", "nosniff")]


def _model(model: str) -> dict[str, object]:
    method = "embedContent" if "embedding" in model else "generateContent"
    return {
        "name": f"models/{model}",
        "version": "001",
        "displayName": model.replace("-", " ").title(),
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": [method, "countTokens"],
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        **({"thinking": True} if method == "generateContent" else {}),
    }


def _read(context: Context) -> tuple["_ReplyBuilder", script.Answer]:
    prompt = read_prompt(context)
    answer = script.decide(prompt, context.behaviour)
    return _ReplyBuilder(context, script.count_usage(prompt, answer, context.behaviour)), answer


class _ReplyBuilder:
    """Builds the parts and bodies of one reply."""

    def __init__(self, context: Context, count_usage: script.TokenCounts) -> None:
        self._context = context
        self._tally = count_usage
        self._model = model_of(context.request.path) or ""
        self._shows_tools = shows_tools(context.body)

    def search(self, answer: script.Answer) -> list[Part]:
        """Return a search and its result, if the request wants to see them."""
        if answer.search is None or not self._shows_tools:
            return []
        tool = {"toolType": "GOOGLE_SEARCH_WEB", "id": self._context.make_id("tool-", 8)}
        call: Part = {"toolCall": {**tool, "args": {"queries": [answer.search]}}}
        call["thoughtSignature"] = sign(self._model, call)
        return [call, {"toolResponse": {**tool, "response": {"found": [script.FOUND_URL]}}}]

    def media(self, answer: script.Answer) -> list[Part]:
        """Return a picture, or sound with what is said in it."""
        if answer.media is None:
            return []
        if answer.media == "audio":
            part: Part = {
                "inlineData": {"mimeType": "audio/wav", "data": script.SOUND},
                "audioTranscription": {"text": "".join(answer.pieces)},
            }
        else:
            part = {"inlineData": {"mimeType": "image/png", "data": script.PICTURE}}
        return [{**part, "thoughtSignature": sign(self._model, part)}]

    def thoughts(self, runs: list[list[str]]) -> list[Part]:
        """Return a part for each run of pieces that is not empty."""
        return [{**part, "thought": True} for part in self.texts(runs)]

    def texts(self, runs: list[list[str]]) -> list[Part]:
        """Return a part for each run of pieces that is not empty."""
        return [{"text": "".join(run)} for run in runs if run]

    def calls(self, calls: list[script.Call]) -> list[Part]:
        """Return a part for each call; only the first one is signed."""
        parts: list[Part] = []
        for index, call in enumerate(calls):
            function_call: Part = {"name": call.name, "args": script.parse_json(call.arguments)}
            if is_new(self._model):  # older ones give no id
                function_call["id"] = self._context.make_id("call-", 12, index)
            parts.append({"functionCall": function_call})
        if parts:
            parts[0]["thoughtSignature"] = sign(self._model, parts[0])
        return parts

    def sign_last(self, parts: list[Part]) -> None:
        """Sign the last text, an empty one if there is none."""
        if not parts or parts[-1].get("thought"):
            parts.append({"text": ""})
        parts[-1]["thoughtSignature"] = sign(self._model, parts[-1])

    def answer(self, parts: list[Part], ended: script.Answer | None) -> dict[str, object]:
        """Return one body; `ended` is the finish reason of the last one."""
        candidate: dict[str, object] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if ended is not None:
            candidate["finishReason"] = FINISH.get(ended.finish, "STOP")
            if ended.search is not None:
                candidate["groundingMetadata"] = _grounding(ended)
        return {
            "candidates": [candidate],
            "usageMetadata": self._usage(whole=ended is not None),
            "modelVersion": self._model,
            "responseId": self._context.make_id("resp", 18),
        }

    def _usage(self, *, whole: bool) -> dict[str, int]:
        count_usage = self._tally
        counts = {
            "promptTokenCount": count_usage.input,
            "cachedContentTokenCount": count_usage.cached,
        }
        total = count_usage.input
        if whole:
            counts["candidatesTokenCount"] = count_usage.output - count_usage.reasoning
            counts["thoughtsTokenCount"] = count_usage.reasoning
            total += count_usage.output
        # Zero counts are left out.
        return {name: count for name, count in counts.items() if count} | {"totalTokenCount": total}


def _grounding(answer: script.Answer) -> Part:
    """Return the sources of an answer; positions count bytes."""
    text = "".join(answer.pieces)
    segment = {"startIndex": 0, "endIndex": len(text.encode()), "text": text}
    return {
        "webSearchQueries": [answer.search],
        "searchEntryPoint": {"renderedContent": "<div>Search</div>"},
        "groundingChunks": [{"web": {"uri": script.FOUND_URL, "title": script.FOUND_TITLE}}],
        "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}],
    }
