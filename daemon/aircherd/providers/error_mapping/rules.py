"""What a vendor's error means: one table for all vendors; the first matching row decides.

What identifies an error decides first, at every status: the codes of vendors, then their wording.
Then comes what a server says about retrying, then the general types, and last the status alone.
A row of the first kinds names a status only where the same words mean something else elsewhere.

`codes` and `wording` have the names and patterns. What no row explains is REFUSED if it is a 4xx:
it rules out the provider that said it, and no other.
"""

import re

import msgspec

from aircherd.providers.error_mapping import codes as names
from aircherd.providers.error_mapping import wording
from aircherd.providers.error_mapping.google_details import LONG_QUOTA
from aircherd.providers.error_mapping.parse import RETRY_NEVER, RETRY_OK, ErrorReply
from aircherd.providers.error_mapping.pattern import Pattern
from aircherd.providers.error_mapping.quota_words import (
    DAY,
    MONEY_TEXTS,
    PLAN_TEXTS,
    QUOTA_CODES,
)
from aircherd.vocabulary.failure import FailureClass, Reach

_ANY = frozenset[int]()

CHECK_ADDRESS = "check base_url"
"""The advice when the address is wrong."""


class Rule(msgspec.Struct, frozen=True):
    """One meaning of errors.

    An empty column matches everything. All columns that are set must match: the status, one of the
    codes, and the words, which are searched in the lower-case text and, unless `is_text_only`, in
    names that no table lists. `message_start` replaces that of the class, `advice` follows it,
    `reach` narrows what the failure affects.
    """

    kind: FailureClass
    status: frozenset[int] = _ANY
    codes: frozenset[str] = frozenset()
    words: Pattern | None = None
    message_start: str | None = None
    advice: str | None = None
    reach: Reach | None = None
    is_text_only: bool = False

    def matches(self, reply: ErrorReply) -> bool:
        """Return whether this row matches `reply`."""
        if self.status and reply.status not in self.status:
            return False
        if self.codes and not self.codes & reply.codes:
            return False
        if self.words is None or self.words.search(reply.text):
            return True
        return not self.is_text_only and any(map(self.words.search, reply.names))


def _codes(*values: str) -> frozenset[str]:
    return frozenset(values)


def _status(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def _router(*values: str) -> frozenset[str]:
    return frozenset(f"router:{value}" for value in values)


def _texts(*texts: str) -> Pattern:
    return Pattern("|".join(map(re.escape, texts)))


_ZERO_LIMIT = Pattern(r"limit: 0(?![0-9.])")

_BY_CODE: tuple[Rule, ...] = (
    Rule(FailureClass.CONTEXT, codes=names.TOO_LONG),
    # These quotas are per model; the credit is shared by all models.
    Rule(FailureClass.QUOTA, codes=_codes(LONG_QUOTA), reach="model"),
    Rule(FailureClass.QUOTA, status=_status(402, 429), words=_ZERO_LIMIT, reach="model"),
    Rule(FailureClass.QUOTA, codes=_codes("allocationquota.freetieronly"), reach="model"),
    # A budget for requests in flight, not money: it recovers by itself.
    Rule(FailureClass.RATE, codes=_codes("openrouter_in_flight_budget")),
    Rule(FailureClass.RATE, status=_status(402), codes=_codes("has:retry-after")),
    Rule(FailureClass.QUOTA, codes=names.QUOTA | QUOTA_CODES),
    # The free tier of Gemini is not available in every country.
    Rule(FailureClass.ACCOUNT, status=_status(400), codes=_codes("failed_precondition")),
    # OpenRouter's 403: moderation gives reasons, a budget names its limit.
    Rule(FailureClass.POLICY, status=_status(403), codes=_codes("has:reasons", "guardrail")),
    Rule(FailureClass.QUOTA, status=_status(403), codes=_codes("has:limit_source")),
    Rule(FailureClass.POLICY, codes=names.POLICY),
    Rule(FailureClass.PERMISSION, codes=names.PERMISSION),
    # OpenAI: another organization produced this thinking.
    Rule(
        FailureClass.PERMISSION,
        codes=_codes("invalid_encrypted_content"),
        message_start="cannot read the thinking in this conversation with this key",
        reach="request",
    ),
    Rule(FailureClass.UNSUPPORTED, codes=names.UNSUPPORTED),
    # OpenAI says that there is no such model, too.
    Rule(
        FailureClass.UNSUPPORTED,
        words=wording.OTHER_API,
        message_start='does not offer this in chat completions: set api = "responses" for it',
    ),
    Rule(FailureClass.MODEL, codes=names.MODEL),
    # Groq: the model's output was invalid; a retry, or another model, may succeed.
    Rule(FailureClass.SERVER, codes=names.SERVER),
    # A request too large for a key's limit per minute may fit another key or provider, and smaller
    # requests fit this key.
    Rule(
        FailureClass.RATE,
        status=_status(413),
        codes=_codes("rate_limit_exceeded"),
        reach="request",
    ),
    Rule(FailureClass.OVERLOADED, codes=names.OVERLOADED),
)

_WRONG_METHOD = Rule(
    FailureClass.PROTOCOL,
    status=_status(405),
    message_start="there is no such API",
    advice=CHECK_ADDRESS,
)
_NO_SUCH_API = Rule(
    FailureClass.PROTOCOL,
    status=_status(404),
    message_start="there is no such API",
    advice=CHECK_ADDRESS,
)

_BY_WORDS: tuple[Rule, ...] = (
    # Before the key: the token that an MCP server refuses is another one.
    Rule(FailureClass.REFUSED, codes=_codes("external_connector_error")),
    Rule(FailureClass.REFUSED, words=wording.MCP_SERVER, is_text_only=True),
    Rule(FailureClass.RATE, words=wording.RATE_OF_TOKENS, reach="request"),
    # OpenRouter: what else it says, on requests per day, is advice.
    Rule(FailureClass.RATE, words=_texts("free-models-per-min")),
    Rule(FailureClass.RATE, words=wording.RATE_FIRST),
    # A day's allowance, which most vendors count for each model.
    Rule(FailureClass.QUOTA, words=DAY, reach="model"),
    Rule(FailureClass.RATE, words=wording.TOKENS_IN_A_TIME),
    Rule(FailureClass.QUOTA, words=wording.PLAN_PERIOD),
    # Bedrock says "too many tokens" when it throttles.
    Rule(FailureClass.RATE, codes=_codes("throttling", "throttlingexception")),
    Rule(FailureClass.RATE, status=_status(429), words=wording.TOO_MANY_TOKENS),
    Rule(FailureClass.UNSUPPORTED, words=wording.OUTPUT_LIMIT),
    # OpenRouter: a prompt that is too long for the credit.
    Rule(FailureClass.QUOTA, status=_status(402)),
    Rule(FailureClass.CONTEXT, words=wording.TOO_LONG),
    # Money or a plan that is used up.
    Rule(FailureClass.QUOTA, words=wording.MONEY),
    Rule(FailureClass.QUOTA, words=_texts(*MONEY_TEXTS, *PLAN_TEXTS)),
    Rule(FailureClass.MODEL, words=wording.MODEL_ELSEWHERE),
    Rule(FailureClass.ACCOUNT, codes=names.ACCOUNT),
    Rule(FailureClass.ACCOUNT, words=wording.ACCOUNT),
    Rule(FailureClass.POLICY, words=wording.POLICY),
    _WRONG_METHOD,
    Rule(
        FailureClass.PROTOCOL,
        words=wording.WRONG_PATH,
        message_start="there is no such API",
        advice=CHECK_ADDRESS,
    ),
    Rule(FailureClass.PERMISSION, words=wording.PERMISSION),
    # After the account and the permission: a key that lacks something is valid.
    Rule(FailureClass.AUTH, codes=names.KEY),
    Rule(FailureClass.AUTH, words=wording.KEY),
    Rule(FailureClass.QUOTA, status=_status(429), codes=_codes(RETRY_NEVER)),
    Rule(FailureClass.OVERLOADED, words=wording.OVERLOADED),
    Rule(FailureClass.RATE, codes=_codes("resource_exhausted")),
    Rule(FailureClass.QUOTA, words=wording.CURRENT_QUOTA),
    Rule(FailureClass.RATE, codes=names.RATE | _router("rate_limit_exceeded")),
    Rule(FailureClass.RATE, words=wording.RATE),
    Rule(FailureClass.QUOTA, words=wording.QUOTA),
    # "The model is not available" is no longer than this status lasts.
    Rule(FailureClass.OVERLOADED, status=_status(498, 503, 529)),
    # -- another model can do what this one cannot
    Rule(FailureClass.MODEL, words=wording.MODEL),
    Rule(
        FailureClass.MODEL,
        codes=names.GENERAL_MODEL,
        words=wording.NAMES_A_MODEL,
        is_text_only=True,
    ),
    Rule(FailureClass.AUTH, codes=names.GENERAL_KEY),
    Rule(FailureClass.UNSUPPORTED, words=wording.UNSUPPORTED),
    Rule(FailureClass.MODEL, status=_status(400, 404, 422), codes=_codes("param:model")),
    Rule(FailureClass.REQUEST_SIZE, words=wording.TOO_LARGE),
)

_BY_KIND: tuple[Rule, ...] = (
    # -- what a server says about retrying: a retryable error is transient
    Rule(
        FailureClass.SERVER,
        status=_status(400, 403, 404, 405, 413, 422),
        codes=_codes(RETRY_OK),
    ),
    # -- OpenRouter's error types
    Rule(FailureClass.AUTH, codes=_router("authentication")),
    Rule(FailureClass.PERMISSION, codes=_router("permission_denied")),
    Rule(FailureClass.MODEL, codes=_router("not_found")),
    Rule(FailureClass.REQUEST_SIZE, codes=_router("payload_too_large")),
    Rule(
        FailureClass.REFUSED,
        codes=_router(
            "invalid_request", "invalid_prompt", "unprocessable", "invalid_image", "image_not_found"
        ),
    ),
    Rule(FailureClass.SERVER, codes=_router("server", "timeout")),
    # -- general types, which say no more than a status
    Rule(FailureClass.AUTH, status=_status(401)),
    Rule(FailureClass.PERMISSION, codes=names.GENERAL_PERMISSION),
    Rule(FailureClass.REQUEST_SIZE, codes=names.TOO_LARGE),
)

_BY_STATUS: tuple[Rule, ...] = (
    Rule(FailureClass.PERMISSION, status=_status(403, 451)),
    Rule(
        FailureClass.PROTOCOL,
        status=_status(400, 404, 405, 410, 501),
        words=wording.ADDRESS,
        message_start="there is no such API",
        advice=CHECK_ADDRESS,
        is_text_only=True,
    ),
    Rule(FailureClass.MODEL, status=_status(404), words=wording.NAMES_A_MODEL, is_text_only=True),
    _NO_SUCH_API,
    Rule(FailureClass.MODEL, status=_status(410)),
    Rule(FailureClass.PROTOCOL, status=_status(407)),
    Rule(FailureClass.REQUEST_SIZE, status=_status(413)),
    Rule(FailureClass.RATE, status=_status(429, 430)),
    Rule(FailureClass.SERVER, status=_status(408, 409, 424, 425, 499)),
    Rule(FailureClass.SERVER, status=frozenset(range(500, 600))),
    Rule(FailureClass.SERVER, words=wording.SERVER),
    Rule(FailureClass.SERVER, codes=names.GENERAL_SERVER),
    Rule(FailureClass.REFUSED, status=frozenset(range(400, 500))),
    # -- inside a stream: there is no status
    Rule(FailureClass.MODEL, codes=names.GENERAL_MODEL),
    Rule(FailureClass.REFUSED, codes=names.GENERAL_REQUEST),
    Rule(FailureClass.SERVER),
)

RULES: tuple[Rule, ...] = (*_BY_CODE, *_BY_WORDS, *_BY_KIND, *_BY_STATUS)

MODEL_NOT_FOUND = Rule(FailureClass.MODEL)
"""What a 404 means that names the model, or that came inside a stream: the API is there."""


def matching_rule(reply: ErrorReply, *, model: str = "", is_response: bool = True) -> Rule:
    """Return the first rule that matches `reply`.

    Args:
        reply: the error.
        model: the id of the model that was requested, "" for other calls.
        is_response: False for an error inside a stream.
    """
    rule = next(rule for rule in RULES if rule.matches(reply))
    if rule is _NO_SUCH_API and (not is_response or _names(reply, model.lower())):
        return MODEL_NOT_FOUND
    return rule


def _names(reply: ErrorReply, model: str) -> bool:
    """Return whether an error names the model, and not only a path with it."""
    name = re.compile(rf"(?<![\w/.-]){re.escape(model)}(?![\w/.:-]*[:/])")
    return len(model) > 2 and name.search(reply.text) is not None


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
    FailureClass.REFUSED: "refused the request",
    FailureClass.UNSUPPORTED: "cannot do what the request asks",
    FailureClass.POLICY: "refused the content",
    FailureClass.MODEL: "cannot serve this model",
    FailureClass.SERVER: "failed",
    FailureClass.PROTOCOL: "sent a response that is not of its API",
}
"""How a message begins; the vendor's own message follows."""
