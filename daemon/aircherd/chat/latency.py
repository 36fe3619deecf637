"""The time that models take to their first output, measured on every request.

In memory only: lost on restart. A measurement expires after an hour, so that one bad hour does not
make a provider the slowest for good.
"""

import time
from collections.abc import Callable

MAX_MODELS = 1000
WEIGHT = 0.3
"""Weight of the latest measurement: about ten requests change the average, one does not."""
EXPIRES_SECONDS = 3600.0
"""How long a measurement counts."""


class Average:
    """The moving average of one model at one provider, in seconds."""

    __slots__ = ("at", "name", "seconds")

    def __init__(self, name: tuple[str, str]) -> None:
        self.name = name
        self.seconds: float | None = None
        self.at = 0.0


class LatencyTracker:
    """Averages of the seconds to the first output; `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._averages: dict[tuple[str, str], Average] = {}

    def average_of(self, provider: str, model: str) -> Average:
        """Return the average that `note` updates; keep it to save the lookup.

        It takes no room before something was measured: clients may make up names of models.
        """
        name = (provider, model)
        return self._averages.get(name) or Average(name)

    def note(self, average: Average, seconds: float) -> None:
        """Record how long the first output took."""
        now, mean = self._clock(), average.seconds
        if mean is not None and now - average.at < EXPIRES_SECONDS:
            seconds = mean + WEIGHT * (seconds - mean)
        average.seconds, average.at = seconds, now
        if self._averages.get(average.name) is not average:
            if len(self._averages) >= MAX_MODELS:
                del self._averages[next(iter(self._averages))]
            self._averages[average.name] = average

    def latency_of(self, provider: str, model: str) -> float | None:
        """Return the seconds to the first output, None if not measured within the last hour."""
        average = self._averages.get((provider, model))
        if average is None or self._clock() - average.at >= EXPIRES_SECONDS:
            return None
        return average.seconds

    def has_answered(self, provider: str, seconds: float) -> bool:
        """Tell whether a model of the provider had an output in the last seconds."""
        since = self._clock() - seconds
        return any(
            each.at > since for (name, _), each in self._averages.items() if name == provider
        )

    def __repr__(self) -> str:
        return f"<LatencyTracker of {len(self._averages)} models>"
