"""The errors of OpenAI and of compatible servers: vLLM, llama.cpp, Mistral, Groq and others.

Sources: their documentation, SDKs and issues, November 2026.
"""

from aircherd.testing.simulator.errors.row import Row


def _openai(
    status: int,
    code: str | None,
    message: str,
    *,
    type_: str = "invalid_request_error",
    param: str | None = None,
    retry_after: float | None = None,
    exhausted: str | None = None,
) -> Row:
    return Row(
        status=status,
        message=message,
        type=type_,
        code=code,
        param=param,
        retry_after=retry_after,
        exhausted=exhausted,
    )


def _own(status: int, body: dict[str, object]) -> Row:
    return Row(status=status, message="", raw=body)


_BILLING = "For more information, see https://platform.openai.com/docs/guides/error-codes."


OPENAI: dict[str, Row] = {
    "refused_key": _openai(
        401,
        "invalid_api_key",
        "Incorrect API key provided. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
    ),
    "missing_key": _openai(
        401,
        None,
        "You didn't provide an API key. You need to provide your API key in an Authorization "
        "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    ),
    "permission": _openai(
        403,
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
        type_="request_forbidden",
    ),
    "rate_limit": _openai(
        429,
        "rate_limit_exceeded",
        "Rate limit reached for requests. Please try again in 20s.",
        type_="requests",
        retry_after=20,
        exhausted="requests",
    ),
    "token_rate_limit": _openai(
        429,
        "rate_limit_exceeded",
        "Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. "
        "Please try again in 2s.",
        type_="tokens",
        retry_after=2,
        exhausted="tokens",
    ),
    "request_over_limit": _openai(
        429,
        "rate_limit_exceeded",
        "Request too large for this model on tokens per min (TPM): Limit 30000, Requested 60000. "
        "The input or output tokens must be reduced in order to run successfully.",
        type_="tokens",
        exhausted="tokens",
    ),
    "quota": _openai(
        429,
        "insufficient_quota",
        f"You exceeded your current quota, please check your plan and billing details. {_BILLING}",
        type_="insufficient_quota",
    ),
    "credit_balance": _openai(
        429,
        "credit_balance_exhausted",
        "Your organization has no credits remaining.",
        type_="insufficient_quota",
    ),
    "organization_spend_limit": _openai(
        429,
        "organization_spend_limit_exceeded",
        "Your organization has reached its enforced monthly spend limit.",
        type_="insufficient_quota",
    ),
    "project_spend_limit": _openai(
        429,
        "project_spend_limit_exceeded",
        "This project has reached its enforced monthly spend limit.",
        type_="insufficient_quota",
    ),
    "organization_usage_limit": _openai(
        429,
        "organization_usage_limit_exceeded",
        "Your organization has reached its approved monthly usage limit.",
        type_="insufficient_quota",
    ),
    "overloaded": _openai(
        429,
        "server_is_overloaded",
        "The server is currently overloaded with other requests. Please try again later.",
        type_="server_error",
    ),
    "slow_down": _openai(
        429,
        "slow_down",
        "Please slow down: reduce your request rate to its former level, then raise it gradually.",
        type_="server_error",
    ),
    "unavailable": _openai(
        503,
        None,
        "The engine is currently overloaded, please try again later.",
        type_="server_error",
    ),
    "server": _openai(
        500,
        None,
        "The server had an error while processing your request. Sorry about that!",
        type_="server_error",
    ),
    "timeout": _openai(504, None, "The request timed out upstream.", type_="server_error"),
    "context": _openai(
        400,
        "context_length_exceeded",
        "This model's maximum context length is 128000 tokens. However, your messages resulted in "
        "150000 tokens. Please reduce the length of the messages.",
        param="messages",
    ),
    "policy": _openai(
        400,
        "content_policy_violation",
        "Your request was rejected as a result of our safety system.",
    ),
    "invalid_prompt": _openai(
        400,
        "invalid_prompt",
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
    ),
    "bad_request": _openai(400, None, "The request is not valid."),
    "model_not_found": _openai(
        404, "model_not_found", "The model does not exist or you do not have access to it."
    ),
    "not_found": _openai(404, None, "Invalid URL"),
    "method": _openai(405, "method_not_supported", "Not allowed to use this method here."),
    "too_large": _openai(413, None, "The request body is too large."),
    # Compatible servers.
    "groq_capacity": _own(
        498,
        {
            "error": {
                "message": "Flex tier capacity exceeded.",
                "type": "capacity_exceeded",
                "code": "capacity_exceeded",
            }
        },
    ),
    "deepseek_balance": _openai(
        402, "invalid_request_error", "Insufficient Balance", type_="unknown_error"
    ),
    "deepseek_parameters": _openai(422, "invalid_request_error", "Invalid parameters"),
    "mistral_flat": _own(
        429,
        {
            "object": "error",
            "message": "Requests rate limit exceeded",
            "type": "rate_limited",
            "param": None,
            "code": "1300",
        },
    ),
    # Sent inside a stream, which then ends without [DONE].
    "lm_studio": Row(
        status=500,
        message="",
        raw={"error": {"message": "The model has crashed without additional information."}},
        named=True,
    ),
    "vllm_context": _own(
        400,
        {
            "error": {
                "message": "This model's maximum context length is 8192 tokens. However, your "
                "request has 9000 input tokens. Please reduce the length of the input messages.",
                "type": "BadRequestError",
                "param": "input_tokens",
                "code": 400,
            }
        },
    ),
    "vllm_flat": _own(
        400,
        {
            "object": "error",
            "message": "max_tokens is too large: the model's context length is only 8192 tokens.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
    ),
    "llama_cpp_context": _own(
        400,
        {
            "error": {
                "code": 500,
                "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9000,
                "n_ctx": 4096,
            }
        },
    ),
    # Errors whose status says something else.
    "xai_key": _own(
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided: xa***00. You can obtain a key from the console.",
        },
    ),
    "zai_balance": _own(
        429, {"error": {"code": "1113", "message": "Insufficient balance. Please recharge."}}
    ),
    "groq_retired": _openai(400, "model_decommissioned", "The model `m` has been decommissioned."),
    "nvidia_retired": _own(
        410,
        {"status": 410, "title": "Gone", "detail": "The model 'm' has reached its end of life."},
    ),
    "kimi_context": _openai(
        400,
        None,
        "Invalid request: Your request exceeded model token limit: 262144 (requested: 291351)",
    ),
    "kimi_temperature": _openai(400, None, "invalid temperature: only 1 is allowed for this model"),
    "tgi_generation": _own(
        424, {"error": "Request failed during generation", "error_type": "generation"}
    ),
    "locked": _openai(423, None, "locked", type_="unknown"),
    "fastapi_not_found": _own(404, {"detail": "Not Found"}),
}
