"""The entry point of every chat request, whatever the client's transport.

Requests share the services here; each has its own `FallbackRunner`.
"""

from typing import TYPE_CHECKING

import msgspec
import trio

from aircherd.auth.manager import AuthManager
from aircherd.catalog.catalog import Catalog
from aircherd.chat import chat_errors
from aircherd.chat.accounting import UsageAccounting
from aircherd.chat.affinity import SessionAffinity
from aircherd.chat.caller import Caller, RequestScope, Send
from aircherd.chat.fallback import FallbackRunner
from aircherd.chat.last_failures import LastFailures
from aircherd.chat.latency import LatencyTracker
from aircherd.chat.request.validation import check_request
from aircherd.chat.route_cache import RouteCache
from aircherd.chat.services import ChatServices, FetchModelLists
from aircherd.config.store import ConfigStore
from aircherd.errors import ChatFailed, NotAuthenticated
from aircherd.events import EventBus
from aircherd.memory.request_memory import RequestMemory
from aircherd.providers.client import ProviderClient
from aircherd.providers.upstream.circles import check_passed
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.chat import ChatRequest

if TYPE_CHECKING:
    from aircherd.providers.verbatim.passage import Passage


class ChatController:
    """Runs chat requests."""

    def __init__(
        self,
        *,
        config: ConfigStore,
        auth: AuthManager,
        catalog: Catalog,
        provider_client: ProviderClient,
        accounting: UsageAccounting,
        bus: EventBus,
        fetch_model_lists: FetchModelLists | None = None,
    ) -> None:
        self._config = config
        latency = LatencyTracker()
        self.services = ChatServices(
            auth=auth,
            catalog=catalog,
            provider_client=provider_client,
            accounting=accounting,
            bus=bus,
            affinity=SessionAffinity(),
            latency=latency,
            last_failures=LastFailures(),
            routes=RouteCache(catalog, provider_client, latency),
            fetch_model_lists=fetch_model_lists,
            now=trio.lowlevel.current_clock().current_time,
        )
        # Never unsubscribed: the controller lives as long as the bus.
        bus.subscribe(("auth",), self.services.routes.note_auth_event)
        self._active = 0
        self._total = 0

    async def chat(
        self,
        request: ChatRequest,
        caller: Caller,
        send: Send,
        scope: RequestScope,
        memory: RequestMemory,
        *,
        verbatim: "Passage | None" = None,
    ) -> ChatResult:
        """Answer `request`; deltas go to `send` if it streams.

        `verbatim` is what an HTTP client sent. Then `send` gets a `VerbatimHead` and the bytes of
        the reply where the provider speaks the client's API, streamed or not. A preset of the
        client's folder is not applied, because the body would not have it.

        Sets the deadline of the whole request on `scope`, which is open and which the client may
        cancel. Nothing may be awaited in it after this returns or raises. What the reply takes is
        counted in `memory`, and stays so: the caller releases it once the result was sent.

        Raises:
            ConfigInvalid: there is no valid configuration, or its part for this request is invalid.
            UnknownModel, BadRequest: the request is inconsistent or names what does not exist.
            ChatFailed: no provider could answer, or the stream broke off.
            Busy: the client's share of memory is too small for it.
        """
        config = self._config.usable()
        if request.route.passed:
            check_passed(request.route.passed, self.services.provider_client.links.id)
        project = None
        if config.projects:
            from aircherd.chat.request.projects import apply_project  # noqa: PLC0415 - rarely used

            project = apply_project(request, caller, config)
        if project is not None:
            request, caller = project.request, project.caller
        if verbatim is None:
            if request.task is not None:
                from aircherd.chat.request.tasks import with_task  # noqa: PLC0415 - rarely used

                request = with_task(request, config)
            check_request(request)
        else:
            request = _passed(request, verbatim)
        self._active += 1
        self._total += 1
        try:
            runner = FallbackRunner(self.services, config, request, caller, send, memory=memory)
            if verbatim is not None:
                runner.carry(verbatim)
            return await runner.run(scope)
        except ChatFailed as error:
            if wanted := chat_errors.providers_without_key(error.data):
                from aircherd.chat.explain import add_sign_in  # noqa: PLC0415 -- only after this

                has_model = (request.model or config.default_model) is not None
                add_sign_in(error.data, self.services, config, wanted, has_model=has_model)
                if not has_model:
                    error.message = chat_errors.message_without_default(error)
            raise
        except NotAuthenticated as error:
            from aircherd.chat.explain import without_label  # noqa: PLC0415 -- only after this

            raise without_label(error, self.services, config, project) from None
        finally:
            self._active -= 1

    def statistics(self) -> dict[str, int]:
        """Return the number of active requests, and of all so far."""
        return {"active": self._active, "total": self._total}

    def __repr__(self) -> str:
        return f"<ChatController {self._active} active of {self._total}>"


def _passed(request: ChatRequest, passage: "Passage") -> ChatRequest:
    """Return an HTTP client's request after it was checked, with its own fields only.

    Raises:
        BadRequest: its body names what is the daemon's to decide.
    """
    from aircherd.chat.request.passages import check_passage, check_said  # noqa: PLC0415 - by HTTP

    check_passage(passage)
    if request.task is not None:
        request = msgspec.structs.replace(request, task=None)
    if passage.request.operation == "embeddings":
        # A copy: what answers embeddings must not become the first choice of chats by that name.
        return msgspec.structs.replace(request, route=msgspec.structs.replace(request.route))
    check_said(passage, request)
    return request
