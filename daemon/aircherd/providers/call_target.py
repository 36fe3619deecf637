"""Where chats go: one model of one provider, with the network settings to reach it."""

from aircherd.config.model import Network, Provider
from aircherd.vocabulary.models import Model


class CallTarget:
    """Opaque to callers: `ProviderClient.prepare` makes it, `ProviderClient.open_chat` takes it.

    It is cheap to make, and cheaper to keep for as long as the configuration stays the same.
    """

    __slots__ = ("model", "network", "provider")

    def __init__(self, provider: Provider, model: Model, network: Network) -> None:
        self.provider = provider
        self.model = model
        self.network = network

    def __repr__(self) -> str:
        return f"<CallTarget {self.provider.name}/{self.model.id}>"
