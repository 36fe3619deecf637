"""OpenRouter's errors; `metadata.error_type` is the cause. Source: its documentation, 2026."""

from aircherd.testing.simulator.errors.row import Row


def _openrouter(
    status: int,
    error_type: str | None,
    message: str,
    *,
    retry_after: float | None = None,
    exhausted: str | None = None,
    **metadata: object,
) -> Row:
    details = metadata if error_type is None else {"error_type": error_type, **metadata}
    return Row(
        status=status,
        message=message,
        details=details or None,
        retry_after=retry_after,
        exhausted=exhausted,
    )


OPENROUTER: dict[str, Row] = {
    "refused_key": _openrouter(401, "authentication", "User not found."),
    "missing_key": _openrouter(401, "authentication", "No auth credentials found"),
    "permission": _openrouter(
        403, "permission_denied", "This key may not use the requested model."
    ),
    "policy": _openrouter(
        403,
        "content_policy_violation",
        "Your chosen model requires moderation and your input was flagged",
        reasons=["violence"],
        flagged_input="...",
        provider_name="Simulated",
        model_slug="openai/gpt-5.5",
    ),
    "budget": _openrouter(
        403,
        "permission_denied",
        "Key budget exceeded.",
        limit_source="key_budget",
        resets_at="2026-12-01T00:00:00Z",
    ),
    "quota": _openrouter(
        402,
        "payment_required",
        "This request requires more credits, or fewer max_tokens.",
    ),
    "in_flight_budget": _openrouter(
        402,
        "payment_required",
        "Too much of your credit is reserved by requests in flight.",
        retry_after=5,
        limit_source="openrouter_in_flight_budget",
    ),
    "rate_limit": _openrouter(
        429,
        "rate_limit_exceeded",
        "Rate limit exceeded: free-models-per-min.",
        retry_after=20,
        exhausted="requests",
    ),
    "provider_rate_limit": _openrouter(
        429,
        "rate_limit_exceeded",
        "Provider returned error",
        raw="the model is temporarily rate-limited upstream",
        provider_name="Simulated",
    ),
    "overloaded": _openrouter(503, "provider_overloaded", "Provider is overloaded."),
    "unavailable": _openrouter(
        502, "provider_unavailable", "Provider returned error", provider_name="Simulated"
    ),
    "server": _openrouter(500, "server", "Internal Server Error"),
    "timeout": _openrouter(504, "timeout", "The upstream provider did not answer in time."),
    "context": _openrouter(
        400,
        "context_length_exceeded",
        "This endpoint's maximum context length is 128000 tokens. However, you requested about "
        "150000 tokens. Please reduce the length of either one.",
    ),
    "bad_request": _openrouter(400, "invalid_request", "The request is not valid."),
    "model_not_found": _openrouter(404, "not_found", "No endpoints found for the model."),
    "not_found": _openrouter(404, None, "Not Found"),
    "method": _openrouter(405, None, "Method Not Allowed"),
    "too_large": _openrouter(413, "payload_too_large", "Request Entity Too Large"),
}
