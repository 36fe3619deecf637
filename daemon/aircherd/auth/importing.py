"""Which of the variables that a client hands over are keys, for whom, and what became of each.

Deciding is pure (`plan_import`); what stores is handed in.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec

from aircherd.auth.key_format import check_key
from aircherd.config.model import Config, Provider
from aircherd.errors import AircherError, KeyRejected
from aircherd.vocabulary.secret import Secret

Outcome = Literal["stored", "already", "refused", "failed", "unknown"]


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one variable, for one provider that names it.

    `stored`; `already` stored with the same value; `refused` by the provider; `failed`, see
    `message`; `unknown`: no provider that needs a key names this variable.
    """

    variable: str
    outcome: Outcome
    provider: str | None = None
    message: str | None = None


class ImportPlan(msgspec.Struct, frozen=True):
    """Which variable serves which provider, and the outcomes that are clear beforehand."""

    wanted: list[tuple[str, Provider]]
    settled: list[ImportOutcome]


def plan_import(config: Config, variables: Mapping[str, str]) -> ImportPlan:
    """Decide: a provider takes the first of its variables that is there, as it would itself."""
    wanted: list[tuple[str, Provider]] = []
    settled: list[ImportOutcome] = []
    for provider in config.providers.values():
        names = [name for name in provider.env if name in variables] if provider.needs_key else []
        wanted += [(name, provider) for name in names[:1]]
        settled += [_second(name, names[0], provider) for name in names[1:]]
    known = {name for name, _ in wanted} | {outcome.variable for outcome in settled}
    settled += [
        ImportOutcome(variable=name, outcome="unknown") for name in variables if name not in known
    ]
    return ImportPlan(wanted, settled)


async def import_keys(
    plan: ImportPlan,
    variables: Mapping[str, str],
    *,
    is_stored: Callable[[Provider, Secret], Awaitable[bool]],
    store: Callable[[Provider, Secret], Awaitable[None]],
) -> list[ImportOutcome]:
    """Carry out `plan`, one key after the other: a bad one stops none of those after it.

    Args:
        plan: from `plan_import`.
        variables: names and values.
        is_stored: whether this very key is there already, and good.
        store: checks and stores a key; raises an `AircherError` when it cannot.
    """
    done: list[ImportOutcome] = []
    for variable, provider in plan.wanted:
        outcome, message = await _import(provider, variables[variable], is_stored, store)
        done.append(
            ImportOutcome(
                variable=variable, provider=provider.name, outcome=outcome, message=message
            )
        )
    return done + plan.settled


async def _import(
    provider: Provider,
    value: str,
    is_stored: Callable[[Provider, Secret], Awaitable[bool]],
    store: Callable[[Provider, Secret], Awaitable[None]],
) -> tuple[Outcome, str | None]:
    try:
        secret = check_key(value)
        if await is_stored(provider, secret):
            return "already", None
        await store(provider, secret)
    except KeyRejected as error:
        return "refused", error.message
    except AircherError as error:
        return "failed", error.message
    return "stored", None


def _second(name: str, first: str, provider: Provider) -> ImportOutcome:
    return ImportOutcome(
        variable=name,
        provider=provider.name,
        outcome="failed",
        message=f"{provider.name} takes {first}, which comes first; unset that to import this one",
    )
