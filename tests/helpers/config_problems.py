"""Parse an invalid config and return its problems."""

import pytest

from aircherd.config.load import parse_config
from aircherd.errors import ConfigInvalid

FILE = "/home/u/.aircher/config.toml"


def refused(text: str) -> ConfigInvalid:
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(text, file=FILE)
    return caught.value


def problems_of(error: ConfigInvalid) -> list[dict[str, object]]:
    problems = error.data["problems"]
    assert isinstance(problems, list)
    return problems


def problems(text: str) -> list[tuple[object, object, str]]:
    """Return (line, path, message with its hint) of every problem."""
    return [
        (p["line"], p["path"], " | ".join(str(p[k]) for k in ("message", "hint") if k in p))
        for p in problems_of(refused(text))
    ]


def problem(text: str) -> tuple[object, object, str]:
    """Return the only problem."""
    found = problems(text)
    assert len(found) == 1, found
    return found[0]
