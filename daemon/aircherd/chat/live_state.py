"""The routing state of the running daemon: keys, catalog, cooldowns, limits, prices, latencies."""

from collections.abc import Sequence
from decimal import Decimal

from aircherd.catalog import decimal_cost
from aircherd.chat.affinity import PreferredCandidate
from aircherd.chat.caller import Caller
from aircherd.chat.services import ChatServices
from aircherd.config.model import Provider
from aircherd.usage.output_estimator import DEFAULT_OUTPUT
from aircherd.vocabulary.availability import Cooling, Limited
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.keys import KeyChoice
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Usage


class LiveRoutingState:
    """Implements `routing.state.RoutingState` for a request of `caller` with `requirements`."""

    def __init__(self, services: ChatServices, requirements: Requirements, caller: Caller) -> None:
        self._services = services
        self._requirements = requirements
        self._caller = caller
        self._usage = Usage(requirements.input_tokens, requirements.output_tokens or DEFAULT_OUTPUT)
        self.models = services.catalog

    def keys_of(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return the keys of `provider` in the order of use."""
        return self._services.auth.key_choices(provider)

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        """Return why the candidate is cooling, None if it is not."""
        return self._services.provider_client.cooldowns.cooling(provider, key, model)

    def limited(self, provider: str, key: str | None, model: Model) -> Limited | None:
        """Return the user's limit that this request would exceed there, None if there is none."""
        accounting = self._services.accounting
        return accounting.room_for(self._caller, provider, key, model, self._requirements)

    def price(self, provider: str, model: Model) -> Decimal | None:
        """Return the estimated cost in USD, for as many tokens as would be reserved."""
        usage = self._usage
        output = self.expected_output(provider, model)
        if output != usage.output_tokens:
            usage = Usage(usage.input_tokens, output)
        return decimal_cost.cost(model.prices, usage)

    def expected_output(self, provider: str, model: Model) -> int:
        """Return the number of output tokens that a price is estimated for."""
        return self._services.accounting.expected_output(provider, model, self._requirements)

    def latency_of(self, provider: str, model: str) -> float | None:
        """Return the recent seconds to the first output, None if not measured."""
        return self._services.latency.latency_of(provider, model)

    def preferred(self, conversation: str) -> PreferredCandidate | None:
        """Return the candidate that answered last in this conversation."""
        return self._services.affinity.preferred(conversation)
