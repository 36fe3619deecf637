"""One transport per network configuration: a reload may bring another proxy or certificate file.

Running calls keep the transport they started with, so old ones stay open until the end; there are
as many as the user has tried settings.
"""

from collections.abc import Iterable, Mapping

import trio

from aircherd.config.model import Network
from aircherd.providers.transport.http_transport import Router, Transport, open_transport
from aircherd.providers.transport.request import endpoint_of

SWEEP_SECONDS = 60.0


class Transports:
    """Opens a transport when its settings are first used, and closes all at the end."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._opened: dict[tuple[str | None, str | None], Transport | Router] = {}

    def get(self, network: Network) -> Transport | Router:
        """Return the transport for these settings; timeouts make no difference."""
        settings = _settings(network)
        transport = self._opened.get(settings)
        if transport is None:
            transport = self._opened[settings] = open_transport(network, self._environ)
        return transport

    def close_unused(self, network: Network, base_urls: Iterable[str]) -> None:
        """Close idle connections to `base_urls`, and all that were made with other settings.

        Connections in use are not touched.
        """
        origins = frozenset(endpoint_of(url).origin for url in base_urls)
        current = _settings(network)
        for settings, transport in self._opened.items():
            transport.close_idle(origins if settings == current else None)

    def close_idle(self) -> None:
        """Close all idle connections; those in use are closed after their response."""
        for transport in self._opened.values():
            transport.close_idle(None)

    async def sweep(self) -> None:
        """Close idle connections from time to time; never returns.

        A request does this for its own transport; an idle daemon would keep them open.
        """
        while True:
            await trio.sleep(SWEEP_SECONDS)
            for transport in self._opened.values():
                transport.close_expired()

    async def aclose(self) -> None:
        """Close every connection of all transports."""
        for transport in self._opened.values():
            await transport.aclose()

    def __repr__(self) -> str:
        direct = [t.statistics() for t in self._opened.values() if isinstance(t, Transport)]
        return f"<Transports {len(self._opened)}, direct: {direct}>"


def _settings(network: Network) -> tuple[str | None, str | None]:
    return network.proxy, network.ca_file
