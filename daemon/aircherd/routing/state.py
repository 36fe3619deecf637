"""How things stand, as far as a plan depends on it: handed in, so that planning stays pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from aircherd.config.model import Provider
from aircherd.routing.resolver import Models
from aircherd.vocabulary.availability import Cooling, Limited
from aircherd.vocabulary.keys import KeyChoice
from aircherd.vocabulary.models import Model


class RoutingState(Protocol):
    """One request's look at keys, models, cooldowns, limits, prices and speeds."""

    @property
    def models(self) -> Models:
        """The catalogue."""

    def keys_of(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return the keys of `provider` in the order in which they should serve."""

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        """Return why this one should be left alone for now, None if it should not."""

    def limited(self, provider: str, key: str | None, model: Model) -> Limited | None:
        """Return the limit of the user's that this request would break there."""

    def price(self, provider: str, model: Model) -> Decimal | None:
        """Return what the request would cost there in USD, None where a price is unknown."""

    def speed(self, provider: str, model: str) -> float | None:
        """Return the seconds to the first token lately, None where nobody measured."""

    def held_by(self, conversation: str) -> tuple[str, str, str | None] | None:
        """Return the provider, model and key that answered last in this conversation."""
