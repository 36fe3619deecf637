"""One client on another machine: `client@host`, with fewer rights.

The host is what the forwarder says in its first frame, a notification `via`: it knows to which
machine it forwards. Without one, as with a RemoteForward of ssh, it is what the client says of
itself in `hello`; then a program on that machine could name another host.
"""

from collections.abc import Sequence

import trio

from aircher_wire import frames, methods
from aircherd.access.peer import Peer
from aircherd.api.context import KEYS_ELSEWHERE, RequestContext
from aircherd.api.elsewhere.hidden_texts import HiddenTexts
from aircherd.api.services import Services
from aircherd.ipc.chat_stream import Handler
from aircherd.ipc.deltas import DeltaWriter
from aircherd.ipc.forwarded.deltas import ForwardedDeltas
from aircherd.ipc.forwarded.feed import ForwardedFeed
from aircherd.ipc.forwarded.methods import (
    ALLOWED,
    CONNECTION_TABLE,
    FEATURES,
    TABLE,
    chat_view,
)
from aircherd.ipc.forwarded.names import UNKNOWN_HOST, clean_host, name_at
from aircherd.ipc.request_reader import Incoming, ReadyRequest
from aircherd.ipc.session import Session
from aircherd.vocabulary.attempt import ChatResult


class ForwardedSession(Session):
    """A client of the extra socket."""

    features: Sequence[str] = FEATURES

    def __init__(self, stream: trio.SocketStream, services: Services, peer: Peer) -> None:
        super().__init__(stream, services, TABLE, CONNECTION_TABLE, peer)
        self._via: str | None = None
        self._has_begun = False
        self._hidden = HiddenTexts(services.about.paths, services.config)
        self._feed = ForwardedFeed(services.bus, self.outbox, services.mask_keys, self._hidden)
        self.events = self._feed
        self.introduce(None, None)

    @property
    def host(self) -> str:
        """The machine that the client is at."""
        return self._via or clean_host(self.claimed_host or UNKNOWN_HOST)

    def introduce(self, name: str | None, project: str | None, folder: str | None = None) -> None:
        """Do as for any client; its events are those of its host."""
        super().introduce(name, project, folder)
        self._feed.host = self.host

    def _full_name(self, name: str) -> str:
        return name_at(name, self.host)

    def may_call(self, method: str) -> bool:
        """Return whether the client may call a method."""
        return method in ALLOWED and super().may_call(method)

    def keys_refused(self) -> dict[str, object]:
        """Return why the client cannot store keys: that is done at this machine."""
        return dict(KEYS_ELSEWHERE)

    async def take_notices(self, *, are_shown: bool) -> list[dict[str, str]]:
        """Return none: they are for the user of this machine, and some are shown only once."""
        del are_shown
        await trio.lowlevel.checkpoint()
        return []

    def describe(self) -> dict[str, object]:
        """Return the client for `status`: the process is the forwarder's."""
        return {**super().describe(), "host": self.host}

    def decide_rights(self) -> None:
        """Do as for any client; what the gate says has nothing of this machine either."""
        super().decide_rights()
        self._replaced = {
            method: other.with_handler(self._hidden.in_errors_of(other.handler))
            for method, other in self._replaced.items()
        }

    def start_stream(self, handler: Handler, params: object) -> int:
        """Start a stream whose error and result have nothing of this machine."""

        async def hidden(context: RequestContext) -> object:
            result = await self._hidden.in_errors_of(handler)(context)
            return chat_view(result, self._hidden) if isinstance(result, ChatResult) else result

        return super().start_stream(hidden, params)

    def delta_writer(self, name: str, number: int, *, signs: bool = False) -> DeltaWriter:
        """Return what encodes a chat's deltas, without anything of this machine."""
        return ForwardedDeltas(name, number, signs=signs, hidden=self._hidden)

    def _handle_frame(self, frame: Incoming) -> ReadyRequest | None:
        if isinstance(frame, frames.Notification) and frame.method == methods.VIA:
            self._take_via(frame.params.get("host"))
            return None
        return super()._handle_frame(frame)

    def _take_via(self, host: object) -> None:
        """Name the host, before any request: later the client itself could have sent it."""
        if self._via is None and not self._has_begun and isinstance(host, str):
            self._via = clean_host(host)
            self.introduce(None, self.caller.project, self.caller.folder)

    def _start_closely(
        self, request: ReadyRequest, *, is_admitted: bool = False
    ) -> ReadyRequest | None:
        self._has_begun = True
        return super()._start_closely(request, is_admitted=is_admitted)
