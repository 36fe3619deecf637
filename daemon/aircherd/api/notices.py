"""What every client should know at once: `hello` reports it, and the command line prints it.

A notice is a lasting condition that the user has to end, such as an invalid configuration. Each
source is a function that returns its notice, or None; `_SOURCES` lists them in the order shown.
"""

from collections.abc import Callable

import msgspec

from aircherd.api.services import Services
from aircherd.config.store import ConfigStore
from aircherd.installation import INSTALLATION

MAX_LISTED = 3
"""Refused entries that a notice names; `status` has all of them."""


class Notice(msgspec.Struct, frozen=True):
    """A condition and what to do about it, as one sentence; `code` is stable, for clients."""

    code: str
    message: str


def current_notices(services: Services) -> list[dict[str, str]]:
    """Return the current notices, in the form in which they go to clients."""
    found = (source(services) for source in _SOURCES)
    return [{"code": each.code, "message": each.message} for each in found if each is not None]


async def take_notices(services: Services, *, are_shown: bool) -> list[dict[str, str]]:
    """Return the notices for a client that introduces itself, with those to show once.

    Every client gets those until one has got them that shows them.
    """
    one_time = services.one_time
    if one_time.pending and one_time.recheck is not None:
        await one_time.recheck()
    found = [{"code": code, "message": text} for code, text in one_time.pending.items()]
    if are_shown:
        for code in one_time.pending:
            one_time.remember(code)
        one_time.pending = {}
    return [*current_notices(services), *found]


def _invalid_config(services: Services) -> Notice | None:
    """Report a configuration file that is invalid, and what is in use instead."""
    store = services.config
    if store.problem is None:
        return None
    message = f"the configuration is invalid: {store.problem.message}; {_in_use(store)}"
    return Notice("config_invalid", message)


def _in_use(store: ConfigStore) -> str:
    if store.in_use == "none":
        return "no provider is asked until it is fixed"
    if store.in_use == "the last good one":
        return "the last valid one stays in use"
    refused = [entry.path for entry in store.current.refused.entries]
    more = len(refused) - MAX_LISTED
    names = ", ".join(refused[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
    earlier = "" if store.in_use == "the valid entries" else " of an earlier one"
    return f"everything{earlier} except {names} is in use"


def _changed_installation(_services: Services) -> Notice | None:
    """Report that the daemon's own files were removed, or are of another version by now."""
    problem = INSTALLATION.problem()
    return None if problem is None else Notice(*problem)


_SOURCES: tuple[Callable[[Services], Notice | None], ...] = (
    _invalid_config,
    _changed_installation,
)
