"""The states in plain words, with what to do: a row for each that the daemon can report.

`auth.status` has two values for each key. `state` is about authentication, `health` about
availability; the health matters only for a key that can be used. A test compares the tables with
the daemon's vocabulary.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from aircher_cli.render.marks import Mark

Action = Literal[
    "", "sign_in", "test", "clear_cooldowns", "refresh", "unlock", "edit_config", "wait", "update"
]
"""What helps, for the key that is shown at the foot; empty if nothing has to be done."""


@dataclass(frozen=True)
class State:
    """A state in plain words.

    Attributes:
        mark: The symbol, word and style.
        why: Why it is so, in one sentence without a full stop.
        action: What helps.
        advice: The same for people, with the one command; empty if nothing has to be done.
        until: The Unix time when it ends by itself, if known.
    """

    mark: Mark
    why: str
    action: Action = ""
    advice: str = ""
    until: float | None = None


class StateText(NamedTuple):
    """A row of the tables. `{provider}`, `{login}` and `{variable}` are filled in."""

    mark: Mark
    why: str
    action: Action = ""
    advice: str = ""


_TEST = "check it: aircher-cli auth test {provider}"
_SIGN_IN_AGAIN = "sign in again: {login}"
_CLEAR = "to try it at once: aircher-cli cooldowns clear {provider}"

# State of a key that can be used -> its text while the health is ok.
USABLE: dict[str, StateText] = {
    "authenticated": StateText(Mark.READY, "the key works"),
    "unverified": StateText(
        Mark.UNCHECKED, "the key has not been checked yet; it is used all the same", "test", _TEST
    ),
    "not_required": StateText(Mark.READY, "it needs no key"),
}

# Health of a key that can be used.
HEALTH: dict[str, StateText] = {
    "ok": StateText(Mark.READY, ""),
    "cooling": StateText(
        Mark.COOLING,
        "the provider asked to wait; other providers answer meanwhile",
        "clear_cooldowns",
        _CLEAR,
    ),
    "quota_exhausted": StateText(
        Mark.NO_CREDIT,
        "the account has no credit or quota left for this key",
        "clear_cooldowns",
        "add credit at the provider, then: aircher-cli cooldowns clear {provider}",
    ),
    "unreachable": StateText(
        Mark.UNREACHABLE,
        "it could not be reached",
        "refresh",
        "check the network and the proxy: aircher-cli doctor",
    ),
}

# State of a key that cannot be used -> its text by the kind of source, "" if there is none.
UNUSABLE: dict[str, dict[str, StateText]] = {
    "not_configured": {
        "": StateText(
            Mark.NOT_CONFIGURED, "no key is stored for it", "sign_in", "sign in: {login}"
        ),
        "keyring": StateText(
            Mark.NOT_CONFIGURED,
            "the stored key is gone from the keyring",
            "sign_in",
            _SIGN_IN_AGAIN,
        ),
        "file": StateText(
            Mark.NOT_CONFIGURED, "the stored key is gone from its file", "sign_in", _SIGN_IN_AGAIN
        ),
        "command": StateText(
            Mark.NOT_CONFIGURED,
            "the key command printed no key",
            "sign_in",
            "correct key_command, or sign in: {login}",
        ),
        "environment": StateText(
            Mark.NOT_CONFIGURED,
            "the environment variable is empty",
            "sign_in",
            "set {variable} for the daemon, or sign in: {login}",
        ),
    },
    "rejected": {
        "": StateText(Mark.REJECTED, "the key was refused", "sign_in", _SIGN_IN_AGAIN),
        "keyring": StateText(Mark.REJECTED, "the key was refused", "sign_in", _SIGN_IN_AGAIN),
        "file": StateText(Mark.REJECTED, "the key was refused", "sign_in", _SIGN_IN_AGAIN),
        "command": StateText(
            Mark.REJECTED,
            "the key of the key command was refused",
            "test",
            "renew it where the command reads it, then: aircher-cli auth test {provider}",
        ),
        "environment": StateText(
            Mark.REJECTED,
            "the key of the environment variable was refused",
            "sign_in",
            "set {variable} for the daemon, or sign in: {login}",
        ),
    },
    "locked": {
        "": StateText(
            Mark.LOCKED,
            "the list of stored keys cannot be read",
            "test",
            "then check again: aircher-cli auth status",
        ),
        "keyring": StateText(
            Mark.LOCKED,
            "the keyring that has the key is locked",
            "unlock",
            "unlock it: log in to the desktop, or open its keyring application",
        ),
        "file": StateText(
            Mark.LOCKED,
            "the file that has the key cannot be read",
            "test",
            "then check again: aircher-cli auth test {provider}",
        ),
        "command": StateText(
            Mark.LOCKED,
            "the key command failed",
            "test",
            "run it in a shell to see why, then: aircher-cli auth test {provider}",
        ),
        "environment": StateText(
            Mark.LOCKED,
            "the file of environment variables cannot be used",
            "test",
            "check it: aircher-cli doctor",
        ),
    },
    "unreadable": {
        "": StateText(
            Mark.UNREADABLE,
            "the key command failed",
            "test",
            "run it in a shell to see why, then: aircher-cli auth test {provider}",
        ),
    },
    "refused": {
        "": StateText(
            Mark.INVALID,
            "its entry in the configuration is invalid",
            "edit_config",
            "correct it: aircher-cli config edit",
        ),
    },
}

# What a limit of the user's does to a request. `{limit}` is filled in.
USED_UP = StateText(
    Mark.LIMITED,
    "your limit is used up: {limit}",
    "edit_config",
    "wait, or raise it: aircher-cli config edit",
)
NOTHING_ALLOWED = StateText(
    Mark.LIMITED,
    "your limit allows nothing: {limit}",
    "edit_config",
    "raise it: aircher-cli config edit",
)
NO_PRICE = StateText(
    Mark.LIMITED,
    "its price is not known, and your limit counts costs: {limit}",
    "edit_config",
    'write its price under [catalog."{name}"]: aircher-cli config edit',
)
REFUSES = StateText(
    Mark.LIMITED,
    "your limit cannot be checked, so requests are refused: {limit}",
    "edit_config",
    "see why: aircher-cli limits",
)
REFUSES_AWAY = StateText(
    Mark.LIMITED,
    "the engine that counts for all machines is away, and nothing may be used here: {limit}",
    "wait",
    "see why: aircher-cli doctor",
)
LEASED = StateText(
    Mark.LIMITED,
    "other machines hold all that is left of your limit: {limit}",
    "wait",
    "wait, or see which: aircher-cli limits",
)
LIMITS = (USED_UP, LEASED, NOTHING_ALLOWED, NO_PRICE, REFUSES, REFUSES_AWAY)

UPSTREAM_AWAY = StateText(
    Mark.UNREACHABLE,
    "{daemon} cannot be reached",
    "refresh",
    "start or forward that daemon, then: aircher-cli models refresh {provider}",
)
LOCAL = StateText(Mark.LOCAL, "it runs on this machine and needs no key")
STOPPED = StateText(
    Mark.STOPPED,
    "the local server is not running",
    "refresh",
    "start it, then: aircher-cli models refresh {provider}",
)
DAEMON = StateText(Mark.READY, "another daemon answers, and has the keys")
NO_CONFIG = State(
    Mark.INVALID,
    "the configuration is invalid, so no provider is asked",
    "edit_config",
    "correct it: aircher-cli config edit",
)
NO_PROVIDER = State(
    Mark.UNKNOWN,
    "there is no provider of this name",
    "edit_config",
    "correct the name: aircher-cli config edit",
)
NO_SUCH_KEY = StateText(
    Mark.NOT_CONFIGURED,
    "it has no key {label!r}, and {source} allows no other",
    "sign_in",
    "sign in: aircher-cli auth login {provider} --label {label}",
)
NOT_ALLOWED = StateText(
    Mark.NOT_ALLOWED,
    'this client may not ask it: [clients."{section}"] allows {providers}',
    "edit_config",
    "add it to providers there, in the daemon's configuration: aircher-cli config edit",
)
LOADING = State(Mark.UNKNOWN, "the daemon has not reported its state yet", "wait")
