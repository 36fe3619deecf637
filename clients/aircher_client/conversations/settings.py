"""Whether conversations are kept, for how many days, and which terminal a program runs in."""

import os
import re
from collections.abc import Mapping

from aircher_client.conversations.records import Settings

VARIABLE = "AIRCHER_KEEP"
"""`0` keeps nothing."""
DEFAULT_DAYS = 90

_OFF = frozenset({"0", "false", "no", "off"})


def with_project(settings: Settings, server: Mapping[str, object]) -> Settings:
    """Return the settings with what `[projects]` adds in this folder, as the daemon reported.

    What was said to the key and the model of a project stays with them when the conversation goes
    on in another folder.
    """
    given = server.get("project")
    if not isinstance(given, dict):
        return settings
    found = {name: value for name, value in given.items() if isinstance(value, str)}
    route = settings.route or {}
    if "key" in found:
        route = {"key": found["key"], **route}
    # A task that was chosen may have a model of its own, which comes first.
    model = found.get("model") if settings.task is None else None
    return Settings(
        model=settings.model or model,
        task=settings.task or found.get("task"),
        system=settings.system,
        route=route or None,
    )


class KeepSettings:
    """Whether conversations are kept, and for how many days; None means forever."""

    __slots__ = ("days", "is_on")

    def __init__(self, *, is_on: bool = True, days: int | None = DEFAULT_DAYS) -> None:
        self.is_on = is_on
        self.days = days

    def __repr__(self) -> str:
        return f"<KeepSettings is_on={self.is_on} days={self.days}>"


def keep_settings(server: Mapping[str, object], environ: Mapping[str, str]) -> KeepSettings:
    """Return the settings from the daemon's answer to `hello` and the environment.

    An older daemon says nothing about it. The environment can only switch it off.
    """
    given = server.get("conversations")
    settings = KeepSettings()
    if isinstance(given, dict):
        settings.is_on = given.get("keep") is not False
        days = given.get("keep_days", DEFAULT_DAYS)
        if days is None or (isinstance(days, int) and not isinstance(days, bool) and days > 0):
            settings.days = days
    settings.is_on = settings.is_on and not is_off(environ)
    return settings


def is_off(environ: Mapping[str, str]) -> bool:
    """Tell whether the environment says that nothing is kept."""
    return environ.get(VARIABLE, "").strip().lower() in _OFF


def this_terminal() -> str:
    """Return a name for the terminal of this program, which other programs there get, too.

    It is the terminal's device and the session, which a device that is used again has another of.
    Without a terminal it is the session alone.
    """
    device = next(filter(None, map(_device, (0, 1, 2))), "none")
    return f"{device}-{os.getsid(0)}"


def _device(descriptor: int) -> str:
    try:
        name = os.ttyname(descriptor)
    except OSError:
        return ""
    return re.sub(r"\W+", "-", name.removeprefix("/dev/"))
