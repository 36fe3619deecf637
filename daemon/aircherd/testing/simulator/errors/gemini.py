"""Gemini's errors: a status name and `google.rpc` details.

There is no `policy` error: Gemini answers 200 without a candidate. Sources: its documentation and
issues, 2026.
"""

from aircherd.testing.simulator.errors.row import Row

_DOMAIN = "googleapis.com"
_METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_requests"


def _gemini(status: int, name: str, message: str, *details: dict[str, object]) -> Row:
    return Row(status=status, message=message, type=name, details=list(details) or None)


def _info(reason: str) -> dict[str, object]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": _DOMAIN,
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }


def _quota(quota: str, value: str) -> dict[str, object]:
    violation = {
        "quotaMetric": _METRIC,
        "quotaId": quota,
        "quotaDimensions": {"location": "global", "model": "gemini-3.8-flash"},
        "quotaValue": value,
    }
    return {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [violation],
    }


def _retry(delay: str) -> dict[str, object]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def _exceeded(limit: int) -> str:
    return (
        "You exceeded your current quota, please check your plan and billing details.\n"
        f"* Quota exceeded for metric: {_METRIC}, limit: {limit}\nPlease retry in 34.4s."
    )


GEMINI: dict[str, Row] = {
    "refused_key": _gemini(
        400,
        "INVALID_ARGUMENT",
        "API key not valid. Please pass a valid API key.",
        _info("API_KEY_INVALID"),
    ),
    "missing_key": _gemini(
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). Please "
        "use API Key or other form of API consumer identity to call this API.",
    ),
    "leaked_key": _gemini(
        403,
        "PERMISSION_DENIED",
        "Your API key was reported as leaked. Please use another API key.",
    ),
    "permission": _gemini(
        403,
        "PERMISSION_DENIED",
        "Requests to this API generativelanguage.googleapis.com are blocked.",
        _info("API_KEY_SERVICE_BLOCKED"),
    ),
    "suspended": _gemini(
        403,
        "PERMISSION_DENIED",
        "Permission denied: Consumer has been suspended.",
        _info("CONSUMER_SUSPENDED"),
    ),
    "location": _gemini(
        400, "FAILED_PRECONDITION", "User location is not supported for the API use."
    ),
    "rate_limit": _gemini(
        429,
        "RESOURCE_EXHAUSTED",
        _exceeded(10),
        _quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "10"),
        _retry("34.4s"),
    ),
    "daily_quota": _gemini(
        429,
        "RESOURCE_EXHAUSTED",
        _exceeded(250),
        _quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250"),
        _retry("34.4s"),
    ),
    "no_free_tier": _gemini(429, "RESOURCE_EXHAUSTED", _exceeded(0), _retry("34.4s")),
    "quota": _gemini(
        402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted. Please add credits."
    ),
    "prepayment": _gemini(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
    "overloaded": _gemini(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "server": _gemini(500, "INTERNAL", "An internal error has occurred. Please retry."),
    "timeout": _gemini(504, "DEADLINE_EXCEEDED", "The request timed out. Please try again."),
    "context": _gemini(
        400,
        "INVALID_ARGUMENT",
        "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "too_large": _gemini(
        400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 104857600 bytes."
    ),
    "policy": Row(
        status=200,
        message="",
        raw={
            "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
            "usageMetadata": {"promptTokenCount": 7, "totalTokenCount": 7},
            "modelVersion": "gemini-3.8-flash",
        },
    ),
    "bad_request": _gemini(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "model_not_found": _gemini(
        404,
        "NOT_FOUND",
        "models/m is not found for API version v1beta, or is not supported for generateContent. "
        "Call ListModels to see the list of available models and their supported methods.",
    ),
    "not_found": _gemini(404, "NOT_FOUND", "Requested entity was not found."),
    "method": _gemini(404, "NOT_FOUND", "Method not found."),
}
