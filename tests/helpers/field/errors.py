"""Refusals in the words of many vendors, and what they mean (kinds A1, A2, A3, A7, A13)."""

import time
from email.utils import formatdate
from typing import Any

import msgspec

from helpers.field.case import Case
from helpers.field.forms import anthropic, google, kind_of, openai
from helpers.field.wordings import (
    abilities,
    accounts,
    addresses,
    contents,
    delays,
    false_friends,
    keys,
    loads,
    models,
    money,
    rates,
    servers,
    shapes,
    too_long,
)
from helpers.providers.byte_server import head, stream, whole

DAY = 86400.0


def refused(name: str, status: int, body: object, outcome: str, *fields: str, **more: Any) -> Case:
    return Case(name=name, reply=whole(body, status, *fields), outcome=outcome, **more)


def in_days(days: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * DAY))


KEYS = [
    refused(
        "key-xai",
        400,
        {"code": "invalid-argument", "error": "Incorrect API key provided: xa***1."},
        "auth_rejected",
    ),
    refused(
        "key-dashscope",
        401,
        {"code": "InvalidApiKey", "message": "Invalid API-key provided."},
        "auth_rejected",
    ),
    refused(
        "key-dashscope-400",
        400,
        {"code": "InvalidApiKey", "message": "No API-key provided."},
        "auth_rejected",
    ),
    refused(
        "key-minimax",
        200,
        {
            "base_resp": {
                "status_code": 1004,
                "status_msg": "login fail: Please carry the API secret key",
            }
        },
        "auth_rejected",
    ),
    refused("key-403", 403, openai("Invalid API key", "invalid_api_key"), "auth_rejected"),
    refused(
        "key-google",
        400,
        google(
            400,
            "INVALID_ARGUMENT",
            "API key not valid.",
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"},
        ),
        "auth_rejected",
        kind="gemini",
    ),
    refused(
        "key-expired-500",
        500,
        openai("Your API key has expired", "expired_api_key"),
        "auth_rejected",
    ),
    refused(
        "key-anthropic-400",
        400,
        anthropic("invalid x-api-key", "authentication_error"),
        "auth_rejected",
        kind="anthropic",
    ),
    refused("key-text", 400, {"detail": "Invalid API key"}, "auth_rejected"),
    refused("key-message", 400, {"message": "Unauthorized: invalid token"}, "auth_rejected"),
]

ACCOUNTS = [
    refused(
        "account-openai",
        400,
        openai(
            "The OpenAI account associated with this API key has been deactivated.",
            "account_deactivated",
        ),
        "provider_error",
    ),
    refused(
        "account-held",
        400,
        anthropic("Your organization has been disabled pending review."),
        "provider_error",
        kind="anthropic",
    ),
    refused(
        "account-country",
        400,
        google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        "provider_error",
        kind="gemini",
    ),
]

MONEY = [
    refused(
        "money-deepseek",
        402,
        openai("Insufficient Balance", "invalid_request_error"),
        "quota_exhausted",
        cools=600,
    ),
    refused(
        "money-zhipu",
        429,
        openai("Your account has no balance. Please recharge.", "1113"),
        "quota_exhausted",
        cools=600,
    ),
    refused(
        "money-openai-400",
        400,
        openai("Billing hard limit has been reached", "billing_hard_limit_reached"),
        "quota_exhausted",
        cools=600,
    ),
    refused(
        "money-403",
        403,
        openai("Insufficient credits. Add more at the console."),
        "quota_exhausted",
        cools=600,
    ),
    refused("money-500", 500, openai("insufficient balance (1008)"), "quota_exhausted", cools=600),
    refused(
        "money-minimax",
        200,
        {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
        "quota_exhausted",
        cools=600,
    ),
    refused(
        "money-arrears",
        400,
        {"code": "Arrearage", "message": "Access denied, account in arrears."},
        "quota_exhausted",
        cools=600,
    ),
    refused(
        "money-hf",
        402,
        {"error": "You have exceeded your monthly included credits for Inference Providers."},
        "quota_exhausted",
        cools=600,
    ),
    refused(
        "money-groq-day",
        429,
        openai(
            "Rate limit reached for model `x` on tokens per day (TPD): Limit 500000, Used 500000. Please try again in 3h12m4.5s.",
            "rate_limit_exceeded",
            "tokens",
        ),
        "quota_exhausted",
        cools=3600,
    ),
    refused(
        "money-ollama-week",
        429,
        {
            "error": "you (user) have reached your weekly usage limit, upgrade for higher limits: https://ollama.com/upgrade"
        },
        "quota_exhausted",
        kind="ollama",
        cools=600,
    ),
    refused(
        "money-codex",
        429,
        {
            "error": {
                "type": "usage_limit_reached",
                "message": "The usage limit has been reached",
                "plan_type": "plus",
                "resets_in_seconds": 40000,
            }
        },
        "quota_exhausted",
        cools=30000,
    ),
    refused(
        "money-reset-at",
        429,
        openai(
            f"Weekly limit exhausted, it will reset at {in_days(2)[:19].replace('T', ' ')}", "1310"
        ),
        "quota_exhausted",
        cools=DAY,
    ),
]

WAITS = [
    refused("wait-units", 429, openai("slow down"), "rate_limited", "retry-after: 45s", cools=40),
    refused(
        "wait-minutes", 429, openai("slow down"), "rate_limited", "retry-after: 1m30s", cools=80
    ),
    refused(
        "wait-iso",
        429,
        openai("slow down"),
        "rate_limited",
        f"retry-after: {in_days(5 / 24)}",
        cools=3000,
    ),
    refused(
        "wait-http-date",
        429,
        openai("slow down"),
        "rate_limited",
        f"retry-after: {formatdate(time.time() + 18_000, usegmt=True)}",
        cools=3000,
    ),
    refused(
        "wait-reset-seconds",
        429,
        openai("slow down"),
        "rate_limited",
        f"x-ratelimit-reset: {int(time.time()) + 18_000}",
        cools=10_000,
    ),
    refused(
        "wait-reset-ms",
        429,
        openai("slow down"),
        "rate_limited",
        f"x-ratelimit-reset: {int(time.time() + 18_000) * 1000}",
        cools=10_000,
    ),
    refused(
        "wait-words-after",
        429,
        openai("Too many requests, please try again after 50 seconds"),
        "rate_limited",
        cools=40,
    ),
    refused(
        "wait-words-minutes",
        429,
        openai("Please wait 5 minutes before trying again"),
        "rate_limited",
        cools=200,
    ),
    refused(
        "wait-words-go",
        429,
        openai("Your quota will reset after 2h7m23s."),
        "rate_limited",
        cools=7000,
    ),
    refused(
        "wait-field-text",
        429,
        {"error": {"message": "slow", "retry_after": "75s"}},
        "rate_limited",
        cools=60,
    ),
    refused(
        "wait-field-ms", 429, {"message": "slow", "retry_after_ms": 75000}, "rate_limited", cools=60
    ),
    refused(
        "wait-field-detail",
        429,
        {"detail": {"message": "slow", "retry_after": 75}},
        "rate_limited",
        cools=60,
    ),
]

LONG = [
    refused(f"long-{name}", status, body, "context_too_long")
    for name, status, body in (
        (
            "fireworks",
            400,
            openai("The prompt is too long: 140000, model maximum context length: 131072"),
        ),
        (
            "together",
            422,
            openai(
                "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`"
            ),
        ),
        (
            "tgi",
            422,
            {
                "error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
                "error_type": "validation",
            },
        ),
        (
            "cohere",
            400,
            {
                "message": "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000."
            },
        ),
        (
            "mistral",
            400,
            {
                "object": "error",
                "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
                "type": "invalid_request_prompt",
            },
        ),
        ("bedrock", 400, {"message": "Input is too long for requested model."}),
        (
            "copilot",
            400,
            openai(
                "prompt token count of 70000 exceeds the limit of 64000",
                "model_max_prompt_tokens_exceeded",
            ),
        ),
        (
            "qwen",
            400,
            {"code": "InvalidParameter", "message": "Range of input length should be [1, 129024]"},
        ),
        (
            "ark",
            400,
            openai("Input length 140000 exceeds the maximum length 131072", "InvalidParameter"),
        ),
        (
            "sambanova",
            400,
            openai("The maximum context length of the model is 8192. However, you requested 9000."),
        ),
        ("ollama", 400, {"error": "the input length exceeds the context length"}),
        (
            "500-llama",
            500,
            openai(
                "the request exceeds the available context size, try increasing it",
                500,
                "server_error",
            ),
        ),
        ("perplexity", 400, openai("Prompt is too large for the model's context window", 400)),
        (
            "openrouter",
            400,
            openai(
                "This endpoint's maximum context length is 65536 tokens. However, you requested about 70000 tokens",
                400,
            ),
        ),
        ("anthropic-413", 413, anthropic("Prompt is too long", "request_too_large")),
    )
]

MODELS = [
    refused("model-retired", 410, openai("This model has been retired."), "unknown_model"),
    refused(
        "model-400",
        400,
        openai("The requested model 'm' does not exist.", "model_not_found"),
        "unknown_model",
    ),
    refused(
        "model-deprecated",
        400,
        openai(
            "The model `m` has been deprecated and is no longer supported", "model_decommissioned"
        ),
        "unknown_model",
    ),
    refused(
        "model-xai",
        404,
        {
            "code": "Some requested entity was not found",
            "error": "The model m does not exist or your team does not have access to it.",
        },
        "unknown_model",
    ),
    refused(
        "model-openrouter",
        400,
        openai("m is not a valid model ID", 400),
        "unknown_model",
        kind="openrouter",
    ),
    refused(
        "model-vllm",
        404,
        {
            "object": "error",
            "message": "The model `m` does not exist.",
            "type": "NotFoundError",
            "code": 404,
        },
        "unknown_model",
    ),
    refused(
        "model-azure",
        404,
        openai("The API deployment for this resource does not exist.", "DeploymentNotFound"),
        "unknown_model",
    ),
]

UNEXPLAINED = [
    *(
        refused(f"status-{status}", status, openai("no"), outcome)
        for status, outcome in (
            (400, "bad_request"),
            (411, "bad_request"),
            (418, "bad_request"),
            (421, "bad_request"),
            (422, "bad_request"),
            (423, "bad_request"),
            (424, "provider_error"),
            (430, "rate_limited"),
            (451, "provider_error"),
            (499, "provider_error"),
        )
    ),
    Case(
        name="page-400",
        reply=whole(b"<html><body>Bad Request</body></html>", 400, kind="text/html"),
        outcome="bad_request",
    ),
    Case(
        name="empty-400",
        reply=[head(400, "application/json", "content-length: 0")],
        outcome="bad_request",
    ),
    refused(
        "validation",
        422,
        {"detail": [{"loc": ["body", "messages"], "msg": "field required", "type": "missing"}]},
        "bad_request",
    ),
    refused(
        "temperature",
        400,
        openai("Only temperature=1 is supported by this model"),
        "bad_request",
        request={"temperature": 0.2},
    ),
    refused(
        "top-p",
        400,
        openai("`top_p` must be 0.95 for this model", None, "invalid_request_error"),
        "bad_request",
        request={"top_p": 0.2},
    ),
    refused(
        "schema",
        400,
        openai("This response_format type is unavailable now", None, "invalid_request_error"),
        "bad_request",
        request={"response_format": {"type": "json_object"}},
    ),
]

IN_A_200 = [
    Case(
        name="in-sse-field",
        reply=[head() + b'error: {"code":500,"message":"the slot crashed"}\n\n'],
        outcome="provider_error",
        said="the slot crashed",
    ),
    Case(
        name="in-event-text",
        reply=[head() + b"event: error\ndata: out of memory\n\n"],
        outcome="provider_error",
        said="out of memory",
    ),
    Case(
        name="in-event-json",
        reply=[head() + b'event: error\ndata: {"message":"backend gone","code":503}\n\n'],
        outcome="overloaded",
        said="backend gone",
    ),
    Case(
        name="in-detail",
        reply=whole({"detail": "worker restarted"}),
        outcome="provider_error",
        said="worker restarted",
    ),
    Case(
        name="in-status-msg",
        reply=whole({"status": 401, "msg": "token expired"}),
        outcome="auth_rejected",
    ),
    Case(
        name="in-plain-json",
        reply=[head() + b'{"error":{"message":"no more quota","code":"insufficient_quota"}}'],
        outcome="quota_exhausted",
        said="no more quota",
    ),
    Case(
        name="in-error-message",
        reply=stream(
            {"choices": None, "error_message": "bad gateway upstream", "error_type": "ServerError"}
        ),
        outcome="provider_error",
        said="bad gateway upstream",
    ),
    Case(
        name="in-base-resp",
        reply=stream(
            {
                "choices": [],
                "base_resp": {"status_code": 1002, "status_msg": "rate limit triggered"},
            }
        ),
        outcome="rate_limited",
        said="rate limit triggered",
    ),
    Case(
        name="in-success-false",
        reply=whole(
            {"success": False, "errors": [{"code": 7000, "message": "No route for that URI"}]}
        ),
        outcome="provider_error",
        said="No route",
    ),
]

ADDRESSES = [
    refused(
        "address-fastapi", 404, {"detail": "Not Found"}, "provider_error", path="", said="base_url"
    ),
    refused(
        "address-express",
        404,
        b"<!DOCTYPE html><pre>Cannot POST /chat/completions</pre>",
        "provider_error",
        path="",
        said="base_url",
    ),
    refused(
        "address-json", 404, {"error": "Not Found"}, "provider_error", path="", said="base_url"
    ),
    refused("address-go", 404, b"404 page not found", "provider_error", path="", said="base_url"),
    refused(
        "address-405",
        405,
        {"detail": "Method Not Allowed"},
        "provider_error",
        path="",
        said="base_url",
    ),
    refused(
        "address-kong",
        404,
        {"message": "no Route matched with those values"},
        "provider_error",
        path="",
        said="base_url",
    ),
]


def worded(rows: list[tuple[str, int, object]], outcome: str, **more: Any) -> list[Case]:
    return [
        refused(
            name, status, body, outcome, kind="openai" if status == 200 else kind_of(body), **more
        )
        for name, status, body in rows
    ]


CONTENTS = worded(contents.ROWS, "content_policy")

WORDED = [
    *worded(keys.ROWS, "auth_rejected"),
    *worded(accounts.ROWS, "provider_error"),
    *worded(money.ROWS, "quota_exhausted", cools=600),
    *worded(shapes.ROWS, "quota_exhausted", cools=600),
    *worded(rates.ROWS, "rate_limited"),
    *worded(loads.ROWS, "overloaded"),
    *worded(too_long.ROWS, "context_too_long"),
    *worded(models.ROWS, "unknown_model"),
    *worded(abilities.ROWS, "bad_request"),
    *(msgspec.structs.replace(case, outcome=None, code=case.outcome) for case in CONTENTS),
    *(
        refused(f"delay-{name}", 429, fields, outcome, *headers, cools=least)
        for name, headers, fields, outcome, least in delays.ROWS
    ),
    *worded(servers.ROWS, "provider_error"),
    *worded(addresses.ROWS, "provider_error", path="", said="base_url"),
    *(refused(*row, kind=kind_of(row[2])) for row in false_friends.ROWS),
]

CASES = [
    *KEYS,
    *ACCOUNTS,
    *MONEY,
    *WAITS,
    *LONG,
    *MODELS,
    *UNEXPLAINED,
    *IN_A_200,
    *ADDRESSES,
    *WORDED,
]
