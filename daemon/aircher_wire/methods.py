"""The names both sides use: methods, notifications, features, and the protocol's version."""

PROTOCOL = 1
"""Changes only by adding; a client that needs more looks at `features` in the answer to `hello`."""

HELLO = "hello"
PING = "ping"
STATUS = "status"
SHUTDOWN = "shutdown"
CHAT = "chat"
CHAT_START = "chat.start"
AUTH_LOGIN = "auth.login"
AUTH_LOGOUT = "auth.logout"
AUTH_STATUS = "auth.status"
AUTH_TEST = "auth.test"
AUTH_IMPORT = "auth.import"
CONFIG_CHECK = "config.check"
CONFIG_RELOAD = "config.reload"
EVENTS_SUBSCRIBE = "events.subscribe"
EVENTS_UNSUBSCRIBE = "events.unsubscribe"

# Notifications: from the client,
CANCEL = "$/cancel"
# and from the daemon.
CHAT_DELTA = "chat.delta"
CHAT_DONE = "chat.done"
EVENT = "event"
ERROR = "error"
"""Sent once, `{code, message}`, before the daemon closes a connection it cannot go on with."""
