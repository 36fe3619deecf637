"""How things stand for one request: what its plan asks of keys, catalogue, cooldowns and limits."""

from collections.abc import Sequence
from decimal import Decimal

from aircherd.catalog import cost as prices
from aircherd.chat.affinity import Holder
from aircherd.chat.services import ChatServices
from aircherd.config.model import Provider
from aircherd.usage.output_estimator import DEFAULT_OUTPUT
from aircherd.vocabulary.availability import Cooling, Limited
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.keys import KeyChoice
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Usage


class LiveRoutingState:
    """A `routing.view.View` of the services, for a request of `client` with these requirements."""

    def __init__(self, services: ChatServices, requirements: Requirements, client: str) -> None:
        self._services = services
        self._requirements = requirements
        self._client = client
        self._usage = Usage(requirements.input_tokens, requirements.output_tokens or DEFAULT_OUTPUT)
        self.models = services.catalog

    def keys_of(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return the keys of `provider` in the order in which they should serve."""
        return self._services.auth.key_choices(provider)

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        """Return why this one should be left alone for now."""
        return self._services.provider_client.cooldowns.cooling(provider, key, model)

    def limited(self, provider: str, key: str | None, model: Model) -> Limited | None:
        """Return the limit of the user's that this request would break there."""
        accounting = self._services.accounting
        return accounting.room_for(self._client, provider, key, model, self._requirements)

    def price(self, provider: str, model: Model) -> Decimal | None:
        """Return what it would cost there in USD, for as much as would be reserved for it."""
        usage = self._usage
        output = self.expected_output(provider, model)
        if output != usage.output_tokens:
            usage = Usage(usage.input_tokens, output)
        return prices.cost(model.prices, usage)

    def expected_output(self, provider: str, model: Model) -> int:
        """Return how many tokens may come from there: what a price is for."""
        return self._services.accounting.expected_output(provider, model, self._requirements)

    def speed(self, provider: str, model: str) -> float | None:
        """Return the seconds to the first token lately."""
        return self._services.latency.speed(provider, model)

    def held_by(self, conversation: str) -> Holder | None:
        """Return who answered last in this conversation."""
        return self._services.affinity.held_by(conversation)
