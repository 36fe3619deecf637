"""The daemon, opened in reading order: one context manager, every service in it.

    paths -> config -> bus, redactor -> providers -> auth -> chat -> the socket

What a room needs from above is handed in here as a callable: `auth` gets its live key check from
`providers` this way.
"""

import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager

import structlog
import trio

from aircher_wire import address
from aircher_wire.version import __version__
from aircherd.auth.file_store import FileStore
from aircherd.auth.index import KeyIndex
from aircherd.auth.key_store import KeyStore
from aircherd.auth.keyring_store import KeyringStore
from aircherd.auth.manager import AuthManager
from aircherd.catalog.catalog import Catalog
from aircherd.chat.controller import ChatController
from aircherd.config.paths import Paths, resolve_paths
from aircherd.config.store import ConfigStore
from aircherd.errors import ConfigInvalid
from aircherd.events import EventBus
from aircherd.ipc.listener import Listener
from aircherd.ipc.overview import problem_row
from aircherd.ipc.services import About, Services, Shutdown
from aircherd.ipc.session import Session
from aircherd.ipc.socket_file import claimed_socket
from aircherd.providers.pool import ProviderPool
from aircherd.providers.transports import Transports
from aircherd.vocabulary.secret import Redactor

log = structlog.get_logger()


@asynccontextmanager
async def open_daemon(
    environ: Mapping[str, str],
    redactor: Redactor,
    shutdown: Shutdown,
    *,
    keyring: KeyStore | None = None,
) -> AsyncIterator[Services]:
    """Open every service and serve clients for as long as the context lasts.

    The socket answers when the context is entered. `shutdown.asked` drains the clients; leaving
    the context does so too and waits for it. `keyring` replaces the system's, for tests.

    Raises:
        AlreadyRunning: another daemon has the socket or the data directory.
        AddressError: the socket's path or directory cannot be used.
    """
    paths = resolve_paths(environ)
    about = _about(environ, paths)
    with claimed_socket(about.socket, paths.data) as bound:
        async with aclosing(Transports(environ)) as transports:
            config = ConfigStore(paths.config_file)
            if config.problem:
                # Clients are told, and the daemon runs all the same.
                log.warning("config_invalid", problem=config.problem.message)
            bus = EventBus()
            catalog = Catalog()
            pool = ProviderPool(
                transport_for=transports.get,
                network=lambda: config.current.network,
                bus=bus,
                redactor=redactor,
            )
            auth = AuthManager(
                config=lambda: config.current,
                environ=environ,
                keyring=keyring or KeyringStore(environ, paths.keyring_service),
                file=FileStore(paths.credentials_file),
                index=KeyIndex(paths.index_file),
                bus=bus,
                redactor=redactor,
                check_key=pool.check_key,
            )
            sessions: set[Session] = set()
            services = Services(
                about=about,
                config=config,
                auth=auth,
                catalog=catalog,
                pool=pool,
                chat=ChatController(config=config, auth=auth, catalog=catalog, pool=pool, bus=bus),
                bus=bus,
                reload=lambda: _reload(config, auth, bus),
                shutdown=shutdown,
                clients=sessions,
            )
            listener = Listener(bound, services, sessions)
            async with _serving(services, listener, transports):
                yield services


@asynccontextmanager
async def _serving(
    services: Services, listener: Listener, transports: Transports
) -> AsyncIterator[None]:
    """Run what runs in the background; at the end see everybody off."""
    async with trio.open_nursery() as nursery:
        # Reading keys may take seconds where a keyring hangs; nobody waits for it who does not
        # need a key.
        nursery.start_soon(services.auth.warm)
        nursery.start_soon(transports.sweep)
        await nursery.start(listener.serve)
        log.info("ready", socket=str(services.about.socket), version=__version__)
        yield
        services.shutdown.asked.set()
        await listener.wait_closed()
        nursery.cancel_scope.cancel()


async def _reload(config: ConfigStore, auth: AuthManager, bus: EventBus) -> bool:
    """Load the configuration anew, and the keys with it; tell everybody how it went.

    Raises:
        ConfigInvalid: the file does not hold, and the last good configuration stays.
    """
    try:
        changed = config.reload()
    except ConfigInvalid as error:
        bus.publish("config", {"ok": False, "problem": problem_row(error)})
        log.warning("config_invalid", problem=error.message)
        raise
    await auth.reload()
    bus.publish("config", {"ok": True, "changed": changed})
    return changed


def _about(environ: Mapping[str, str], paths: Paths) -> About:
    return About(
        version=__version__,
        pid=os.getpid(),
        started_by=_started_by(environ),
        started_at=time.time(),
        socket=address.socket_path(environ),
        paths=paths,
    )


def _started_by(environ: Mapping[str, str]) -> str:
    if environ.get("AIRCHER_STARTED_BY"):
        return environ["AIRCHER_STARTED_BY"]
    return "systemd" if "INVOCATION_ID" in environ else "user"
