"""The state that a plan depends on, passed in so that planning stays pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from aircherd.config.model import Provider
from aircherd.routing.resolver import Models
from aircherd.vocabulary.availability import Cooling, Limited
from aircherd.vocabulary.keys import KeyChoice
from aircherd.vocabulary.models import Model


class RoutingState(Protocol):
    """Keys, models, cooldowns, limits, prices and latencies, as they apply to one request."""

    @property
    def models(self) -> Models:
        """The catalog."""

    def keys_of(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return the keys of `provider` in the order of use."""

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        """Return why the candidate is cooling, None if it is not."""

    def limited(self, provider: str, key: str | None, model: Model) -> Limited | None:
        """Return the user's limit that this request would exceed there, None if there is none."""

    def price(self, provider: str, model: Model) -> Decimal | None:
        """Return the estimated cost of the request in USD, None if a price is unknown."""

    def latency_of(self, provider: str, model: str) -> float | None:
        """Return the recent seconds to the first output, None if not measured."""

    def preferred(self, conversation: str) -> tuple[str, str, str | None] | None:
        """Return provider, model and key of the last answer in this conversation."""
