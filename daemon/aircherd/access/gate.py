"""Enforces the rights of one client: replaces the methods that it may not call as they are.

A session without a gate, as all are without `[clients]` and `[protect]`, calls every method itself.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, Self, TypeVar

import msgspec
import trio

from aircher_wire import methods
from aircherd.access.peer import Peer
from aircherd.access.questions import ELSEWHERE
from aircherd.access.rights import Rights, is_unknown, protected_action, refusal
from aircherd.access.rules import IN_WORDS
from aircherd.config.model import ClientRights, Config
from aircherd.errors import ConfigInvalid, Forbidden, NotServed
from aircherd.vocabulary.chat import ChatRequest, RouteOptions

Handler = Callable[..., Awaitable[object]]


class Replaceable(Protocol):
    """A method of the API (`api.context.Method`)."""

    @property
    def handler(self) -> Handler:
        """What the method does."""

    def with_handler(self, handler: Handler) -> Self:
        """Return the same method with another handler."""


class Confirmation(Protocol):
    """Asks the user: `Questions`."""

    @property
    def first_uses(self) -> set[tuple[str, ClientRights]]:
        """The clients on other machines that the user has let in, with their rights then."""

    async def ask(self, *, client: str, program: str | None, pid: int | None, action: str) -> bool:
        """Return whether the user lets a client do something; waits for the answer."""


M = TypeVar("M", bound=Replaceable)


class Gate:
    """What stands between one client and the methods.

    `is_confirmed`: the user has let the client use aircher. `host` is its machine if that is
    another one: each of its commands comes over a connection of its own, so the user is asked once
    for its name, until the daemon ends or its rights change.
    """

    def __init__(
        self,
        config: Config,
        rights: Rights,
        peer: Peer,
        confirmation: Confirmation,
        host: str | None = None,
    ) -> None:
        self.rights = rights
        self._host = host
        self._use = f"use aircher from the machine {host}" if host else _USE
        self._config = config
        self._peer = peer
        self._confirmation = confirmation
        self.is_confirmed = host is not None and self._first_use in confirmation.first_uses
        self._refusals = 0
        self._asking = trio.Lock()

    def continue_from(self, before: "Gate") -> None:
        """Keep the user's word for the same client, if its rights are still the same."""
        if before.rights == self.rights:
            self.is_confirmed = before.is_confirmed

    @property
    def _first_use(self) -> tuple[str, ClientRights]:
        return self.rights.claimed, self.rights.entry

    def forbids(self, method: str) -> str | None:
        """Return why the client may not call a method, None if it may."""
        return refusal(self._config, self.rights, method)

    def replacements(self, table: Mapping[str, M]) -> dict[M, M]:
        """Return the methods of `table` that are replaced, and what by."""
        return {
            method: method.with_handler(handler)
            for name, method in table.items()
            if (handler := self.handler(name, method.handler)) is not method.handler
        }

    def handler(self, name: str, handler: Handler) -> Handler:
        """Return what the client calls instead of the method's handler; itself if it may do all."""
        if reason := self.forbids(name):
            if is_unknown(self._config, self.rights):
                return _refuse_until_valid(reason)
            return _refuse(name, reason, self.rights)
        found = handler
        if self.rights.entry.providers and name in _WITH_ROUTE:
            found = self._with_providers(found)
        if self.rights.entry.providers and name == methods.AUTH_STATUS:
            found = self._with_allowed(found)
        if name in _AT_ONCE:
            return found
        action = protected_action(self._config, name)
        if action is not None:
            return self._with_confirmation(found, IN_WORDS[action])
        if self.rights.entry.confirm and name not in _NEVER_ASKED:
            return self._with_confirmation(found, None)
        return found

    def _with_providers(self, handler: Handler) -> Handler:
        async def restricted(first: object, *rest: Any) -> object:
            try:
                return await handler(first, *rest[:-1], self._restrict(rest[-1]))
            except NotServed:
                raise self._other_provider("use another provider") from None

        return restricted

    def _with_allowed(self, handler: Handler) -> Handler:
        allowed = {"providers": self.rights.entry.providers, "section": self.rights.section}

        async def reported(*arguments: Any) -> object:
            # Encoded already, and shared by all clients that ask now: others get it as it is.
            encoded = msgspec.msgpack.encode(await handler(*arguments))
            result = msgspec.msgpack.decode(encoded, type=dict[str, msgspec.Raw])
            return msgspec.Raw(msgspec.msgpack.encode({**result, "allowed": allowed}))

        return reported

    def _restrict(self, request: ChatRequest) -> ChatRequest:
        """Return the request with the providers that this client may use.

        Raises:
            Forbidden: it names others only.
        """
        allowed = self.rights.entry.providers or ()
        wanted = request.route.providers
        kept = [name for name in (allowed if wanted is None else wanted) if name in allowed]
        if not kept:
            raise self._other_provider(f"use {', '.join(wanted or ()) or 'no provider'}")
        route: RouteOptions = msgspec.structs.replace(request.route, providers=kept)
        return msgspec.structs.replace(request, route=route)

    def _other_provider(self, what: str) -> Forbidden:
        rights = self.rights
        allowed = ", ".join(rights.entry.providers or ())
        return Forbidden(
            f"client {rights.claimed!r} may not {what}: "
            f'[clients."{rights.section}"] allows the providers {allowed}',
            client=rights.claimed,
            section=f"clients.{rights.section}",
        )

    def _with_confirmation(self, handler: Handler, action: str | None) -> Handler:
        async def asked(*arguments: object) -> object:
            await (self.confirm_once() if action is None else self._ask(action))
            return await handler(*arguments)

        return asked

    async def confirm_once(self) -> None:
        """Ask once whether a client with `confirm = true` may be served.

        A no counts for all requests that waited for it.

        Raises:
            Forbidden: it may not.
        """
        if not self.rights.entry.confirm:
            return
        refusals = self._refusals
        async with self._asking:
            if self._refusals > refusals:
                raise self._refused(self._use)
            if not self.is_confirmed:
                try:
                    await self._ask(self._use)
                except Forbidden:
                    self._refusals += 1
                    raise
                self.is_confirmed = True
                if self._host is not None:
                    self._confirmation.first_uses.add(self._first_use)

    async def confirm_topics(self, topics: Sequence[str]) -> None:
        """Ask as `confirm_once`, unless it subscribes to questions only: then it asks the user.

        Raises:
            Forbidden: it may not be served.
        """
        if list(topics) != [methods.CONFIRM]:
            await self.confirm_once()

    async def _ask(self, action: str) -> None:
        peer = self._peer
        is_allowed = await self._confirmation.ask(
            client=self.rights.claimed,
            program=ELSEWHERE if self._host else peer.script or peer.program,
            pid=peer.pid or None,
            action=action,
        )
        if not is_allowed:
            raise self._refused(action)

    def _refused(self, action: str) -> Forbidden:
        claimed = self.rights.claimed
        return Forbidden(
            f"you did not let client {claimed!r} {action}", client=claimed, action=action
        )


_USE = "use aircher"
_WITH_ROUTE = frozenset({methods.CHAT, methods.CHAT_START, methods.ROUTE_EXPLAIN})
_NEVER_ASKED = frozenset(
    {
        methods.HELLO,
        methods.PING,
        methods.EVENTS_UNSUBSCRIBE,
        methods.CONFIRM_LIST,
        methods.CONFIRM_ANSWER,  # it needs a proof
    }
)
_AT_ONCE = frozenset(
    {
        methods.HELLO,
        methods.CHAT_START,
        methods.EVENTS_SUBSCRIBE,
        methods.EVENTS_UNSUBSCRIBE,
    }
)
"""Methods that are answered before the next request is read: they must not wait for the user.

A started chat and the session ask by themselves.
"""


def _refuse(method: str, reason: str, rights: Rights) -> Handler:
    async def refuse(*_: object) -> object:
        raise Forbidden(
            reason,
            method=method,
            client=rights.claimed,
            **({"section": f"clients.{rights.section}"} if rights.section else {}),
        )

    return refuse


def _refuse_until_valid(reason: str) -> Handler:
    async def refuse(first: Any, *_: object) -> object:
        # The services, or the session of a method that belongs to a connection.
        problem: ConfigInvalid | None = getattr(first, "services", first).config.problem
        raise ConfigInvalid(reason, **(problem.data if problem else {"problems": []}))

    return refuse
