"""The vendors' error bodies: their six shapes, and how they come inside a stream.

What each vendor can answer is in the tables that `error_rows` joins.
"""

import msgspec

from aircherd.testing.simulator.errors.row import Row
from aircherd.testing.simulator.errors.rows import ROWS
from aircherd.testing.simulator.reply import event, line, named_event


class Refusal(Exception):
    """A vendor's module turns the request down; `row` says how."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.message)
        self.row = row


def error_names(vendor: str) -> list[str]:
    """Return the names of the errors this vendor can be made to answer."""
    return sorted(ROWS[vendor])


def find_row(vendor: str, name: str, message: str | None = None) -> Row:
    """Return the vendor's error of this name, with another message if one is given.

    Raises:
        KeyError: the vendor has no such error; the message lists those it has.
    """
    row = ROWS[vendor].get(name)
    if row is None:
        raise KeyError(f"{vendor} has no error {name!r}; it has {', '.join(error_names(vendor))}")
    return row if message is None else msgspec.structs.replace(row, message=message)


def refuse(vendor: str, message: str, *, name: str = "bad_request", **fields: str) -> Refusal:
    """Return the refusal of this name with its own message, code or param."""
    return Refusal(msgspec.structs.replace(find_row(vendor, name, message), **fields))


def error_body(vendor: str, row: Row, request_id: str) -> dict[str, object]:
    """Return the body of an error as the vendor would spell it; see `Context.error_form`."""
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
        told: dict[str, object] = {"message": row.message, "code": row.status}
        if row.details is not None:
            told["metadata"] = row.details
        return {"error": told}
    return {
        "error": {
            "message": row.message,
            "type": row.type,
            "param": row.param,
            "code": row.code,
        }
    }


def error_event(vendor: str, row: Row, request_id: str, model: str) -> bytes:
    """Return the event by which the vendor reports this error in a stream that began with 200."""
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
    """Return status and body by which the vendor reports, unstreamed, that it broke off.

    OpenRouter says 200 and puts the error into the choice.
    """
    body = error_body(vendor, row, request_id)
    if vendor != "openrouter":
        return row.status, body
    message = {"role": "assistant", "content": ""}
    choice = {"index": 0, "message": message, "finish_reason": "error", **body}
    return 200, {**_generation("chat.completion", model), "choices": [choice]}


def _responses_event(row: Row, body: dict[str, object], request_id: str, model: str) -> bytes:
    """Return how the Responses API breaks off: the model failed, or the request did."""
    if row.status < 500:
        return named_event({**body, "type": "error", "sequence_number": 2})
    response: dict[str, object] = {
        "id": f"resp_{request_id.removeprefix('req_'):0>48}",  # the one that was begun
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
