"""The vendors' error bodies in their six shapes, in responses and inside streams.

The errors themselves are in the vendors' tables, which `table` joins.
"""

import msgspec

from aircherd.testing.simulator.errors.row import Row
from aircherd.testing.simulator.errors.table import ROWS
from aircherd.testing.simulator.reply import event, line, named_event


class Refusal(Exception):
    """Raised by a vendor's module to refuse the request; `row` is the error."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.message)
        self.row = row


def error_names(vendor: str) -> list[str]:
    """Return the names of the errors that this vendor can answer with."""
    return sorted(ROWS[vendor])


def find_row(vendor: str, name: str, message: str | None = None) -> Row:
    """Return the vendor's error with this name, with `message` instead of its own if given.

    Raises:
        KeyError: the vendor has no such error; the message lists the known ones.
    """
    row = ROWS[vendor].get(name)
    if row is None:
        raise KeyError(f"{vendor} has no error {name!r}; it has {', '.join(error_names(vendor))}")
    return row if message is None else msgspec.structs.replace(row, message=message)


def refuse(vendor: str, message: str, *, name: str = "bad_request", **fields: str) -> Refusal:
    """Return a refusal with the error `name`, changed to this message, code or param."""
    return Refusal(msgspec.structs.replace(find_row(vendor, name, message), **fields))


def error_body(vendor: str, row: Row, request_id: str) -> dict[str, object]:
    """Return the body of an error in the vendor's format; see `Context.error_format`."""
    if row.raw is not None:
        return row.raw
    if vendor == "ollama_native":
        return {"error": row.message}
    if vendor == "anthropic":
        error: dict[str, object] = {"type": row.type, "message": row.message}
        if row.details is not None:
            error["details"] = row.details
        return {"type": "error", "error": error, "request_id": request_id}
    if vendor == "gemini":
        named: dict[str, object] = {
            "code": row.status,
            "message": row.message,
            "status": row.type,
        }
        return {"error": named if row.details is None else {**named, "details": row.details}}
    if vendor == "openrouter":
        upstream: dict[str, object] = {"message": row.message, "code": row.status}
        if row.details is not None:
            upstream["metadata"] = row.details
        return {"error": upstream}
    return {
        "error": {
            "message": row.message,
            "type": row.type,
            "param": row.param,
            "code": row.code,
        }
    }


def error_event(vendor: str, row: Row, request_id: str, model: str) -> bytes:
    """Return the event with which the vendor reports this error inside a stream."""
    body = error_body(vendor, row, request_id)
    if vendor == "ollama_native":
        return line(body)
    if vendor == "anthropic":
        return named_event(body)
    if vendor == "openai_responses":
        return _responses_event(row, body, request_id, model)
    if vendor == "openrouter":
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
        return event({**_generation("chat.completion.chunk", model), **body, "choices": [choice]})
    return b"event: error\n" + event(body) if row.named else event(body)


def error_answer(vendor: str, row: Row, request_id: str, model: str) -> tuple[int, object]:
    """Return the status and body with which the vendor reports a failure during generation.

    OpenRouter answers 200 with the error in the choice.
    """
    body = error_body(vendor, row, request_id)
    if vendor != "openrouter":
        return row.status, body
    message = {"role": "assistant", "content": ""}
    choice = {"index": 0, "message": message, "finish_reason": "error", **body}
    return 200, {**_generation("chat.completion", model), "choices": [choice]}


def _responses_event(row: Row, body: dict[str, object], request_id: str, model: str) -> bytes:
    """Return the last event of a failed stream of the Responses API."""
    if row.status < 500:
        return named_event({**body, "type": "error", "sequence_number": 2})
    response: dict[str, object] = {
        "id": f"resp_{request_id.removeprefix('req_'):0>48}",  # the id of the stream
        "object": "response",
        "status": "failed",
        "model": model,
        "error": {"code": row.code or "server_error", "message": row.message},
        "output": [],
        "usage": None,
    }
    return named_event({"type": "response.failed", "response": response, "sequence_number": 2})


def _generation(kind: str, model: str) -> dict[str, object]:
    return {"id": "gen-broken", "object": kind, "model": model, "provider": "Simulated"}
