"""How long a model's answers usually are: for what is reserved when a request does not say.

After a start it is what the ledger's last answers were, as soon as those are read, so that a tight
budget is not full of what no answer takes.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

USUAL_OUTPUT = 512
"""Tokens, for a model that has not answered yet."""
MAX_MODELS = 1024
LAST_ANSWERS = 2000
LAST_ATTEMPTS = 10_000
"""No more rows are looked at, however few of them are answers."""

# Later an answer weighs a sixteenth: enough to follow the work, too little to follow each answer.
_LEAST_WEIGHT = 1 / 16
_MOST_ANSWERS = 15
_UNKNOWN = (0, float(USUAL_OUTPUT))

_LEARNED = (
    "SELECT provider, model, count(*), avg(output_tokens) FROM ("
    "SELECT party, output_tokens FROM attempts "
    "WHERE id > (SELECT max(id) FROM attempts) - ? "
    "AND outcome = 'ok' AND output_tokens IS NOT NULL AND estimated & 1 = 0 "
    "ORDER BY id DESC LIMIT ?) "
    "JOIN parties ON parties.id = party GROUP BY provider, model"
)


class Learned(NamedTuple):
    """How many answers of a model there were lately, and the mean of their output tokens."""

    provider: str
    model: str
    answers: int
    mean: float


class OutputEstimator:
    """A running mean of output tokens for each provider and model; of the last `MAX_MODELS`.

    The first guess counts as one answer, so that a few answers are enough to know better.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[int, float]] = {}  # answers, their mean

    def of(self, provider: str, model: str) -> int:
        """Return how many tokens an answer of this model usually has."""
        _, mean = self._known.get((provider, model), _UNKNOWN)
        return round(mean)

    def note(self, provider: str, model: str, output_tokens: int) -> None:
        """Take in one answer's length."""
        key, known = (provider, model), self._known
        answers, mean = known.pop(key, _UNKNOWN)
        weight = 1 / (answers + 2) if answers < _MOST_ANSWERS else _LEAST_WEIGHT
        known[key] = (answers + 1, mean + (output_tokens - mean) * weight)
        if len(known) > MAX_MODELS:
            known.pop(next(iter(known)))

    def recall(self, learned: Iterable[Learned]) -> None:
        """Take in what was learned before the start; what was learned since counts more.

        For a model that has answered since, it takes the place of the first guess alone.
        """
        for provider, model, answers, mean in learned:
            known = self._known.get((provider, model))
            if known is not None:
                since, mixed = known
                shift = (mean - USUAL_OUTPUT) / (since + 1) if since <= _MOST_ANSWERS else 0
                self._known[provider, model] = (since, mixed + shift)
            elif len(self._known) < MAX_MODELS:
                mixed = (USUAL_OUTPUT + answers * mean) / (answers + 1)
                self._known[provider, model] = (min(answers, _MOST_ANSWERS), mixed)

    def __repr__(self) -> str:
        return f"<OutputEstimator of {len(self._known)} models>"


def read_learned(connection: sqlite3.Connection) -> list[Learned]:
    """Return what the last answers in the ledger say; those whose length was told, not guessed."""
    return [Learned(*row) for row in connection.execute(_LEARNED, (LAST_ATTEMPTS, LAST_ANSWERS))]
