"""The schemas in which most errors are sent."""


def openai(message: str, code: object = None, kind: str | None = None) -> dict[str, object]:
    return {"error": {"message": message, "type": kind, "code": code, "param": None}}


def anthropic(message: str, kind: str = "invalid_request_error") -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def google(status: int, name: str, message: str, *details: object) -> dict[str, object]:
    error = {"code": status, "message": message, "status": name, "details": list(details)}
    return {"error": error}


def kind_of(body: object) -> str:
    """Return the kind of provider that sends such a body."""
    fields = body if isinstance(body, dict) else {}
    error = fields.get("error")
    if isinstance(error, dict) and "details" in error and "status" in error:
        return "gemini"
    return "anthropic" if fields.get("type") == "error" else "openai"
