"""Import keys from variables that a client passes: which are keys, for which provider.

The decision is pure (`plan_import`); the functions that store are passed in.
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
    """The outcome for one variable and one provider that names it.

    `stored`; `already` stored with the same value; `refused` by the provider; `failed`, see
    `message`; `unknown`: no provider that needs a key names this variable.
    """

    variable: str
    outcome: Outcome
    provider: str | None = None
    message: str | None = None


class ImportPlan(msgspec.Struct, frozen=True):
    """The variables to import, each with its provider, and the outcomes of the others."""

    to_import: list[tuple[str, Provider]]
    other_outcomes: list[ImportOutcome]


def plan_import(config: Config, variables: Mapping[str, str]) -> ImportPlan:
    """Choose for each provider the first of its variables that is set, as it does itself."""
    to_import: list[tuple[str, Provider]] = []
    others: list[ImportOutcome] = []
    for provider in config.providers.values():
        names = [name for name in provider.env if name in variables] if provider.needs_key else []
        to_import += [(name, provider) for name in names[:1]]
        others += [_not_first(name, names[0], provider) for name in names[1:]]
    known = {name for name, _ in to_import} | {outcome.variable for outcome in others}
    others += [
        ImportOutcome(variable=name, outcome="unknown") for name in variables if name not in known
    ]
    return ImportPlan(to_import, others)


async def import_keys(
    plan: ImportPlan,
    variables: Mapping[str, str],
    *,
    is_stored: Callable[[Provider, Secret], Awaitable[bool]],
    store: Callable[[Provider, Secret], Awaitable[None]],
) -> list[ImportOutcome]:
    """Carry out `plan`, one key after the other; a failure does not stop the rest.

    Args:
        plan: from `plan_import`.
        variables: names and values.
        is_stored: whether this key is stored already, and usable.
        store: verifies and stores a key; raises an `AircherError` if it fails.
    """
    outcomes: list[ImportOutcome] = []
    for variable, provider in plan.to_import:
        outcome, message = await _import(provider, variables[variable], is_stored, store)
        outcomes.append(
            ImportOutcome(
                variable=variable, provider=provider.name, outcome=outcome, message=message
            )
        )
    return outcomes + plan.other_outcomes


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


def _not_first(name: str, first: str, provider: Provider) -> ImportOutcome:
    return ImportOutcome(
        variable=name,
        provider=provider.name,
        outcome="failed",
        message=f"{provider.name} uses {first}, which comes first; unset it to import this one",
    )
