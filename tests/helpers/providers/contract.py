"""One API under test in the contract suite: its simulated server, and chats with it."""

import re
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import httpx
import trio

from aircherd.config.model import Network
from aircherd.events import EventBus
from aircherd.providers.client import ProviderClient
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.transport.http_transport import open_transport
from aircherd.redaction import Redactor
from aircherd.testing.simulator import Fault, Received, Simulator, open_simulator
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.providers.contract_apis import Api
from helpers.providers.provider_calls import CANARY
from helpers.providers.talking import Map, Talker

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9aw"
    "AAAABJRU5ErkJggg=="
)
PICTURE: Map = {"type": "image", "media_type": "image/png", "data": PNG}


def tampered(part: Map) -> Map:
    """Return `part` with the longest word of its signature reversed."""
    signature = str(part["signature"])
    seal = max(re.findall(r"[A-Za-z0-9+/_=-]+", signature), key=len)
    return part | {"signature": signature.replace(seal, seal[::-1])}


class Bench(Talker):
    """One API under test: its simulated server, and the client that calls it."""

    def __init__(self, api: Api, sim: Simulator, provider_client: ProviderClient) -> None:
        provider = api.provider(sim.url)
        key = ApiKey(api.name, "default", Secret(CANARY), "file", provider.origin)
        super().__init__(provider, Model(id=api.model), key, provider_client)
        self.api = api
        self.sim = sim

    def meet(self, kind: str, **fields: object) -> None:
        """Inject a fault into the next chat."""
        self.sim.faults.add(Fault(kind, **fields))  # type: ignore[arg-type]

    @property
    def last(self) -> Received:
        """The last chat that the server received."""
        return [each for each in self.sim.requests if each.endpoint == "chat"][-1]

    @property
    def last_body(self) -> str:
        """Its body: JSON without white space."""
        return self.last.request.body.decode()

    async def again(self) -> tuple[str, str]:
        """Send the last chat once more; return content type and body of the response."""
        request = self.last.request
        async with httpx.AsyncClient() as client:
            url = self.sim.url + request.target
            answer = await client.post(url, headers=request.headers, content=request.body)
        return answer.headers["content-type"], answer.text

    async def answer_with(self, *changes: tuple[str, str], stream: bool) -> None:
        """Let the server answer the next chat as usual, with `changes`: pairs of regex and text."""
        await self.ask("one two", stream=stream)
        content_type, body = await self.again()
        for pattern, text in changes:
            body, count = re.subn(pattern, text, body)
            assert count, f"there is no {pattern} in {body}"
        self.meet("answer", status=200, content_type=content_type, body=body)


@asynccontextmanager
async def open_bench(api: Api) -> AsyncIterator[Bench]:
    """Simulate the vendor, and open everything between an adapter and the vendor."""
    trio.socket.set_custom_hostname_resolver(_Resolver())
    async with (
        open_simulator(accept={api.vendor: CANARY}) as sim,
        aclosing(open_transport(Network(), {})) as transport,
    ):
        sim.behave(**api.behave)
        provider_client = ProviderClient(
            transport_for=lambda _: transport,
            network=Network,
            cooldowns=CooldownManager(EventBus()),
            redactor=Redactor(),
        )
        yield Bench(api, sim, provider_client)


class _Resolver(trio.abc.HostnameResolver):
    """Resolves every host to this machine, so that no test leaves it."""

    async def getaddrinfo(  # type: ignore[override]
        self, host: object, port: int, *_: int
    ) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port)))]

    async def getnameinfo(self, sockaddr: object, flags: int) -> tuple[str, str]:
        raise NotImplementedError
