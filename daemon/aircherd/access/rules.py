"""Which role each method needs, and which methods `[protect]` protects. A test compares the names.

A client with the role `all` may call every method. To add a method, add a line here: without one
only the role `all` would have it.
"""

from typing import Literal, NamedTuple, get_args

from aircher_wire import methods
from aircherd.config.model import REPAIR

Action = Literal["sign_in", "sign_out", "shutdown", "config"]
"""What `[protect]` can keep to some clients, or to a confirmation."""
ACTIONS: tuple[Action, ...] = get_args(Action)

IN_WORDS: dict[Action, str] = {
    "sign_in": "store or unlock keys",
    "sign_out": "remove keys",
    "shutdown": "stop the daemon",
    "config": "change the configuration or tokens",
}


class Rule(NamedTuple):
    """The roles that may call a method besides `all`, and what it does that may be protected."""

    roles: tuple[str, ...]
    action: Action | None = None


_ANY = Rule(("", "chat", "read"))
"""Even a client that may do nothing."""
_CHAT = Rule(("chat",))
_READ = Rule(("read",))
_BOTH = Rule(("chat", "read"))
_ALL = Rule(())
_REPAIR = Rule((REPAIR,))
_READ_OR_REPAIR = Rule(("read", REPAIR))

RULES: dict[str, Rule] = {
    methods.HELLO: _ANY,
    methods.PING: _ANY,
    methods.PROTOCOL_SCHEMA: _ANY,
    methods.EVENTS_UNSUBSCRIBE: _ANY,
    methods.CHAT: _CHAT,
    methods.CHAT_START: _CHAT,
    methods.MODELS_LIST: _BOTH,
    methods.ROUTE_EXPLAIN: _BOTH,
    methods.STATUS: _READ,
    methods.AUTH_STATUS: _READ,
    methods.USAGE_REPORT: _READ,
    methods.ATTEMPTS_LIST: _READ,
    methods.LIMITS_STATUS: _READ,
    methods.FLEET_REPORT: _READ,
    methods.CONFIRM_LIST: _READ,
    methods.CONFIG_CHECK: _READ_OR_REPAIR,
    methods.CONFIG_SHOW: _READ_OR_REPAIR,
    methods.CONFIG_SCHEMA: _READ,
    methods.EVENTS_SUBSCRIBE: _READ,
    # They call providers with your keys, or change what the daemon does for all clients.
    methods.DIAGNOSE: _REPAIR,
    methods.AUTH_TEST: _ALL,
    methods.AUDIT_LIST: _ALL,
    methods.AUTH_LOCK: _ALL,
    methods.CONFIRM_ANSWER: _ALL,
    methods.MODELS_REFRESH: _ALL,
    methods.COOLDOWNS_CLEAR: _ALL,
    methods.FLEET_FORGET: _ALL,
    methods.CONFIG_RELOAD: _REPAIR,
    # They let in programs under names of their own, past what `[clients]` says of this one.
    methods.TOKEN_LIST: _ALL,
    methods.TOKEN_CREATE: Rule((), "config"),
    methods.TOKEN_REVOKE: Rule((), "config"),
    methods.HTTP_OPEN: _ALL,
    methods.MODELS_USE: Rule((), "config"),
    # They need a proof, too.
    methods.CONFIG_WRITE: Rule((REPAIR,), "config"),
    methods.CONFIG_SET: Rule((REPAIR,), "config"),
    methods.AUTH_LOGIN: Rule((), "sign_in"),
    methods.AUTH_IMPORT: Rule((), "sign_in"),
    methods.AUTH_UNLOCK: Rule((), "sign_in"),
    methods.AUTH_LOGOUT: Rule((), "sign_out"),
    methods.SHUTDOWN: Rule((), "shutdown"),
}

UNKNOWN = _ALL
"""The rule of a method that is not in the table."""
