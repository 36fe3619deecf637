"""How things stand for one request: what its plan asks of keys, catalogue, cooldowns and limits."""

from collections.abc import Sequence
from decimal import Decimal

from aircherd.catalog import prices
from aircherd.chat.means import Means
from aircherd.chat.recall import Held
from aircherd.config.model import Provider
from aircherd.usage.usual_output import USUAL_OUTPUT
from aircherd.vocabulary.cooling import Cooling
from aircherd.vocabulary.keys import KeyChoice
from aircherd.vocabulary.limited import Limited
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.needs import Needs
from aircherd.vocabulary.reply import Usage


class RequestView:
    """A `routing.view.View` of the services, for a request of `client` with these needs."""

    def __init__(self, means: Means, needs: Needs, client: str) -> None:
        self._means = means
        self._needs = needs
        self._client = client
        self._usage = Usage(needs.input_tokens, needs.output_tokens or USUAL_OUTPUT)
        self.models = means.catalog

    def keys_of(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return the keys of `provider` in the order in which they should serve."""
        return self._means.auth.key_choices(provider)

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        """Return why this one should be left alone for now."""
        return self._means.pool.cooldowns.cooling(provider, key, model)

    def limited(self, provider: str, key: str | None, model: Model) -> Limited | None:
        """Return the limit of the user's that this request would break there."""
        account = self._means.account
        return account.room_for(self._client, provider, key, model, self._needs)

    def price(self, provider: str, model: Model) -> Decimal | None:
        """Return what it would cost there in USD, for as much as would be reserved for it."""
        usage = self._usage
        output = self.expected_output(provider, model)
        if output != usage.output_tokens:
            usage = Usage(usage.input_tokens, output)
        return prices.cost(model.prices, usage)

    def expected_output(self, provider: str, model: Model) -> int:
        """Return how many tokens may come from there: what a price is for."""
        return self._means.account.expected_output(provider, model, self._needs)

    def speed(self, provider: str, model: str) -> float | None:
        """Return the seconds to the first token lately."""
        return self._means.recall.speed(provider, model)

    def held_by(self, conversation: str) -> Held | None:
        """Return who answered last in this conversation."""
        return self._means.recall.held_by(conversation)
