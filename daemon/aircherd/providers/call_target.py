"""Where chats go: one model of one provider, with the network settings to reach it."""

import msgspec

from aircherd.config.model import Network, Provider
from aircherd.providers.adapter import Adapter
from aircherd.providers.corrections import MAX_EDITS, Edit
from aircherd.providers.registry import SIGNERS, fixed_adapter
from aircherd.providers.signing import Signer
from aircherd.providers.transport.request import HttpRequest, HttpTransport, RequestHead
from aircherd.providers.transport.timeouts import Timeouts
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import Model


class PreparedCall(msgspec.Struct, frozen=True, eq=False):
    """What chats with one adapter and key share, streamed or not."""

    adapter: Adapter
    transport: HttpTransport
    head: RequestHead
    timeouts: Timeouts
    request: HttpRequest
    """The request without its body, for signers."""
    is_verbatim: bool = False
    """Whether its bodies are those of HTTP clients, as they came."""


PassedKey = tuple[Adapter, str, tuple[tuple[str, str], ...], str]
"""An adapter and its URL, an HTTP client's headers and its query."""
MAX_PASSED = 32
"""Heads for HTTP clients that are kept: some tools have a header of their own in each request."""


class CallTarget:
    """Opaque to callers: `ProviderClient.prepare` makes it, `ProviderClient.open_chat` takes it.

    It is cheap to make, and cheaper to keep for as long as the configuration stays the same: it
    keeps what its chats share, and what their server had to be sent differently. That holds the key
    used last, until another one is used or `forget_key` is called.
    """

    __slots__ = (
        "__weakref__",
        "adapter",
        "calls",
        "edits",
        "key",
        "model",
        "network",
        "passed_before",
        "passed_calls",
        "provider",
        "signer",
    )

    def __init__(self, provider: Provider, model: Model, network: Network) -> None:
        self.provider = provider
        self.model = model
        self.network = network
        self.adapter = fixed_adapter(provider, model)
        self.signer: Signer | None = SIGNERS.get(provider.kind)
        self.key: ApiKey | None = None
        self.calls: dict[tuple[Adapter, bool], PreparedCall] = {}
        self.passed_calls: dict[PassedKey, PreparedCall] = {}
        self.passed_before: set[PassedKey] = set()
        self.edits: dict[Adapter, tuple[Edit, ...]] = {}

    def remember_edits(self, adapter: Adapter, edits: tuple[Edit, ...]) -> None:
        """Keep what the server had to be sent differently, the latest if there is too much."""
        known = self.edits.get(adapter, ())
        new = tuple(edit for edit in edits if edit not in known)
        self.edits[adapter] = (known + new)[-MAX_EDITS:]

    def is_worth_keeping(self, key: PassedKey) -> bool:
        """Return whether a call for HTTP clients will be needed again: at the second time.

        A head with a header that is new with each request would only take locked memory.
        """
        if not key[2] or key in self.passed_before:
            return True
        if len(self.passed_before) >= MAX_PASSED:
            self.passed_before.clear()
        self.passed_before.add(key)
        return False

    def keep_passed(self, key: PassedKey, call: PreparedCall) -> None:
        """Keep a call for HTTP clients with these headers; the oldest goes if there are many."""
        if len(self.passed_calls) >= MAX_PASSED:
            del self.passed_calls[next(iter(self.passed_calls))]
        self.passed_calls[key] = call

    def forget_key(self) -> None:
        """Drop the key and everything that holds it."""
        self.key = None
        self.calls.clear()
        self.passed_calls.clear()

    def __repr__(self) -> str:
        return f"<CallTarget {self.provider.name}/{self.model.id}>"
