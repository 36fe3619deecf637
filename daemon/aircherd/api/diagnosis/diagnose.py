"""Collect what may be wrong, each part with a deadline, and return the findings and some facts."""

import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import msgspec
import trio

import aircherd
from aircher_wire.fingerprints import fingerprint
from aircherd.access.displacement import read_record
from aircherd.api.diagnosis.finding import Finding
from aircherd.api.diagnosis.keys import (
    environment_findings,
    index_findings,
    keyring_findings,
    lock_findings,
    sealing_findings,
)
from aircherd.api.diagnosis.providers import ProviderFacts, is_relevant, provider_findings
from aircherd.api.diagnosis.state import (
    config_findings,
    file_findings,
    http_findings,
    ledger_findings,
    memory_findings,
    socket_findings,
)
from aircherd.api.diagnosis.variables import (
    PROXY_NAMES,
    KeyVariable,
    Relation,
    proxy_findings,
    relate,
    variable_findings,
)
from aircherd.api.params import DiagnoseParams
from aircherd.api.services import Services
from aircherd.config.model import DEFAULT_CONFIG, Provider
from aircherd.vocabulary.keys import Health, KeyState, KeyStatus

Row = dict[str, object]

KEYS_SECONDS = 8.0
"""For reading all keys again; a keyring that hangs takes three seconds."""
CALL_SECONDS = 6.0
"""For the call of each provider."""
MAX_CALLS = 32
"""Providers that are called at the same time."""
ALL_CALLS_SECONDS = 10.0
ENGINE_SECONDS = 2.0
"""For the engine of a fleet."""


async def diagnose(services: Services, params: DiagnoseParams) -> dict[str, object]:
    """Return `findings`, and `facts` that the client compares with what it sees itself.

    Takes at most as long as reading the keys and calling all providers.
    """
    with trio.move_on_after(KEYS_SECONDS):
        await services.auth.status()
    details = await services.auth.stored.describe_keyring()
    facts = await _provider_facts(services)
    theirs = params.variables
    locked = services.auth.lock.reason
    findings = [
        *_config(services),
        *lock_findings(locked),
        *_key_stores(services),
        *keyring_findings(details, services.auth.stored.count("keyring")),
        *provider_findings(
            facts, is_explained=locked is not None or services.config.in_use == "none"
        ),
        # The values of variables are forgotten, so that they cannot be compared.
        *variable_findings(
            [] if locked else _variables(services, params), services.about.started_by
        ),
        *proxy_findings(
            services.config.current.network.proxy,
            lambda name: _proxy_relation(services, params, name),
            [name for name in theirs if name.lower() in PROXY_NAMES],
        ),
        *ledger_findings(
            services.ledger.state.status,
            services.ledger.state.reason,
            refuses=services.config.current.refuses_unknown and services.limits.has_limits,
        ),
        *_memory(services),
        *file_findings(services.watcher.state().problem),
        *socket_findings(_displacement(services)),
        *http_findings(services.doors.state(), services.tokens.problem),
        *await _fleet(services),
    ]
    return {"findings": msgspec.to_builtins(findings), "facts": _facts(services)}


def _displacement(services: Services) -> str | None:
    found = read_record(services.about.paths.data)
    return None if found is None else found.message


def _config(services: Services) -> list[Finding]:
    store, problems = services.config, None
    if store.problem is not None:
        whole = [{"file": str(store.file), "message": store.problem.message}]
        problems = msgspec.convert(store.problem.data.get("problems") or whole, list[Row])
    return config_findings(str(store.file), exists=store.file.exists(), problems=problems)


async def _fleet(services: Services) -> list[Finding]:
    """Return what may be wrong with what is shared; nothing without `[shared]`."""
    fleet = services.fleet()
    if fleet is None:
        return []
    from aircherd.api.diagnosis.fleet import fleet_findings  # noqa: PLC0415 -- under [shared]
    from aircherd.shared_state.base import SharedStateError  # noqa: PLC0415 -- likewise

    facts = None
    with trio.move_on_after(ENGINE_SECONDS), suppress(SharedStateError):
        facts = await fleet.inspect()
    return fleet_findings(fleet.status(), facts, await fleet.machines())


def _memory(services: Services) -> list[Finding]:
    budget = services.memory
    return memory_findings(budget.total, budget.refused, budget.refused_at)


def _key_stores(services: Services) -> list[Finding]:
    variables = services.auth.variables
    return [
        *environment_findings(
            variables.file or "",
            exists=variables.file_exists,
            refusal=variables.refusal,
            problems=variables.problems,
        ),
        *index_findings(services.auth.stored.index_problem),
        *sealing_findings(
            services.config.current.auth.encrypt_with,
            services.auth.file_protection,
            services.auth.stored.count("file"),
        ),
    ]


# ------------------------------------------------------------------ providers


async def _provider_facts(services: Services) -> list[ProviderFacts]:
    """Call the providers that are used, all at once."""
    rows = _rows_by_provider(services.auth.rows())
    found: dict[str, ProviderFacts] = {}
    limit = trio.CapacityLimiter(MAX_CALLS)
    with trio.move_on_after(ALL_CALLS_SECONDS):
        async with trio.open_nursery() as nursery:
            for name, provider in services.config.current.providers.items():
                is_custom = provider != DEFAULT_CONFIG.providers.get(name)
                if not is_relevant(rows[name], is_custom=is_custom):
                    continue
                facts = found[name] = ProviderFacts(
                    name=name,
                    base_url=provider.base_url,
                    rows=rows[name],
                    is_custom=is_custom,
                    unreachable=f"no answer within {ALL_CALLS_SECONDS:g} s",
                    health=_health(services, name, rows[name]),
                )
                nursery.start_soon(_call, services, provider, facts, found, limit)
    return list(found.values())


def _rows_by_provider(rows: Iterable[KeyStatus]) -> dict[str, list[KeyStatus]]:
    return {name: list(group) for name, group in groupby(rows, key=lambda row: row.provider)}


def _health(services: Services, name: str, rows: Iterable[KeyStatus]) -> str | None:
    """Return why all keys of a provider are skipped now, None if one is not."""
    health = services.provider_client.cooldowns.health
    found = [health(name, row.key) for row in rows]
    if any(state is Health.OK for state, _, _ in found):
        return None
    state, reason, _ = found[0]
    return reason or state.value


async def _call(
    services: Services,
    provider: Provider,
    facts: ProviderFacts,
    found: dict[str, ProviderFacts],
    limit: trio.CapacityLimiter,
) -> None:
    async with limit:
        began = trio.current_time()
        late = f"no answer within {CALL_SECONDS:g} s"
        found[provider.name] = msgspec.structs.replace(facts, unreachable=late)
        with trio.move_on_after(CALL_SECONDS):
            probe = await services.provider_client.free_calls.probe(provider)
            found[provider.name] = msgspec.structs.replace(
                facts,
                unreachable=probe.failure.message if probe.failure else None,
                ms=round(1000 * (trio.current_time() - began)),
                skew=probe.skew,
            )


# ------------------------------------------------------------------ variables


def _variables(services: Services, params: DiagnoseParams) -> list[KeyVariable]:
    variables = services.auth.variables
    rows = _rows_by_provider(services.auth.rows())
    named: dict[str, list[str]] = {}
    for provider in services.config.current.providers.values():
        for name in provider.env if provider.needs_key else ():
            named.setdefault(name, []).append(provider.name)
    return [
        KeyVariable(
            name,
            _relation(params, [name], variables.get(name)),
            used_by=tuple(p for p in providers if _has_key(rows[p], f"env:{name}")),
            missed_by=tuple(p for p in providers if rows[p][0].state is KeyState.NOT_CONFIGURED),
            file=variables.file_of(name),
        )
        for name, providers in named.items()
    ]


def _has_key(rows: Iterable[KeyStatus], key: str) -> bool:
    return any(row.key == key for row in rows)


def _proxy_relation(services: Services, params: DiagnoseParams, name: str) -> Relation:
    own = services.auth.variables.of_process
    return _relation(params, [name, name.upper()], own(name) or own(name.upper()))


def _relation(params: DiagnoseParams, names: list[str], value: str | None) -> Relation:
    theirs = next((params.variables[name] for name in names if name in params.variables), None)
    own = fingerprint(params.salt, value) if value and value.strip() else None
    return relate(theirs, own)


# ------------------------------------------------------------------ facts


def _facts(services: Services) -> Mapping[str, object]:
    about, now = services.about, time.localtime()
    paths = {name: str(path) for name, path in msgspec.structs.asdict(about.paths).items()}
    return {
        "version": about.version,
        "pid": about.pid,
        "started_by": about.started_by,
        "python": sys.executable,
        "package": str(Path(aircherd.__file__).parent),
        "time_zone": {
            "name": now.tm_zone,
            "offset_s": now.tm_gmtoff,
            **({"configured": True} if services.config.current.time_zone else {}),
        },
        "socket": str(about.socket),
        "paths": paths,
    }
