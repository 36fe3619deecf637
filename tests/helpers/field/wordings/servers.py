"""Failures of the server itself."""

from helpers.field.forms import anthropic, google, openai

ROWS: list[tuple[str, int, object]] = [
    ("server-had-while-processing", 500, openai("The server had an error while processing your request. Sorry about that!", "server_error", "server_error")),
    ("server-internal-server-api", 500, anthropic("Internal server error", "api_error")),
    ("server-internal-occurred-retry", 500, google(500, "INTERNAL", "An internal error has occurred. Please retry")),
    ("server-request-timed-out-try", 504, google(504, "DEADLINE_EXCEEDED", "The request timed out. Please try again.")),
    ("server-timed-out-reading-request", 408, {"error": {"message": "Timed out reading request body. Try again, or use a smaller request size.", "code": "user_request_timeout"}}),
    ("server-code", 524, b"error code: 524"),
    ("server-html-html", 520, b"<html>520</html>"),
    ("server-html-bad-gateway-html", 502, b"<html>502 Bad Gateway</html>"),
    ("server-zh", 400, openai("系统内部错误")),
    ("server-do-request-failed-do", 500, openai("do request failed", "do_request_failed", "new_api_error")),
    ("server-bad-response-status-code", 500, openai("bad response status code 500", "bad_response_status_code", "upstream_error")),
    ("server-worker-died", 200, {"detail": "worker died"}),
    ("server-zh-2", 200, {"success": False, "message": "x"}),
    ("server-unexpected-occurred-internal-server", 200, {"success": False, "error": {"code": "INTERNAL_SERVER_ERROR", "status": 500, "message": "An unexpected error occurred."}}),
    ("server-backend-died", 200, {"error": True, "message": "backend died"}),
    ("server-died", 200, {"ok": False, "reason": "x died"}),
    ("server-zh-3", 200, {"object": "error", "message": "x"}),
]  # fmt: skip
