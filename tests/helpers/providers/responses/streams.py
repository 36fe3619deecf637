"""Streams of the OpenAI Responses API, written event by event as in its reference.

What each stream means is stated once, in plain values. Our decoder and the vendor's own client are
compared with it.
"""

import msgspec

Json = dict[str, object]

USAGE: Json = {
    "input_tokens": 37,
    "input_tokens_details": {"cached_tokens": 16, "cache_write_tokens": 4},
    "output_tokens": 31,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 68,
}


class Meaning(msgspec.Struct, kw_only=True):
    """What a stream means; `ending` is the last event's status."""

    text: str = ""
    thinking: str = ""
    calls: list[tuple[str, str, str]] = []
    ending: str = "completed"
    reason: str | None = None
    usage: tuple[int, int, int, int, int] | None = (37, 31, 16, 4, 20)


def response(status: str, output: list[Json], **more: object) -> Json:
    """Return a response as the API sends it, also without streaming."""
    return {
        "id": "resp_68af4030592c81938ec0a5fbab4a3e9f",
        "object": "response",
        "created_at": 1790000000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": "Be brief.",
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": "gpt-5.5-2026-04-01",
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": "medium", "summary": "detailed"},
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": USAGE if status in ("completed", "incomplete") else None,
        "user": None,
        "metadata": {},
        **more,
    }


def wire(*events: Json) -> bytes:
    """Return the bytes of a stream: named events, numbered from 0."""
    frames = []
    for number, event in enumerate(events):
        data = msgspec.json.encode({**event, "sequence_number": number})
        frames.append(b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), data))
    return b"".join(frames)


def stream(*items: list[Json], ending: Json | None = None) -> bytes:
    """Return a whole stream: its opening, the events of each item, and its end."""
    events = [event for item in items for event in item]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    last = ending or {"type": "response.completed", "response": response("completed", done)}
    opening = response("in_progress", [])
    return wire(
        {"type": "response.created", "response": opening},
        {"type": "response.in_progress", "response": opening},
        *events,
        last,
    )


# ------------------------------------------------------------------ items


def message(at: int, *pieces: str, phase: str | None = None) -> list[Json]:
    """Return the events of a message."""
    place = {"item_id": f"msg_{at}", "output_index": at, "content_index": 0}
    text = "".join(pieces)
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    item: Json = {"id": f"msg_{at}", "type": "message", "status": "completed", "content": [part]}
    item |= {"role": "assistant"} | ({"phase": phase} if phase else {})
    return [
        _added(at, item | {"status": "in_progress", "content": []}),
        {"type": "response.content_part.added", **place, "part": part | {"text": ""}},
        *(_delta("response.output_text.delta", place, piece, logprobs=[]) for piece in pieces),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
        _done(at, item),
    ]


def refusal(at: int, *pieces: str) -> list[Json]:
    """Return the events of a message in which the model refuses."""
    place = {"item_id": f"msg_{at}", "output_index": at, "content_index": 0}
    part = {"type": "refusal", "refusal": "".join(pieces)}
    item: Json = {"id": f"msg_{at}", "type": "message", "status": "completed", "content": [part]}
    item["role"] = "assistant"
    return [
        _added(at, item | {"status": "in_progress", "content": []}),
        {"type": "response.content_part.added", **place, "part": part | {"refusal": ""}},
        *(_delta("response.refusal.delta", place, piece) for piece in pieces),
        {"type": "response.refusal.done", **place, "refusal": part["refusal"]},
        {"type": "response.content_part.done", **place, "part": part},
        _done(at, item),
    ]


def reasoning(at: int, *paragraphs: tuple[str, ...], sealed: str | None = "gAAAAsealed=") -> list:
    """Return the events of a reasoning item whose summary has paragraphs, each in pieces."""
    summary = [{"type": "summary_text", "text": "".join(pieces)} for pieces in paragraphs]
    item: Json = {"id": f"rs_{at}", "type": "reasoning", "encrypted_content": sealed, "summary": []}
    events = [_added(at, item | {"encrypted_content": "gAAAAunfinished"})]
    for number, pieces in enumerate(paragraphs):
        place = {"item_id": f"rs_{at}", "output_index": at, "summary_index": number}
        kind, part = "response.reasoning_summary", summary[number]
        empty = part | {"text": ""}
        events += [
            {"type": f"{kind}_part.added", **place, "part": empty},
            *(_delta(f"{kind}_text.delta", place, piece) for piece in pieces),
            {"type": f"{kind}_text.done", **place, "text": part["text"]},
            {"type": f"{kind}_part.done", **place, "part": part},
        ]
    return [*events, _done(at, item | {"summary": summary})]


def call(at: int, call_id: str, name: str, *fragments: str) -> list[Json]:
    """Return the events of a function call."""
    place = {"item_id": f"fc_{at}", "output_index": at}
    arguments = "".join(fragments)
    item: Json = {"id": f"fc_{at}", "type": "function_call", "status": "completed"}
    item |= {"arguments": arguments, "call_id": call_id, "name": name}
    kind = "response.function_call_arguments"
    return [
        _added(at, item | {"status": "in_progress", "arguments": ""}),
        *(_delta(f"{kind}.delta", place, fragment) for fragment in fragments),
        {"type": f"{kind}.done", **place, "arguments": arguments, "name": name},
        _done(at, item),
    ]


def cited(at: int, text: str, note: Json) -> list[Json]:
    """Return the events of a message that names a source."""
    events = message(at, text)
    place = {"item_id": f"msg_{at}", "output_index": at, "content_index": 0}
    kind = "response.output_text.annotation.added"
    added = {"type": kind, **place, "annotation_index": 0, "annotation": note}
    part = {"type": "output_text", "annotations": [note], "logprobs": [], "text": text}
    done = events[-1]
    assert isinstance(done["item"], dict)
    last = done | {"item": done["item"] | {"content": [part]}}
    return [*events[:-2], added, events[-2] | {"part": part}, last]


def custom_call(at: int, call_id: str, name: str, *pieces: str) -> list[Json]:
    """Return the events of a custom tool call."""
    place = {"item_id": f"ctc_{at}", "output_index": at}
    text = "".join(pieces)
    item: Json = {"id": f"ctc_{at}", "type": "custom_tool_call", "status": "completed"}
    item |= {"call_id": call_id, "name": name, "input": text}
    kind = "response.custom_tool_call_input"
    return [
        _added(at, item | {"status": "in_progress", "input": ""}),
        *(_delta(f"{kind}.delta", place, piece) for piece in pieces),
        {"type": f"{kind}.done", **place, "input": text},
        _done(at, item),
    ]


def hosted(at: int, item: Json, *steps: str) -> list[Json]:
    """Return the events of an item of a hosted tool."""
    place = {"item_id": item["id"], "output_index": at}
    return [
        _added(at, item),
        *({"type": f"response.{item['type']}.{step}", **place} for step in steps),
        _done(at, item),
    ]


def incomplete(reason: str, *items: list[Json]) -> bytes:
    """Return a stream that the vendor cut short."""
    output = [event["item"] for item in items for event in item[-1:]]
    final = response("incomplete", output, incomplete_details={"reason": reason})
    return stream(*items, ending={"type": "response.incomplete", "response": final})


def failed(code: str, text: str, *items: list[Json]) -> bytes:
    """Return a stream that ends in failure."""
    final = response("failed", [], error={"code": code, "message": text})
    return stream(*items, ending={"type": "response.failed", "response": final})


def _added(at: int, item: Json) -> Json:
    return {"type": "response.output_item.added", "output_index": at, "item": item}


def _done(at: int, item: Json) -> Json:
    return {"type": "response.output_item.done", "output_index": at, "item": item}


def _delta(kind: str, place: Json, piece: str, **more: object) -> Json:
    padding = "x" * (16 - len(piece) % 16)
    return {"type": kind, **place, "delta": piece, **more, "obfuscation": padding}


# ------------------------------------------------------------------ the streams

NOTE: Json = {
    "type": "url_citation",
    "start_index": 0,
    "end_index": 5,
    "title": "Foxes",
    "url": "https://example.com/foxes",
}
ITEMS: dict[str, Json] = {
    "web_search_call": {
        "id": "ws_0",
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "search", "query": "foxes", "queries": ["foxes"], "sources": []},
    },
    "file_search_call": {
        "id": "fs_0",
        "type": "file_search_call",
        "status": "completed",
        "queries": ["foxes"],
        "results": [{"file_id": "f", "filename": "a.md", "score": 0.5, "text": "red"}],
    },
    "code_interpreter_call": {
        "id": "ci_0",
        "type": "code_interpreter_call",
        "status": "completed",
        "code": "1+1",
        "container_id": "c",
        "outputs": [{"type": "logs", "logs": "2"}],
    },
    "mcp_list_tools": {"id": "mcpl_0", "type": "mcp_list_tools", "server_label": "s", "tools": []},
    "mcp_call": {
        "id": "mcp_0",
        "type": "mcp_call",
        "arguments": "{}",
        "name": "f",
        "server_label": "s",
        "output": "done",
    },
    "mcp_approval_request": {
        "id": "mcpr_0",
        "type": "mcp_approval_request",
        "arguments": "{}",
        "name": "f",
        "server_label": "s",
    },
    "shell_call": {
        "id": "sh_0",
        "type": "shell_call",
        "status": "completed",
        "call_id": "call_sh",
        "action": {"commands": ["ls"], "max_output_length": 100, "timeout_ms": None},
    },
    "local_shell_call": {
        "id": "lsh_0",
        "type": "local_shell_call",
        "status": "completed",
        "call_id": "call_lsh",
        "action": {"type": "exec", "command": ["ls"], "env": {}},
    },
    "apply_patch_call": {
        "id": "ap_0",
        "type": "apply_patch_call",
        "status": "completed",
        "call_id": "call_ap",
        "operation": {"type": "delete_file", "path": "a"},
    },
    "computer_call": {
        "id": "cu_0",
        "type": "computer_call",
        "status": "completed",
        "call_id": "call_cu",
        "pending_safety_checks": [],
        "action": {"type": "screenshot"},
    },
    "compaction": {"id": "cmp_0", "type": "compaction", "encrypted_content": "gAAAA="},
    "tool_search_call": {
        "id": "tsc_0",
        "type": "tool_search_call",
        "status": "completed",
        "arguments": {},
        "call_id": "call_ts",
        "execution": "server",
    },
}
"""Items that have no word of ours, by type, as the reference has them."""

STREAMS: dict[str, tuple[bytes, Meaning]] = {
    "text": (
        stream(message(0, "Grüße", ", Welt", " 🦀\n")),
        Meaning(text="Grüße, Welt 🦀\n"),
    ),
    "two calls": (
        stream(
            message(0, "Let me look."),
            call(1, "call_a", "look", '{"at"', ':"sky"}'),
            call(2, "call_b", "ask", "{}"),
        ),
        Meaning(
            text="Let me look.",
            calls=[("call_a", "look", '{"at":"sky"}'), ("call_b", "ask", "{}")],
        ),
    ),
    "reasoning": (
        stream(
            reasoning(0, ("**Comparing**", " 2 and 3"), ("Both", " are prime")),
            message(1, "Yes", "."),
        ),
        Meaning(text="Yes.", thinking="**Comparing** 2 and 3\n\nBoth are prime"),
    ),
    "hidden reasoning": (
        stream(reasoning(0), call(1, "call_a", "look", "{}")),
        Meaning(calls=[("call_a", "look", "{}")]),
    ),
    "incomplete": (
        incomplete("max_output_tokens", message(0, "one ", "two")),
        Meaning(text="one two", ending="incomplete", reason="max_output_tokens"),
    ),
    "filtered": (
        incomplete("content_filter", message(0, "one")),
        Meaning(text="one", ending="incomplete", reason="content_filter"),
    ),
    "failed": (
        failed("server_error", "The model broke.", message(0, "one")[:3]),
        Meaning(text="one", ending="failed", reason="server_error", usage=None),
    ),
}
