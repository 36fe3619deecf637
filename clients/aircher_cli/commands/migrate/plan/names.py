"""Turn the names of the earlier aircher into names that the new configuration accepts."""

import re
import unicodedata
from collections.abc import Container, Iterable

from aircher_cli.commands.migrate.plan.vendors import RENAMED
from aircher_cli.commands.migrate.secret_shapes import could_be_key

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TASK = re.compile(r"\w[\w.-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_MAX_ALIAS = 64


def is_variable(name: str) -> bool:
    """Return whether `name` can be the name of an environment variable and is not a key."""
    return _VARIABLE.fullmatch(name) is not None and not could_be_key(name)


def provider_names(old: Iterable[str]) -> dict[str, str]:
    """Return the new name of each old provider, without two getting the same by accident.

    `claude` and `anthropic` both become `anthropic`: they are the same provider.
    """
    names: dict[str, str] = {}
    used: set[str] = set()
    tried: dict[str, int] = {}
    ordered = sorted(old, key=lambda name: not _is_valid(_known(name)))
    for name in ordered:  # valid names keep theirs, whatever the order in the file
        known = _known(name)
        names[name] = known if _is_valid(known) else _free(_simplify(known), used, tried)
        used.add(names[name])
    return names


def _known(name: str) -> str:
    return RENAMED.get(name.strip().lower(), name.strip().lower())


def _is_valid(name: str) -> bool:
    return _PROVIDER.fullmatch(name) is not None and not could_be_key(name)


def _simplify(name: str) -> str:
    """Return `name` with other characters replaced: `My Server/é` -> `my-server-e`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    simple = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:64]
    return simple if _is_valid(simple) else "provider"


def _free(name: str, used: Container[str], tried: dict[str, int]) -> str:
    """Return `name`, with a number if it is used; `tried` has the last number of each name."""
    number = tried.get(name, 0)
    free = name
    while number == 0 or free in used:
        number += 1
        free = name if number == 1 else f"{name[:58]}-{number}"
    tried[name] = number
    return free


def alias_name(old: str, taken: Container[str]) -> str | None:
    """Return the name of an alias for an old model name; None if there is no sensible one.

    A slash would make it `provider/model`, so only what follows the last one is used.
    """
    name = re.sub(r"\s+", "-", old.rpartition("/")[2].strip())
    is_good = 0 < len(name) <= _MAX_ALIAS and name.isprintable() and not could_be_key(name)
    return name if is_good and name not in taken else None


def is_task(name: str) -> bool:
    """Return whether a preset can have this name."""
    return _TASK.fullmatch(name) is not None and not could_be_key(name)
