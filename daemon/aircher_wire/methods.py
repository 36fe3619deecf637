"""The names of methods, notifications and topics, and the protocol's version."""

PROTOCOL = 1
"""Changes are additions only; clients check `features` in the response to `hello`."""

HELLO = "hello"
PING = "ping"
STATUS = "status"
DIAGNOSE = "diagnose"
SHUTDOWN = "shutdown"
CHAT = "chat"
CHAT_START = "chat.start"
AUTH_LOGIN = "auth.login"
AUTH_LOGOUT = "auth.logout"
AUTH_STATUS = "auth.status"
AUTH_TEST = "auth.test"
AUTH_IMPORT = "auth.import"
AUTH_LOCK = "auth.lock"
AUTH_UNLOCK = "auth.unlock"
AUDIT_LIST = "audit.list"
CONFIRM_LIST = "confirm.list"
CONFIRM_ANSWER = "confirm.answer"
MODELS_LIST = "models.list"
MODELS_USE = "models.use"
MODELS_REFRESH = "models.refresh"
COOLDOWNS_CLEAR = "cooldowns.clear"
ROUTE_EXPLAIN = "route.explain"
USAGE_REPORT = "usage.report"
ATTEMPTS_LIST = "attempts.list"
LIMITS_STATUS = "limits.status"
FLEET_REPORT = "fleet.report"
FLEET_FORGET = "fleet.forget"
CONFIG_CHECK = "config.check"
CONFIG_RELOAD = "config.reload"
CONFIG_SHOW = "config.show"
CONFIG_SCHEMA = "config.schema"
CONFIG_WRITE = "config.write"
CONFIG_SET = "config.set"
PROTOCOL_SCHEMA = "protocol.schema"
TOKEN_CREATE = "token.create"  # noqa: S105 -- a method
TOKEN_LIST = "token.list"  # noqa: S105 -- a method
TOKEN_REVOKE = "token.revoke"  # noqa: S105 -- a method
HTTP_OPEN = "http.open"
EVENTS_SUBSCRIBE = "events.subscribe"
EVENTS_UNSUBSCRIBE = "events.unsubscribe"

# Notifications from the client
CANCEL = "$/cancel"
VIA = "via"
"""Names the machine that a forwarded connection comes from; only the extra socket takes it."""
# Notifications from the daemon
CHAT_DELTA = "chat.delta"
CHAT_DONE = "chat.done"
EVENT = "event"
ERROR = "error"
"""Sent once, as `{code, message}`, before the daemon closes a broken connection."""

TOPICS = ("auth", "provider", "attempt", "usage", "config", "models", "shared")
"""The topics of events."""
CONFIRM = "confirm"
"""A topic apart from all others: a client that subscribes to it asks the user and answers."""
LATER_TOPICS = frozenset({"models", "shared"})
"""Those that the first daemons do not know: a client goes on without them."""
