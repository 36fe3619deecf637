"""Ollama's errors: under `/api` only the message is sent, under `/v1` OpenAI's format.

Source: ollama/ollama, `server/routes.go`, `server/sched.go` and `llm/llama_server.go`, 2026.
"""

from aircherd.testing.simulator.errors.row import Row


def _ollama(status: int, message: str, type_: str = "api_error") -> Row:
    return Row(status=status, message=message, type=type_)


OLLAMA: dict[str, Row] = {
    "refused_key": _ollama(401, "unauthorized"),
    "missing_key": _ollama(401, "unauthorized"),
    "overloaded": _ollama(503, "server busy, please try again.  maximum pending requests exceeded"),
    "server": _ollama(500, "llama runner process has terminated: signal: killed"),
    "context": _ollama(
        400,
        "the prompt is longer than the context length currently available to the model; shorten "
        "the prompt, adjust the context length in settings, or use a model with a longer context "
        "length",
        "invalid_request_error",
    ),
    "input_length": _ollama(
        400, "the input length exceeds the context length", "invalid_request_error"
    ),
    "no_tools": _ollama(
        400, "registry.ollama.ai/library/m does not support tools", "invalid_request_error"
    ),
    "no_thinking": _ollama(400, '"m" does not support thinking', "invalid_request_error"),
    "no_chat": _ollama(400, '"m" does not support chat', "invalid_request_error"),
    "no_level": _ollama(
        400, 'think value "high" is not supported for this model', "invalid_request_error"
    ),
    "bad_request": _ollama(400, "invalid request", "invalid_request_error"),
    "model_not_found": _ollama(404, "model 'm' not found", "not_found_error"),
    "not_found": _ollama(404, "404 page not found", "not_found_error"),
    "method": _ollama(405, "405 method not allowed"),
    "too_large": _ollama(413, "request too large"),
}
