"""What a vendor's error means: one table for all vendors, the first row that fits decides.

Most specific first: codes and words by which vendors tell cases of one status apart, then the
status alone, last the general codes (errors inside a stream have no status). `error_reply` says
where codes and words come from; `router:` are OpenRouter's own names of what happened, `again:`
what a server says of trying once more.

Sources: the vendors' SDKs and documentation, November 2026. Not every wording is documented, so
each row takes what more than one vendor or version may send.
"""

import msgspec

from aircherd.providers.error_mapping.google_details import LONG_QUOTA
from aircherd.providers.error_mapping.parse import AGAIN, NEVER_AGAIN, ErrorReply
from aircherd.vocabulary.failure import FailureClass, Reach

_ANY = frozenset[int]()


class Rule(msgspec.Struct, frozen=True):
    """One meaning. An empty column fits everything; `words` are sought in the lower-case message.

    Columns that are filled must all fit: the status, one of the codes, one of the words. `lead` is
    how the message begins where the class's own does not tell what to do, `reach` how far it goes
    where that is less far than the class does.
    """

    kind: FailureClass
    status: frozenset[int] = _ANY
    codes: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    lead: str | None = None
    reach: Reach | None = None

    def fits(self, reply: ErrorReply) -> bool:
        """Whether this row says what `reply` means."""
        if self.status and reply.status not in self.status:
            return False
        if self.codes and not self.codes & reply.codes:
            return False
        return not self.words or any(word in reply.text for word in self.words)


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
    # -- codes and words that tell apart what shares a status
    Rule(
        FailureClass.CONTEXT,
        codes=_codes("context_length_exceeded", "exceed_context_size_error", "param:input_tokens")
        | _router("context_length_exceeded", "string_too_long"),
    ),
    # llama.cpp sends 500 here.
    Rule(FailureClass.CONTEXT, status=_status(400, 413, 422, 500), words=_TOO_LONG),
    # Gemini: a bad key is a 400; a quota of a day, or of zero, is no matter of pace.
    Rule(FailureClass.AUTH, codes=_codes("api_key_invalid")),
    Rule(
        FailureClass.AUTH,
        status=_status(400, 403),
        words=("api key not valid", "api key expired", "reported as leaked", "unregistered caller"),
    ),
    # These are of one model; the credit is everybody's.
    Rule(FailureClass.QUOTA, codes=_codes(LONG_QUOTA), reach="model"),
    Rule(
        FailureClass.QUOTA,
        status=_status(402, 429),
        words=("limit: 0,", "limit: 0\n"),
        reach="model",
    ),
    Rule(FailureClass.QUOTA, status=_status(402, 429), words=("credits are depleted",)),
    # The free tier is not for every country.
    Rule(FailureClass.ACCOUNT, status=_status(400), codes=_codes("failed_precondition")),
    Rule(FailureClass.ACCOUNT, status=_status(403), codes=_codes("consumer_suspended")),
    Rule(FailureClass.REQUEST_SIZE, status=_status(400), words=("request payload size exceeds",)),
    # A budget for requests under way, not money: it passes by itself.
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
        # The second is a cap that follows from the credit.
        | _router("payment_required", "token_limit_exceeded"),
    ),
    # Anthropic answers 400 to an empty account.
    Rule(
        FailureClass.QUOTA,
        status=_status(400, 403, 429),
        words=("credit balance is too low", "you have reached your specified"),
    ),
    Rule(FailureClass.ACCOUNT, codes=_codes("organization_on_hold")),
    # OpenRouter's 403: a moderation gives reasons, a budget names its limit.
    Rule(FailureClass.POLICY, status=_status(403), codes=_codes("has:reasons", "guardrail")),
    Rule(FailureClass.QUOTA, status=_status(403), codes=_codes("has:limit_source")),
    Rule(
        FailureClass.POLICY,
        codes=_codes(
            "invalid_prompt",
            "content_policy_violation",
            "content_filter",
            "refusal",
            # In a failed response of OpenAI's
            "bio_policy",
            "misalignment_policy_violation",
            "image_content_policy_violation",
        )
        | _router("content_policy_violation", "refusal"),
    ),
    Rule(FailureClass.POLICY, status=_status(400), words=("content filtering policy",)),
    # A restricted key is a good key.
    Rule(FailureClass.PERMISSION, status=_status(401, 403), words=("missing scopes",)),
    # OpenAI: an organization that must be verified first, or is not the one that thought this.
    Rule(
        FailureClass.PERMISSION, status=_status(400, 403), words=("organization must be verified",)
    ),
    Rule(
        FailureClass.PERMISSION,
        codes=_codes("invalid_encrypted_content"),
        lead="cannot read back the thinking in this conversation with this key",
        reach="request",
    ),
    # -- not the request's fault: another model or API can do what this one cannot
    Rule(
        FailureClass.UNSUPPORTED,
        status=_status(400, 404),
        words=("use /v1/responses", "only supported in v1/responses", "not a chat model"),
        lead='does not serve this over chat completions: set api = "responses" for the provider',
    ),
    Rule(
        FailureClass.UNSUPPORTED,
        codes=_codes(
            "unsupported_parameter",  # OpenAI, of the model; so the next
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
        words=(
            "does not support",  # tools, thinking, chat: Ollama; images: many
            "not supported for this model",  # Ollama before 0.17.7 has levels for gpt-oss only
            "not supported with this model",  # OpenAI
            "not supported by this model",
            "no endpoints found that support",  # OpenRouter: nobody behind it does
            "image input is not supported",  # llama.cpp, also inside Ollama
            "requires --",  # vLLM and llama.cpp: a flag they were not started with
        ),
    ),
    Rule(FailureClass.MODEL, codes=_codes("model_not_found")),
    # -- what passes
    # Groq: the model did not keep to the form; the next try, or another model, may.
    Rule(FailureClass.SERVER, codes=_codes("tool_use_failed", "json_validate_failed")),
    # "Request too large" for a key's allowance per minute fits another key or provider, and
    # smaller requests fit this one.
    Rule(
        FailureClass.RATE,
        status=_status(413),
        codes=_codes("rate_limit_exceeded"),
        reach="request",
    ),
    Rule(
        FailureClass.RATE,
        status=_status(429),
        words=("request too large",),
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
    # -- what a server says of trying once more, and OpenRouter of what happened
    # What is worth another try passes by itself; too fast, and not worth one, is no matter of pace.
    Rule(FailureClass.SERVER, status=_status(400, 403, 404, 405, 413, 422), codes=_codes(AGAIN)),
    Rule(FailureClass.QUOTA, status=_status(429), codes=_codes(NEVER_AGAIN)),
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
    Rule(FailureClass.CONTEXT, words=_TOO_LONG),
    Rule(
        FailureClass.BAD_REQUEST,
        codes=_codes(
            "invalid_request_error",
            "invalid_request",
            # Pictures in a failed response of OpenAI's
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

LEADS: dict[FailureClass, str] = {
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
    FailureClass.PROTOCOL: "answered with something that is not its API",
}
"""How a message begins; the vendor's own words follow."""
