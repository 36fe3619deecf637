"""The state of the daemon for clients: status, keys, health, snapshots. Read-only."""

import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

from aircher_wire.codes import CONFIG_INVALID
from aircherd.api.notices import current_notices
from aircherd.api.services import Services
from aircherd.api.usage import ledger_row, limit_rows
from aircherd.api.wire import to_wire
from aircherd.chat.caller import Caller
from aircherd.chat.live_state import LiveRoutingState
from aircherd.config.model import DEFAULT_CONFIG, Provider
from aircherd.config.store import ConfigStore
from aircherd.errors import AircherError, ConfigInvalid
from aircherd.providers.health.rate_limit_headers import shown
from aircherd.providers.health.summary import best_health, health_data
from aircherd.routing.candidate import Candidate
from aircherd.routing.plan import RouteQuery, make_plan, skipped_steps
from aircherd.routing.resolver import resolve_chain
from aircherd.swap_lock import SWAP_LOCK
from aircherd.vocabulary.chat import Requirements, RouteOptions
from aircherd.vocabulary.keys import BEST_FIRST, USABLE, KeyChoice, KeyState, KeyStatus


async def daemon_status(
    services: Services, *, keyring: bool = True, clients: bool = False
) -> dict[str, object]:
    """Return the result of `status`. Waits for a probe of the keyring only, unless it is left out.

    The probe starts a program, so a client that asks again with every event leaves it out. With
    `clients` each connected client has a row, which takes 0.1 ms when its program is looked up.
    """
    about = services.about
    state = await services.auth.keyring_state() if keyring else None
    return {
        "version": about.version,
        "pid": about.pid,
        "started_at": about.started_at,
        "started_by": about.started_by,
        "uptime_s": round(time.time() - about.started_at, 3),
        "socket": str(about.socket),
        "home": str(about.paths.home),
        "data": str(about.paths.data),
        **({"log": str(about.log_file)} if about.log_file else {}),
        "clients": len(services.clients),
        **({"connected": [each.describe() for each in services.clients]} if clients else {}),
        "http": services.doors.state(),
        "forwarding": services.forwarding(),
        "requests": services.chat.statistics(),
        "config": config_state(services),
        "ledger": ledger_row(services),
        **_notices(services),
        **services.auth.lock.to_wire(),
        "memory": services.memory.statistics(),
        **shared_row(services),
        **services.audit.state(),
        **(
            {"keyring": to_wire({"state": state.health.value, "reason": state.reason})}
            if state
            else {}
        ),
        **_key_file(services),
        "swap": to_wire(SWAP_LOCK.report()),
        "providers": [
            *(_provider_row(services, p) for p in services.config.current.providers.values()),
            *_refused_rows(services),
        ],
        "default": _default_route(services),
        "tasks": [
            {"name": name, **({"model": task.model} if task.model else {})}
            for name, task in services.config.current.tasks.items()
        ],
    }


def snapshot(services: Services, topics: Sequence[str], caller: Caller) -> dict[str, object]:
    """Return the current state of `topics`, in the same shape as the events that follow."""
    builders: dict[str, Callable[[], object]] = {
        "auth": lambda: key_rows(services, services.auth.rows()),
        "provider": lambda: [
            *(health_row(services, each) for each in services.config.current.providers.values()),
            *services.provider_client.cooldowns.rows(),
        ],
        "attempt": list,
        "confirm": lambda: [*services.questions.rows()],
        "usage": lambda: limit_rows(services, caller),
        "config": lambda: config_state(services),
        "shared": lambda: list(shared_row(services).values()),
        "models": lambda: {
            **default_row(services),
            "providers": list(services.config.current.providers),
        },
    }
    return {"snapshot": {topic: builders[topic]() for topic in dict.fromkeys(topics)}}


def _notices(services: Services) -> dict[str, object]:
    """Return what every client should know beside the configuration; empty if there is nothing."""
    found = [each for each in current_notices(services) if each["code"] != CONFIG_INVALID]
    return {"notices": found} if found else {}


def shared_row(services: Services) -> dict[str, object]:
    """Return the state of what is shared with other machines; empty without `[shared]`."""
    fleet = services.fleet()
    return {} if fleet is None else {"shared": to_wire(fleet.status())}


def key_row(services: Services, row: KeyStatus) -> dict[str, object]:
    """Return one row of `auth.status`: the key's status and its health."""
    store = services.config
    if entry := store.current.refused.providers.get(row.provider):
        row = msgspec.structs.replace(row, state=KeyState.REFUSED, reason=entry.reason, hint=None)
    elif store.in_use == "none" and row.provider not in store.current.providers:
        row = _with_unknown_provider(row, store)
    cooldowns = services.provider_client.cooldowns
    health = health_data(*cooldowns.health(row.provider, row.key))
    limits = cooldowns.rate_limit(row.provider, row.key)
    return {
        **to_wire(row),
        **_about_provider(services, row.provider),
        **health,
        **({"rate_limit": shown(limits)} if limits else {}),
    }


def engine_key(services: Services) -> dict[str, object]:
    """Return `{shared}`, the row of the engine's password; empty without `[shared]`."""
    row = services.auth.engine_row()
    return {"shared": key_row(services, row)} if row else {}


def _about_provider(services: Services, name: str) -> dict[str, object]:
    """Return what a row of a key says about its provider.

    That is the page where its users create keys, whether the configuration says nothing about it,
    and whether it is a local server that is not running.
    """
    provider = services.config.current.providers.get(name)
    if provider is None:
        return {}
    page = {"keys_page": provider.keys_page} if provider.keys_page else {}
    return {**page, **_presence(services, provider)}


def _presence(services: Services, provider: Provider) -> dict[str, object]:
    error = services.fetcher.last_error(provider)
    is_absent = error is not None and error.is_absent
    if error is not None and is_absent:
        # Its list is fetched again later: it may have been started since, and have answered.
        age = time.time() - error.at
        is_absent = not services.chat.services.latency.has_answered(provider.name, age)
    return {
        **({"builtin": True} if provider == DEFAULT_CONFIG.providers.get(provider.name) else {}),
        **({"absent": True} if is_absent else {}),
    }


def key_rows(services: Services, rows: Iterable[KeyStatus]) -> list[dict[str, object]]:
    """Return all rows of `auth.status`, with one for each refused provider without a stored key."""
    found = list(rows)
    names = {row.provider for row in found}
    refused = services.config.current.refused.providers
    added = [KeyStatus(provider=p, state=KeyState.REFUSED) for p in refused if p not in names]
    return [key_row(services, row) for row in (*found, *added)]


def _with_unknown_provider(row: KeyStatus, store: ConfigStore) -> KeyStatus:
    """Change the row of a key whose provider may be defined in an invalid configuration."""
    return msgspec.structs.replace(
        row,
        state=KeyState.UNVERIFIED,
        reason="the configuration is invalid, so its provider is not known",
        hint=f"fix {store.file}",
    )


def health_row(services: Services, provider: Provider) -> dict[str, object]:
    """Return one provider's health."""
    return {"provider": provider.name, **_health(services, provider)}


def _health(services: Services, provider: Provider) -> dict[str, object]:
    """Return a provider's health: that of its best key."""
    choices = services.auth.key_choices(provider) or [KeyChoice(None, KeyState.NOT_CONFIGURED)]
    usable = [choice for choice in choices if choice.state in USABLE] or choices
    health = services.provider_client.cooldowns.health
    return health_data(*best_health(health(provider.name, choice.name) for choice in usable))


def config_state(services: Services) -> dict[str, object]:
    """Return whether the configuration is valid, and its problem if not."""
    store = services.config
    state: dict[str, object] = {
        "file": str(store.file),
        "exists": store.file.exists(),
        "ok": store.problem is None,
    }
    if store.problem:
        state["problem"] = problem_row(store.problem)
        state["in_use"] = store.in_use
        if store.keeps_roles:
            state["keeps_roles"] = True
    if store.current.refused:
        state["refused"] = [entry.path for entry in store.current.refused.entries]
    watching = services.watcher.state()
    if watching.problem is not None:
        state["watch_problem"] = watching.problem
    return state


def problem_row(problem: ConfigInvalid) -> dict[str, object]:
    """Return a problem with the configuration as a map for the wire."""
    return {"message": problem.message, **problem.data}


def environment_names(services: Services) -> list[str]:
    """Return the environment variables of all providers, for clients to compare with their own."""
    providers = services.config.current.providers.values()
    return list(dict.fromkeys(name for provider in providers for name in provider.env))


def best_state(services: Services, provider: Provider) -> KeyState:
    """Return the authentication state of a provider: that of its best key."""
    states = [choice.state for choice in services.auth.key_choices(provider)]
    return min(states or [KeyState.NOT_CONFIGURED], key=BEST_FIRST.index)


def default_row(services: Services) -> dict[str, object]:
    """Return `{default}`, the model of a request without one; empty if there is none."""
    default = services.config.current.default_model or first_default(services)
    return {"default": default} if default else {}


def first_default(services: Services) -> str | None:
    """Return the first candidate of a request without a model, as `provider/model`."""
    try:
        return first_route(services, None)
    except AircherError:
        return None


def first_route(services: Services, name: str | None) -> str | None:
    """Return the first route of a model name, as `provider/model`.

    Raises:
        AircherError: there is none.
    """
    config, keys_of = services.config.current, services.auth.key_choices
    chain = resolve_chain(name, RouteOptions(), config, keys_of, services.catalog)
    return next((str(route) for route in chain.routes), None)


def _provider_row(services: Services, provider: Provider) -> dict[str, object]:
    failure = services.chat.services.last_failures.of(provider.name)
    return {
        "provider": provider.name,
        "kind": provider.kind,
        "base_url": provider.base_url,
        **_best_key(services, provider),
        **_health(services, provider),
        **({"last_failure": failure} if failure else {}),
        **_presence(services, provider),
    }


def _best_key(services: Services, provider: Provider) -> dict[str, object]:
    """Return the state of a provider's best key, and the key's name if it cannot be used."""
    choices = services.auth.key_choices(provider)
    if not choices:
        return {"state": KeyState.NOT_CONFIGURED.value}
    best = min(choices, key=lambda each: BEST_FIRST.index(each.state))
    key = {} if best.state in USABLE or best.name is None else {"key": best.name}
    return {"state": best.state.value, **key}


def _key_file(services: Services) -> dict[str, object]:
    """Return whether the credentials file is encrypted; empty if no key is stored in it."""
    if not services.auth.stored.count("file"):
        return {}
    file = services.auth.file_protection
    return {
        "key_file": {
            **({"encrypted_with": file.encrypted_with} if file.encrypted_with else {}),
            **({"problem": file.problem} if file.problem else {}),
        }
    }


def _refused_rows(services: Services) -> list[dict[str, object]]:
    """Return a row for each provider whose entry in the configuration is invalid."""
    refused = services.config.current.refused.providers
    return [
        {"provider": name, "state": KeyState.REFUSED.value, "reason": entry.reason}
        for name, entry in refused.items()
    ]


def _default_route(services: Services) -> dict[str, object]:
    """Return the candidates of a request without a model, or the problem."""
    if services.config.in_use == "none":  # `config` says why
        return {"candidates": []}
    config = services.config.current
    row: dict[str, object] = {}
    if config.default_model:
        row["model"] = config.default_model
    try:
        route = make_plan(
            RouteQuery(),
            config,
            LiveRoutingState(services.chat.services, Requirements(), Caller("aircher-cli")),
        )
    except AircherError as error:
        return {**row, "candidates": [], "problem": error.message}
    steps = list(route.steps())
    names = dict.fromkeys(step.origin for step in steps if isinstance(step, Candidate))
    if not names and (refused := [s for s in skipped_steps(steps) if s.reason == CONFIG_INVALID]):
        row["problem"] = refused[0].message
    return {**row, "candidates": list(names)}
