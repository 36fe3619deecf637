"""The links to other daemons: one for each socket, opened with the first call, kept and reopened.

Calls that come while a link is being opened wait for the same outcome. One over a kept link that
breaks before anything of its answer has come is made once more, as HTTP requests are: the other
daemon was restarted, or the connection was cut while nothing was asked.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec
import trio

from aircher_wire import methods
from aircher_wire.version import __version__
from aircherd.config.model import Network, Provider
from aircherd.errors import ProviderFailed, ShuttingDown, fail
from aircherd.providers.transport.request import OnSent
from aircherd.providers.upstream.circles import FEATURE, new_id
from aircherd.vocabulary.failure import Failure, FailureClass

if TYPE_CHECKING:  # imported with the first provider of this kind that is used
    from aircherd.memory.request_memory import RequestMemory
    from aircherd.providers.upstream.link import Link, LinkedCall
    from aircherd.vocabulary.chat import ChatRequest
    from aircherd.vocabulary.models import Model

CLIENT = "aircherd"
"""The name by which a daemon is counted at another one."""
LIST_SECONDS = 30.0
OWN_MODELS: dict[str, object] = {"own": True}
"""Two daemons that listed each other's models would never end. They can be asked for by name."""


class UpstreamChat(msgspec.Struct, frozen=True):
    """A chat for the daemon that `provider` is; `model` is the name of a model there."""

    provider: Provider
    model: str
    request: "ChatRequest"
    network: Network


class Links:
    """The links of this daemon, as long as `run` runs.

    `id` is that of this run, which requests carry; `own_host` the name of this machine.
    """

    def __init__(self, own_host: str | None = None) -> None:
        self.id = new_id()
        self._host = own_host or os.uname().nodename
        self._links: dict[str, Link] = {}
        self._opening: dict[str, _Opening] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self) -> None:
        """Serve the connections; never returns."""
        try:
            async with trio.open_nursery() as self._nursery:
                await trio.sleep_forever()
        finally:
            self._nursery = None

    # ---------------------------------------------------------- calls

    async def start_chat(
        self, chat: "UpstreamChat", memory: "RequestMemory", on_sent: OnSent
    ) -> "LinkedCall":
        """Send a chat; return the call when something of its answer has come, or it has failed.

        The caller bounds the time, and closes the call.

        Raises:
            ProviderFailed: there is no connection, or the request cannot be sent over it.
            Busy: the request takes more than the client's share of memory.
        """
        from aircherd.providers.upstream.request import chat_params, encode_params  # noqa: PLC0415

        provider, request = chat.provider, chat.request
        path = _path(provider)
        tries_left = 2
        while True:
            link = await self._link(path, chat.network)
            tries_left -= 1
            passed = (*request.route.passed, self.id) if FEATURE in link.features else ()
            params = encode_params(chat_params(request, chat.model, provider.name, passed))
            was_used = link.may_repeat
            memory.grow(len(params))
            try:
                call = link.start(methods.CHAT, params, memory, on_sent)
                try:
                    await call.unread.wait()
                except BaseException:
                    call.close()
                    raise
            finally:
                memory.shrink(len(params))
            is_lost = was_used and link.may_repeat and not link.is_open
            if call.unread.has_begun or not is_lost or not tries_left:
                return call
            call.close()

    async def list_models(self, provider: Provider, network: Network) -> "list[Model]":
        """Return the models of a daemon, without those that it has from others.

        Raises:
            ProviderFailed: they cannot be listed.
        """
        from aircherd.providers.upstream.models import read_models  # noqa: PLC0415

        link = await self._link(_path(provider), network)
        # A daemon that does not know the parameter uses no other daemon.
        params = OWN_MODELS if FEATURE in link.features else {}
        return read_models(await self._ask(provider, network, methods.MODELS_LIST, params))

    async def ping(self, provider: Provider, network: Network) -> None:
        """Check that a daemon answers.

        Raises:
            ProviderFailed: it does not.
        """
        await self._ask(provider, network, methods.PING, {})

    async def _ask(
        self, provider: Provider, network: Network, method: str, params: dict[str, object]
    ) -> object:
        from aircherd.providers.upstream.errors import failure_of  # noqa: PLC0415
        from aircherd.providers.upstream.request import encode_params  # noqa: PLC0415

        path = _path(provider)
        link = await self._link(path, network)
        response = None
        with trio.move_on_after(LIST_SECONDS):
            response = await link.call(method, encode_params(params))
        if response is None:
            fail(FailureClass.TIMEOUT, f"no answer from the daemon at {path} in {LIST_SECONDS:g} s")
        if response.error is not None:
            raise ProviderFailed(failure_of(response.error, path, 0.0))
        return response.result

    # ---------------------------------------------------------- links

    def close_unused(self, base_urls: Iterable[str]) -> None:
        """Close the links to providers that are configured no longer."""
        for url in base_urls:
            link = self._links.pop(url.partition("://")[2], None)
            if link is not None:
                link.close("the provider was removed from the configuration")

    async def _link(self, path: str, network: Network) -> "Link":
        """Return an open link.

        Raises:
            ProviderFailed: there is none.
        """
        link = self._links.get(path)
        if link is not None and link.is_open:
            return link
        opening = self._opening.get(path)
        if opening is None:
            if self._nursery is None:
                raise ShuttingDown("this daemon is stopping")
            opening = self._opening[path] = _Opening()
            self._nursery.start_soon(self._open, path, network, opening)
        await opening.done.wait()
        if isinstance(opening.outcome, Failure):
            raise ProviderFailed(opening.outcome)
        return opening.outcome

    async def _open(self, path: str, network: Network, opening: "_Opening") -> None:
        seconds = network.connect_timeout
        opening.outcome = Failure(
            kind=FailureClass.TIMEOUT,
            message=f"the daemon at {path} did not answer within {seconds:g} s: the machine it "
            "runs on may sleep, or the way to it is cut",
        )
        try:
            with trio.move_on_after(seconds):
                opening.outcome = await self._try_to_open(path, seconds)
        finally:
            del self._opening[path]
            opening.done.set()

    async def _try_to_open(self, path: str, silence: float) -> "Link | Failure":
        """Connect and introduce this daemon; return the link, or why there is none."""
        from aircherd.providers.upstream.link import Link, open_socket  # noqa: PLC0415

        try:
            stream = await open_socket(path)
        except OSError as error:
            return Failure(kind=FailureClass.NETWORK, message=_unreachable(path, error))
        link = Link(stream, path, silence)
        assert self._nursery is not None
        self._nursery.start_soon(link.run)
        try:
            failure = await self._introduce(link, path)
        except BaseException:
            link.close(f"the connection to the daemon at {path} was given up")
            raise
        if failure is not None:
            link.close(failure.message)
            return failure
        self._links[path] = link
        return link

    async def _introduce(self, link: "Link", path: str) -> Failure | None:
        from aircherd.providers.upstream.errors import failure_of  # noqa: PLC0415

        about = {
            "protocol": methods.PROTOCOL,
            "client": {"name": CLIENT, "version": __version__},
            "host": self._host,
            "signatures": True,
        }
        try:
            response = await link.call(methods.HELLO, msgspec.msgpack.encode(about))
        except ProviderFailed as error:
            return error.failure
        if response.error is not None:
            return failure_of(response.error, path, 0.0)
        link.features = _features(response.result)
        link.may_repeat = False  # no call has been answered yet
        return None

    def __repr__(self) -> str:
        return f"<Links {list(self._links.values())}>"


class _Opening:
    """A link that is being opened; `outcome` is known when it is `done`."""

    outcome: "Link | Failure"

    def __init__(self) -> None:
        self.done = trio.Event()

    def __repr__(self) -> str:
        return f"<Opening {'done' if self.done.is_set() else 'in progress'}>"


def _path(provider: Provider) -> str:
    path = provider.socket_path
    assert path is not None
    return path


def _features(result: object) -> frozenset[str]:
    found = result.get("features") if isinstance(result, dict) else None
    listed = found if isinstance(found, list) else ()
    return frozenset(each for each in listed if isinstance(each, str))


def _unreachable(path: str, error: OSError) -> str:
    """Return why a socket cannot be reached, and what to do."""
    if isinstance(error, FileNotFoundError):
        return (
            f"there is no socket at {path}: 'aircher-cli forward' on the other machine makes it, "
            "or the daemon there was stopped"
        )
    reason = error.strerror or str(error)
    return f"no daemon answers at {path}: {reason}"
