"""Read `[http]`: the APIs for existing tools. `port` is what opens a port at all."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from aircherd.config.model import Http
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.section import Section
from aircherd.config.sections.models import read_model_name
from aircherd.config.values import read_list, read_table, read_text, type_name

SECTION = Section("[http]", ("port", "hosts", "origins", "models"))

MIN_PORT = 1
MAX_PORT = 65_535
HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
ORIGIN = r"[a-z][a-z0-9+.-]*://[A-Za-z0-9._-]+(:[0-9]{1,5})?"
"""As browsers send it; an extension's has a scheme of its own."""


def read_http(
    report: ProblemCollector, table: dict[str, object], providers: list[str], aliases: list[str]
) -> Http:
    """Return the section; its models are aliases, or models of one of the providers."""
    fields: dict[str, Any] = {}
    for name, value in report.known_entries(SECTION, ("http",), table):
        if name == "port":
            fields[name] = report.read(("http", name), value, _read_port)
        elif name == "models":
            fields[name] = _read_models(report, value, partial(read_model_name, providers, aliases))
        else:
            one = _read_host if name == "hosts" else _read_origin
            fields[name] = _read_names(report, name, value, one)
    return Http(**{name: value for name, value in fields.items() if value is not None})


def _read_names(
    report: ProblemCollector, name: str, value: object, one: Callable[[object], str]
) -> tuple[str, ...]:
    names = report.read(("http", name), value, read_list) or []
    return tuple(dict.fromkeys(report.read_all(("http", name), names, one)))


def _read_models(
    report: ProblemCollector, value: object, one: Callable[[object], str]
) -> dict[str, str]:
    table = report.read(("http", "models"), value, read_table) or {}
    found = {name: report.read(("http", "models", name), each, one) for name, each in table.items()}
    return {name: each for name, each in found.items() if each is not None}


def _read_port(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be the number of a port, not {type_name(value)}", "write 4141")
    if not MIN_PORT <= value <= MAX_PORT:
        raise BadValue(f"must be from {MIN_PORT} to {MAX_PORT}")
    return value


def _read_host(value: object) -> str:
    name = read_text(value)
    if not re.fullmatch(HOST, name):
        raise BadValue(
            "is not the name of a host, with a port or without", 'write "host.docker.internal"'
        )
    return name.lower()


def _read_origin(value: object) -> str:
    origin = read_text(value)
    if not re.fullmatch(ORIGIN, origin):
        raise BadValue(
            "is not an origin, which has a scheme, a host and no path",
            'write "http://localhost:3000"',
        )
    return origin
