"""Ollama's errors, as its OpenAI-compatible endpoints word them. Source: its code, 2026."""

from aircherd.testing.simulator.error_row import Row


def _ollama(status: int, message: str, type_: str = "api_error") -> Row:
    return Row(status=status, message=message, type=type_)


OLLAMA: dict[str, Row] = {
    "refused_key": _ollama(401, "unauthorized"),
    "missing_key": _ollama(401, "unauthorized"),
    "overloaded": _ollama(503, "server busy, please try again.  maximum pending requests exceeded"),
    "server": _ollama(500, "llama runner process has terminated: signal: killed"),
    "context": _ollama(
        400, "prompt is longer than the context length of this model", "invalid_request_error"
    ),
    "no_tools": _ollama(400, "model does not support tools", "invalid_request_error"),
    "no_thinking": _ollama(400, "model does not support thinking", "invalid_request_error"),
    "bad_request": _ollama(400, "invalid request", "invalid_request_error"),
    "model_not_found": _ollama(404, "model not found", "not_found_error"),
    "not_found": _ollama(404, "404 page not found", "not_found_error"),
    "method": _ollama(405, "405 method not allowed"),
    "too_large": _ollama(413, "request too large"),
}
