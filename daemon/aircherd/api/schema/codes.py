"""What each error code means; docs/protocol.md has the same table."""

from aircher_wire import codes

MEANINGS: dict[str, str] = {
    codes.BAD_REQUEST: (
        "a parameter is missing, unknown or invalid, or every provider would refuse the request"
    ),
    codes.UNKNOWN_METHOD: "there is no such method",
    codes.UNKNOWN_MODEL: "the model, alias or provider is unknown",
    codes.NOT_AUTHENTICATED: "a key is needed and there is none, or its `key_command` fails",
    codes.AUTH_REJECTED: "the key was rejected, or belongs to another origin",
    codes.KEYRING_LOCKED: "the key is in a keyring that is locked, hangs or is missing",
    codes.RATE_LIMITED: "too many requests; temporary",
    codes.QUOTA_EXHAUSTED: "the account's credit or quota is used up",
    codes.LIMIT_REACHED: (
        "a limit of the user: `message` names it and says when there is room again, or why it "
        "cannot be checked (`[usage] on_failure`)"
    ),
    codes.PRICE_UNKNOWN: (
        "a limit in USD applies, and the price of the model or of an option of the request is "
        "unknown"
    ),
    codes.TOO_EXPENSIVE: "the candidate costs more than `max_cost_increase` allows",
    codes.CONTEXT_TOO_LONG: "the prompt exceeds the model's context window",
    codes.CONTENT_POLICY: "refused because of its content",
    codes.OVERLOADED: "the provider has no capacity",
    codes.PROVIDER_ERROR: "the provider failed, or its response does not follow its API",
    codes.BUSY: (
        "this client asks for more of the daemon than its share, of memory or of requests at "
        "once: send the request again later"
    ),
    codes.FORBIDDEN: (
        "the configuration or the user does not let this client do it; `data` may have `method`, "
        "`action`, `client` and `section`"
    ),
    codes.NETWORK: "there is no connection, or it broke",
    codes.TIMEOUT: "a deadline passed",
    codes.TRUNCATED: "the stream ended early",
    codes.EMPTY_REPLY: "the provider answered with nothing",
    codes.ALL_FAILED: "there were several candidates, and none answered",
    codes.CONFIG_INVALID: "the configuration, or the entry that the request needs, is invalid",
    codes.CANCELLED: "the client cancelled the request",
    codes.SHUTTING_DOWN: "the daemon is stopping; retry with the next one",
    codes.INTERNAL: "an internal error of aircherd; see its log",
}
