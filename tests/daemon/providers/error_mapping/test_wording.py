"""How vendors word what matters most, and what only looks like it."""

import re
import time

import msgspec
import pytest

from aircherd.providers.error_mapping import wording
from aircherd.providers.error_mapping.classify import classify_error, classify_response
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


PATTERNS = {name: value for name, value in vars(wording).items() if isinstance(value, re.Pattern)}


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
