"""Read `[providers.NAME]`: a provider of the user's own, or changes to a built-in one."""

import os
import re
from typing import cast, get_args

import msgspec

from aircher_wire import address
from aircherd.config.model import UNIX, MaxTokensField, Provider, builtin_providers, origin_of
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.secret_detection import (
    contains_key,
    could_be_key,
    is_key_name,
    key_message,
)
from aircherd.config.section import Section
from aircherd.config.sections.headers import read_headers
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import (
    check_label,
    read_base_url,
    read_choice,
    read_list,
    read_table,
    read_text,
    read_tokens,
    type_name,
)
from aircherd.vocabulary.builtin_providers import KINDS, SOCKET
from aircherd.vocabulary.models import ApiName

SECTION = Section(
    "[providers.NAME]",
    (
        "kind",
        "base_url",
        "path",
        "auth",
        "env",
        "key_command",
        "headers",
        "api",
        "max_tokens_field",
        "num_ctx",
        "fallback",
    ),
)

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")

KEYLESS_KINDS = frozenset({"ollama", SOCKET})
"""Servers of these kinds need a key only if their entry names a source for it."""

OF_SOCKETS = ("kind", "path", "fallback")
"""The fields of an entry with the kind `socket`."""

_BUILTIN = builtin_providers()


class _Entry(msgspec.Struct):
    """An entry of the file; None for fields that are missing or invalid."""

    kind: str | None = None
    base_url: str | None = None
    path: str | None = None
    auth: str | None = None
    env: tuple[str, ...] | None = None
    key_command: tuple[str, ...] | None = None
    headers: dict[str, str] | None = None
    api: ApiName | None = None
    max_tokens_field: MaxTokensField | None = None
    num_ctx: int | None = None
    fallback: tuple[str, ...] | None = None


def read_providers(report: ProblemCollector, entries: dict[str, object]) -> dict[str, Provider]:
    """Return the built-in providers in their order, with the file's changes, then the others."""
    providers = builtin_providers()
    for name, value in entries.items():
        provider = read_provider(report, name, value)
        if provider is not None:
            providers[name] = provider
    return providers


def read_provider(report: ProblemCollector, name: str, value: object) -> Provider | None:
    """Return the provider, or None after reporting at least one problem."""
    path: KeyPath = ("providers", name)
    bad = _name_problem(name, value)
    if bad is not None:
        report.add_bad(path, bad)
        return None
    table = report.read(path, value, read_table)
    if table is None:
        return None
    reader = _EntryReader(report, name)
    for field, field_value in report.known_entries(SECTION, path, table, name):
        reader.read(field, field_value)
    builtin = _BUILTIN.get(name)
    if builtin is None:
        _report_missing(report, path, table)
    provider = _merge(name, reader.entry, builtin)
    if provider is not None:
        _check_combination(report, path, table, provider)
    return provider


def _name_problem(name: str, value: object) -> BadValue | None:
    """Return what is wrong with a provider's name. There are three cases."""
    # 1. It is a key, or the name of one: `[providers]` with `api_key = "..."` under it.
    if could_be_key(name) or (is_key_name(name) and not isinstance(value, dict)):
        return BadValue(key_message(None))
    # 2. It is an entry that belongs one level deeper.
    if not isinstance(value, dict):
        return BadValue(
            f"must be a section, not {type_name(value)}", "write [providers.NAME] above its entries"
        )
    # 3. It could not be written as provider/model.
    if not _NAME.fullmatch(name):
        return BadValue(
            "is not a valid provider name",
            "use up to 64 lower-case letters, digits, - and _, starting with a letter or digit",
        )
    return None


class _EntryReader:
    """Reads the fields of one entry, each with the method `_read_FIELD`."""

    def __init__(self, report: ProblemCollector, name: str) -> None:
        self.entry = _Entry()
        self._report = report
        self._name = name
        self._path: KeyPath = ("providers", name)

    def read(self, field: str, value: object) -> None:
        """Read one known field into `entry`."""
        getattr(self, f"_read_{field}")(value)

    def _read_kind(self, value: object) -> None:
        self.entry.kind = self._report.read((*self._path, "kind"), value, self._kind)

    def _read_base_url(self, value: object) -> None:
        self.entry.base_url = self._report.read((*self._path, "base_url"), value, read_base_url)

    def _read_path(self, value: object) -> None:
        self.entry.path = self._report.read((*self._path, "path"), value, _socket_path)

    def _read_auth(self, value: object) -> None:
        self.entry.auth = self._report.read((*self._path, "auth"), value, self._auth)

    def _read_env(self, value: object) -> None:
        path: KeyPath = (*self._path, "env")
        if isinstance(value, list) and value:
            self.entry.env = self._report.read_all(path, value, self._variable)
        else:
            variable = self._report.read(path, value, self._variable)
            self.entry.env = None if variable is None else (variable,)

    def _read_key_command(self, value: object) -> None:
        path: KeyPath = (*self._path, "key_command")
        arguments = self._report.read(path, value, read_list)
        if arguments is not None:
            self.entry.key_command = self._report.read_all(path, arguments, self._argument)

    def _read_headers(self, value: object) -> None:
        self.entry.headers = read_headers(self._report, self._path, value, self._name)

    def _read_api(self, value: object) -> None:
        self.entry.api = self._report.read((*self._path, "api"), value, _api)

    def _read_max_tokens_field(self, value: object) -> None:
        path = (*self._path, "max_tokens_field")
        self.entry.max_tokens_field = self._report.read(path, value, _max_tokens_field)

    def _read_num_ctx(self, value: object) -> None:
        self.entry.num_ctx = self._report.read((*self._path, "num_ctx"), value, read_tokens)

    def _read_fallback(self, value: object) -> None:
        path: KeyPath = (*self._path, "fallback")
        targets = self._report.read(path, value, read_list)
        if targets is not None:
            read = self._report.read_all(path, targets, _target)
            # Later problems are located by index: with one target missing, they would be wrong.
            self.entry.fallback = read if len(read) == len(targets) else None

    # -------------------------------------------------------------- single values

    def _kind(self, value: object) -> str:
        kind = read_choice(value, KINDS)
        builtin = _BUILTIN.get(self._name)
        if builtin is not None and kind != builtin.kind:
            raise BadValue(
                f'must be "{builtin.kind}", as the built-in provider has it',
                "remove the line, or choose another name for the provider",
            )
        return kind

    def _auth(self, value: object) -> str:
        self._refuse_key(value)
        if value != "none":
            raise BadValue(
                'can only be "none", for a server that needs no key',
                "remove the line for a provider with a key",
            )
        return "none"

    def _variable(self, value: object) -> str:
        if isinstance(value, str) and could_be_key(value):
            raise BadValue(key_message(self._name), "env takes the NAME of an environment variable")
        if not _VARIABLE.fullmatch(read_text(value)):
            raise BadValue(
                "must be the NAME of an environment variable, like WORK_KEY",
                f"to store the key itself: aircher-cli auth login {self._name}",
            )
        return str(value)

    def _argument(self, value: object) -> str:
        self._refuse_key(value)
        if isinstance(value, str) and "\0" not in value and value:
            return value
        raise BadValue("must be a non-empty string", 'write ["op", "read", "op://..."]')

    def _refuse_key(self, value: object) -> None:
        if contains_key(value):
            raise BadValue(key_message(self._name))


def _socket_path(value: object) -> str:
    path = os.path.expanduser(read_text(value))  # noqa: PTH111 -- a text
    if not path.startswith("/") or not path.isprintable():
        raise BadValue(
            "must be the absolute path of a socket", 'write "/run/user/1000/aircher/laptop.sock"'
        )
    try:
        address.check_length(path)
    except address.AddressError:
        raise BadValue(
            f"is longer than the {address.MAX_PATH} bytes that the system takes",
            "choose a shorter one",
        ) from None
    return path


def _default_path(name: str) -> str | None:
    """Return `NAME.sock` beside the daemon's own socket, None if that cannot be found."""
    try:
        own = address.find_socket(os.environ)
    except address.AddressError:
        return None
    return f"{own.rpartition('/')[0]}/{name}.sock"


def _api(value: object) -> ApiName:
    return cast("ApiName", read_choice(value, get_args(ApiName)))


def _target(value: object) -> str:
    text = read_text(value).strip()
    head, slash, model = text.partition("/")
    provider, at, key = head.partition("@")
    if not provider or (slash and not model) or (at and not key):
        raise BadValue("must be a provider, or provider/model", 'write "openrouter"')
    if key:
        check_label(key)
    return text


def _max_tokens_field(value: object) -> MaxTokensField:
    return cast("MaxTokensField", read_choice(value, get_args(MaxTokensField)))


# ------------------------------------------------------------------ the entry as a whole


def _report_missing(report: ProblemCollector, path: KeyPath, table: dict[str, object]) -> None:
    """Report the required fields that a provider of the user's own lacks."""
    if table.get("kind") == SOCKET:
        return
    if "kind" not in table:
        kinds = ", ".join(f'"{kind}"' for kind in KINDS)
        report.add(path, "has no kind: the API of the server", f"add kind = one of {kinds}")
    if "base_url" not in table:
        report.add(path, "has no base_url", 'add base_url = "https://host/v1"')


def _merge(name: str, entry: _Entry, builtin: Provider | None) -> Provider | None:
    """Merge the entry into the built-in provider, if any; None if required fields are missing."""
    kind = builtin.kind if builtin else entry.kind
    base_url = entry.base_url or (builtin.base_url if builtin else None)
    if kind == SOCKET:
        path = entry.path or _default_path(name)
        base_url = UNIX + path if path else None
    if kind is None or base_url is None:
        return None
    provider = Provider(
        name=name,
        kind=kind,
        base_url=base_url,
        needs_key=_needs_key(entry, kind),
        env=_env(entry, builtin),
        key_command=entry.key_command,
        headers=entry.headers or {},
        default_model=builtin.default_model if builtin else None,
        keys_page=builtin.keys_page if builtin else None,
        api=entry.api,
        max_tokens_field=entry.max_tokens_field,
        num_ctx=entry.num_ctx,
        fallback=entry.fallback or (),
    )
    if builtin is not None and provider.origin != builtin.origin:
        # Keys for another server do not come from the vendor's page.
        return msgspec.structs.replace(provider, keys_page=None)
    return provider


def _needs_key(entry: _Entry, kind: str) -> bool:
    if entry.auth == "none":
        return False
    if entry.env is not None or entry.key_command is not None:
        return True
    return kind not in KEYLESS_KINDS


def _env(entry: _Entry, builtin: Provider | None) -> tuple[str, ...]:
    """Return the variables for the key: the entry's, or those of the built-in provider.

    A built-in provider with another origin does not use its own: the vendor's key in the
    environment is for the vendor only.
    """
    if entry.auth == "none":
        return ()
    if entry.env is not None:
        return entry.env
    if builtin is None or (entry.base_url and origin_of(entry.base_url) != builtin.origin):
        return ()
    return builtin.env


def _check_combination(
    report: ProblemCollector, path: KeyPath, table: dict[str, object], provider: Provider
) -> None:
    """Report fields that are valid but conflict."""
    if provider.kind == SOCKET or "path" in table:
        _check_fields_of_kind(report, path, table, provider)
    elif table.get("auth") == "none":
        for field in ("env", "key_command"):
            if field in table:
                report.add(
                    (*path, field),
                    'names a source for a key, but auth = "none" says that no key is needed',
                    "remove one of the two",
                )
    elif provider.needs_key and not provider.can_carry_key:
        report.add(
            (*path, "base_url"),
            "is plain http to another machine: keys are never sent unencrypted",
            'use https, or add auth = "none" if the server needs no key',
        )


def _check_fields_of_kind(
    report: ProblemCollector, path: KeyPath, table: dict[str, object], provider: Provider
) -> None:
    """Report fields that mean nothing for another daemon, and `path` for everything else."""
    if provider.kind != SOCKET:
        report.add(
            (*path, "path"), 'is only for the kind "socket"', "remove the line, or change the kind"
        )
        return
    for field in table:
        if field in SECTION.names and field not in OF_SOCKETS:
            report.add(
                (*path, field),
                "means nothing for another daemon, which has its own keys and settings",
                "remove the line",
            )
