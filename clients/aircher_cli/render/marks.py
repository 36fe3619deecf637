"""The states of a row: a symbol, a word and a style each, so that colour is never alone."""

from enum import Enum


class Mark(Enum):
    """The state of a row: a symbol, a word, and a style, so that colour is never alone."""

    READY = ("✓", "ready", "good")
    UNCHECKED = ("?", "not checked", "")
    LOCAL = ("⌂", "local", "good")
    STOPPED = ("⌂", "not running", "dim")
    LIMITED = ("⚠", "limited", "warn")
    COOLING = ("⚠", "cooling", "warn")
    NO_CREDIT = ("⚠", "no credit", "warn")
    UNREACHABLE = ("⚠", "unreachable", "warn")
    LOCKED = ("⚠", "locked", "warn")
    UNREADABLE = ("⚠", "unreadable", "warn")
    REJECTED = ("✗", "refused", "bad")
    INVALID = ("✗", "invalid entry", "bad")
    NOT_ALLOWED = ("✗", "not allowed", "dim")
    NOT_CONFIGURED = ("○", "not signed in", "dim")
    UNKNOWN = ("·", "unknown", "dim")

    @property
    def symbol(self) -> str:
        """One character."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The state in one or two words."""
        return self.value[1]

    @property
    def style(self) -> str:
        """A style of `console.STYLES`, or an empty string."""
        return self.value[2]

    @property
    def answers(self) -> bool:
        """Whether a request would be answered now, as far as is known."""
        return self in _ANSWERING

    @property
    def is_folded(self) -> bool:
        """Whether the models of a provider in this state are folded: none can be used yet."""
        return self in _FOLDED

    @property
    def rank(self) -> int:
        """The order of states from the best to the worst."""
        return _RANKS[self]


# Tuples find their members by identity; a set would hash an enum for each of thousands of models.
_ANSWERING = (Mark.READY, Mark.UNCHECKED, Mark.LOCAL)
_FOLDED = (Mark.NOT_CONFIGURED, Mark.STOPPED, Mark.INVALID, Mark.NOT_ALLOWED)

_RANKS = {
    mark: at
    for at, mark in enumerate(
        (
            Mark.READY,
            Mark.LOCAL,
            Mark.UNCHECKED,
            Mark.COOLING,
            Mark.LIMITED,
            Mark.UNREACHABLE,
            Mark.NO_CREDIT,
            Mark.LOCKED,
            Mark.UNREADABLE,
            Mark.REJECTED,
            Mark.UNKNOWN,
            Mark.INVALID,
            Mark.STOPPED,
            Mark.NOT_CONFIGURED,
            Mark.NOT_ALLOWED,
        )
    )
}

STATES: dict[str, Mark] = {
    "authenticated": Mark.READY,
    "unverified": Mark.UNCHECKED,
    "not_required": Mark.LOCAL,
    "locked": Mark.LOCKED,
    "unreadable": Mark.UNREADABLE,
    "rejected": Mark.REJECTED,
    "refused": Mark.INVALID,
    "not_configured": Mark.NOT_CONFIGURED,
}
"""State of a provider, as in `status` and `models.list`, without a look at its health."""

HEALTH: dict[str, Mark] = {
    "cooling": Mark.COOLING,
    "quota_exhausted": Mark.NO_CREDIT,
    "unreachable": Mark.UNREACHABLE,
}
"""Health of a provider that can be used, unless it is ok."""
