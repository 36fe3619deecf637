"""The table of methods for programs: what each does, and what it answers."""

from typing import NamedTuple

from aircher_wire import codes, methods
from aircherd.api.schema import (
    chat_results,
    config_results,
    events,
    key_results,
    model_results,
    state_results,
    token_results,
    usage_results,
)

_CHAT_ERRORS = (
    codes.ALL_FAILED,
    codes.NOT_AUTHENTICATED,
    codes.AUTH_REJECTED,
    codes.KEYRING_LOCKED,
    codes.UNKNOWN_MODEL,
    codes.RATE_LIMITED,
    codes.QUOTA_EXHAUSTED,
    codes.LIMIT_REACHED,
    codes.PRICE_UNKNOWN,
    codes.TOO_EXPENSIVE,
    codes.CONTEXT_TOO_LONG,
    codes.CONTENT_POLICY,
    codes.OVERLOADED,
    codes.PROVIDER_ERROR,
    codes.NETWORK,
    codes.TIMEOUT,
    codes.TRUNCATED,
    codes.EMPTY_REPLY,
    codes.CANCELLED,
    codes.CONFIG_INVALID,
)
_KEY_ERRORS = (codes.AUTH_REJECTED, codes.KEYRING_LOCKED, codes.CONFIG_INVALID)
_LEDGER_ERRORS = (codes.INTERNAL,)


class Described(NamedTuple):
    """A method: in a sentence, the type of its result, and the errors that are its own.

    Every method may also answer with `bad_request`, `busy`, `forbidden`, `shutting_down` or
    `internal`. It `sends` these notifications.
    """

    about: str
    result: type
    errors: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()


COMMON_ERRORS = (
    codes.BAD_REQUEST,
    codes.BUSY,
    codes.FORBIDDEN,
    codes.SHUTTING_DOWN,
    codes.INTERNAL,
)

METHODS: dict[str, Described] = {
    methods.HELLO: Described(
        "Name the client for usage records, and learn what it should know of the daemon.",
        state_results.HelloResult,
    ),
    methods.PING: Described("Answer: a sign of life.", state_results.Nothing),
    methods.STATUS: Described("Return the state of the daemon.", state_results.StatusResult),
    methods.DIAGNOSE: Described(
        "Check everything that may be wrong. It may take 20 s.", state_results.Diagnosis
    ),
    methods.SHUTDOWN: Described("Drain, and stop the daemon.", state_results.Nothing),
    methods.CHAT: Described(
        "Answer a chat request; the deltas have the request's id.",
        chat_results.ChatResult,
        _CHAT_ERRORS,
        (methods.CHAT_DELTA,),
    ),
    methods.CHAT_START: Described(
        "Start a chat and return its stream at once, for clients that must not block.",
        chat_results.Stream,
        (),
        (methods.CHAT_DELTA, methods.CHAT_DONE),
    ),
    methods.ROUTE_EXPLAIN: Described(
        "Return the candidates that a request would try now; no provider is called.",
        chat_results.Explained,
        (codes.UNKNOWN_MODEL, codes.NOT_AUTHENTICATED, codes.CONFIG_INVALID),
    ),
    methods.AUTH_LOGIN: Described(
        "Check a key live, free of charge, and store it.", key_results.StoredRow, _KEY_ERRORS
    ),
    methods.AUTH_LOGOUT: Described(
        "Remove stored keys.", key_results.LoggedOut, (codes.KEYRING_LOCKED, codes.CONFIG_INVALID)
    ),
    methods.AUTH_STATUS: Described("Return the state of every key.", key_results.AuthStatus),
    methods.AUTH_TEST: Described(
        "Check keys live, free of charge.", key_results.KeyRows, (codes.CONFIG_INVALID,)
    ),
    methods.AUTH_IMPORT: Described(
        "Store keys from the client's environment.", key_results.Imported, (codes.KEYRING_LOCKED,)
    ),
    methods.AUTH_LOCK: Described(
        "Forget all keys, and read none until they are unlocked.", key_results.Locked
    ),
    methods.AUTH_UNLOCK: Described("Read the keys again.", key_results.Unlocked),
    methods.AUDIT_LIST: Described("Return lines of the audit log.", key_results.AuditLines),
    methods.CONFIRM_LIST: Described(
        "Return the questions to the user that wait.", key_results.Questions
    ),
    methods.CONFIRM_ANSWER: Described("Answer a question for the user.", state_results.Nothing),
    methods.MODELS_LIST: Described(
        "Return models and their metadata.", model_results.ModelsList, (codes.UNKNOWN_MODEL,)
    ),
    methods.MODELS_USE: Described(
        "Set the default model in the configuration file.",
        model_results.UsedModel,
        (codes.UNKNOWN_MODEL, codes.CONFIG_INVALID),
    ),
    methods.MODELS_REFRESH: Described(
        "Fetch the lists of models now, for at most 30 s.",
        model_results.Refreshed,
        (codes.UNKNOWN_MODEL,),
    ),
    methods.COOLDOWNS_CLEAR: Described(
        "Clear cooldowns, so that what they kept back is tried again at once.",
        model_results.Cleared,
        (codes.CONFIG_INVALID,),
    ),
    methods.USAGE_REPORT: Described(
        "Return requests, tokens and cost of a period.", usage_results.UsageReport, _LEDGER_ERRORS
    ),
    methods.ATTEMPTS_LIST: Described(
        "Return attempts one by one, the newest last.", usage_results.AttemptsList, _LEDGER_ERRORS
    ),
    methods.LIMITS_STATUS: Described(
        "Return how much of the user's limits is used.",
        usage_results.LimitsStatus,
        (codes.CONFIG_INVALID,),
    ),
    methods.FLEET_REPORT: Described(
        "Return what each machine of the fleet used, and the sum.", usage_results.FleetReport
    ),
    methods.FLEET_FORGET: Described(
        "Forget a machine of the fleet that will not come back.", usage_results.Forgotten
    ),
    methods.CONFIG_CHECK: Described(
        "Report the problems of a configuration, without applying it.", config_results.Checked
    ),
    methods.CONFIG_RELOAD: Described(
        "Load the configuration file now; an invalid one changes nothing.",
        config_results.Reloaded,
        (codes.CONFIG_INVALID,),
    ),
    methods.CONFIG_SHOW: Described("Return the settings in effect.", config_results.Shown),
    methods.CONFIG_SCHEMA: Described(
        "Return the JSON Schema of the configuration file.", state_results.Schema
    ),
    methods.CONFIG_WRITE: Described(
        "Replace the configuration file, and load it. It needs a proof.",
        config_results.Written,
        (codes.CONFIG_INVALID,),
    ),
    methods.CONFIG_SET: Described(
        "Set and remove entries of the configuration file. It needs a proof.",
        config_results.EntriesSet,
        (codes.CONFIG_INVALID,),
    ),
    methods.PROTOCOL_SCHEMA: Described(
        "Return this description of the protocol.", state_results.Schema
    ),
    methods.TOKEN_CREATE: Described(
        "Create a token for a program that comes over HTTP.", token_results.CreatedToken
    ),
    methods.TOKEN_LIST: Described("Return all tokens without their values.", token_results.Tokens),
    methods.TOKEN_REVOKE: Described(
        "End a token, and what it is used for now.", token_results.RevokedToken
    ),
    methods.HTTP_OPEN: Described(
        "Make a token that is valid while this connection is open.", token_results.OpenedHttp
    ),
    methods.EVENTS_SUBSCRIBE: Described(
        "Return a snapshot of the state, then send every change.",
        events.Subscribed,
        (),
        (methods.EVENT,),
    ),
    methods.EVENTS_UNSUBSCRIBE: Described("End subscriptions.", state_results.Nothing),
}
