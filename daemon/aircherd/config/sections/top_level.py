"""Read the sections of a file that TOML could read: each becomes its part of `Config`."""

from functools import cached_property, partial
from pathlib import Path as FilePath
from typing import Any

from aircherd.config.model import Alias, Config, Network, Provider, Route, builtin_providers
from aircherd.config.problems import BadValue, ProblemCollector, did_you_mean, listed
from aircherd.config.schema import MODEL, NETWORK, TOP, USAGE, known_entries
from aircherd.config.secret_detection import is_key_like, is_key_name, is_opaque, key_message
from aircherd.config.sections.catalog import read_catalog
from aircherd.config.sections.fallback import check_fallbacks, read_fallback, read_strategy
from aircherd.config.sections.limits import read_limits
from aircherd.config.sections.providers import read_provider
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import (
    read_days,
    read_download,
    read_file,
    read_list,
    read_proxy,
    read_seconds,
    read_table,
    read_text,
    type_name,
)

_MAX_ALIAS = 64


def read_config(report: ProblemCollector, data: dict[str, object], folder: FilePath) -> Config:
    """Return the configuration; it counts only if `report` has no problem afterwards.

    `folder` is where relative paths in the file begin.
    """
    top = dict(known_entries(report, TOP, (), data))
    entries = _section(report, top, "providers")
    providers = _read_providers(report, entries)
    # A provider whose entry has a problem exists all the same: one mistake, one problem.
    known = [*providers, *(name for name in entries if name not in providers)]
    providers = check_fallbacks(report, providers, known)
    models = _read_models(report, _section(report, top, "models"), known)
    default_model = None
    if "default_model" in top:
        default_model = report.read(
            ("default_model",), top["default_model"], _DefaultReader(known, list(models))
        )
    network = _read_network(report, _section(report, top, "network"), folder)
    return Config(
        default_model=default_model,
        providers=providers,
        models={name: alias for name, alias in models.items() if alias is not None},
        network=network,
        fallback=read_fallback(report, _section(report, top, "fallback")),
        catalog=read_catalog(report, _section(report, top, "catalog"), known),
        keep_days=_read_keep_days(report, _section(report, top, "usage")),
        limits=read_limits(report, top.get("limits", []), providers, known, list(models)),
    )


def _section(report: ProblemCollector, top: dict[str, object], name: str) -> dict[str, object]:
    return report.read((name,), top.get(name, {}), read_table) or {}


def _read_providers(report: ProblemCollector, entries: dict[str, object]) -> dict[str, Provider]:
    """Return the built-in providers in their order, changed by the file, and then the others."""
    providers = builtin_providers()
    for name, value in entries.items():
        provider = read_provider(report, name, value)
        if provider is not None:
            providers[name] = provider
    return providers


# ------------------------------------------------------------------ models


def _read_models(
    report: ProblemCollector, entries: dict[str, object], known: list[str]
) -> dict[str, Alias | None]:
    """Return the aliases; None stands for one that has a problem."""
    reader = _RouteReader(known)
    return {name: _read_alias(report, name, value, reader) for name, value in entries.items()}


def _read_alias(
    report: ProblemCollector, name: str, value: object, read_route: "_RouteReader"
) -> Alias | None:
    path: KeyPath = ("models", name)
    bad = _alias_problem(name, value)
    if bad is not None:
        report.add_bad(path, bad)
        return None
    table = report.read(path, value, read_table) or {}
    fields = dict(known_entries(report, MODEL, path, table))
    if "routes" not in fields:
        report.add(path, "has no routes", 'add routes = ["anthropic/MODEL", "openrouter/MODEL"]')
        return None
    routes = report.read((*path, "routes"), fields["routes"], read_list)
    if routes is None:
        return None
    strategy = None
    if "strategy" in fields:
        strategy = report.read((*path, "strategy"), fields["strategy"], read_strategy)
    return Alias(name, report.read_all((*path, "routes"), routes, read_route), strategy)


def _alias_problem(name: str, value: object) -> BadValue | None:
    if is_opaque(name) or (is_key_name(name) and not isinstance(value, dict)):
        return BadValue(key_message(None))
    if not isinstance(value, dict):
        return BadValue(
            f"must be a section, not {type_name(value)}",
            "write [models.NAME] and under it routes = [...]",
        )
    if "/" in name:
        return BadValue("is not a valid alias", "an alias has no slash: that is provider/model")
    if not name or len(name) > _MAX_ALIAS or not name.isprintable() or " " in name:
        return BadValue("is not a valid alias", f"use 1 to {_MAX_ALIAS} characters without spaces")
    return None


class _RouteReader:
    """Reads `provider/model`."""

    def __init__(self, providers: list[str]) -> None:
        self._providers = providers
        self._known = frozenset(providers)

    def __call__(self, value: object) -> Route:
        text = read_text(value).strip()
        try:
            route = Route.parse(text)
        except ValueError:
            # Its message quotes the value.
            hint = partial(self._provider_hint, text)
            raise BadValue("must be of the form provider/model", hint) from None
        if route.provider not in self._known:
            raise BadValue(
                "names a provider that does not exist",
                lambda: did_you_mean(route.provider, self._shown),
            )
        return route

    def _provider_hint(self, text: str) -> str:
        if text in self._known:
            return f'add a model: "{text}/MODEL"'
        return f"providers: {listed(self._shown)}"

    @cached_property
    def _shown(self) -> list[str]:
        return [name for name in self._providers if not is_opaque(name)]


class _DefaultReader:
    """Reads `default_model`: an alias, or provider/model."""

    def __init__(self, providers: list[str], aliases: list[str]) -> None:
        self._providers = providers
        self._aliases = aliases

    def __call__(self, value: object) -> str:
        text = read_text(value).strip()
        if text in self._aliases:
            return text
        if "/" in text:
            return str(_RouteReader(self._providers)(text))
        aliases = [name for name in self._aliases if not is_opaque(name)]
        near = None if is_key_like(text) else did_you_mean(text, aliases)
        raise BadValue(
            "names no alias: write provider/model, or the name of a [models.NAME] section", near
        )


# ------------------------------------------------------------------ network


def _read_network(report: ProblemCollector, table: dict[str, object], folder: FilePath) -> Network:
    values: dict[str, Any] = {}
    for name, value in known_entries(report, NETWORK, ("network",), table):
        path = ("network", name)
        if name == "proxy":
            values[name] = report.read(path, value, read_proxy)
        elif name == "ca_file":
            values[name] = report.read(path, value, lambda given: read_file(given, folder))
        elif name == "models_dev":
            values[name] = report.read(path, value, read_download)
        else:
            values[name] = report.read(path, value, read_seconds)
    return Network(**values)


# ------------------------------------------------------------------ usage


def _read_keep_days(report: ProblemCollector, table: dict[str, object]) -> int | None:
    """Return how many days the attempts of the ledger are kept, None for ever."""
    fields = dict(known_entries(report, USAGE, ("usage",), table))
    if "keep_days" not in fields:
        return None
    return report.read(("usage", "keep_days"), fields["keep_days"], read_days)
