"""Read `[models.NAME]` (aliases and their routes) and `default_model`."""

from functools import cached_property, partial

from aircherd.config.model import Alias, Route
from aircherd.config.problems import (
    BadValue,
    ProblemCollector,
    did_you_mean,
    join_names,
    unknown_provider_value,
)
from aircherd.config.secret_detection import (
    could_be_key,
    is_key_name,
    key_message,
    looks_like_key,
)
from aircherd.config.section import Section
from aircherd.config.sections.fallback import read_strategy
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import check_label, read_list, read_table, read_text, type_name

SECTION = Section("[models.NAME]", ("routes", "strategy"))

_MAX_ALIAS = 64


def read_models(
    report: ProblemCollector, entries: dict[str, object], providers: list[str]
) -> dict[str, Alias | None]:
    """Return the aliases; None for one with a problem. `providers` has all known names."""
    reader = _RouteReader(providers)
    return {name: _read_alias(report, name, value, reader) for name, value in entries.items()}


def read_default_model(
    report: ProblemCollector, value: object, providers: list[str], aliases: list[str]
) -> str | None:
    """Return `default_model`: an alias, or provider/model."""
    return report.read(("default_model",), value, partial(read_model_name, providers, aliases))


def _read_alias(
    report: ProblemCollector, name: str, value: object, read_route: "_RouteReader"
) -> Alias | None:
    path: KeyPath = ("models", name)
    bad = _name_problem(name, value)
    if bad is not None:
        report.add_bad(path, bad)
        return None
    table = report.read(path, value, read_table) or {}
    entries = dict(report.known_entries(SECTION, path, table))
    if "routes" not in entries:
        report.add(path, "has no routes", 'add routes = ["anthropic/MODEL", "openrouter/MODEL"]')
        return None
    routes = report.read((*path, "routes"), entries["routes"], read_list)
    if routes is None:
        return None
    strategy = None
    if "strategy" in entries:
        strategy = report.read((*path, "strategy"), entries["strategy"], read_strategy)
    return Alias(name, report.read_all((*path, "routes"), routes, read_route), strategy)


def _name_problem(name: str, value: object) -> BadValue | None:
    if could_be_key(name) or (is_key_name(name) and not isinstance(value, dict)):
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
    """Reads `provider/model` and `provider@key/model`."""

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
        if route.key is not None:
            check_label(route.key)
        if route.provider not in self._known:
            raise unknown_provider_value(route.provider, self._shown)
        return route

    def _provider_hint(self, text: str) -> str:
        if text in self._known:
            return f'add a model: "{text}/MODEL"'
        return f"providers: {join_names(self._shown)}"

    @cached_property
    def _shown(self) -> list[str]:
        return [name for name in self._providers if not could_be_key(name)]


def read_model_name(providers: list[str], aliases: list[str], value: object) -> str:
    """Read the name of an alias, provider/model or provider@key/model.

    Raises:
        BadValue: it is neither.
    """
    text = read_text(value).strip()
    if text in aliases:
        return text
    if "/" in text:
        return str(_RouteReader(providers)(text))
    shown = [name for name in aliases if not could_be_key(name)]
    near = None if looks_like_key(text) else did_you_mean(text, shown)
    raise BadValue(
        "is not an alias: write provider/model, or the name of a [models.NAME] section", near
    )
