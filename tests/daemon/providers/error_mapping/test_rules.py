"""Errors of many vendors, as they send them, and what each means."""

from collections.abc import Sequence

import msgspec
import pytest

from aircherd.providers.error_mapping.classify import classify_error, classify_response
from aircherd.providers.error_mapping.rules import RULES
from aircherd.vocabulary.failure import FailureClass

F = FailureClass
Case = tuple[str, int, object, FailureClass]


def openai(message: str, code: object = None, kind: str | None = None) -> object:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(message: str, kind: str = "invalid_request_error") -> object:
    return {"type": "error", "error": {"type": kind, "message": message}}


def google(code: int, status: str, message: str, reason: str | None = None) -> object:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
    details = {"details": [info]} if reason else {}
    return {"error": {"code": code, "message": message, "status": status, **details}}


def flat(message: str, **fields: object) -> object:
    return {"message": message, **fields}


def minimax(number: int, message: str) -> object:
    return {"choices": None, "base_resp": {"status_code": number, "status_msg": message}}


INVALID = "invalid_request_error"

KEYS: Sequence[Case] = [
    (
        "xai",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided: xa***00. You can obtain an API key from the "
            "console.",
        },
        F.AUTH,
    ),
    ("any", 400, openai("Invalid API key", "invalid_api_key", INVALID), F.AUTH),
    ("any", 403, openai("Invalid API Key"), F.AUTH),
    ("any", 422, openai("The API key is invalid or has expired"), F.AUTH),
    ("dashscope", 400, openai("Invalid API-key provided.", "InvalidApiKey"), F.AUTH),
    ("moonshot", 400, openai("Incorrect API key", None, "incorrect_api_key_error"), F.AUTH),
    ("cerebras", 400, flat("Wrong API Key", type=INVALID, code="wrong_api_key"), F.AUTH),
    ("zai", 400, openai("Authentication Token expired", "1003"), F.AUTH),
    ("zai", 200, {"code": 1000, "msg": "Authentication Failed", "success": False}, F.AUTH),
    ("minimax", 200, minimax(1004, "login fail: Please carry the API secret key"), F.AUTH),
    ("minimax", 200, minimax(2049, "invalid api key"), F.AUTH),
    ("cohere", 400, flat("invalid api token"), F.AUTH),
    ("cohere", 400, flat("no api key supplied"), F.AUTH),
    (
        "cloudflare",
        400,
        {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]},
        F.AUTH,
    ),
    (
        "cloudflare",
        403,
        {"success": False, "errors": [{"code": 9109, "message": "Invalid access token"}]},
        F.AUTH,
    ),
    ("huggingface", 400, {"error": "Invalid credentials in Authorization header"}, F.AUTH),
    (
        "deepseek",
        400,
        openai("Authentication Fails (no such user)", INVALID, "authentication_error"),
        F.AUTH,
    ),
    (
        "bedrock",
        403,
        {
            "__type": "com.amazon.coral#UnrecognizedClientException",
            "Message": "The security token included in the request is invalid.",
        },
        F.AUTH,
    ),
    ("bedrock", 400, {"__type": "ExpiredTokenException", "message": "Expired."}, F.AUTH),
    (
        "litellm",
        400,
        {
            "error": {
                "message": "Authentication Error, Invalid proxy server token passed. Received "
                "API Key = sk-...1234",
                "type": "auth_error",
                "param": "None",
                "code": "400",
            }
        },
        F.AUTH,
    ),
    (
        "litellm",
        500,
        {
            "error": {
                "message": "litellm.AuthenticationError: AuthenticationError: OpenAIException - "
                "Incorrect API key provided: sk-ab***yz.",
                "code": "500",
            }
        },
        F.AUTH,
    ),
    ("one-api", 400, openai("无效的令牌", None, "one_api_error"), F.AUTH),
    ("new-api", 403, openai("该令牌已过期", None, "new_api_error"), F.AUTH),
    (
        "google",
        400,
        google(
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
            "API_KEY_INVALID",
        ),
        F.AUTH,
    ),
    (
        "google",
        400,
        google(400, "INVALID_ARGUMENT", "API Key not found. Please pass a valid API key."),
        F.AUTH,
    ),
    (
        "google",
        401,
        google(401, "UNAUTHENTICATED", "Request is missing required authentication credential."),
        F.AUTH,
    ),
    ("anthropic", 400, anthropic("invalid x-api-key", "authentication_error"), F.AUTH),
    ("proxy", 200, {"status": "439", "msg": "Your token has expired."}, F.AUTH),
    ("proxy", 502, {"error": {"code": 401, "message": "The upstream said no."}}, F.AUTH),
]

KEYS_IN_CHINESE: Sequence[Case] = [
    (
        "zhipu",
        400,
        openai("Authentication Token 非法, 请确认 Authentication Token 正确传递", "1002"),
        F.AUTH,
    ),
    ("zhipu", 400, openai("身份验证失败。", "1000"), F.AUTH),
    ("spark", 200, {"error": {"message": "输入内容审核不通过, 涉嫌违规", "code": 10013}}, F.POLICY),
]

ACCOUNTS: Sequence[Case] = [
    ("anthropic", 400, anthropic("This organization has been disabled."), F.ACCOUNT),
    (
        "anthropic",
        403,
        anthropic("This organization has been disabled.", "permission_error"),
        F.ACCOUNT,
    ),
    ("openai", 401, openai("Your account has been deactivated.", "account_deactivated"), F.ACCOUNT),
    ("openai", 400, openai("This organization is on hold."), F.ACCOUNT),
    (
        "google",
        403,
        google(
            403,
            "PERMISSION_DENIED",
            "Generative Language API has not been used in project 1 before or it is disabled.",
            "SERVICE_DISABLED",
        ),
        F.ACCOUNT,
    ),
    (
        "google",
        403,
        google(
            403,
            "PERMISSION_DENIED",
            "This API method requires billing to be enabled.",
            "BILLING_DISABLED",
        ),
        F.ACCOUNT,
    ),
    (
        "google",
        403,
        google(
            403,
            "PERMISSION_DENIED",
            "Permission denied: Consumer 'api_key:1' has been suspended.",
            "CONSUMER_SUSPENDED",
        ),
        F.ACCOUNT,
    ),
    (
        "google",
        400,
        google(400, "INVALID_ARGUMENT", "User location is not supported for the API use."),
        F.ACCOUNT,
    ),
    (
        "zai",
        429,
        openai("Your account has been locked, please contact customer service", "1112"),
        F.ACCOUNT,
    ),
    ("zai", 429, openai("Account has irregular activities and has been locked", "1121"), F.ACCOUNT),
    ("volcengine", 403, openai("The account is not usable.", "InvalidAccountStatus"), F.ACCOUNT),
]

MONEY: Sequence[Case] = [
    (
        "dashscope",
        400,
        openai(
            "Access denied, please make sure your account is in good standing.",
            "Arrearage",
            "Arrearage",
        ),
        F.QUOTA,
    ),
    (
        "dashscope",
        403,
        openai("The free tier of the model has been exhausted.", "AllocationQuota.FreeTierOnly"),
        F.QUOTA,
    ),
    (
        "openai",
        400,
        openai("Billing hard limit has been reached", "billing_hard_limit_reached"),
        F.QUOTA,
    ),
    (
        "openai",
        429,
        openai(
            "Your account is not active, please check your billing details.", "billing_not_active"
        ),
        F.QUOTA,
    ),
    (
        "zai",
        429,
        openai("Insufficient balance or no resource package. Please recharge.", "1113"),
        F.QUOTA,
    ),
    (
        "zai",
        429,
        openai(
            "Usage limit reached for 5 hour. Your limit will reset at 2026-11-21 00:00:00", "1308"
        ),
        F.QUOTA,
    ),
    (
        "zai",
        429,
        openai(
            "Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-11-25 00:00:00", "1310"
        ),
        F.QUOTA,
    ),
    ("zai", 429, openai("Your GLM Coding Plan package has expired", "1309"), F.QUOTA),
    ("zai", 429, openai("Weekly/Monthly Limit Exhausted."), F.QUOTA),
    (
        "moonshot",
        429,
        openai(
            "Your account is suspended due to insufficient balance, please recharge your "
            "account or check your plan and billing details",
            None,
            "exceeded_current_quota_error",
        ),
        F.QUOTA,
    ),
    (
        "moonshot",
        429,
        openai(
            "Your account org-1 <ak-2> is suspended, please check your plan and billing details",
            None,
            "exceeded_current_quota_error",
        ),
        F.QUOTA,
    ),
    (
        "moonshot",
        403,
        openai(
            "You've reached your usage limit for this billing cycle. Your quota will be "
            "refreshed in the next cycle.",
            None,
            "access_terminated_error",
        ),
        F.QUOTA,
    ),
    (
        "xai",
        429,
        {
            "code": "Some resource has been exhausted",
            "error": "Your team 1 has either used all available credits or reached its monthly "
            "spending limit.",
        },
        F.QUOTA,
    ),
    (
        "xai",
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Your newly created team doesn't have any credits or licenses yet.",
        },
        F.QUOTA,
    ),
    (
        "minimax",
        429,
        openai("insufficient balance (1008)", None, "insufficient_balance_error"),
        F.QUOTA,
    ),
    ("minimax", 200, minimax(1008, "insufficient balance"), F.QUOTA),
    ("minimax", 200, minimax(2056, "usage limit exceeded"), F.QUOTA),
    ("deepseek", 400, openai("Insufficient Balance", INVALID, "unknown_error"), F.QUOTA),
    (
        "volcengine",
        403,
        openai(
            "The request failed because your account has an overdue balance.",
            "AccountOverdueError",
            "Forbidden",
        ),
        F.QUOTA,
    ),
    (
        "volcengine",
        429,
        openai(
            "Your account has reached the set inference limit for the model.", "SetLimitExceeded"
        ),
        F.QUOTA,
    ),
    (
        "fireworks",
        412,
        {
            "error": {
                "object": "error",
                "type": INVALID,
                "message": "Account acme is suspended, possibly due to reaching the monthly "
                "spending limit or failure to pay past invoices.",
            }
        },
        F.QUOTA,
    ),
    (
        "fireworks",
        401,
        openai("insufficient_quota", "insufficient_quota", "insufficient_quota"),
        F.QUOTA,
    ),
    (
        "huggingface",
        400,
        {
            "error": "You have exceeded your monthly included credits for Inference Providers. "
            "Subscribe to PRO."
        },
        F.QUOTA,
    ),
    (
        "cloudflare",
        429,
        {
            "success": False,
            "errors": [
                {
                    "code": 3036,
                    "message": "You have used up your daily free allocation of 10,000 neurons",
                }
            ],
        },
        F.QUOTA,
    ),
    (
        "cohere",
        429,
        flat("You are using a Trial key, which is limited to 1000 API calls / month."),
        F.QUOTA,
    ),
    (
        "nvidia",
        403,
        {
            "status": 403,
            "title": "Forbidden",
            "detail": "Cloud credits expired - Please contact NVIDIA representatives",
        },
        F.QUOTA,
    ),
    (
        "together",
        400,
        openai(
            "Credit limit exceeded, please navigate to the billing page.",
            "credit_limit",
            "credit_limit",
        ),
        F.QUOTA,
    ),
    ("deepinfra", 403, {"detail": {"error": "Your balance is too low to run inference"}}, F.QUOTA),
    (
        "ollama cloud",
        429,
        {
            "error": "you (acme) have reached your weekly usage limit, upgrade for higher "
            "limits: https://ollama.com/upgrade"
        },
        F.QUOTA,
    ),
    (
        "ollama cloud",
        429,
        {"error": "you've reached your hourly usage limit, please upgrade to continue"},
        F.QUOTA,
    ),
    (
        "codex",
        429,
        openai("The usage limit has been reached", None, "usage_limit_reached"),
        F.QUOTA,
    ),
    (
        "litellm",
        400,
        {
            "error": {
                "message": "Budget has been exceeded! Current cost: 1.2, Max budget: 1.0",
                "type": "budget_exceeded",
                "code": "400",
            }
        },
        F.QUOTA,
    ),
    ("one-api", 403, openai("用户额度不足", "insufficient_user_quota", "one_api_error"), F.QUOTA),
    ("one-api", 429, openai("账户余额不足,请充值"), F.QUOTA),
    ("poe", 402, openai("Not enough points.", 402, "insufficient_credits"), F.QUOTA),
    (
        "openai",
        429,
        openai("You exceeded your current quota, please check your plan and billing details."),
        F.QUOTA,
    ),
    ("proxy", 500, openai("credit insufficient balance: balance=0 required=4560"), F.QUOTA),
    ("proxy", 500, openai("insufficient_user_quota", "insufficient_user_quota"), F.QUOTA),
    ("spark", 200, {"error": {"message": "NotEnoughError", "code": "11200"}}, F.QUOTA),
]

MODELS: Sequence[Case] = [
    (
        "openrouter",
        400,
        {"error": {"message": "acme/ghost-1 is not a valid model ID", "code": 400}},
        F.MODEL,
    ),
    (
        "openrouter",
        404,
        {"error": {"message": "No endpoints found for acme/ghost-1.", "code": 404}},
        F.MODEL,
    ),
    (
        "openrouter",
        404,
        {
            "error": {
                "message": "No allowed providers are available for the selected model.",
                "code": 404,
            }
        },
        F.MODEL,
    ),
    (
        "groq",
        400,
        openai(
            "The model `acme-70b` has been decommissioned and is no longer supported.",
            "model_decommissioned",
            INVALID,
        ),
        F.MODEL,
    ),
    (
        "groq",
        404,
        openai(
            "The model `acme` does not exist or you do not have access to it.", "model_not_found"
        ),
        F.MODEL,
    ),
    (
        "xai",
        404,
        openai("The model acme does not exist or your team does not have access to it."),
        F.MODEL,
    ),
    ("deepseek", 400, openai("Model Not Exist", INVALID, INVALID), F.MODEL),
    ("zai", 400, openai("Unknown Model, please check the model code.", "1211"), F.MODEL),
    (
        "moonshot",
        404,
        openai(
            "Not found the model moonshot-v9 or Permission denied", None, "resource_not_found_error"
        ),
        F.MODEL,
    ),
    ("mistral", 400, flat("Invalid model: m", type="invalid_model", code="1500"), F.MODEL),
    (
        "fireworks",
        404,
        openai("Model not found, inaccessible, and/or not deployed", "NOT_FOUND"),
        F.MODEL,
    ),
    (
        "together",
        404,
        openai(
            "Unable to access model acme/m. Please visit the list of models.", "model_not_available"
        ),
        F.MODEL,
    ),
    (
        "cohere",
        404,
        flat(
            "model 'acme' not found, make sure the correct model ID was used and that you have "
            "access to the model."
        ),
        F.MODEL,
    ),
    (
        "perplexity",
        400,
        openai(
            "Invalid model 'acme'. Permitted models can be found in the documentation.",
            400,
            "invalid_model",
        ),
        F.MODEL,
    ),
    (
        "nvidia",
        404,
        {
            "status": 404,
            "title": "Not Found",
            "detail": "Function '1-2': Not found for account 'abc'",
        },
        F.MODEL,
    ),
    (
        "nvidia",
        410,
        {
            "status": 410,
            "title": "Gone",
            "detail": "The model 'acme' has reached its end of life on 2026-01-01.",
        },
        F.MODEL,
    ),
    ("any", 410, b"", F.MODEL),
    (
        "huggingface",
        400,
        {
            "error": "Model acme/m is not supported by any provider you have enabled.",
            "code": "model_not_supported",
        },
        F.MODEL,
    ),
    (
        "huggingface",
        400,
        openai("The requested model 'acme/m' does not exist", "model_not_found"),
        F.MODEL,
    ),
    (
        "azure",
        404,
        openai("The API deployment for this resource does not exist.", "DeploymentNotFound"),
        F.MODEL,
    ),
    ("github", 400, openai("Unknown model: acme", "unknown_model"), F.MODEL),
    (
        "github",
        400,
        openai("The requested model is not supported.", "model_not_supported"),
        F.MODEL,
    ),
    (
        "litellm",
        400,
        {
            "error": {
                "message": "/chat/completions: Invalid model name passed in model=acme. Call "
                "`/v1/models` to view available models for your key.",
                "code": "400",
            }
        },
        F.MODEL,
    ),
    (
        "volcengine",
        404,
        openai(
            "The model or endpoint acme does not exist or you do not have access to it.",
            "InvalidEndpointOrModel.NotFound",
            "NotFound",
        ),
        F.MODEL,
    ),
    (
        "volcengine",
        403,
        openai("Your account 1 has not activated the model acme.", "ModelNotOpen"),
        F.MODEL,
    ),
    ("dashscope", 400, openai("Model not exist.", "InvalidParameter"), F.MODEL),
    (
        "databricks",
        404,
        {"error_code": "ENDPOINT_NOT_FOUND", "message": "The given endpoint does not exist."},
        F.MODEL,
    ),
    (
        "bedrock",
        404,
        {
            "__type": "ResourceNotFoundException",
            "message": "Could not resolve the foundation model.",
        },
        F.MODEL,
    ),
    ("lm studio", 400, {"error": "No models loaded. Please load a model."}, F.MODEL),
    (
        "lm studio",
        400,
        {"error": 'Invalid model identifier "acme". Please specify a valid downloaded model.'},
        F.MODEL,
    ),
    ("llama.cpp", 400, openai("model 'acme' not found", 400, INVALID), F.MODEL),
    (
        "vllm",
        404,
        {
            "object": "error",
            "message": "The model `acme` does not exist.",
            "type": "NotFoundError",
            "code": 404,
        },
        F.MODEL,
    ),
    ("anthropic", 404, anthropic("model: claude-9", "not_found_error"), F.MODEL),
    (
        "google",
        404,
        google(
            404,
            "NOT_FOUND",
            "models/acme is not found for API version v1beta, or is not supported for "
            "generateContent.",
        ),
        F.MODEL,
    ),
    ("new-api", 400, openai("模型 acme 不存在"), F.MODEL),
    ("proxy", 400, openai("Model acme is not available for this API key"), F.MODEL),
    ("proxy", 200, {"error": {"code": 404, "message": "gone"}}, F.MODEL),
]

PERMISSIONS: Sequence[Case] = [
    (
        "groq",
        400,
        openai(
            "The model `acme` requires terms acceptance. Please have the org admin accept the "
            "terms.",
            "model_terms_required",
        ),
        F.PERMISSION,
    ),
    ("dashscope", 403, openai("Model access denied.", "Model.AccessDenied"), F.PERMISSION),
    (
        "dashscope",
        403,
        openai(
            "Access to model denied. Please make sure you are eligible for using the model.",
            "AccessDenied.Unpurchased",
        ),
        F.PERMISSION,
    ),
    (
        "zai",
        429,
        openai("The current subscription plan does not yet include access to GLM-9", "1311"),
        F.PERMISSION,
    ),
    (
        "bedrock",
        400,
        {
            "__type": "AccessDeniedException",
            "message": "You don't have access to the model with the specified model ID.",
        },
        F.PERMISSION,
    ),
    (
        "ollama cloud",
        403,
        {
            "error": "this model requires a subscription, upgrade for access: "
            "https://ollama.com/upgrade"
        },
        F.PERMISSION,
    ),
    (
        "openrouter",
        404,
        {
            "error": {
                "message": "No endpoints found matching your data policy. Configure: "
                "https://openrouter.ai/settings/privacy",
                "code": 404,
            }
        },
        F.PERMISSION,
    ),
    (
        "litellm",
        401,
        {
            "error": {
                "message": "key not allowed to access model. This key can only access models=['a']",
                "type": "key_model_access_denied",
                "code": "401",
            }
        },
        F.PERMISSION,
    ),
    ("any", 451, b"", F.PERMISSION),
]

LOADS: Sequence[Case] = [
    (
        "moonshot",
        429,
        openai(
            "The engine is currently overloaded, please try again later",
            None,
            "engine_overloaded_error",
        ),
        F.OVERLOADED,
    ),
    (
        "cerebras",
        429,
        flat(
            "We're experiencing high traffic right now! Please try again soon.",
            type="too_many_requests_error",
            code="queue_exceeded",
        ),
        F.OVERLOADED,
    ),
    (
        "mistral",
        429,
        flat(
            "Service tier capacity exceeded for this model.",
            type="service_tier_capacity_exceeded",
            code="3505",
        ),
        F.OVERLOADED,
    ),
    (
        "zai",
        429,
        openai("The service may be temporarily overloaded, please try again later", "1305"),
        F.OVERLOADED,
    ),
    (
        "huggingface",
        400,
        {"error": "Model is overloaded", "error_type": "overloaded"},
        F.OVERLOADED,
    ),
    (
        "huggingface",
        503,
        {"error": "Model acme/m is currently loading", "estimated_time": 20.0},
        F.OVERLOADED,
    ),
    (
        "google",
        503,
        google(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        F.OVERLOADED,
    ),
    (
        "openrouter",
        200,
        {"error": {"code": 502, "message": "Worker limit reached (33/32)"}},
        F.OVERLOADED,
    ),
    (
        "ollama",
        503,
        {"error": "server busy, please try again.  maximum pending requests exceeded"},
        F.OVERLOADED,
    ),
    ("one-api", 503, openai("当前分组 default 下对于模型 m 无可用渠道"), F.OVERLOADED),
    ("any", 503, openai("The model is not available"), F.OVERLOADED),
    ("bedrock", 429, {"__type": "ModelNotReadyException", "message": "Wait."}, F.OVERLOADED),
    ("nvidia", 400, {"detail": "No available workers"}, F.OVERLOADED),
]

RATES: Sequence[Case] = [
    (
        "moonshot",
        429,
        openai(
            "Your account reached max organization concurrency: 1, please try again after 1 "
            "seconds",
            None,
            "rate_limit_reached_error",
        ),
        F.RATE,
    ),
    (
        "zai",
        429,
        openai("High concurrency usage of this API, please reduce concurrency", "1302"),
        F.RATE,
    ),
    ("minimax", 200, minimax(1002, "rate limit"), F.RATE),
    ("minimax", 200, minimax(1039, "token limit"), F.RATE),
    (
        "dashscope",
        400,
        openai("Requests rate limit exceeded, please try again later.", "Throttling.RateQuota"),
        F.RATE,
    ),
    (
        "dashscope",
        429,
        openai(
            "Allocated quota exceeded, please increase your quota limit.",
            "Throttling.AllocationQuota",
        ),
        F.RATE,
    ),
    (
        "volcengine",
        429,
        openai(
            "The Requests Per Minute (RPM) limit has been exceeded.",
            "RateLimitExceeded.EndpointRPMExceeded",
        ),
        F.RATE,
    ),
    (
        "bedrock",
        400,
        {
            "__type": "ThrottlingException",
            "message": "Too many tokens, please wait before trying again.",
        },
        F.RATE,
    ),
    ("bedrock", 429, {"message": "Too many tokens, please wait before trying again."}, F.RATE),
    (
        "cerebras",
        429,
        flat(
            "Tokens per minute limit exceeded - too many tokens processed.",
            type="too_many_tokens_error",
            code="token_quota_exceeded",
        ),
        F.RATE,
    ),
    (
        "groq",
        413,
        openai(
            "Request too large for model `m` in organization `o` service tier `on_demand` on "
            "tokens per minute (TPM): Limit 6000, Requested 16000, please reduce your message "
            "size and try again. Need more tokens? Upgrade to Dev Tier today at "
            "https://console.groq.com/settings/billing",
            "rate_limit_exceeded",
            "tokens",
        ),
        F.RATE,
    ),
    (
        "groq",
        429,
        openai(
            "Rate limit reached for model `m` on tokens per day (TPD): Limit 100000, Used "
            "99000, Requested 2000. Please try again in 7m12s. Need more tokens? Upgrade to Dev "
            "Tier today at https://console.groq.com/settings/billing",
            "rate_limit_exceeded",
            "tokens",
        ),
        F.QUOTA,
    ),
    (
        "openai",
        429,
        openai(
            "Request too large for gpt-9 on tokens per min (TPM): Limit 30000, Requested 60000. "
            "The input or output tokens must be reduced in order to run successfully.",
            "rate_limit_exceeded",
            "tokens",
        ),
        F.RATE,
    ),
    (
        "google",
        429,
        google(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details. "
            "Please retry in 34.07s.",
        ),
        F.RATE,
    ),
    (
        "google",
        429,
        google(
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'.",
        ),
        F.RATE,
    ),
    (
        "openrouter",
        429,
        {
            "error": {
                "message": "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock "
                "1000 free model requests per day",
                "code": 429,
            }
        },
        F.QUOTA,
    ),
    (
        "github",
        429,
        openai(
            "Rate limit of 15 per 60s exceeded for UserByModelByMinute. Please wait 9 seconds "
            "before retrying.",
            "RateLimitReached",
        ),
        F.RATE,
    ),
    (
        "anthropic",
        429,
        anthropic(
            "This request would exceed your organization's rate limit of 30,000 input tokens "
            "per minute.",
            "rate_limit_error",
        ),
        F.RATE,
    ),
    (
        "cohere",
        429,
        flat("You are using a Trial key, which is limited to 10 API calls / minute."),
        F.RATE,
    ),
    (
        "azure",
        429,
        openai(
            "Requests to the ChatCompletions_Create Operation have exceeded token rate limit of "
            "your current pricing tier. Please retry after 6 seconds.",
            "429",
        ),
        F.RATE,
    ),
    ("any", 430, b"", F.RATE),
    ("proxy", 403, openai("API rate limit exceeded"), F.RATE),
    ("proxy", 500, {"error": {"code": 429, "message": "x"}}, F.RATE),
]

CONTENTS: Sequence[Case] = [
    (
        "azure",
        400,
        {
            "error": {
                "message": "The response was filtered due to the prompt triggering Azure "
                "OpenAI's content management policy.",
                "code": "content_filter",
                "status": 400,
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
            }
        },
        F.POLICY,
    ),
    (
        "dashscope",
        400,
        openai("Input or output data may contain inappropriate content.", "DataInspectionFailed"),
        F.POLICY,
    ),
    (
        "zai",
        400,
        openai(
            "System detected potentially unsafe or sensitive content in input or generation.",
            "1301",
        ),
        F.POLICY,
    ),
    (
        "moonshot",
        400,
        openai(
            "The request was rejected because it was considered high risk", None, "content_filter"
        ),
        F.POLICY,
    ),
    ("minimax", 200, minimax(1026, "input new_sensitive"), F.POLICY),
    (
        "volcengine",
        400,
        openai(
            "The request failed because the input text may contain sensitive information.",
            "SensitiveContentDetected.Violence",
        ),
        F.POLICY,
    ),
    (
        "xai",
        403,
        {"code": "permission-denied", "error": "Content violates usage guidelines."},
        F.POLICY,
    ),
]

ABILITIES: Sequence[Case] = [
    (
        "moonshot",
        400,
        openai("invalid temperature: only 1 is allowed for this model", None, INVALID),
        F.UNSUPPORTED,
    ),
    (
        "moonshot",
        400,
        openai("invalid top_p: only 0.95 is allowed for this model", None, INVALID),
        F.UNSUPPORTED,
    ),
    (
        "openai",
        400,
        openai(
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the "
            "default (1) value is supported.",
            "unsupported_value",
        ),
        F.UNSUPPORTED,
    ),
    (
        "openai",
        400,
        openai("Unrecognized request argument supplied: reasoning_effort"),
        F.UNSUPPORTED,
    ),
    (
        "openai",
        400,
        openai(
            "max_tokens is too large: 64000. This model supports at most 16384 completion "
            "tokens, whereas you provided 64000.",
            "invalid_value",
        ),
        F.UNSUPPORTED,
    ),
    (
        "anthropic",
        400,
        anthropic(
            "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens "
            "for claude-9"
        ),
        F.UNSUPPORTED,
    ),
    ("anthropic", 400, anthropic("`temperature` is deprecated for this model."), F.UNSUPPORTED),
    (
        "anthropic",
        400,
        anthropic(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only "
            "one."
        ),
        F.UNSUPPORTED,
    ),
    (
        "anthropic",
        400,
        anthropic(
            "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6000000 "
            "bytes > 5242880 bytes"
        ),
        F.UNSUPPORTED,
    ),
    ("anthropic", 400, anthropic("A maximum of 100 PDF pages may be provided."), F.UNSUPPORTED),
    (
        "anthropic",
        400,
        anthropic("tools.0.custom.strict: Extra inputs are not permitted"),
        F.UNSUPPORTED,
    ),
    (
        "deepseek",
        400,
        openai("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", INVALID),
        F.UNSUPPORTED,
    ),
    (
        "dashscope",
        400,
        openai("Range of max_tokens should be [1, 8192]", "InvalidParameter"),
        F.UNSUPPORTED,
    ),
    (
        "dashscope",
        400,
        openai(
            "This model only support stream mode, please enable the stream parameter to access "
            "the model.",
            "invalid_parameter_error",
        ),
        F.UNSUPPORTED,
    ),
    (
        "cohere",
        400,
        flat(
            "too many tokens: max tokens must be less than or equal to 4096, the maximum output "
            "for this model"
        ),
        F.UNSUPPORTED,
    ),
    (
        "groq",
        400,
        openai("property 'reasoning_content' is unsupported", None, INVALID),
        F.UNSUPPORTED,
    ),
    (
        "groq",
        400,
        openai("`reasoning_effort` is not supported with this model", None, INVALID),
        F.UNSUPPORTED,
    ),
    (
        "xai",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Argument not supported on this model: presencePenalty",
        },
        F.UNSUPPORTED,
    ),
    (
        "xai",
        400,
        {"code": "invalid-argument", "error": "Image inputs are not supported by this model."},
        F.UNSUPPORTED,
    ),
    (
        "vllm",
        400,
        openai("acme/m is not a multimodal model", 400, "BadRequestError"),
        F.UNSUPPORTED,
    ),
    (
        "vllm",
        400,
        openai("At most 0 image(s) may be provided in one prompt.", 400, "BadRequestError"),
        F.UNSUPPORTED,
    ),
    ("zai", 400, openai("Current model does not support SYNC call method", "1212"), F.UNSUPPORTED),
    (
        "fastapi",
        422,
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "stream_options"],
                    "msg": "Extra inputs are not permitted",
                    "input": {},
                }
            ]
        },
        F.UNSUPPORTED,
    ),
    (
        "openrouter",
        404,
        {"error": {"message": "No endpoints found that support image input", "code": 404}},
        F.UNSUPPORTED,
    ),
    (
        "mistral",
        422,
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "seed"],
                    "msg": "Extra inputs are not permitted",
                }
            ]
        },
        F.UNSUPPORTED,
    ),
    (
        "google",
        400,
        google(400, "INVALID_ARGUMENT", "Function calling is not enabled for models/acme"),
        F.UNSUPPORTED,
    ),
    (
        "google",
        400,
        google(
            400,
            "INVALID_ARGUMENT",
            "Function calling with a response mime type: 'application/json' is unsupported",
        ),
        F.UNSUPPORTED,
    ),
    ("bedrock", 400, {"message": "This model doesn't support tool use."}, F.UNSUPPORTED),
    (
        "deepseek",
        400,
        openai("deepseek-reasoner does not support this tool_choice", INVALID),
        F.UNSUPPORTED,
    ),
]

SIZES: Sequence[Case] = [
    ("nginx", 413, b"<html>413</html>", F.REQUEST_SIZE),
    ("moonshot", 400, openai("total message size 10176584 exceeds limit 2097152"), F.REQUEST_SIZE),
    ("express", 400, {"error": "request entity too large"}, F.REQUEST_SIZE),
    (
        "google",
        400,
        google(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
        F.REQUEST_SIZE,
    ),
]

MCP_SERVERS: Sequence[Case] = [
    # Their token is not the provider's key.
    (
        "anthropic",
        400,
        anthropic(
            "Authentication error while communicating with MCP server. Please check your "
            "authorization token."
        ),
        F.REFUSED,
    ),
    ("anthropic", 400, anthropic("mcp_servers.0: Authentication failed"), F.REFUSED),
    (
        "openai",
        424,
        openai(
            "Error retrieving tool list from MCP server: 'hub'. Http status code: 401 "
            "(Unauthorized)",
            "http_error",
            "external_connector_error",
        ),
        F.REFUSED,
    ),
    ("openai", 401, openai("It failed", "http_error", "external_connector_error"), F.REFUSED),
]

UNEXPLAINED: Sequence[Case] = [
    *(
        ("any", status, body, F.REFUSED)
        for status in (400, 412, 417, 418, 421, 422, 423, 431, 444, 460)
        for body in (
            b"",
            b"<html><h1>No</h1></html>",
            b"no",
            b"{}",
            b"null",
            b"[]",
            openai("locked"),
        )
    ),
    ("any", 400, openai("The request is not valid.", None, INVALID), F.REFUSED),
    (
        "zai",
        400,
        openai("Incorrect API call parameters, please check the documentation", "1210"),
        F.REFUSED,
    ),
    ("minimax", 200, minimax(2013, "invalid params"), F.REFUSED),
    (
        "deepinfra",
        200,
        {"choices": None, "error_type": "BadRequestError", "error_message": "No."},
        F.REFUSED,
    ),
    ("tgi", 422, {"error": "Input validation error", "error_type": "validation"}, F.REFUSED),
]

SERVERS: Sequence[Case] = [
    (
        "tgi",
        424,
        {"error": "Request failed during generation: Server error", "error_type": "generation"},
        F.SERVER,
    ),
    ("google", 499, [google(499, "CANCELLED", "The operation was cancelled.")], F.SERVER),
    ("any", 499, b"", F.SERVER),
    ("any", 425, b"", F.SERVER),
    *(
        ("cloudflare", status, b"<html>", F.SERVER)
        for status in (520, 521, 522, 523, 524, 525, 526, 530)
    ),
    (
        "dashscope",
        400,
        openai("An internal error has occured during execution.", "InternalError.Algo"),
        F.SERVER,
    ),
    ("minimax", 200, minimax(1013, "service internal error"), F.SERVER),
    (
        "zai",
        400,
        openai("Network error, error id: 1, please contact customer service", "1234"),
        F.SERVER,
    ),
]

ADDRESSES: Sequence[Case] = [
    (
        "lmstudio",
        200,
        {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
        F.PROTOCOL,
    ),
    (
        "cloudflare",
        400,
        {"errors": [{"code": 7000, "message": "No route for that URI"}]},
        F.PROTOCOL,
    ),
    ("python", 501, b"Unsupported method ('POST')", F.PROTOCOL),
    ("go", 400, b"Client sent an HTTP request to an HTTPS server.", F.PROTOCOL),
    *(
        ("any", 404, body, F.PROTOCOL)
        for body in (
            b"",
            b"Not Found",
            b"404 page not found",
            b"404: Not Found",
            b"<html>404</html>",
            {"detail": "Not Found"},
            {"error": "Not Found"},
            {"message": "Not Found"},
            {"error": {"message": "Not Found"}},
            {"message": "no Route matched with those values"},
            b"Cannot POST /v1/models/m:generateContent",
            {
                "message": "Route POST:/chat/completions not found",
                "error": "Not Found",
                "statusCode": 404,
            },
            {"timestamp": 1, "status": 404, "error": "Not Found", "path": "/chat/completions"},
            {"error": {"code": "404", "message": "Resource not found"}},
            openai("Invalid URL (POST /chat/completions)", None, INVALID),
            openai(
                "Unknown request URL: POST /chat/completions. Please check the URL for typos.",
                "unknown_url",
            ),
            {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
            {"type": "error", "error": {"type": "not_found_error", "message": "Not Found"}},
            {"path": "/chat/completions", "code": "404 NOT_FOUND"},
            {"status": 404, "title": "Not Found"},
            {"error": {"code": 5, "message": "unknown path"}},
        )
    ),
    ("fastapi", 405, {"detail": "Method Not Allowed"}, F.PROTOCOL),
    ("nginx", 405, b"<html>405</html>", F.PROTOCOL),
    (
        "huggingface",
        410,
        {
            "error": "https://api-inference.huggingface.co is no longer supported. Please use "
            "https://router.huggingface.co instead."
        },
        F.PROTOCOL,
    ),
    ("dashscope", 400, openai("url error, please check url!", "InvalidParameter"), F.PROTOCOL),
]

# What looks like another error: what the user wrote, limits that are no window, names in sentences.
FALSE_FRIENDS: Sequence[Case] = [
    ("any", 400, flat("Something went wrong", code=1004), F.REFUSED),
    ("any", 400, flat("Something went wrong", code=10013), F.REFUSED),
    ("any", 400, openai("No tool call found for function call output with call_id x"), F.REFUSED),
    ("any", 400, openai("The token budget of the tool result must be a number"), F.REFUSED),
    (
        "any",
        400,
        openai("Invalid value for 'content': 'what does invalid api key mean?'"),
        F.REFUSED,
    ),
    (
        "any",
        400,
        openai('messages[0].content: "insufficient balance, please recharge" is not a list'),
        F.REFUSED,
    ),
    (
        "fastapi",
        422,
        {
            "detail": [
                {
                    "type": "list_type",
                    "loc": ["body", "messages"],
                    "msg": "Input should be a valid list",
                    "input": "invalid api key",
                }
            ]
        },
        F.REFUSED,
    ),
    ("any", 400, openai("messages: text must not be empty"), F.REFUSED),
    ("any", 400, openai("Invalid 'tools[0].function.name': string too long."), F.REFUSED),
    ("any", 400, openai("Invalid token in the stop sequence"), F.REFUSED),
    ("any", 400, openai("tool_call_id is missing in message 3"), F.REFUSED),
    ("any", 400, openai("Invalid model output: the tool call is malformed"), F.REFUSED),
    ("any", 400, openai("Invalid key in the dictionary of metadata"), F.REFUSED),
    ("any", 400, openai("The user message must come first"), F.REFUSED),
    ("google", 400, google(400, "INVALID_ARGUMENT", "Corrupted thought signature."), F.REFUSED),
    ("any", 400, openai("The last message must have the role `user`"), F.REFUSED),
    (
        "any",
        400,
        openai("Your balance of tool calls and results is off: 2 calls, 1 result"),
        F.REFUSED,
    ),
    ("any", 500, openai("upstream billing service timed out"), F.SERVER),
    ("any", 400, openai("stop token invalid: must be a string"), F.REFUSED),
    ("any", 400, openai("Error while downloading", "invalid_url"), F.REFUSED),
    (
        "openai",
        429,
        openai("Limit: 3 / min. Add a payment method to increase your rate limit.", "requests"),
        F.RATE,
    ),
    ("any", 429, openai("Worker local total request limit reached (32/32)"), F.RATE),
    ("any", 429, openai("并发请求数超过限制"), F.RATE),
    ("any", 429, openai("每分钟tokens数量超过限制"), F.RATE),
    (
        "bedrock",
        400,
        flat("The maximum tokens you requested exceeds the model limit of 4096."),
        F.UNSUPPORTED,
    ),
]

GATEWAYS: Sequence[Case] = [
    # What a gateway calls an error says nothing: the text of the server behind it does.
    (kind, 400, openai(text, None, kind), expected)
    for kind in ("upstream_error", "internal_error", "server_error", "api_error")
    for text, expected in (
        ("prompt is too long: 9 tokens > 8 maximum", F.CONTEXT),
        ("Insufficient balance", F.QUOTA),
        ("Incorrect API key provided", F.AUTH),
        ("Rate limit reached", F.RATE),
        ("The model `acme` does not exist", F.MODEL),
        ("it broke", F.SERVER),
    )
]

PLANS: Sequence[Case] = [
    (
        "any",
        429,
        openai("Rate limit exceeded: 20 requests per minute. Add credits for more"),
        F.RATE,
    ),
    ("any", 429, openai("Rate limit exceeded, retry in 3s. See usage limits"), F.RATE),
    ("openrouter", 429, openai("Rate limit exceeded: free-models-per-day"), F.QUOTA),
    ("any", 429, openai("The wallet of this key is empty"), F.QUOTA),
    ("any", 429, openai("Your balance is 0.52 of 10"), F.RATE),
    ("any", 429, openai("Tokens exceed limit per minute"), F.RATE),
    ("any", 400, openai("Total tokens exceed limit"), F.CONTEXT),
    ("any", 400, openai("Stop sequence too long"), F.REFUSED),
    ("anthropic", 400, anthropic("Invalid signature in thinking block"), F.REFUSED),
    ("any", 400, openai("Signature expired"), F.AUTH),
    ("any", 400, openai("Please select a valid model"), F.MODEL),
    ("baidu", 429, openai("Rate limit reached", "tpd_rate_limit_exceeded"), F.QUOTA),
    ("tencent", 400, {"Response": {"Error": {"Code": "AuthFailure.X", "Message": "x"}}}, F.AUTH),
    (
        "tencent",
        400,
        {"Response": {"Error": {"Code": "RequestLimitExceeded", "Message": "x"}}},
        F.RATE,
    ),
    ("any", 403, openai("餘額不足"), F.QUOTA),
    ("any", 400, openai("模型不存在或您沒有權限"), F.MODEL),
    (
        "dashscope",
        429,
        flat("week allocated quota exceeded.", code="Throttling.AllocationQuota"),
        F.QUOTA,
    ),
    (
        "dashscope",
        429,
        flat("Allocated quota exceeded.", code="Throttling.AllocationQuota"),
        F.RATE,
    ),
    (
        "any",
        429,
        openai("You exceeded your current quota, please check your plan and billing details."),
        F.QUOTA,
    ),
    (
        "google",
        429,
        google(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        F.RATE,
    ),
    ("openrouter", 402, openai("Prompt tokens limit exceeded: 20000 > 15000."), F.QUOTA),
    ("any", 500, {"status": "RESOURCE_EXHAUSTED", "message": "x"}, F.RATE),
    ("vertex", 400, openai("Quota exceeded for x_tokens_per_minute_per_base_model"), F.RATE),
    ("anthropic", 400, anthropic("model: acme-9", "not_found_error"), F.MODEL),
]

NAMES: Sequence[Case] = [
    ("any", 400, openai("x", "API_KEY_REVOKED"), F.AUTH),
    ("any", 400, openai("x", None, "ContextOverflowError"), F.CONTEXT),
    ("any", 400, openai("x", "monthly_quota_exceeded"), F.QUOTA),
    ("any", 400, openai("x", "account_suspended_by_admin"), F.ACCOUNT),
    ("any", 400, openai("x", None, "UnknownModelError"), F.MODEL),
]


def fed(body: object) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


def name_of(case: Case) -> str:
    vendor, status, body, kind = case
    return f"{vendor} {status} {kind.value} {str(body)[:90]}"


@pytest.mark.parametrize(
    "case",
    [
        *KEYS,
        *KEYS_IN_CHINESE,
        *ACCOUNTS,
        *MONEY,
        *MODELS,
        *PERMISSIONS,
        *LOADS,
        *RATES,
        *CONTENTS,
        *ABILITIES,
        *SIZES,
        *MCP_SERVERS,
        *UNEXPLAINED,
        *SERVERS,
        *ADDRESSES,
        *FALSE_FRIENDS,
        *GATEWAYS,
        *NAMES,
        *PLANS,
    ],
    ids=name_of,
)
def test_what_vendors_send(case: Case) -> None:
    """Each error means the same, whatever its status; a status of 200 stands for a stream."""
    _, status, body, kind = case
    if status == 200:
        assert classify_error(body).kind is kind
    else:
        assert classify_response(status, {}, fed(body), now=0.0).kind is kind


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (openai("x", "insufficient_quota"), F.QUOTA),
        (openai("x", "model_not_found"), F.MODEL),
        (openai("x", "context_length_exceeded"), F.CONTEXT),
        (openai("x", "content_filter"), F.POLICY),
        (openai("Incorrect API key provided"), F.AUTH),
        (openai("Insufficient balance"), F.QUOTA),
        (openai("This organization has been disabled."), F.ACCOUNT),
        (openai("prompt is too long: 9 tokens > 8 maximum"), F.CONTEXT),
    ],
)
def test_what_identifies_an_error_counts_at_every_status(
    status: int, body: object, kind: FailureClass
) -> None:
    """Codes and wording come before the status."""
    assert classify_response(status, {}, fed(body), now=0.0).kind is kind


def test_the_last_row_matches_everything() -> None:
    """There is always a meaning."""
    last = RULES[-1]
    assert (last.status, last.codes, last.words) == (frozenset(), frozenset(), None)
