"""Loads at a quiet moment what requests of the configured providers need from disk.

The daemon starts without it, to be fast. But a daemon runs for weeks, and its installation may be
removed or replaced meanwhile: what is in memory by then goes on working. It is what the first
requests would load anyway, so it costs no memory that a used daemon does not have.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module

import structlog
import trio

from aircherd.api.services import Services
from aircherd.auth.stores.keyring_store import keep_child_source
from aircherd.providers.registry import load_adapters
from aircherd.vocabulary.keys import USABLE

QUIET_SECONDS = 10.0
"""Seconds after the start, and without a request, until the first step."""
PAUSE_SECONDS = 0.1
"""Seconds between two steps, of which each takes up to 15 ms of the event loop."""

log = structlog.get_logger()


async def preload(services: Services) -> None:
    """Take one step after another while no request is active."""
    await trio.sleep(QUIET_SECONDS)
    for step in _steps(services):
        # There is no event for a quiet moment, and it does not matter when this ends.
        while services.chat.statistics()["active"]:  # noqa: ASYNC110
            await trio.sleep(QUIET_SECONDS)
        try:
            step()
        except (ImportError, OSError) as error:  # the installation is gone already
            log.warning("not_preloaded", reason=str(error))
            return
        await trio.sleep(PAUSE_SECONDS)
    log.debug("preloaded")


def _load_rare_modules() -> None:
    """Import what an environment file, tasks, rare commands and errors about keys need."""
    for name in ("importing", "key_tester", "sign_in", "variables.assignments"):
        import_module(f"aircherd.auth.{name}")
    import_module("aircherd.usage.attempt_list")
    import_module("aircherd.api.file_proof")
    for name in ("tasks", "unpriced"):
        import_module(f"aircherd.chat.request.{name}")
    for name in ("gate", "displacement"):
        import_module(f"aircherd.access.{name}")
    import_module("aircherd.ipc.forwarded.session")


def _load_http_modules() -> None:
    """Import what serves HTTP clients: 0.7 MB, and 25 ms."""
    for name in ("admission", "backend", "connection"):
        import_module(f"aircherd.http_api.server.{name}")
    import_module("aircherd.http_api.tokens.token_file")


def _load_configuration_modules() -> None:
    """Import what a changed configuration needs: 0.1 MB, and 2 ms."""
    for name in ("changes", "old_form", "ownership", "salvage"):
        import_module(f"aircherd.config.{name}")


def _steps(services: Services) -> Iterator[Callable[[], object]]:
    yield keep_child_source
    yield _load_rare_modules
    yield services.catalog.load
    yield _load_configuration_modules
    if services.config.current.http.port is not None:
        yield _load_http_modules
    for provider in services.config.current.providers.values():
        states = {choice.state for choice in services.auth.key_choices(provider)}
        if USABLE & states:
            yield partial(load_adapters, provider)
