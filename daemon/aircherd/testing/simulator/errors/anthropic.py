"""Anthropic's errors. Sources: its documentation and SDK, and issue threads, November 2026."""

from aircherd.testing.simulator.errors.row import Row


def _anthropic(
    status: int,
    type_: str,
    message: str,
    *,
    error_code: str | None = None,
    retry_after: float | None = None,
    exhausted: str | None = None,
) -> Row:
    return Row(
        status=status,
        message=message,
        type=type_,
        details=None if error_code is None else {"error_code": error_code},
        retry_after=retry_after,
        exhausted=exhausted,
    )


ANTHROPIC: dict[str, Row] = {
    "refused_key": _anthropic(401, "authentication_error", "invalid x-api-key"),
    "missing_key": _anthropic(401, "authentication_error", "x-api-key header is required"),
    "permission": _anthropic(
        403,
        "permission_error",
        "Your API key does not have permission to use the specified resource.",
    ),
    "rate_limit": _anthropic(
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 10,000 requests per minute.",
        retry_after=20,
        exhausted="requests",
    ),
    "token_rate_limit": _anthropic(
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of input tokens per minute.",
        retry_after=30,
        exhausted="input-tokens",
    ),
    "ramp_limit": _anthropic(
        429,
        "rate_limit_error",
        "Your usage has risen too quickly. Please increase it gradually.",
        error_code="ramp_limit_exceeded",
        retry_after=15,
    ),
    "quota": _anthropic(
        429,
        "rate_limit_error",
        "Your organization has reached its monthly spend limit.",
        error_code="enforced_spend_limit_reached",
    ),
    "contract_spend_limit": _anthropic(
        429,
        "rate_limit_error",
        "Your organization has reached the spend limit of its contract.",
        error_code="contract_spend_limit_reached",
    ),
    "credit_balance": _anthropic(
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing "
        "to upgrade or purchase credits.",
    ),
    "usage_limits": _anthropic(
        400,
        "invalid_request_error",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01 at "
        "00:00 UTC.",
    ),
    "workspace_usage_limits": _anthropic(
        400,
        "invalid_request_error",
        "You have reached your specified workspace API usage limits. You will regain access on "
        "2026-12-01 at 00:00 UTC.",
    ),
    "billing": _anthropic(
        402, "billing_error", "There is an issue with your billing or payment information."
    ),
    "overloaded": _anthropic(529, "overloaded_error", "Overloaded"),
    "unavailable": _anthropic(503, "api_error", "Service temporarily unavailable"),
    "compaction_unavailable": _anthropic(
        529,
        "overloaded_error",
        "Compaction is temporarily unavailable.",
        error_code="compaction_unavailable",
    ),
    "server": _anthropic(500, "api_error", "Internal server error"),
    "timeout": _anthropic(504, "timeout_error", "The request timed out while processing."),
    "conflict": _anthropic(409, "conflict_error", "The request conflicts with another one."),
    "context": _anthropic(
        400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"
    ),
    "context_with_output": _anthropic(
        400,
        "invalid_request_error",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease "
        "input length or `max_tokens` and try again",
    ),
    "policy": _anthropic(
        400, "invalid_request_error", "Output blocked by content filtering policy"
    ),
    "organization_on_hold": _anthropic(
        400,
        "invalid_request_error",
        "This organization is on hold.",
        error_code="organization_on_hold",
    ),
    "disabled": _anthropic(400, "invalid_request_error", "This organization has been disabled."),
    "bad_request": _anthropic(400, "invalid_request_error", "The request is not valid."),
    "model_not_found": _anthropic(404, "not_found_error", "model: not found"),
    "not_found": _anthropic(404, "not_found_error", "Not Found"),
    "method": _anthropic(405, "invalid_request_error", "Method Not Allowed"),
    "too_large": _anthropic(
        413, "request_too_large", "Request exceeds the maximum allowed number of bytes."
    ),
}
