"""Every setting in effect, and its source: a default, a line of the file, or the environment."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from aircherd.config.edit.data import MISSING, find_value
from aircherd.config.model import DEFAULT_CONFIG, REPAIR, Config, Limit, Provider, Shared
from aircherd.config.problems import path_text
from aircherd.config.secret_detection import could_be_key, looks_like_key
from aircherd.config.sections.auth import duration_text
from aircherd.config.toml.locate import KeyPath, LineIndex
from aircherd.vocabulary.builtin_providers import SOCKET

Source = Literal["default", "file", "environment"]

REDACTED = "[redacted]"

VARIABLES = (
    "AIRCHER_HOME",
    "AIRCHER_SOCKET",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""Environment variables that change what the daemon does; those of keys depend on the providers."""

_USER = re.compile(r"(^|//)[^/]*@")


class Setting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value in effect. `line` is set for a value from the file, unless the file changed since.

    `path` is the name of an entry, or of a variable if `source` is "environment". `file` is where
    the variable is set, None for the daemon's own environment.
    """

    path: str
    value: object
    source: Source
    line: int | None = None
    file: str | None = None


def settings(config: Config, text: str | None) -> list[Setting]:
    """Return all settings of `config`, which was read from the valid text `text`.

    Without the text, the values that differ from the defaults are those from the file.
    """
    leaves = _leaves((), config_data(config))
    if text is None:
        defaults = config_data(DEFAULT_CONFIG)
        return [
            _setting(path, value, is_in_file=find_value(defaults, path) != value)
            for path, value in leaves
        ]
    text = text.removeprefix("\ufeff")
    data, lines = tomllib.loads(text), LineIndex(text)
    return [
        _setting(path, value, is_in_file=True, line=lines.line_of(path))
        if find_value(data, path) is not MISSING
        else _setting(path, value, is_in_file=False)
        for path, value in leaves
    ]


def _setting(path: KeyPath, value: object, *, is_in_file: bool, line: int | None = None) -> Setting:
    source: Source = "file" if is_in_file else "default"
    return Setting(path_text(path), _masked(path, value), source, line)


def effective_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `VARIABLES` that are set, without user names and passwords."""
    names = [spelling for name in VARIABLES for spelling in (name, name.lower())]
    return {name: _USER.sub(r"\1[redacted]@", environ[name]) for name in names if environ.get(name)}


def config_data(config: Config) -> dict[str, object]:
    """Return a configuration as the file would have it, with all defaults; None is left out."""
    return {
        "default_model": config.default_model,
        "providers": {name: _provider(each) for name, each in config.providers.items()},
        "models": {
            name: {"routes": [str(route) for route in alias.routes], "strategy": alias.strategy}
            for name, alias in config.models.items()
        },
        "fallback": _fields(config.fallback),
        "limits": [_limit(limit, has_fleet=bool(config.shared)) for limit in config.limits],
        "shared": _shared(config.shared) if config.shared else {},
        "catalog": {name: _fields(override) for name, override in config.catalog.items()},
        "network": _fields(config.network),
        "usage": {
            "keep_days": config.keep_days,
            "on_failure": config.on_failure,
            "time_zone": config.time_zone,
        },
        "daemon": {
            "idle_exit": config.daemon.idle_exit or False,
            "max_memory": config.daemon.max_memory,
        },
        "conversations": {
            "keep": config.conversations.keep,
            "keep_days": config.conversations.keep_days or False,
        },
        "http": {
            "port": config.http.port,
            "hosts": list(config.http.hosts) or None,
            "origins": list(config.http.origins) or None,
            "models": config.http.models,
        },
        "auth": {
            **_fields(config.auth),
            "lifetime": _duration(config.auth.lifetime),
            "encrypt_with": False if config.auth.encrypt_with == "" else config.auth.encrypt_with,
        },
        "tasks": {
            name: {**_fields(task), "tools": list(task.tools)}
            for name, task in config.tasks.items()
        },
        "projects": {
            name: {field: value for field, value in _fields(each).items() if field != "folder"}
            for name, each in config.projects.items()
        },
        "clients": {
            name: _fields(rights)
            for name, rights in config.clients.items()
            if REPAIR not in rights.allow  # not from the file
        },
        "protect": _fields(config.protect),
    }


def _duration(seconds: float | None) -> str | bool:
    return False if seconds is None else duration_text(seconds)


def _provider(provider: Provider) -> dict[str, object]:
    env = list(provider.env)
    return {
        "kind": provider.kind,
        "base_url": None if provider.kind == SOCKET else provider.base_url,
        "path": provider.socket_path,
        "auth": None if provider.needs_key or provider.kind == SOCKET else "none",
        "env": env[0] if len(env) == 1 else env or None,
        "key_command": list(provider.key_command) if provider.key_command else None,
        "headers": provider.headers,
        "api": provider.api,
        "max_tokens_field": provider.max_tokens_field,
        "num_ctx": provider.num_ctx,
        "fallback": list(provider.fallback) or None,
    }


def _limit(limit: Limit, *, has_fleet: bool) -> dict[str, object]:
    fields = _fields(limit)
    is_shared = fields.pop("is_shared")
    scope = ("shared" if is_shared else "local") if has_fleet else None
    return {**fields, "model": str(limit.model) if limit.model else None, "scope": scope}


def _shared(shared: Shared) -> dict[str, object]:
    fields = _fields(shared)
    fields.pop("address")
    return {"url": str(shared.address), **fields}


def _fields(struct: msgspec.Struct) -> dict[str, object]:
    return {name: _plain(value) for name, value in msgspec.structs.asdict(struct).items()}


def _plain(value: object) -> object:
    """Return a tuple as a list, and a decimal as a number, whose shortest text is the same."""
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _leaves(path: KeyPath, value: object) -> Iterator[tuple[KeyPath, object]]:
    """Yield the path of each value; lists of strings are values."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves((*path, name), inner)
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for index, inner in enumerate(value):
            yield from _leaves((*path, index), inner)
    elif value is not None and value != []:
        yield path, value


def _masked(path: KeyPath, value: object) -> object:
    """Return a value without what could be a key.

    A key is refused everywhere; headers and arguments of a command could contain one of a shape
    that is not known.
    """
    could_be = could_be_key if _may_have_secrets(path) else looks_like_key
    if isinstance(value, list):
        return [REDACTED if isinstance(item, str) and could_be(item) else item for item in value]
    return REDACTED if isinstance(value, str) and could_be(value) else value


def _may_have_secrets(path: KeyPath) -> bool:
    return path[2:3] in (("headers",), ("key_command",)) or path[:2] == ("shared", "key_command")
