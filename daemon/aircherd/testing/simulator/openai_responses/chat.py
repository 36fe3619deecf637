"""OpenAI's Responses API: responses and streams.

A response is a list of items: reasoning, a message, tool calls. In a stream each item is opened,
sent in pieces, and repeated whole at its end; the last event has the whole response again. Sources:
OpenAI's API reference and SDK, November 2026.
"""

from typing import Any

from aircherd.testing.simulator import script
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.openai_responses import hosted
from aircherd.testing.simulator.openai_responses import prompt as responses_prompt
from aircherd.testing.simulator.openai_responses.thinking import seal
from aircherd.testing.simulator.reply import (
    EVENT_TYPE,
    Reply,
    Streamed,
    json_reply,
    named_event,
)

Json = dict[str, Any]


def answer_chat(context: Context) -> Reply:
    """Answer `POST /responses`.

    Raises:
        Refusal: the API would refuse the request.
    """
    prompt = responses_prompt.read_prompt(context)
    answer = script.decide(prompt, context.behaviour)
    items = _items(context, answer)
    if (request := hosted.approval_request(prompt.text, context.body)) and not prompt.results:
        items = [request]
    final = _final(context, answer, items, script.count_usage(prompt, answer, context.behaviour))
    if context.wants_stream():
        return _stream(context, answer, items, final)
    return json_reply(200, final, [])


# ------------------------------------------------------------------ items


def _items(context: Context, answer: script.Answer) -> list[Json]:
    items = [_reasoning(context, answer)] if answer.thoughts else []
    if answer.search is not None:
        items.append(hosted.search(answer.search))
    if answer.media == "image":
        items.append(hosted.picture(context))
    elif answer.pieces or not answer.calls:
        items.append(_message(context, answer))
    return items + [_call(context, at, call) for at, call in enumerate(answer.calls)]


def _reasoning(context: Context, answer: script.Answer) -> Json:
    item_id, thought = context.make_id("rs_", 48), "".join(answer.thoughts)
    is_shown = context.body["reasoning"].get("summary") is not None
    return {
        "id": item_id,
        "type": "reasoning",
        "encrypted_content": seal(item_id, thought),
        "summary": [{"type": "summary_text", "text": thought}] if is_shown else [],
    }


def _message(context: Context, answer: script.Answer) -> Json:
    return {
        "id": context.make_id("msg_", 48),
        "type": "message",
        "status": "incomplete" if answer.finish == "length" else "completed",
        "content": [_content(answer)],
        "role": "assistant",
    }


def _content(answer: script.Answer) -> Json:
    text = "".join(answer.pieces)
    if answer.finish == "refusal":
        return {"type": "refusal", "refusal": text}
    annotations = [] if answer.search is None else [hosted.citation(text)]
    return {"type": "output_text", "annotations": annotations, "logprobs": [], "text": text}


def _call(context: Context, at: int, call: script.Call) -> Json:
    if call.custom:
        return {
            "id": context.make_id("ctc_", 48, at),
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": context.make_id("call_", 24, at),
            "input": call.arguments,
            "name": call.name,
        }
    return {
        "id": context.make_id("fc_", 48, at),
        "type": "function_call",
        "status": "completed",
        "arguments": call.arguments,
        "call_id": context.make_id("call_", 24, at),
        "name": call.name,
    }


# ------------------------------------------------------------------ the response


def _final(
    context: Context, answer: script.Answer, items: list[Json], count_usage: script.TokenCounts
) -> Json:
    is_cut = answer.finish == "length"
    return {
        **_response(context),
        "status": "incomplete" if is_cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
        "output": items,
        "usage": {
            "input_tokens": count_usage.input,
            "input_tokens_details": {
                "cached_tokens": count_usage.cached,
                "cache_write_tokens": count_usage.cache_write,
            },
            "output_tokens": count_usage.output,
            "output_tokens_details": {"reasoning_tokens": count_usage.reasoning},
            "total_tokens": count_usage.input + count_usage.output,
        },
    }


def _response(context: Context) -> Json:
    """Return the initial response, which repeats the request's parameters."""
    body: Json = context.body
    reasoning = body.get("reasoning") or {}
    return {
        "id": context.make_id("resp_", 48),
        "object": "response",
        "created_at": int(context.now),
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": body["model"],
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium", **body.get("text", {})},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": [{"strict": True, **tool} for tool in body.get("tools") or []],
        "top_p": body.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": body.get("metadata") or {},
    }


# ------------------------------------------------------------------ the stream


def _stream(context: Context, answer: script.Answer, items: list[Json], final: Json) -> Streamed:
    options = context.body.get("stream_options") or {}
    events = _Events(pads=options.get("include_obfuscation", True))
    begun = _response(context)
    opening = events.event("response.created", response=begun)
    opening += events.event("response.in_progress", response=begun)
    for at, item in enumerate(items):
        _TELL[item["type"]](events, at, item, answer)
    kind = f"response.{final['status']}"
    return Streamed(
        [EVENT_TYPE, ("cache-control", "no-cache")],
        opening,
        events.pieces,
        events.pending,
        events.event(kind, response=final),
    )


class _Events:
    """Numbers events and collects pieces of output; other events are added to the next piece."""

    def __init__(self, *, pads: bool) -> None:
        self.pieces: list[bytes] = []
        self.pending = b""
        self._number = 0
        self._pads = pads

    def event(self, kind: str, **fields: object) -> bytes:
        """Return one event."""
        event = named_event({"type": kind, **fields, "sequence_number": self._number})
        self._number += 1
        return event

    def put(self, kind: str, **fields: object) -> None:
        """Add an event without output."""
        self.pending += self.event(kind, **fields)

    def put_pieces(self, kind: str, pieces: list[str], **fields: object) -> None:
        """Add an event for each piece of output."""
        for piece in pieces:
            # It hides the length of a token from eavesdroppers.
            padding = {"obfuscation": "x" * (16 - len(piece) % 16)} if self._pads else {}
            event = self.event(kind, **fields, delta=piece, **padding)
            self.pieces.append(self.pending + event)
            self.pending = b""


def _put_reasoning(events: _Events, at: int, item: Json, answer: script.Answer) -> None:
    place = {"item_id": item["id"], "output_index": at, "summary_index": 0}
    kind = "response.reasoning_summary"
    unfinished = {**item, "summary": [], "encrypted_content": item["encrypted_content"][:16]}
    events.put("response.output_item.added", output_index=at, item=unfinished)
    for part in item["summary"]:
        events.put(f"{kind}_part.added", **place, part={**part, "text": ""})
        events.put_pieces(f"{kind}_text.delta", answer.thoughts, **place)
        events.put(f"{kind}_text.done", **place, text=part["text"])
        events.put(f"{kind}_part.done", **place, part=part)
    events.put("response.output_item.done", output_index=at, item=item)


def _put_message(events: _Events, at: int, item: Json, answer: script.Answer) -> None:
    place = {"item_id": item["id"], "output_index": at, "content_index": 0}
    part = item["content"][0]
    field = "refusal" if part["type"] == "refusal" else "text"
    kind = "response.refusal" if field == "refusal" else "response.output_text"
    more: Json = {} if field == "refusal" else {"logprobs": []}
    begun = {**item, "status": "in_progress", "content": []}
    notes = part.get("annotations", [])
    empty = {**part, field: ""} | ({"annotations": []} if notes else {})
    events.put("response.output_item.added", output_index=at, item=begun)
    events.put("response.content_part.added", **place, part=empty)
    events.put_pieces(f"{kind}.delta", answer.pieces, **place, **more)
    for number, note in enumerate(notes):
        added = {"annotation_index": number, "annotation": note}
        events.put(f"{kind}.annotation.added", **place, **added)
    events.put(f"{kind}.done", **place, **{field: part[field]}, **more)
    events.put("response.content_part.done", **place, part=part)
    events.put("response.output_item.done", output_index=at, item=item)


def _put_call(events: _Events, at: int, item: Json, answer: script.Answer) -> None:
    del answer
    place = {"item_id": item["id"], "output_index": at}
    kind, arguments = "response.function_call_arguments", item["arguments"]
    begun = {**item, "status": "in_progress", "arguments": ""}
    events.put("response.output_item.added", output_index=at, item=begun)
    events.put_pieces(f"{kind}.delta", script.fragments(arguments), **place)
    events.put(f"{kind}.done", **place, arguments=arguments, name=item["name"])
    events.put("response.output_item.done", output_index=at, item=item)


def _put_custom_call(events: _Events, at: int, item: Json, answer: script.Answer) -> None:
    del answer
    place = {"item_id": item["id"], "output_index": at}
    kind, text = "response.custom_tool_call_input", item["input"]
    begun = {**item, "status": "in_progress", "input": ""}
    events.put("response.output_item.added", output_index=at, item=begun)
    events.put_pieces(f"{kind}.delta", script.fragments(text), **place)
    events.put(f"{kind}.done", **place, input=text)
    events.put("response.output_item.done", output_index=at, item=item)


def _put_hosted(events: _Events, at: int, item: Json, answer: script.Answer) -> None:
    del answer
    place = {"item_id": item["id"], "output_index": at}
    begun = {key: value for key, value in item.items() if key not in ("action", "result")}
    events.put(
        "response.output_item.added", output_index=at, item={**begun, "status": "in_progress"}
    )
    for step in hosted.STEPS.get(item["type"], ()):
        events.put(f"response.{item['type']}.{step}", **place)
    events.put("response.output_item.done", output_index=at, item=item)


_TELL = {
    "reasoning": _put_reasoning,
    "message": _put_message,
    "function_call": _put_call,
    "custom_tool_call": _put_custom_call,
    "web_search_call": _put_hosted,
    "image_generation_call": _put_hosted,
    "mcp_approval_request": _put_hosted,
}
