"""What a vendor's error means: one table for all vendors; the first matching row decides.

The most specific rows come first: codes and texts that tell cases of one status apart. Then comes
the status alone, last the general codes, because errors inside a stream have no status. `parse`
finds codes and texts; `router:` marks OpenRouter's own error types, `retry:` what a server says
about retrying.

Sources: the vendors' SDKs and documentation, November 2026. Not every wording is documented, so
each row matches what several vendors or versions may send.
"""

import msgspec

from aircherd.providers.error_mapping.google_details import LONG_QUOTA
from aircherd.providers.error_mapping.parse import RETRY_NEVER, RETRY_OK, ErrorReply
from aircherd.providers.error_mapping.quota_words import (
    DAY_TEXTS,
    MONEY_TEXTS,
    PLAN_TEXTS,
    QUOTA_CODES,
)
from aircherd.vocabulary.failure import FailureClass, Reach

_ANY = frozenset[int]()


class Rule(msgspec.Struct, frozen=True):
    """One meaning of errors.

    An empty column matches everything. All columns that are set must match: the status, one of the
    codes, and one of the texts, which are searched in the lower-case message. `message_start`
    replaces that of the class, `reach` narrows what the failure affects.
    """

    kind: FailureClass
    status: frozenset[int] = _ANY
    codes: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    message_start: str | None = None
    reach: Reach | None = None

    def matches(self, reply: ErrorReply) -> bool:
        """Return whether this row matches `reply`."""
        if self.status and reply.status not in self.status:
            return False
        if self.codes and not self.codes & reply.codes:
            return False
        return not self.texts or any(word in reply.text for word in self.texts)


def _codes(*names: str) -> frozenset[str]:
    return frozenset(names)


def _status(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def _router(*names: str) -> frozenset[str]:
    return frozenset(f"router:{name}" for name in names)


_TOO_LONG = (
    "prompt is too long",  # Anthropic
    "exceed context limit",  # Anthropic: input and max_tokens together
    "context length is only",  # vLLM
    "maximum context length",  # vLLM, OpenAI, Mistral, DeepSeek
    "longer than the context length",  # Ollama
    "exceeds the context length",  # Ollama
    "exceeds the available context size",  # llama.cpp
    "greater than the context length",  # LM Studio
    "context length of only",  # LM Studio
    "input token count",  # Google, also behind routers
)

RULES: tuple[Rule, ...] = (
    # -- codes and texts that tell cases of one status apart
    Rule(
        FailureClass.CONTEXT,
        codes=_codes("context_length_exceeded", "exceed_context_size_error", "param:input_tokens")
        | _router("context_length_exceeded", "string_too_long"),
    ),
    # llama.cpp sends 500 here.
    Rule(FailureClass.CONTEXT, status=_status(400, 413, 422, 500), texts=_TOO_LONG),
    # Gemini: a bad key is a 400; a daily quota, or one of zero, is not a rate limit.
    Rule(FailureClass.AUTH, codes=_codes("api_key_invalid")),
    Rule(
        FailureClass.AUTH,
        status=_status(400, 403),
        texts=("api key not valid", "api key expired", "reported as leaked", "unregistered caller"),
    ),
    # These quotas are per model; the credit is shared by all models.
    Rule(FailureClass.QUOTA, codes=_codes(LONG_QUOTA), reach="model"),
    Rule(
        FailureClass.QUOTA,
        status=_status(402, 429),
        texts=("limit: 0,", "limit: 0\n"),
        reach="model",
    ),
    Rule(FailureClass.QUOTA, status=_status(402, 429), texts=("credits are depleted",)),
    # The free tier is not available in every country.
    Rule(FailureClass.ACCOUNT, status=_status(400), codes=_codes("failed_precondition")),
    Rule(FailureClass.ACCOUNT, status=_status(403), codes=_codes("consumer_suspended")),
    Rule(FailureClass.REQUEST_SIZE, status=_status(400), texts=("request payload size exceeds",)),
    # A budget for requests in flight, not money: it recovers by itself.
    Rule(FailureClass.RATE, codes=_codes("openrouter_in_flight_budget")),
    Rule(FailureClass.RATE, status=_status(402), codes=_codes("has:retry-after")),
    Rule(
        FailureClass.QUOTA,
        codes=_codes(
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "enforced_spend_limit_reached",
            "contract_spend_limit_reached",
            "billing_error",
        )
        # The second is a limit that follows from the credit.
        | _router("payment_required", "token_limit_exceeded"),
    ),
    # Money, a plan or a day's allowance that is used up, whatever the status.
    Rule(FailureClass.QUOTA, codes=QUOTA_CODES),
    Rule(FailureClass.QUOTA, texts=MONEY_TEXTS),
    # OpenRouter: what else it says, on requests per day, is advice.
    Rule(FailureClass.RATE, texts=("free-models-per-min",)),
    Rule(FailureClass.QUOTA, texts=PLAN_TEXTS),
    Rule(FailureClass.QUOTA, texts=DAY_TEXTS, reach="model"),
    # Anthropic answers 400 to an empty account.
    Rule(
        FailureClass.QUOTA,
        status=_status(400, 403, 429),
        texts=("credit balance is too low", "you have reached your specified"),
    ),
    Rule(FailureClass.ACCOUNT, codes=_codes("organization_on_hold")),
    # OpenRouter's 403: moderation gives reasons, a budget names its limit.
    Rule(FailureClass.POLICY, status=_status(403), codes=_codes("has:reasons", "guardrail")),
    Rule(FailureClass.QUOTA, status=_status(403), codes=_codes("has:limit_source")),
    Rule(
        FailureClass.POLICY,
        codes=_codes(
            "invalid_prompt",
            "content_policy_violation",
            "content_filter",
            "refusal",
            # In OpenAI's failed responses
            "bio_policy",
            "misalignment_policy_violation",
            "image_content_policy_violation",
        )
        | _router("content_policy_violation", "refusal"),
    ),
    Rule(FailureClass.POLICY, status=_status(400), texts=("content filtering policy",)),
    # A restricted key is valid.
    Rule(FailureClass.PERMISSION, status=_status(401, 403), texts=("missing scopes",)),
    # OpenAI: an organization that must be verified first, or that did not produce this thinking.
    Rule(
        FailureClass.PERMISSION, status=_status(400, 403), texts=("organization must be verified",)
    ),
    Rule(
        FailureClass.PERMISSION,
        codes=_codes("invalid_encrypted_content"),
        message_start="cannot read the thinking in this conversation with this key",
        reach="request",
    ),
    # -- another model or API can do what this one cannot
    Rule(
        FailureClass.UNSUPPORTED,
        status=_status(400, 404),
        texts=("use /v1/responses", "only supported in v1/responses", "not a chat model"),
        message_start='does not offer this in chat completions: set api = "responses" for it',
    ),
    Rule(
        FailureClass.UNSUPPORTED,
        codes=_codes(
            "unsupported_parameter",  # OpenAI, about the model; the next too
            "unsupported_value",
            "not_supported_error",  # llama.cpp
            "image_too_large",
            "image_file_too_large",
            "image_too_small",
            "unsupported_image_media_type",
            "failed_to_download_image",
        )
        | _router(
            "image_too_large",
            "image_too_small",
            "unsupported_image_format",
            "image_download_failed",
        ),
    ),
    Rule(
        FailureClass.UNSUPPORTED,
        status=_status(400, 404, 422, 500, 501),
        texts=(
            "does not support",  # tools, thinking, chat: Ollama; images: many
            "not supported for this model",  # Ollama before 0.17.7 has levels for gpt-oss only
            "not supported with this model",  # OpenAI
            "not supported by this model",
            "no endpoints found that support",  # OpenRouter: no provider behind it does
            "image input is not supported",  # llama.cpp, also inside Ollama
            "requires --",  # vLLM and llama.cpp: a missing command-line flag
        ),
    ),
    Rule(FailureClass.MODEL, codes=_codes("model_not_found")),
    # -- transient failures
    # Groq: the model's output was invalid; a retry, or another model, may succeed.
    Rule(FailureClass.SERVER, codes=_codes("tool_use_failed", "json_validate_failed")),
    # A request too large for a key's limit per minute may fit another key or provider, and smaller
    # requests fit this key.
    Rule(
        FailureClass.RATE,
        status=_status(413),
        codes=_codes("rate_limit_exceeded"),
        reach="request",
    ),
    Rule(
        FailureClass.RATE,
        status=_status(429),
        texts=("request too large",),
        reach="request",
    ),
    Rule(
        FailureClass.OVERLOADED,
        codes=_codes(
            "overloaded_error",
            "compaction_unavailable",
            "slow_down",
            "server_is_overloaded",
            "capacity_exceeded",
        )
        | _router("provider_overloaded", "provider_unavailable"),
    ),
    # -- what a server says about retrying, and OpenRouter's error types
    # A retryable error is transient; a 429 that is never worth a retry is an exhausted quota.
    Rule(FailureClass.SERVER, status=_status(400, 403, 404, 405, 413, 422), codes=_codes(RETRY_OK)),
    Rule(FailureClass.QUOTA, status=_status(429), codes=_codes(RETRY_NEVER)),
    Rule(FailureClass.AUTH, codes=_router("authentication")),
    Rule(FailureClass.PERMISSION, codes=_router("permission_denied")),
    Rule(FailureClass.RATE, codes=_router("rate_limit_exceeded")),
    Rule(FailureClass.MODEL, codes=_router("not_found")),
    Rule(FailureClass.REQUEST_SIZE, codes=_router("payload_too_large")),
    Rule(
        FailureClass.BAD_REQUEST,
        codes=_router(
            "invalid_request", "invalid_prompt", "unprocessable", "invalid_image", "image_not_found"
        ),
    ),
    Rule(FailureClass.SERVER, codes=_router("server", "timeout")),
    # -- the status alone
    Rule(FailureClass.AUTH, status=_status(401)),
    Rule(FailureClass.QUOTA, status=_status(402)),
    Rule(FailureClass.PERMISSION, status=_status(403)),
    Rule(FailureClass.MODEL, status=_status(404)),
    Rule(FailureClass.REQUEST_SIZE, status=_status(413)),
    Rule(FailureClass.RATE, status=_status(429)),
    Rule(FailureClass.OVERLOADED, status=_status(498, 503, 529)),
    Rule(FailureClass.SERVER, status=_status(408, 409, 425)),
    Rule(FailureClass.SERVER, status=frozenset(range(500, 600))),
    Rule(FailureClass.PROTOCOL, status=_status(405, 407)),
    Rule(FailureClass.BAD_REQUEST, status=frozenset(range(400, 500))),
    # -- inside a stream: general codes
    Rule(
        FailureClass.AUTH, codes=_codes("authentication_error", "authentication", "invalid_api_key")
    ),
    Rule(FailureClass.PERMISSION, codes=_codes("permission_error", "permission_denied")),
    Rule(
        FailureClass.RATE,
        codes=_codes("rate_limit_error", "rate_limit_exceeded", "ramp_limit_exceeded"),
    ),
    Rule(FailureClass.MODEL, codes=_codes("not_found_error", "not_found")),
    Rule(FailureClass.REQUEST_SIZE, codes=_codes("request_too_large", "payload_too_large")),
    Rule(FailureClass.CONTEXT, texts=_TOO_LONG),
    Rule(
        FailureClass.BAD_REQUEST,
        codes=_codes(
            "invalid_request_error",
            "invalid_request",
            # Images in OpenAI's failed responses
            "invalid_image",
            "invalid_image_format",
            "invalid_base64_image",
            "invalid_image_url",
            "image_parse_error",
            "empty_image_file",
            "image_file_not_found",
        ),
    ),
    Rule(FailureClass.SERVER),
)

MESSAGE_STARTS: dict[FailureClass, str] = {
    FailureClass.AUTH: "refused the key",
    FailureClass.PERMISSION: "does not allow this key to do that",
    FailureClass.ACCOUNT: "does not serve this account",
    FailureClass.QUOTA: "credit or quota is used up",
    FailureClass.RATE: "rate limit reached",
    FailureClass.OVERLOADED: "is overloaded",
    FailureClass.CONTEXT: "the prompt is too long for the model",
    FailureClass.REQUEST_SIZE: "the request is too large",
    FailureClass.BAD_REQUEST: "refused the request",
    FailureClass.UNSUPPORTED: "cannot do what the request asks",
    FailureClass.POLICY: "refused the content",
    FailureClass.MODEL: "cannot serve this model",
    FailureClass.SERVER: "failed",
    FailureClass.PROTOCOL: "sent a response that is not of its API",
}
"""How a message begins; the vendor's own message follows."""
