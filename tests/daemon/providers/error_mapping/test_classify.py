"""The rules, row by row, with bodies and headers as vendors send them."""

from datetime import UTC, datetime

import msgspec
import pytest

from aircherd.providers.error_mapping.classify import (
    MAX_MESSAGE,
    classify_error,
    classify_response,
    is_web_page,
    presentable,
    web_page,
)
from aircherd.providers.error_mapping.rules import MESSAGE_STARTS
from aircherd.redaction import Redactor
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import CANARY

F = FailureClass
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0

# The source of a row: the vendor's documentation or SDK, a server's source, or users' reports.
DOCS, SDK, CODE, REPORTS = "docs", "sdk", "code", "reports"

JSON = {"content-type": "application/json"}
TEXT = {"content-type": "text/plain"}
HTML = {"content-type": "text/html"}
SOON = {"retry-after": "2"}


def openai(message: str, kind: str | None = None, code: str | None = None) -> object:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str, code: str | None = None) -> object:
    details = {"details": {"error_code": code}} if code else {}
    error = {"type": kind, "message": message, **details}
    return {"type": "error", "error": error, "request_id": "req_011CV"}


def router(code: int, message: str, **metadata: object) -> object:
    return {"error": {"code": code, "message": message, "metadata": metadata}}


def availability(code: int, **error: object) -> object:
    return {"error": {"code": code, "message": "x", "availability": error}}


def google(code: int, status: str, message: str, *details: object) -> object:
    error = {"details": list(details)} if details else {}
    return {"error": {"code": code, "message": message, "status": status, **error}}


def quota(name: str, value: str = "10") -> object:
    return {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": name, "quotaValue": value}],
    }


def info(reason: str) -> object:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}


def flat(message: object, kind: str, code: object, param: object = None) -> object:
    return {"object": "error", "message": message, "type": kind, "param": param, "code": code}


def vllm(message: str, param: str | None = None) -> object:
    return {"error": {"message": message, "type": "BadRequestError", "param": param, "code": 400}}


def counted(remaining: str, reset: str) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": remaining,
        "x-ratelimit-reset-requests": reset,
    }


def anthropic_counted(remaining: str, reset: str) -> dict[str, str]:
    return {
        "anthropic-ratelimit-input-tokens-limit": "30000",
        "anthropic-ratelimit-input-tokens-remaining": remaining,
        "anthropic-ratelimit-input-tokens-reset": reset,
    }


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}
PER_MINUTE = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
PER_DAY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
EXCEEDED = "* Quota exceeded for metric: generate_content_free_tier_requests, limit: "
INVALID = "invalid_request_error"
LIMITED = "This request would exceed your organization's rate limit of 30,000 input tokens."
TPM = "Rate limit reached for gpt-5.5 on tokens per min (TPM): Limit 30000, Used 29000."
TOO_LARGE = "Request too large for gpt-5.5 on tokens per min (TPM): Limit 30000, Requested 60000."
TOO_MANY = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."
REGAIN = "You have reached your specified {}API usage limits. You will regain access on {}."
NEVER = {"x-should-retry": "false"}
AGAIN = {"x-should-retry": "true"}


class Row(msgspec.Struct, frozen=True):
    """An error's source, meaning and response; `wait` is in seconds."""

    source: str
    kind: FailureClass
    status: int
    body: object
    headers: dict[str, str] = {}
    wait: float | None = None


ROWS: dict[str, list[Row]] = {
    "anthropic": [
        Row(SDK, F.AUTH, 401, anthropic("authentication_error", "invalid x-api-key")),
        Row(
            REPORTS,
            F.QUOTA,
            400,
            anthropic(INVALID, "Your credit balance is too low to access the Anthropic API."),
            NEVER,
            None,
        ),
        Row(
            REPORTS,
            F.QUOTA,
            400,
            anthropic(INVALID, REGAIN.format("", "2026-12-01 at 00:00 UTC")),
            {},
            252 * HOUR,
        ),
        Row(
            REPORTS,
            F.QUOTA,
            400,
            anthropic(INVALID, REGAIN.format("workspace ", "2026-11-21")),
            {},
            12 * HOUR,
        ),
        Row(SDK, F.QUOTA, 402, anthropic("billing_error", "Payment is needed.")),
        Row(
            DOCS,
            F.QUOTA,
            429,
            anthropic("rate_limit_error", "Spend limit.", "enforced_spend_limit_reached"),
            anthropic_counted("0", "2026-11-20T12:00:30Z"),
            252 * HOUR,
        ),
        Row(
            DOCS,
            F.QUOTA,
            429,
            anthropic("rate_limit_error", "Spend limit.", "contract_spend_limit_reached"),
            anthropic_counted("0", "2026-11-20T12:00:30Z"),
            None,
        ),
        Row(
            DOCS,
            F.RATE,
            429,
            anthropic("rate_limit_error", "Too fast a rise.", "ramp_limit_exceeded"),
            {"retry-after": "15"},
            15,
        ),
        Row(DOCS, F.RATE, 429, anthropic("rate_limit_error", LIMITED), SOON, 2),
        Row(
            DOCS,
            F.RATE,
            429,
            anthropic("rate_limit_error", LIMITED),
            anthropic_counted("0", "2026-11-20T12:00:30Z"),
            30,
        ),
        Row(
            DOCS,
            F.RATE,
            429,
            anthropic("rate_limit_error", LIMITED),
            anthropic_counted("12000", "2026-11-20T12:00:30Z"),
            None,
        ),
        Row(DOCS, F.OVERLOADED, 529, anthropic("overloaded_error", "Overloaded"), AGAIN, None),
        Row(DOCS, F.OVERLOADED, 529, anthropic("api_error", "Not now.", "compaction_unavailable")),
        Row(
            REPORTS,
            F.CONTEXT,
            400,
            anthropic(INVALID, "prompt is too long: 210000 tokens > 200000 maximum"),
        ),
        Row(
            REPORTS,
            F.CONTEXT,
            400,
            anthropic(
                INVALID,
                "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
            ),
        ),
        Row(
            DOCS,
            F.REQUEST_SIZE,
            413,
            anthropic("request_too_large", "Request exceeds the maximum allowed number of bytes."),
        ),
        Row(
            REPORTS,
            F.REQUEST_SIZE,
            413,
            b"<html><h1>413 Request Entity Too Large</h1></html>",
            HTML,
            None,
        ),
        Row(
            DOCS,
            F.ACCOUNT,
            400,
            anthropic(INVALID, "This organization is on hold.", "organization_on_hold"),
        ),
        Row(
            DOCS,
            F.PERMISSION,
            403,
            anthropic("permission_error", "Your API key does not have permission."),
        ),
        Row(DOCS, F.MODEL, 404, anthropic("not_found_error", "model: claude-9")),
        Row(DOCS, F.REFUSED, 400, anthropic(INVALID, "messages: Field required"), NEVER, None),
        Row(
            REPORTS,
            F.UNSUPPORTED,
            400,
            anthropic(INVALID, "'claude-3-haiku' does not support thinking."),
        ),
        Row(
            REPORTS, F.POLICY, 400, anthropic(INVALID, "Output blocked by content filtering policy")
        ),
        Row(DOCS, F.SERVER, 500, anthropic("api_error", "Internal server error")),
        Row(DOCS, F.SERVER, 504, anthropic("timeout_error", "Request timed out")),
        Row(SDK, F.SERVER, 408, anthropic("timeout_error", "Request timed out")),
        Row(SDK, F.SERVER, 409, anthropic("conflict_error", "Conflict")),
        # What the server says about a retry.
        Row(SDK, F.SERVER, 400, anthropic(INVALID, "Try again."), AGAIN, None),
        Row(SDK, F.QUOTA, 429, anthropic("rate_limit_error", LIMITED), NEVER, None),
        Row(SDK, F.RATE, 429, anthropic("rate_limit_error", LIMITED), {**NEVER, **SOON}, 2),
    ],
    "openai": [
        Row(DOCS, F.AUTH, 401, openai("Incorrect API key provided", INVALID, "invalid_api_key")),
        Row(
            REPORTS,
            F.PERMISSION,
            401,
            openai("You have insufficient permissions. Missing scopes: model.request"),
        ),
        Row(
            DOCS,
            F.PERMISSION,
            403,
            openai(
                "Country, region, or territory not supported",
                "request_forbidden",
                "unsupported_country_region_territory",
            ),
        ),
        Row(
            DOCS,
            F.QUOTA,
            429,
            openai("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
            counted("0", "1s"),
            None,
        ),
        Row(REPORTS, F.QUOTA, 429, openai("No credit.", "insufficient_quota", None)),
        *(
            Row(DOCS, F.QUOTA, 429, openai("Used up.", "insufficient_quota", code))
            for code in (
                "credit_balance_exhausted",
                "organization_spend_limit_exceeded",
                "project_spend_limit_exceeded",
                "organization_usage_limit_exceeded",
            )
        ),
        Row(DOCS, F.RATE, 429, openai(TPM, "tokens", "rate_limit_exceeded"), SOON, 2),
        Row(
            SDK,
            F.RATE,
            429,
            openai(TPM, "tokens", "rate_limit_exceeded"),
            {"retry-after-ms": "1500", "retry-after": "2"},
            1.5,
        ),
        Row(
            DOCS,
            F.RATE,
            429,
            openai(TPM, "requests", "rate_limit_exceeded"),
            counted("0", "6m0s"),
            360,
        ),
        Row(
            REPORTS,
            F.RATE,
            429,
            openai(TPM + " Please try again in 1.2s.", "tokens", "rate_limit_exceeded"),
            {},
            1.2,
        ),
        Row(
            REPORTS,
            F.RATE,
            429,
            openai(TPM + " Please try again in 7m12s. Visit", "requests", "rate_limit_exceeded"),
            {},
            432,
        ),
        # The request is too large, so waiting does not help.
        Row(
            REPORTS,
            F.RATE,
            429,
            openai(TOO_LARGE, "tokens", "rate_limit_exceeded"),
            counted("0", "6m0s"),
            None,
        ),
        Row(DOCS, F.OVERLOADED, 429, openai("Slow down.", "server_error", "slow_down")),
        Row(DOCS, F.OVERLOADED, 429, openai("Try later.", "server_error", "server_is_overloaded")),
        Row(DOCS, F.OVERLOADED, 503, openai("The engine is overloaded.")),
        Row(DOCS, F.CONTEXT, 400, openai(TOO_MANY, INVALID, "context_length_exceeded")),
        Row(SDK, F.POLICY, 400, openai("Your prompt was flagged.", INVALID, "invalid_prompt")),
        Row(
            REPORTS,
            F.POLICY,
            400,
            openai("Rejected by our safety system.", INVALID, "content_policy_violation"),
        ),
        Row(
            REPORTS,
            F.MODEL,
            404,
            openai("The model `m` does not exist.", INVALID, "model_not_found"),
        ),
        Row(
            REPORTS,
            F.PERMISSION,
            400,
            openai("Your organization must be verified to generate reasoning summaries."),
        ),
        Row(
            REPORTS,
            F.PERMISSION,
            400,
            openai("It could not be verified.", INVALID, "invalid_encrypted_content"),
        ),
        Row(
            REPORTS,
            F.UNSUPPORTED,
            400,
            openai(
                "Unsupported parameter: 'temperature' is not supported with this model.",
                INVALID,
                "unsupported_parameter",
            ),
        ),
        Row(
            REPORTS,
            F.UNSUPPORTED,
            400,
            openai(
                "Unsupported value: 'reasoning_effort' does not support 'none' with this model.",
                INVALID,
                "unsupported_value",
            ),
        ),
        Row(
            REPORTS,
            F.UNSUPPORTED,
            404,
            openai("This model is only supported in v1/responses and not elsewhere.", INVALID),
        ),
        Row(DOCS, F.REFUSED, 400, openai("It is not valid.", INVALID)),
        Row(DOCS, F.UNSUPPORTED, 400, openai("Unknown parameter: 'x'.", INVALID)),
        Row(DOCS, F.SERVER, 500, openai("The server had an error.", "server_error")),
    ],
    "gemini": [
        Row(
            REPORTS,
            F.AUTH,
            400,
            google(400, "INVALID_ARGUMENT", "API key not valid.", info("API_KEY_INVALID")),
        ),
        Row(REPORTS, F.AUTH, 400, google(400, "INVALID_ARGUMENT", "API key expired.")),
        Row(
            REPORTS,
            F.AUTH,
            403,
            google(403, "PERMISSION_DENIED", "Your API key was reported as leaked."),
        ),
        Row(
            REPORTS,
            F.AUTH,
            403,
            google(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers"),
        ),
        Row(DOCS, F.AUTH, 401, google(401, "UNAUTHENTICATED", "Invalid credentials.")),
        Row(
            REPORTS,
            F.ACCOUNT,
            403,
            google(403, "PERMISSION_DENIED", "Suspended.", info("CONSUMER_SUSPENDED")),
        ),
        Row(
            REPORTS,
            F.PERMISSION,
            403,
            google(403, "PERMISSION_DENIED", "Blocked.", info("API_KEY_SERVICE_BLOCKED")),
        ),
        Row(
            DOCS,
            F.ACCOUNT,
            400,
            google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        ),
        Row(REPORTS, F.ACCOUNT, 400, [google(400, "FAILED_PRECONDITION", "Location.")]),
        Row(
            REPORTS,
            F.CONTEXT,
            400,
            google(
                400,
                "INVALID_ARGUMENT",
                "The input token count (1100000) exceeds the maximum number of tokens allowed.",
            ),
        ),
        Row(
            REPORTS,
            F.REQUEST_SIZE,
            400,
            google(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 9 bytes."),
        ),
        Row(
            REPORTS,
            F.REFUSED,
            400,
            google(400, "INVALID_ARGUMENT", "Corrupted thought signature."),
        ),
        Row(
            DOCS,
            F.QUOTA,
            402,
            google(402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        ),
        Row(
            REPORTS,
            F.QUOTA,
            429,
            google(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        ),
        Row(
            REPORTS,
            F.RATE,
            429,
            google(429, "RESOURCE_EXHAUSTED", EXCEEDED + "10", quota(PER_MINUTE), RETRY),
            {},
            34.4,
        ),
        # Daily quotas reset at midnight in California.
        Row(
            REPORTS,
            F.QUOTA,
            429,
            google(429, "RESOURCE_EXHAUSTED", EXCEEDED + "250", quota(PER_DAY), RETRY),
            {},
            20 * HOUR,
        ),
        # A limit of zero is no limit per minute, whatever delay comes with it.
        Row(
            REPORTS,
            F.QUOTA,
            429,
            google(429, "RESOURCE_EXHAUSTED", EXCEEDED + "0", quota(PER_MINUTE, "0"), RETRY),
        ),
        Row(
            REPORTS,
            F.QUOTA,
            429,
            google(429, "RESOURCE_EXHAUSTED", EXCEEDED + "0, model: g", RETRY),
        ),
        Row(
            REPORTS,
            F.RATE,
            429,
            google(429, "RESOURCE_EXHAUSTED", EXCEEDED + "05, model: g", RETRY),
            {},
            34.4,
        ),
        Row(
            DOCS,
            F.MODEL,
            404,
            google(404, "NOT_FOUND", "models/m is not found for API version v1beta"),
        ),
        Row(DOCS, F.SERVER, 500, google(500, "INTERNAL", "An internal error.")),
        Row(DOCS, F.OVERLOADED, 503, google(503, "UNAVAILABLE", "It is overloaded.")),
        Row(DOCS, F.SERVER, 504, google(504, "DEADLINE_EXCEEDED", "Too late.")),
    ],
    "openrouter": [
        Row(DOCS, F.AUTH, 401, router(401, "User not found.", error_type="authentication")),
        Row(DOCS, F.AUTH, 401, router(401, "No auth credentials found")),
        Row(
            DOCS,
            F.QUOTA,
            402,
            router(402, "This requires more credits.", error_type="payment_required"),
        ),
        Row(
            DOCS,
            F.RATE,
            402,
            router(
                402,
                "Too much is under way.",
                error_type="payment_required",
                limit_source="openrouter_in_flight_budget",
            ),
            {"retry-after": "5"},
            5,
        ),
        Row(DOCS, F.RATE, 402, router(402, "Insufficient credits"), SOON, 2),
        Row(
            DOCS,
            F.POLICY,
            403,
            router(
                403,
                "Your input was flagged",
                error_type="content_policy_violation",
                reasons=["violence"],
            ),
        ),
        Row(DOCS, F.POLICY, 403, router(403, "Your input was flagged", reasons=["hate"])),
        Row(
            DOCS,
            F.QUOTA,
            403,
            router(
                403,
                "Key budget exceeded.",
                error_type="permission_denied",
                limit_source="key_budget",
                resets_at="2026-12-01T00:00:00Z",
            ),
            {},
            252 * HOUR,
        ),
        Row(DOCS, F.PERMISSION, 403, router(403, "No.", error_type="permission_denied")),
        Row(DOCS, F.RATE, 429, router(429, "Slower.", error_type="rate_limit_exceeded")),
        Row(
            REPORTS,
            F.QUOTA,
            429,
            router(429, "Rate limit exceeded: free-models-per-day."),
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{int(NOW + 60) * 1000}"},
            60,
        ),
        Row(
            REPORTS,
            F.RATE,
            429,
            router(
                429,
                "Provider returned error",
                raw="m:free is temporarily rate-limited upstream. Please retry shortly",
                retry_after_seconds=17,
            ),
            {},
            17,
        ),
        # OpenRouter's own fields before status and headers.
        Row(DOCS, F.RATE, 429, availability(429, retryable=True, retry_after=4), SOON, 4),
        Row(DOCS, F.QUOTA, 429, availability(429, retryable=False), AGAIN, None),
        Row(DOCS, F.SERVER, 400, availability(400, retryable=True, retry_after=4), {}, 4),
        Row(
            DOCS,
            F.OVERLOADED,
            502,
            router(502, "Provider returned error", error_type="provider_unavailable"),
        ),
        Row(DOCS, F.RATE, 502, router(502, "x", error_type="rate_limit_exceeded")),
        Row(
            DOCS,
            F.OVERLOADED,
            400,
            router(400, "Provider returned error", error_type="provider_overloaded"),
        ),
        Row(DOCS, F.SERVER, 502, router(502, "Provider returned error")),
        Row(DOCS, F.OVERLOADED, 503, router(503, "No provider meets your requirements")),
        Row(DOCS, F.SERVER, 504, router(504, "Too late.", error_type="timeout")),
        Row(DOCS, F.SERVER, 400, router(400, "It broke.", error_type="server")),
        Row(DOCS, F.CONTEXT, 400, router(400, "Too long.", error_type="context_length_exceeded")),
        Row(DOCS, F.CONTEXT, 400, router(400, "Too long.", error_type="string_too_long")),
        Row(
            REPORTS,
            F.CONTEXT,
            400,
            router(400, "Provider returned error", raw='{"message":"maximum context length"}'),
        ),
        Row(DOCS, F.REQUEST_SIZE, 413, router(413, "Too large.", error_type="payload_too_large")),
        Row(DOCS, F.QUOTA, 400, router(400, "A cap.", error_type="token_limit_exceeded")),
        # Not what OpenAI means by this code.
        Row(DOCS, F.REFUSED, 400, router(400, "A role.", error_type="invalid_prompt")),
        Row(DOCS, F.REFUSED, 400, router(400, "No.", error_type="invalid_request")),
        Row(DOCS, F.UNSUPPORTED, 400, router(400, "No.", error_type="image_too_large")),
        Row(DOCS, F.POLICY, 400, router(400, "No.", error_type="refusal")),
        Row(DOCS, F.MODEL, 404, router(404, "No endpoints found for m.", error_type="not_found")),
        Row(REPORTS, F.UNSUPPORTED, 404, router(404, "No endpoints found that support tool use.")),
    ],
    "ollama": [
        Row(CODE, F.MODEL, 404, {"error": "model 'x' not found"}),
        Row(CODE, F.MODEL, 404, openai("model 'x' not found", "not_found_error")),
        Row(CODE, F.PROTOCOL, 404, b"404 page not found", TEXT, None),
        Row(
            CODE,
            F.OVERLOADED,
            503,
            {"error": "server busy, please try again.  maximum pending requests exceeded"},
        ),
        Row(
            CODE,
            F.CONTEXT,
            400,
            {"error": "the prompt is longer than the context length currently available"},
        ),
        Row(CODE, F.CONTEXT, 400, {"error": "the input length exceeds the context length"}),
        Row(CODE, F.UNSUPPORTED, 400, {"error": '"m" does not support thinking'}),
        Row(CODE, F.UNSUPPORTED, 400, {"error": '"m" does not support chat'}),
        Row(CODE, F.UNSUPPORTED, 400, openai("m does not support tools", "api_error")),
        Row(
            CODE,
            F.UNSUPPORTED,
            400,
            {"error": 'think value "high" is not supported for this model'},
        ),
        Row(CODE, F.UNSUPPORTED, 500, {"error": "image input is not supported - hint"}),
        Row(CODE, F.SERVER, 500, {"error": "llama runner process has terminated"}),
        Row(CODE, F.AUTH, 401, {"error": "unauthorized"}),
    ],
    "groq": [
        Row(DOCS, F.REQUEST_SIZE, 413, openai("Request Entity Too Large", INVALID)),
        Row(
            REPORTS,
            F.RATE,
            413,
            openai("Request too large for m: Limit 6000", "tokens", "rate_limit_exceeded"),
        ),
        Row(
            DOCS,
            F.RATE,
            429,
            openai("Rate limit reached", "requests", "rate_limit_exceeded"),
            counted("0", "2m59.56s"),
            179.56,
        ),
        Row(DOCS, F.RATE, 429, openai("Rate limit reached", "tokens", None), SOON, 2),
        Row(
            DOCS,
            F.OVERLOADED,
            498,
            openai("Flex tier capacity exceeded.", "capacity_exceeded", "capacity_exceeded"),
        ),
        Row(DOCS, F.OVERLOADED, 498, b""),
        Row(DOCS, F.SERVER, 400, openai("Failed to call a function.", INVALID, "tool_use_failed")),
        Row(
            DOCS, F.SERVER, 400, openai("Failed to generate JSON.", INVALID, "json_validate_failed")
        ),
    ],
    "deepseek": [
        Row(DOCS, F.QUOTA, 402, openai("Insufficient Balance", "unknown_error", INVALID)),
        Row(DOCS, F.REFUSED, 422, openai("Invalid parameters", INVALID)),
        Row(DOCS, F.RATE, 429, openai("Rate limit reached")),
        Row(DOCS, F.OVERLOADED, 503, openai("Server overloaded")),
        Row(REPORTS, F.CONTEXT, 400, openai(TOO_MANY, INVALID, INVALID)),
    ],
    "mistral": [
        Row(REPORTS, F.RATE, 429, flat("Requests rate limit exceeded", "rate_limited", "1300")),
        Row(REPORTS, F.QUOTA, 402, flat("Payment required", "payment", "1400")),
        Row(REPORTS, F.AUTH, 401, {"detail": "Unauthorized"}),
        Row(
            REPORTS,
            F.REFUSED,
            422,
            flat({"detail": [{"loc": ["body", "n"], "msg": "Extra input"}]}, INVALID, None),
        ),
        Row(
            REPORTS,
            F.CONTEXT,
            400,
            flat("Too large for model with 32768 maximum context length", INVALID, "3051"),
        ),
        # One code for every invalid argument: the words decide.
        Row(REPORTS, F.REFUSED, 400, flat("Logprobs are not enabled", INVALID, "3051")),
        Row(REPORTS, F.MODEL, 400, flat("Invalid model: m", "invalid_model", "1500")),
    ],
    "vllm": [
        Row(CODE, F.CONTEXT, 400, vllm(TOO_MANY, "input_tokens")),
        Row(CODE, F.CONTEXT, 400, vllm("The decoder prompt is too big.", "input_tokens")),
        Row(CODE, F.CONTEXT, 400, vllm("the model's context length is only 8192 tokens")),
        Row(CODE, F.CONTEXT, 400, flat(TOO_MANY, "BadRequestError", 400)),
        Row(
            CODE,
            F.UNSUPPORTED,
            400,
            flat(
                '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser',
                "BadRequestError",
                400,
            ),
        ),
        Row(CODE, F.MODEL, 404, flat("The model `m` does not exist.", "NotFoundError", 404)),
        Row(CODE, F.AUTH, 401, {"error": "Unauthorized"}),
    ],
    "llama.cpp": [
        *(
            Row(
                CODE,
                F.CONTEXT,
                status,
                {
                    "error": {
                        "code": 500,
                        "message": "it does not fit",
                        "type": "exceed_context_size_error",
                        "n_prompt_tokens": 9000,
                        "n_ctx": 4096,
                    }
                },
            )
            for status in (400, 500)
        ),
        Row(
            CODE,
            F.CONTEXT,
            500,
            {"error": {"code": 500, "message": "it exceeds the available context size"}},
        ),
        Row(
            CODE,
            F.UNSUPPORTED,
            500,
            {"error": {"code": 500, "message": "tools param requires --jinja flag"}},
        ),
        Row(
            CODE,
            F.UNSUPPORTED,
            501,
            {"error": {"code": 501, "message": "Not here.", "type": "not_supported_error"}},
        ),
        Row(
            CODE,
            F.OVERLOADED,
            503,
            {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        ),
    ],
    "lm studio": [
        Row(
            REPORTS,
            F.CONTEXT,
            400,
            {"error": "The number of tokens to keep is greater than the context length."},
        ),
        Row(
            REPORTS,
            F.CONTEXT,
            400,
            {"error": "The model is loaded with context length of only 4096 tokens"},
        ),
        Row(REPORTS, F.MODEL, 404, openai("No models loaded.", INVALID, "model_not_found")),
    ],
    "azure": [
        Row(
            REPORTS,
            F.RATE,
            429,
            openai("You exceeded the rate limit. Please retry after 20 seconds.", None, "429"),
            {"x-ratelimit-remaining-requests": "-1", "x-ratelimit-reset-requests": "-1"},
            20,
        ),
        Row(
            REPORTS,
            F.RATE,
            429,
            openai("Too many requests. Please retry after 2 minutes.", None, "RateLimitReached"),
            {},
            120,
        ),
        Row(DOCS, F.POLICY, 400, openai("The response was filtered.", None, "content_filter")),
        Row(REPORTS, F.MODEL, 404, openai("No such thing.", None, "DeploymentNotFound")),
    ],
    "whatever stands in between": [
        Row(REPORTS, F.PROTOCOL, 301, b""),
        Row(REPORTS, F.PROTOCOL, 307, b"<html>", HTML, None),
        # A portal's or a proxy's own sign-in says nothing about the key.
        Row(REPORTS, F.PROTOCOL, 403, b"<html>Forbidden</html>", HTML, None),
        Row(
            REPORTS,
            F.PROTOCOL,
            401,
            b"<html>Sign in</html>",
            {"content-type": "Text/HTML; charset=utf-8"},
            None,
        ),
        Row(REPORTS, F.PROTOCOL, 404, b"<html>Not found</html>", HTML, None),
        Row(REPORTS, F.PROTOCOL, 405, b""),
        Row(REPORTS, F.PROTOCOL, 407, b""),
        Row(REPORTS, F.SERVER, 502, b"<html>Bad Gateway</html>", HTML, None),
        Row(REPORTS, F.OVERLOADED, 503, b"upstream connect error", TEXT, None),
        Row(REPORTS, F.OVERLOADED, 503, b"<html>Busy</html>", {**HTML, **SOON}, 2),
        Row(REPORTS, F.RATE, 429, b"error code: 1015", {**TEXT, "retry-after": "nonsense"}, None),
        Row(REPORTS, F.SERVER, 520, b""),
        Row(REPORTS, F.REFUSED, 418, b""),
        Row(REPORTS, F.SERVER, 100, b""),
    ],
}


def raw(body: object) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{vendor} {row.status} {row.kind.value} ({row.source}) {number}")
        for vendor, rows in ROWS.items()
        for number, row in enumerate(rows)
    ],
)
def test_table(row: Row) -> None:
    """Each error has its class, its delay if it reports one, and its status."""
    failure = classify_response(row.status, {**JSON, **row.headers}, raw(row.body), now=NOW)
    assert (row.kind, row.status) == (failure.kind, failure.status)
    assert row.wait == (failure.retry_after and pytest.approx(failure.retry_after))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "overloaded_error", "message": "x"}, F.OVERLOADED),
        ({"type": "authentication_error", "message": CANARY}, F.AUTH),
        ({"code": "invalid_api_key"}, F.AUTH),
        ({"type": "permission_error"}, F.PERMISSION),
        ({"type": "rate_limit_error"}, F.RATE),
        ({"type": "not_found_error"}, F.MODEL),
        ({"type": "request_too_large"}, F.REQUEST_SIZE),
        ({"type": "invalid_request_error", "message": "prompt is too long"}, F.CONTEXT),
        ({"type": "invalid_request_error"}, F.REFUSED),
        ({"code": 429, "message": "x"}, F.RATE),
        ({"code": 502, "metadata": {"error_type": "provider_unavailable"}}, F.OVERLOADED),
        ({"code": "server_error"}, F.SERVER),
        ("boom", F.SERVER),
        (None, F.SERVER),
        ([], F.SERVER),
    ],
)
def test_inside_a_stream(error: object, kind: FailureClass) -> None:
    """An error object is classified without an HTTP status."""
    failure = classify_error(error)
    assert (kind, None) == (failure.kind, failure.status)


def test_every_class_of_a_vendors_error_has_a_message() -> None:
    """Each class has its own start of the message."""
    ours = {F.NETWORK, F.TIMEOUT, F.TRUNCATED, F.EMPTY}
    assert set(FailureClass) - ours == set(MESSAGE_STARTS)


def test_message_quotes_the_vendor() -> None:
    """The vendor's message follows ours and the status."""
    failure = classify_response(400, {}, raw(openai("It is odd")), now=0)
    assert failure.message == "refused the request (HTTP 400): It is odd"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (
            400,
            (
                "Function tools with reasoning_effort are not supported in /v1/chat/completions. "
                "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
            ),
        ),
        (404, "This model is only supported in v1/responses and not in v1/chat/completions."),
        (
            404,
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
        ),
    ],
)
def test_a_model_of_the_other_api_says_what_to_set(status: int, message: str) -> None:
    """The message says which setting to change, then quotes the vendor."""
    failure = classify_response(status, {}, raw(openai(message)), now=0.0)
    assert failure.kind is F.UNSUPPORTED
    assert 'set api = "responses"' in failure.message
    assert failure.message.endswith(message)


@pytest.mark.parametrize("message", ["Incorrect API key: sk-ab***yz", "Missing scopes for sk-ab"])
def test_refused_keys_are_never_quoted(message: str) -> None:
    """The vendor's message about a refused key may contain parts of it."""
    assert "sk-ab" not in classify_response(401, {}, raw(openai(message)), now=0).message


def test_pages_are_named_not_quoted() -> None:
    """A web page is reported with a hint to check the address."""
    page = b"<html>secret portal</html>"
    assert (
        classify_response(502, HTML, page, now=0).message
    ) == "failed (HTTP 502): a web page (text/html)"
    assert "check base_url" in classify_response(404, HTML, page, now=0).message
    assert "check base_url" in web_page(200).message


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("claude-9 does not exist", F.MODEL),
        ("No such thing: `claude-9`", F.MODEL),
        ("Cannot POST /v1/claude-9/chat", F.PROTOCOL),
        ("Cannot POST /v1beta/models/claude-9:generateContent", F.PROTOCOL),
        ("nothing named xclaude-9", F.PROTOCOL),
    ],
)
def test_a_404_that_names_the_model_is_about_the_model(message: str, kind: FailureClass) -> None:
    """A path with the model's name in it is not enough."""
    body = raw(openai(message))
    assert classify_response(404, {}, body, now=0, model="Claude-9").kind is kind
    assert classify_response(404, {}, body, now=0).kind is F.PROTOCOL


def test_a_wrong_address_quotes_the_server() -> None:
    """The advice comes first."""
    failure = classify_response(404, {}, raw({"detail": "Not Found"}), now=0)
    assert failure.message == "there is no such API (HTTP 404): check base_url: Not Found"


def test_retry_after_reaches_the_failure() -> None:
    """The delay is in the failure, whether it came in a header or the body."""
    assert classify_response(429, SOON, b"{}", now=0).retry_after == 2.0
    body = {"error": {"code": 429, "availability": {"retryable": True, "retry_after": 4}}}
    assert classify_response(429, {}, raw(body), now=0).retry_after == 4.0


@pytest.mark.parametrize(
    ("headers", "is_one"),
    [
        ({"content-type": "text/html"}, True),
        ({"content-type": "Text/HTML; charset=utf-8"}, True),
        ({"content-type": "application/json"}, False),
        ({}, False),
    ],
)
def test_is_web_page(headers: dict[str, str], is_one: bool) -> None:
    """A web page is recognised by its content type."""
    assert is_one == is_web_page(headers)


def test_presentable_is_one_short_line() -> None:
    """A long message over many lines becomes one line within the limit."""
    failure = Failure(kind=F.SERVER, message="a\n\t b " + "x" * 1000)
    error = presentable(failure, str).message
    assert error.startswith("a b xx")
    assert error.endswith("…")
    assert len(error) == MAX_MESSAGE


@pytest.mark.parametrize("before", range(MAX_MESSAGE - 40, MAX_MESSAGE + 5))
def test_presentable_never_contains_part_of_a_key(before: int) -> None:
    """A key at the cut is redacted before the cut."""
    redactor, key = Redactor(), "unlike-any-vendors-key-0123456789"
    redactor.add(Secret(key))
    failure = Failure(kind=F.SERVER, message="x" * before + key)
    error = presentable(failure, redactor.redact).message
    assert not any(key[:length] in error for length in (6, 12, len(key)))
