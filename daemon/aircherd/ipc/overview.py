"""The daemon's picture of itself for clients: status, rows of keys, snapshots. It only reads."""

import time
from collections.abc import Callable, Sequence

import msgspec

from aircherd.config.model import Provider
from aircherd.config.store import ConfigStore
from aircherd.errors import AircherError, ConfigInvalid
from aircherd.ipc.deltas import told
from aircherd.ipc.services import Services
from aircherd.providers.health import health_data
from aircherd.routing.plan import plan
from aircherd.vocabulary.chat import RouteOptions
from aircherd.vocabulary.keys import KeyState, KeyStatus


async def status(services: Services) -> dict[str, object]:
    """Everything `aircher-cli status` shows. Asks the keyring how it is; the rest is at hand."""
    about = services.about
    keyring = await services.auth.keyring_state()
    return {
        "version": about.version,
        "pid": about.pid,
        "started_at": about.started_at,
        "started_by": about.started_by,
        "uptime_s": round(time.time() - about.started_at, 3),
        "socket": str(about.socket),
        "home": str(about.paths.home),
        "data": str(about.paths.data),
        "clients": len(services.clients),
        "requests": services.chat.statistics(),
        "config": config_state(services),
        "keyring": told({"state": keyring.health.value, "reason": keyring.reason}),
        "providers": [
            _provider_row(services, p) for p in services.config.current.providers.values()
        ],
        "default": _default(services),
    }


def snapshot(services: Services, topics: Sequence[str]) -> dict[str, object]:
    """How things stand for `topics`, in the form of the events that will follow."""
    pictures: dict[str, Callable[[], object]] = {
        "auth": lambda: [key_row(services, row) for row in services.auth.rows()],
        "provider": lambda: [
            health_row(services, name) for name in services.config.current.providers
        ],
        "attempt": list,
        "config": lambda: config_state(services),
    }
    return {"snapshot": {topic: pictures[topic]() for topic in dict.fromkeys(topics)}}


def key_row(services: Services, row: KeyStatus) -> dict[str, object]:
    """One row of `auth.status`: what `auth` knows of the key, and how available its provider is."""
    store = services.config
    if store.problem and not store.has_good and row.provider not in store.current.providers:
        row = _unknown_for_now(row, store)
    return {**told(row), **_health(services, row.provider)}


def _unknown_for_now(row: KeyStatus, store: ConfigStore) -> KeyStatus:
    """The row of a stored key whose provider nobody can know until the configuration holds."""
    return msgspec.structs.replace(
        row,
        state=KeyState.UNVERIFIED,
        reason="the configuration is invalid, so its provider is not known",
        hint=f"mend {store.file}, then 'aircher-cli config reload'",
    )


def health_row(services: Services, provider: str) -> dict[str, object]:
    """One provider's availability."""
    return {"provider": provider, **_health(services, provider)}


def _health(services: Services, provider: str) -> dict[str, object]:
    return health_data(*services.pool.health(provider))


def config_state(services: Services) -> dict[str, object]:
    """Whether the configuration holds, and what is wrong with it."""
    store = services.config
    state: dict[str, object] = {
        "file": str(store.file),
        "exists": store.file.exists(),
        "ok": store.problem is None,
    }
    if store.problem:
        state["problem"] = problem_row(store.problem)
        # Where there was never a good one, nothing is in use and chats are refused.
        state["in_use"] = "the last good one" if store.has_good else "none"
    return state


def problem_row(problem: ConfigInvalid) -> dict[str, object]:
    """A problem with the configuration, as clients get it."""
    return {"message": problem.message, **problem.data}


def environment_names(services: Services) -> list[str]:
    """The variables that the known providers name, for a client to compare with its own shell."""
    providers = services.config.current.providers.values()
    return list(dict.fromkeys(name for provider in providers for name in provider.env))


_BEST_FIRST = (
    KeyState.AUTHENTICATED,
    KeyState.UNVERIFIED,
    KeyState.NOT_REQUIRED,
    KeyState.LOCKED,
    KeyState.REJECTED,
    KeyState.NOT_CONFIGURED,
)


def _provider_row(services: Services, provider: Provider) -> dict[str, object]:
    states = [choice.state for choice in services.auth.key_choices(provider)]
    best = min(states or [KeyState.NOT_CONFIGURED], key=_BEST_FIRST.index)
    return {
        "provider": provider.name,
        "kind": provider.kind,
        "base_url": provider.base_url,
        "state": best.value,
        **_health(services, provider.name),
    }


def _default(services: Services) -> dict[str, object]:
    """Who would answer a request that names no model."""
    config = services.config.current
    row: dict[str, object] = {}
    if config.default_model:
        row["model"] = config.default_model
    try:
        decided = plan(None, RouteOptions(), config, services.auth.key_choices, services.catalog)
    except AircherError as error:
        return {**row, "candidates": [], "problem": error.message}
    names = dict.fromkeys(c.origin for c in decided.candidates)
    return {**row, "candidates": list(names)}
