"""Estimates how long a model's reply will be: what is reserved if a request sets no maximum.

After a start, `learned_output` restores what the ledger's last replies were, so that a tight budget
is not filled by reservations that no reply uses.
"""

from collections.abc import Iterable
from typing import NamedTuple

DEFAULT_OUTPUT = 512
"""Tokens, for a model that has not replied yet."""
MAX_MODELS = 1024

# Later replies weigh a sixteenth: enough to follow a change, too little to follow each reply.
_MIN_WEIGHT = 1 / 16
_MAX_REPLIES = 15
_UNKNOWN = (0, float(DEFAULT_OUTPUT))


class LearnedOutput(NamedTuple):
    """How many recent replies of a model there were, and the mean of their output tokens."""

    provider: str
    model: str
    replies: int
    mean: float


class OutputEstimator:
    """A running mean of output tokens for each provider and model, of the last `MAX_MODELS`.

    The default counts as one reply, so that a few replies are enough to replace it.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[int, float]] = {}  # replies, their mean

    def estimate(self, provider: str, model: str) -> int:
        """Return how many tokens a reply of this model is likely to have."""
        _, mean = self._known.get((provider, model), _UNKNOWN)
        return round(mean)

    def record(self, provider: str, model: str, output_tokens: int) -> None:
        """Include the length of one reply."""
        key, known = (provider, model), self._known
        replies, mean = known.pop(key, _UNKNOWN)
        weight = 1 / (replies + 2) if replies < _MAX_REPLIES else _MIN_WEIGHT
        known[key] = (replies + 1, mean + (output_tokens - mean) * weight)
        if len(known) > MAX_MODELS:
            known.pop(next(iter(known)))

    def restore(self, learned: Iterable[LearnedOutput]) -> None:
        """Include what was learned before the start; replies since then count more.

        For a model that has replied since then, this replaces only the default.
        """
        for provider, model, replies, mean in learned:
            known = self._known.get((provider, model))
            if known is not None:
                since, mixed = known
                shift = (mean - DEFAULT_OUTPUT) / (since + 1) if since <= _MAX_REPLIES else 0
                self._known[provider, model] = (since, mixed + shift)
            elif len(self._known) < MAX_MODELS:
                mixed = (DEFAULT_OUTPUT + replies * mean) / (replies + 1)
                self._known[provider, model] = (min(replies, _MAX_REPLIES), mixed)

    def __repr__(self) -> str:
        return f"<OutputEstimator of {len(self._known)} models>"
