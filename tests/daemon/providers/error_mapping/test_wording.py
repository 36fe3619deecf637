"""How vendors word what matters most, and what only looks like it."""

import time

import msgspec
import pytest

from aircherd.providers.error_mapping import wording
from aircherd.providers.error_mapping.classify import classify_error, classify_response
from aircherd.providers.error_mapping.pattern import Pattern
from aircherd.vocabulary.failure import FailureClass

TOO_LONG = [
    # Anthropic and Bedrock
    "prompt is too long: 213462 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "Input is too long for requested model.",
    "The model returned the following errors: too many total text bytes: 9000000 > 8000000",
    # OpenAI, DeepSeek, OpenRouter, vLLM and what resembles them
    (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in "
        "9000 "
        "tokens. Please reduce the length of the messages."
    ),
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "This endpoint's maximum context length is 128000 tokens. However, you requested about 150000.",
    "Input length (265330) exceeds model's maximum context length (262144).",
    "Requested token count exceeds the model's maximum context length of 131072 tokens.",
    (
        "The prompt (total length 9000) is too long to fit into the model. Make sure that "
        "max_model_len "
        "is no smaller than the number of text tokens."
    ),
    "The decoder prompt (length 40000) is longer than the maximum model length of 32768.",
    (
        "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context "
        "length "
        "is 4096 tokens and your request has 100 input tokens (5000 > 4096 - 100)."
    ),
    # xAI, Moonshot, MiniMax, z.ai, DashScope, Baidu, Volcano
    "This model's maximum prompt length is 131072 but the request contains 136973 tokens.",
    "Invalid request: Your request exceeded model token limit: 262144 (requested: 291351)",
    "invalid params, context window exceeds limit (2013)",
    "Prompt exceeds max length",
    "Prompt 超长",
    "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]",
    "Prompt tokens too long",
    "输入长度超过模型上限",
    "Total tokens of image and text exceed max message tokens: input length exceeds the limit",
    # Groq, Cerebras, Mistral, Together, Fireworks, Cohere, AI21, Writer, Perplexity
    "Please reduce the length of the messages or completion.",
    (
        "Please reduce the length of the messages or completion. Current length is 9000 while "
        "limit is "
        "8192"
    ),
    (
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum "
        "context length"
    ),
    (
        "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 3974 `inputs` tokens and 1024 "
        "`max_new_tokens`"
    ),
    "The input (300 tokens) is longer than the model's context length (200 tokens).",
    "The prompt is too long: 267657, model maximum context length: 262143",
    "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292.",
    "Prompt has too many tokens",
    "Input token count exceeds the maximum",
    # Google, GitHub, Cloudflare, Databricks, watsonx, SambaNova
    "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
    "prompt token count of 128001 exceeds the limit of 128000",
    "Request body too large for gpt-4.1 model. Max size: 8000 tokens.",
    (
        "The estimated number of input and maximum output tokens (9000) exceeded this model "
        "context "
        "window limit (8192)."
    ),
    "Tokens in request more than max tokens allowed.",
    "the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model",
    "Input length 9000 exceeds maximum allowed input length of 8192 tokens",
    # llama.cpp, LM Studio, Ollama, SGLang, TGI, ds4
    "the request exceeds the available context size, try increasing it",
    "Requested tokens (9000) exceed context window of 4096",
    (
        "Trying to keep the first 9000 tokens when context the overflows. However, the model is "
        "loaded "
        "with context length of only 4096 tokens"
    ),
    "The number of tokens to keep from the initial prompt is greater than the context length.",
    "prompt too long; exceeded max context length by 5 tokens",
    "the input length exceeds the context length",
    "The input (1492905 tokens) is longer than the model's context length (1048576 tokens)",
    "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
    "Prompt has 32769 tokens, but the configured context size is 32768 tokens",
    "Context size has been exceeded.",
    "litellm.ContextWindowExceededError: it does not fit",
    "Conversation is too long, please start a new one",
]

NOT_TOO_LONG = [
    "Rate limit exceeded: too many tokens per minute",
    (
        "Request too large for m on tokens per min (TPM): Limit 30000, Requested 60000. The "
        "input or "
        "output tokens must be reduced in order to run successfully."
    ),
    "max_tokens is too large: 64000. This model supports at most 16384 completion tokens",
    "too many tokens: max tokens must be less than or equal to 4096, the maximum output",
    "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum",
    "A maximum of 100 PDF pages may be provided.",
    "Invalid 'tools[0].function.description': string too long. Expected at most 1024 characters",
    "tools: too many tools, at most 128",
    "Stop sequences are too long",
    "The name of the tool exceeds the maximum of 64 characters",
]


F = FailureClass

SENTENCES: list[tuple[FailureClass, int, object]] = [
    (F.UNSUPPORTED, 400, "`top_k` is not allowed for this model"),
    (F.PERMISSION, 401, "You are not allowed to sample from this model"),
    (F.PERMISSION, 403, "Your API key is not authorized to use this model"),
    (F.AUTH, 400, "API key format is incorrect"),
    (F.AUTH, 400, "The provided API key is not valid"),
    (F.AUTH, 400, {"error": "Invalid Authorization header"}),
    (F.AUTH, 403, "API key has been revoked"),
    (F.AUTH, 400, {"message": "Invalid authorization key"}),
    (F.AUTH, 400, {"error": {"message": "No API key provided"}}),
    (F.AUTH, 400, "Your API key is invalid."),
    (F.AUTH, 403, {"code": 1010, "message": "Token is invalid"}),
    (F.AUTH, 422, {"detail": "Could not validate credentials"}),
    (F.AUTH, 400, {"error": "Missing Authentication header"}),
    (F.AUTH, 400, "invalid apikey"),
    (
        F.AUTH,
        400,
        {
            "error": {
                "message": "Key not found or expired",
                "code": "key_not_found",
                "type": None,
                "param": None,
            }
        },
    ),
    (F.AUTH, 403, {"error": {"message": "Authentication parameter not received in Header"}}),
    (F.AUTH, 400, "Failed to verify API key"),
    (F.AUTH, 400, {"error": "Bad credentials"}),
    (F.AUTH, 400, {"error": "jwt expired"}),
    (F.AUTH, 403, "The API Key doesn't exist"),
    (F.AUTH, 400, "unauthorized: invalid key"),
    (F.AUTH, 400, {"error": {"message": "Please provide a valid API key"}}),
    (F.AUTH, 404, "Invalid API key"),
    (
        F.AUTH,
        400,
        {
            "error": {
                "message": "User not found",
                "code": "user_not_found",
                "type": None,
                "param": None,
            }
        },
    ),
    (F.AUTH, 403, {"detail": "Invalid token"}),
    (F.AUTH, 400, {"status": "UNAUTHENTICATED", "message": "x"}),
    (
        F.AUTH,
        400,
        {
            "Error": {
                "Code": "InvalidClientTokenId",
                "Message": "The security token included in the request is invalid",
            }
        },
    ),
    (F.ACCOUNT, 400, "Your organization has been suspended"),
    (F.ACCOUNT, 403, "Your account has been blocked due to abuse"),
    (
        F.ACCOUNT,
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Your organization is not active",
            },
        },
    ),
    (F.ACCOUNT, 400, "This account is disabled"),
    (F.ACCOUNT, 400, "The workspace is archived or disabled"),
    (F.ACCOUNT, 403, "Account is restricted"),
    (
        F.ACCOUNT,
        400,
        {
            "error": {
                "message": "account_deactivated",
                "code": "account_deactivated",
                "type": None,
                "param": None,
            }
        },
    ),
    (F.ACCOUNT, 400, "Your access has been terminated"),
    (F.ACCOUNT, 403, "Your project has been denied access. Please contact support"),
    (F.QUOTA, 400, "You have run out of credits"),
    (F.QUOTA, 403, "Insufficient funds"),
    (F.QUOTA, 400, "Credit balance exhausted"),
    (F.QUOTA, 429, "You have exhausted your monthly quota"),
    (F.QUOTA, 429, "Your balance is not enough"),
    (F.QUOTA, 402, b""),
    (F.QUOTA, 400, "Not enough credits"),
    (F.QUOTA, 429, "You've hit your weekly limit"),
    (F.QUOTA, 500, "Insufficient Balance"),
    (F.QUOTA, 403, {"message": "Your account balance is negative"}),
    (F.QUOTA, 429, {"error": "subscription quota exceeded"}),
    (F.QUOTA, 400, "The account is out of quota"),
    (F.QUOTA, 429, "Free quota exhausted"),
    (F.QUOTA, 400, {"error": {"message": "Payment method required"}}),
    (
        F.QUOTA,
        403,
        {
            "error": {
                "message": "sorry, your account balance is insufficient",
                "code": "30001",
                "type": None,
                "param": None,
            }
        },
    ),
    (F.QUOTA, 429, "team spend limit exceeded"),
    (F.QUOTA, 400, {"error": "trial has ended"}),
    (F.QUOTA, 403, "Your prepaid balance has been used up"),
    (F.QUOTA, 429, "You have reached the maximum number of requests allowed by your plan"),
    (F.QUOTA, 400, "wallet balance too low"),
    (F.QUOTA, 429, "Quota exhausted. It will reset after 2h7m23s"),
    (F.MODEL, 400, "The model `x` has been deprecated"),
    (F.MODEL, 400, "model x is no longer available"),
    (F.MODEL, 400, "Unsupported model: x"),
    (F.MODEL, 400, "The requested model was not found"),
    (F.MODEL, 422, {"detail": "Model x not supported"}),
    (F.MODEL, 410, "This model was retired on 2026-01-01"),
    (F.MODEL, 400, "No model named x"),
    (F.MODEL, 400, "The model 'x' is currently not available in your region"),
    (F.MODEL, 400, "Model x is disabled"),
    (F.MODEL, 400, "model_name x is invalid"),
    (F.MODEL, 400, "Selected model is not accessible"),
    (F.MODEL, 400, "Cannot find model x"),
    (F.MODEL, 403, "Model x is deprecated, use y"),
    (F.MODEL, 400, {"message": "The provided model identifier is invalid."}),
    (
        F.MODEL,
        400,
        {
            "message": "Invocation of model ID x with on-demand throughput isn\u2019t "
            "supported. Retry your request with the ID or ARN of an "
            "inference profile"
        },
    ),
    (F.MODEL, 400, "the model x has reached end-of-life"),
    (F.MODEL, 404, {"error": {"message": "Deployment x not found"}}),
    (F.MODEL, 400, "The model x was sunset"),
    (F.MODEL, 422, "`x` is not a supported model"),
    (F.MODEL, 400, "Invalid model name passed in model=x"),
    (F.MODEL, 400, "We could not find the model you requested"),
    (F.MODEL, 400, {"error": "unknown model 'x'"}),
    (F.MODEL, 400, "Known API model names are a or b, but you passed x"),
    (F.MODEL, 400, "x is not available on this endpoint; available models: a, b"),
    (F.OVERLOADED, 429, "Model is at capacity"),
    (F.OVERLOADED, 400, "The server is busy, try again"),
    (F.OVERLOADED, 500, "no healthy upstream"),
    (F.OVERLOADED, 503, b"no healthy upstream"),
    (F.OVERLOADED, 529, b""),
    (F.OVERLOADED, 429, "We are currently experiencing high demand"),
    (F.OVERLOADED, 500, "The engine is currently overloaded"),
    (F.OVERLOADED, 424, {"error": "Model is overloaded, wait"}),
    (F.OVERLOADED, 400, "No instance available for model x"),
    (F.OVERLOADED, 200, {"error": {"message": "Provider overloaded"}}),
    (F.UNSUPPORTED, 400, "temperature must be 1 for this model"),
    (F.UNSUPPORTED, 400, "Invalid value for 'temperature': must be 1"),
    (F.UNSUPPORTED, 400, "This model does not accept system messages"),
    (F.UNSUPPORTED, 400, "Tool use is not available for this model"),
    (F.UNSUPPORTED, 400, "tools is not supported in this model"),
    (F.UNSUPPORTED, 400, "Streaming is not supported"),
    (F.UNSUPPORTED, 400, "`response_format` json_schema not supported"),
    (F.UNSUPPORTED, 400, "image_url is only supported by certain models"),
    (F.UNSUPPORTED, 400, "Invalid content type. image_url is only supported by certain models."),
    (F.UNSUPPORTED, 400, "Unknown field: reasoning_effort"),
    (F.UNSUPPORTED, 400, "messages[0]: unknown variant `image_url`, expected `text`"),
    (F.UNSUPPORTED, 400, "Thinking is not enabled for this model"),
    (
        F.UNSUPPORTED,
        400,
        "reasoning_effort: invalid value xhigh, expected one of low, medium, high",
    ),
    (F.UNSUPPORTED, 400, "top_k is not permitted"),
    (F.UNSUPPORTED, 400, "max_tokens must be less than or equal to 8192"),
    (F.UNSUPPORTED, 400, "max_completion_tokens: 200000 exceeds the maximum of 65536"),
    (F.UNSUPPORTED, 400, "Multiple system messages are not allowed"),
    (F.UNSUPPORTED, 400, "Vision is not enabled for this model"),
    (F.UNSUPPORTED, 400, "messages with role 'developer' are not supported"),
    (
        F.UNSUPPORTED,
        422,
        {
            "detail": [
                {
                    "type": "less_than_equal",
                    "loc": ["body", "max_tokens"],
                    "msg": "Input should be less than or equal to 8192",
                }
            ]
        },
    ),
    (F.UNSUPPORTED, 400, "Thinking is not supported by this model"),
    (F.UNSUPPORTED, 400, "The parameter temperature must be 1 when thinking is enabled"),
    (F.UNSUPPORTED, 400, "parallel_tool_calls is not supported"),
    (F.UNSUPPORTED, 400, "no image support: mmproj missing"),
    (F.UNSUPPORTED, 400, {"error": "registry.ollama.ai/library/x does not support insert"}),
    (
        F.UNSUPPORTED,
        400,
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
    ),
    (F.CONTEXT, 400, "Input too long"),
    (F.CONTEXT, 413, "Prompt is too large"),
    (F.CONTEXT, 400, "This request would exceed the context window"),
    (F.CONTEXT, 400, "The message is too long for this model"),
    (
        F.CONTEXT,
        400,
        {
            "error": {
                "message": "context_window_exceeded",
                "code": "context_window_exceeded",
                "type": None,
                "param": None,
            }
        },
    ),
    (
        F.CONTEXT,
        422,
        {"error": "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000"},
    ),
    (F.CONTEXT, 500, "Requested tokens exceed context window"),
    (F.CONTEXT, 400, "Request exceeds the maximum number of tokens (131072)"),
    (F.CONTEXT, 400, "Total tokens exceed the limit of 32768"),
    (F.CONTEXT, 400, "The total length of input tokens and max tokens exceeds the limit"),
    (F.CONTEXT, 400, "Token limit exceeded: 150000 > 128000"),
    (F.CONTEXT, 400, "number of tokens in the prompt (9000) exceeds the maximum (8192)"),
    (F.CONTEXT, 400, "input_tokens exceeds 8192"),
    (F.CONTEXT, 400, "Your messages exceed the model's maximum token limit"),
    (F.CONTEXT, 400, "max input tokens exceeded"),
    (F.CONTEXT, 400, "The conversation exceeds the maximum context size"),
    (F.CONTEXT, 400, "请求的 token 数超过了模型的最大长度"),
    (F.CONTEXT, 400, "input is longer than the maximum number of tokens"),
    (F.RATE, 429, "Too Many Requests"),
    (F.RATE, 400, "Request was throttled. Expected available in 5 seconds."),
    (F.RATE, 403, "You have exceeded your requests per minute"),
    (F.RATE, 429, {"detail": "Request limit reached"}),
    (F.RATE, 429, "Concurrency limit exceeded"),
    (F.POLICY, 400, "Your request was flagged as potentially harmful content"),
    (F.POLICY, 400, "The content may violate our content policy"),
    (F.POLICY, 451, "content violates policy"),
    (F.POLICY, 400, "Prompt blocked due to PROHIBITED_CONTENT"),
    (F.POLICY, 400, "Request blocked by Gemini: SAFETY"),
    (
        F.POLICY,
        400,
        {
            "error": {
                "message": "Input data may contain inappropriate content.",
                "code": "data_inspection_failed",
                "type": None,
                "param": None,
            }
        },
    ),
    (F.REFUSED, 400, "Bad Request"),
    (F.REFUSED, 400, "messages: at least one message is required"),
    (F.REFUSED, 400, "Invalid JSON payload received"),
    (F.REFUSED, 400, "messages.1: tool_use ids were found without tool_result blocks"),
    (F.REFUSED, 400, "'messages' must contain the word 'json' in some form"),
    (
        F.REFUSED,
        422,
        {
            "detail": [
                {
                    "loc": ["body", "messages"],
                    "msg": "field required",
                    "type": "value_error.missing",
                }
            ]
        },
    ),
    (
        F.REFUSED,
        400,
        ("Invalid request: the message at position 2 with role 'assistant' must not be empty"),
    ),
    (F.REFUSED, 400, "The model returned an invalid tool call"),
    (F.REFUSED, 400, "Please ensure that function call turn comes immediately after a user turn"),
    (F.REFUSED, 400, "tool_calls.function.arguments must be valid JSON"),
    (F.PROTOCOL, 404, "Not found: /chat/completions"),
    (F.PROTOCOL, 404, b"page not found"),
    (F.PROTOCOL, 404, {"error": "Unknown route"}),
    (F.PROTOCOL, 405, "Method Not Allowed"),
    (F.PROTOCOL, 404, {"message": "Cannot POST /v1/v1/chat/completions"}),
    (
        F.PROTOCOL,
        404,
        {
            "error": {
                "type": "not_found",
                "message": "The requested URL was not found on the server.",
            }
        },
    ),
    (F.PROTOCOL, 404, {"error": "no route for POST /v1/models/chat"}),
    (F.PROTOCOL, 404, {"error": "Invalid path"}),
    (F.PROTOCOL, 404, {"error": {"message": "Endpoint not found"}}),
    (F.PROTOCOL, 400, {"error": "Invalid endpoint"}),
]


@pytest.mark.parametrize(("kind", "status", "error"), SENTENCES)
def test_a_sentence_says_what_is_wrong(kind: FailureClass, status: int, error: object) -> None:
    """Other words for the same causes; a text alone is the message of OpenAI's schema."""
    body = {"error": {"message": error, "code": None}} if isinstance(error, str) else error
    if status == 200:
        assert classify_error(body).kind is kind
    else:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        assert classify_response(status, {}, data, now=0.0).kind is kind


def kind_of(text: str) -> FailureClass:
    body = msgspec.json.encode({"error": {"message": text, "type": "invalid_request_error"}})
    return classify_response(400, {}, body, now=0.0).kind


@pytest.mark.parametrize("text", TOO_LONG)
def test_a_prompt_that_is_too_long_is_recognised(text: str) -> None:
    """The sentences of all vendors, in a response and in a stream."""
    assert kind_of(text) is FailureClass.CONTEXT
    assert classify_error({"message": text}).kind is FailureClass.CONTEXT


@pytest.mark.parametrize("text", NOT_TOO_LONG)
def test_other_limits_are_not_the_window(text: str) -> None:
    """Limits per minute, of the output, of images and of names."""
    assert kind_of(text) is not FailureClass.CONTEXT


PATTERNS = {name: value for name, value in vars(wording).items() if isinstance(value, Pattern)}


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize(
    "text",
    [
        "a " * 4000,
        "model " * 1300,
        "invalid " * 1000,
        "api key " * 1000,
        "exceeds the " * 660,
        "reached your " * 600,
        "account is " * 700,
        "(" * 8000,
        "temperature " * 660,
        "max_tokens " * 700,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_long(name: str, text: str) -> None:
    """A hostile server cannot make a search expensive: the work grows with the text alone."""
    began = time.process_time()
    PATTERNS[name].search(text)
    assert time.process_time() - began < 0.5
