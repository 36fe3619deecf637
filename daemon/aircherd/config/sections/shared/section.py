"""Read `[shared]`: the engine by which several machines share limits, cooldowns and spending."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from aircherd.config.model import EngineAddress, OnOutage, Shared
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.secret_detection import contains_key, could_be_key, key_message
from aircherd.config.section import Section
from aircherd.config.sections.shared.engine_url import EXAMPLE, read_engine_url
from aircherd.config.values import read_choice, read_file, read_list, read_text
from aircherd.process.time_zone import UTC_NAMES, zone_file

SECTION = Section(
    "[shared]",
    (
        "url",
        "namespace",
        "key_command",
        "ca_file",
        "cert_file",
        "cert_key_file",
        "on_outage",
        "time_zone",
        "machine",
    ),
)

SIGN_IN_NAME = "shared"
"""What `auth login` calls the engine's password."""

NAMESPACE = "[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
"""It has no braces, which hash tags of a cluster have, and no characters of patterns of an ACL."""
MAX_MACHINE = 64

_FILES = ("ca_file", "cert_file", "cert_key_file")


def read_shared(report: ProblemCollector, table: dict[str, object], folder: Path) -> Shared | None:
    """Return the section, None without a valid `url`; relative files start at `folder`."""
    readers = {**_READERS, **{name: lambda value: read_file(value, folder) for name in _FILES}}
    values: dict[str, Any] = {}
    for name, value in report.known_entries(SECTION, ("shared",), table):
        if name == "key_command":
            found: object = _read_command(report, value)
        else:
            found = report.read(("shared", name), value, readers[name])
        if found is not None:
            values[name] = found
    if "url" not in table:
        report.add(("shared",), "has no url: where the engine is", EXAMPLE)
    address: EngineAddress | None = values.pop("url", None)
    if address is None:
        return None
    _check_combination(report, table, address)
    return Shared(address=address, **values)


def _check_combination(
    report: ProblemCollector, table: dict[str, object], address: EngineAddress
) -> None:
    """Report entries that are valid but conflict."""
    if not address.is_encrypted:
        for name in _FILES:
            if name in table:
                report.add(
                    ("shared", name),
                    "is for TLS, but the url has none",
                    "write rediss:// in the url, or remove the line",
                )
    elif ("cert_file" in table) != ("cert_key_file" in table):
        given, other = _FILES[1:] if "cert_file" in table else reversed(_FILES[1:])
        report.add(("shared", given), f"needs {other}, too", f"add {other}, or remove the line")
    if "key_command" in table and not address.can_carry_password:
        report.add(
            ("shared", "url"),
            "is plain to another machine: passwords are never sent unencrypted",
            "write rediss:// if the engine has TLS, or use a tunnel to this machine",
        )


def _read_command(report: ProblemCollector, value: object) -> tuple[str, ...] | None:
    path = ("shared", "key_command")
    arguments = report.read(path, value, read_list)
    if arguments is None:
        return None
    read = report.read_all(path, arguments, _read_argument)
    return read if len(read) == len(arguments) else None


def _read_argument(value: object) -> str:
    if contains_key(value):
        raise BadValue(key_message(SIGN_IN_NAME))
    if isinstance(value, str) and "\0" not in value and value:
        return value
    raise BadValue("must be a non-empty string", 'write ["pass", "show", "valkey"]')


def _read_namespace(value: object) -> str:
    text = read_text(value)
    if could_be_key(text):
        raise BadValue(key_message(SIGN_IN_NAME))
    if not re.fullmatch(NAMESPACE, text):
        raise BadValue(
            "is not a valid namespace",
            "use up to 64 letters, digits and . _ : -, starting with a letter or digit",
        )
    return text


def _read_on_outage(value: object) -> str:
    return read_choice(value, get_args(OnOutage))


def _read_zone(value: object) -> str:
    name = read_text(value)
    if name not in UTC_NAMES and zone_file(name) is None:
        raise BadValue(
            "is not a time zone that this machine knows",
            "write a name such as Europe/Berlin, the same on all machines",
        )
    return name


def _read_machine(value: object) -> str:
    text = read_text(value).strip()
    if could_be_key(text):
        raise BadValue(key_message(SIGN_IN_NAME))
    if len(text) > MAX_MACHINE:
        raise BadValue(f"has more than {MAX_MACHINE} characters", 'write machine = "laptop"')
    return text


_READERS: dict[str, Callable[[object], object]] = {
    "url": read_engine_url,
    "namespace": _read_namespace,
    "on_outage": _read_on_outage,
    "time_zone": _read_zone,
    "machine": _read_machine,
}
