"""The one way into every chat, whoever asks and however.

What all requests share is here; each is carried out by a `FallbackRunner` of its own.
"""

from aircherd.auth.manager import AuthManager
from aircherd.catalog.catalog import Catalog
from aircherd.chat.accounting import UsageAccounting
from aircherd.chat.affinity import Recall
from aircherd.chat.caller import Caller, RequestScope, Send
from aircherd.chat.fallback import FallbackRunner
from aircherd.chat.services import AskForModels, ChatServices
from aircherd.chat.validation import check_request
from aircherd.config.store import ConfigStore
from aircherd.events import EventBus
from aircherd.providers.client import ProviderClient
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.chat import ChatRequest


class ChatController:
    """Runs chat requests, and remembers what one teaches the next."""

    def __init__(
        self,
        *,
        config: ConfigStore,
        auth: AuthManager,
        catalog: Catalog,
        provider_client: ProviderClient,
        accounting: UsageAccounting,
        bus: EventBus,
        ask_for_models: AskForModels | None = None,
    ) -> None:
        self._config = config
        self.services = ChatServices(
            auth=auth,
            catalog=catalog,
            provider_client=provider_client,
            accounting=accounting,
            bus=bus,
            recall=Recall(),
            ask_for_models=ask_for_models,
        )
        self._active = 0
        self._total = 0

    async def chat(
        self, request: ChatRequest, caller: Caller, send: Send, scope: RequestScope
    ) -> ChatResult:
        """Answer `request`, sending what streams to `send` unless it asked for the result only.

        The deadline of the whole request is set on `scope`, which is open; the caller may cancel it
        too. Nothing may be awaited in it after this.

        Raises:
            ConfigInvalid: there is no configuration to work with.
            UnknownModel, BadRequest: the request names what does not exist, or makes no sense.
            ChatFailed: nobody could answer, or the stream broke off.
        """
        config = self._config.usable()
        check_request(request)
        self._active += 1
        self._total += 1
        try:
            walk = FallbackRunner(self.services, config, request=request, caller=caller, send=send)
            return await walk.run(scope)
        finally:
            self._active -= 1

    def statistics(self) -> dict[str, int]:
        """How many requests are under way, and how many there were."""
        return {"active": self._active, "total": self._total}

    def __repr__(self) -> str:
        return f"<ChatController {self._active} active of {self._total}>"
