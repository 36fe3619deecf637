"""What a vendor's error means: one table for all vendors, the first row that fits decides.

Most specific first: codes and words by which vendors tell cases of one status apart, then the
status alone, last the general codes (errors inside a stream have no status).
Sources: the vendors' SDKs and documentation, November 2026. Not every wording is documented, so
each row takes what more than one vendor or version may send.

Nothing here knows the live keys: `pool` hands in what takes them out of a message, at its edge.
"""

from collections.abc import Callable, Mapping

import msgspec

from aircherd.providers.error_reply import ErrorReply, read_error, read_error_object
from aircherd.vocabulary.failure import Failure, FailureClass

_ANY = frozenset[int]()


class Row(msgspec.Struct, frozen=True):
    """One meaning. An empty column fits everything; `words` are sought in the lower-case message.

    Columns that are filled must all fit: the status, one of the codes, one of the words.
    """

    kind: FailureClass
    status: frozenset[int] = _ANY
    codes: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

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


_TOO_LONG = (
    "prompt is too long",  # Anthropic
    "exceed context limit",  # Anthropic: input and max_tokens together
    "context length is only",  # vLLM
    "maximum context length",  # vLLM, OpenAI
    "longer than the context length",  # Ollama
    "exceeds the available context size",  # llama.cpp
    "input token count",  # Google, also behind routers
)

TABLE: tuple[Row, ...] = (
    # -- codes and words that tell apart what shares a status
    Row(
        FailureClass.CONTEXT,
        codes=_codes("context_length_exceeded", "exceed_context_size_error", "string_too_long"),
    ),
    # llama.cpp sends 500 here.
    Row(FailureClass.CONTEXT, status=_status(400, 413, 422, 500), words=_TOO_LONG),
    # A budget for requests under way, not money: it passes by itself.
    Row(FailureClass.RATE, codes=_codes("openrouter_in_flight_budget")),
    Row(FailureClass.RATE, status=_status(402), codes=_codes("has:retry-after")),
    Row(
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
            "payment_required",
            "token_limit_exceeded",  # OpenRouter: a cap that follows from the credit
        ),
    ),
    # Anthropic answers 400 to an empty account.
    Row(
        FailureClass.QUOTA,
        status=_status(400, 403, 429),
        words=("credit balance is too low", "you have reached your specified"),
    ),
    Row(FailureClass.ACCOUNT, codes=_codes("organization_on_hold")),
    # OpenRouter's 403: a moderation gives reasons, a budget names its limit.
    Row(FailureClass.POLICY, status=_status(403), codes=_codes("has:reasons", "guardrail")),
    Row(FailureClass.QUOTA, status=_status(403), codes=_codes("has:limit_source")),
    Row(
        FailureClass.POLICY,
        codes=_codes("invalid_prompt", "content_policy_violation", "content_filter", "refusal"),
    ),
    # A restricted key is a good key.
    Row(FailureClass.PERMISSION, status=_status(401, 403), words=("missing scopes",)),
    # Not the request's fault: another model can do what this one cannot.
    Row(FailureClass.MODEL, codes=_codes("model_not_found")),
    Row(
        FailureClass.MODEL,
        status=_status(400),
        words=("does not support tools", "does not support thinking"),
    ),
    # "Request too large" for a key's allowance per minute fits another key or provider.
    Row(FailureClass.RATE, status=_status(413), codes=_codes("rate_limit_exceeded")),
    Row(
        FailureClass.OVERLOADED,
        codes=_codes(
            "overloaded_error",
            "compaction_unavailable",
            "slow_down",
            "server_is_overloaded",
            "provider_overloaded",
            "provider_unavailable",
            "capacity_exceeded",
        ),
    ),
    # -- the status alone
    Row(FailureClass.AUTH, status=_status(401)),
    Row(FailureClass.QUOTA, status=_status(402)),
    Row(FailureClass.PERMISSION, status=_status(403)),
    Row(FailureClass.MODEL, status=_status(404)),
    Row(FailureClass.REQUEST_SIZE, status=_status(413)),
    Row(FailureClass.RATE, status=_status(429)),
    Row(FailureClass.OVERLOADED, status=_status(498, 503, 529)),
    Row(FailureClass.SERVER, status=_status(408, 409, 425)),
    Row(FailureClass.SERVER, status=frozenset(range(500, 600))),
    Row(FailureClass.PROTOCOL, status=_status(405, 407)),
    Row(FailureClass.BAD_REQUEST, status=frozenset(range(400, 500))),
    # -- inside a stream: general codes
    Row(
        FailureClass.AUTH, codes=_codes("authentication_error", "authentication", "invalid_api_key")
    ),
    Row(FailureClass.PERMISSION, codes=_codes("permission_error", "permission_denied")),
    Row(
        FailureClass.RATE,
        codes=_codes("rate_limit_error", "rate_limit_exceeded", "ramp_limit_exceeded"),
    ),
    Row(FailureClass.MODEL, codes=_codes("not_found_error", "not_found")),
    Row(FailureClass.REQUEST_SIZE, codes=_codes("request_too_large", "payload_too_large")),
    Row(FailureClass.CONTEXT, words=_TOO_LONG),
    Row(FailureClass.BAD_REQUEST, codes=_codes("invalid_request_error", "invalid_request")),
    Row(FailureClass.SERVER),
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
    FailureClass.POLICY: "refused the content",
    FailureClass.MODEL: "cannot serve this model",
    FailureClass.SERVER: "failed",
    FailureClass.PROTOCOL: "answered with something that is not its API",
}
"""How a message begins; the vendor's own words follow."""


# ------------------------------------------------------------------ in


def classify_response(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float
) -> Failure:
    """Say what an HTTP response that is not a success means.

    Args:
        status: the HTTP status.
        headers: looked up by lower-case names.
        body: as much of the body as came; it need not be JSON.
        now: Unix time in seconds, for dates in Retry-After.
    """
    if 300 <= status < 400:
        return _wrong_place(status, "answered with a redirect, and redirects are not followed")
    if status in (401, 403) and is_page(headers):
        # A portal or a proxy asks for its own sign-in: that says nothing about the key.
        return web_page(status)
    reply = read_error(status, headers, body, now=now)
    if not reply.is_json and status in (404, 405):
        return _wrong_place(status, "there is no such API")
    return _failure(reply, http_status=status)


def classify_error(error: object) -> Failure:
    """Say what an error object inside a stream, or inside a 200 response, means."""
    return _failure(read_error_object(error), http_status=None)


def was_recognised(status: int, headers: Mapping[str, str], body: bytes) -> bool | None:
    """Say what a failed key check tells of the key: True good, False refused, None nothing.

    An empty account or a missing right is only told to a key that was recognised; a 403 may as
    well come from a firewall or mean the country.
    """
    reply = read_error(status, headers, body, now=0.0)
    kind = _kind(reply)
    if is_page(headers):
        return None
    if kind is FailureClass.AUTH:
        return False
    if kind is FailureClass.PERMISSION and reply.is_json:
        return True if "scope" in reply.text or "permission" in reply.text else None
    return True if kind is FailureClass.QUOTA and reply.is_json else None


def is_page(headers: Mapping[str, str]) -> bool:
    """Say whether the answer is a page for people."""
    return "text/html" in headers.get("content-type", "").lower()


def web_page(status: int) -> Failure:
    """Return the failure for an answer that is a page for people: a wrong address, a portal."""
    return _wrong_place(status, "answered with a web page (text/html), not its API")


def _wrong_place(status: int, what: str) -> Failure:
    return Failure(
        kind=FailureClass.PROTOCOL,
        message=f"{what} (HTTP {status}): check base_url",
        status=status,
    )


# ------------------------------------------------------------------ out


def _kind(reply: ErrorReply) -> FailureClass:
    return next(row.kind for row in TABLE if row.fits(reply))


def _failure(reply: ErrorReply, *, http_status: int | None) -> Failure:
    kind = _kind(reply)
    lead = LEADS[kind] + (f" (HTTP {http_status})" if http_status else "")
    # Vendors echo parts of the key when they refuse it: their words are not repeated then.
    quotes = reply.message and kind is not FailureClass.AUTH and reply.status != 401
    return Failure(
        kind=kind,
        message=f"{lead}: {reply.message}" if quotes else lead,
        status=http_status,
        retry_after=reply.retry_after,
    )


# ------------------------------------------------------------------ what people are shown

MAX_MESSAGE = 300
"""Characters of a message: vendors may quote whole prompts."""


def shown(failure: Failure, redact: Callable[[str], str]) -> Failure:
    """Return `failure` with a message fit for people: no key, one line, short.

    Keys go first: cut in two, one would no longer be found.
    """
    message = " ".join(redact(failure.message).split())
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    return msgspec.structs.replace(failure, message=message)
