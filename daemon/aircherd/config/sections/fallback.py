"""Read `[fallback]`, and check the `fallback` lists of the providers."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, cast, get_args

from aircherd.config.model import Fallback, Provider, Strategy
from aircherd.config.problems import BadValue, ProblemCollector, unknown_provider_value
from aircherd.config.section import Section
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_choice, type_name

SECTION = Section("[fallback]", ("max_attempts", "max_cost_increase", "strategy"))

MAX_ATTEMPTS = 100
MAX_INCREASE = 1000.0


def read_strategy(value: object) -> Strategy:
    """Read the name of a strategy.

    Raises:
        BadValue: it is something else.
    """
    return cast("Strategy", read_choice(value, get_args(Strategy)))


def read_fallback(report: ProblemCollector, table: dict[str, object]) -> Fallback:
    """Return the section; an invalid entry keeps its default."""
    values: dict[str, Any] = {}
    for name, value in report.known_entries(SECTION, ("fallback",), table):
        read = report.read(("fallback", name), value, _READERS[name])
        if read is not None:
            values[name] = read
    return Fallback(**values)


def _read_attempts(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number, not {type_name(value)}", "write 4")
    if not 1 <= value <= MAX_ATTEMPTS:
        raise BadValue(f"must be from 1 to {MAX_ATTEMPTS}")
    return value


def _read_increase(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"must be a number, not {type_name(value)}", "write 2.0 for twice the price")
    if not 1 <= value <= MAX_INCREASE:  # false for nan, too
        raise BadValue(
            f"must be from 1 to {MAX_INCREASE:g}", "1 allows no more than the first choice's price"
        )
    return Decimal(str(value))


_READERS = {
    "max_attempts": _read_attempts,
    "max_cost_increase": _read_increase,
    "strategy": read_strategy,
}


# ------------------------------------------------------------------ fallback lists of providers


def check_fallbacks(
    report: ProblemCollector, providers: Mapping[str, Provider], known: list[str]
) -> None:
    """Report what is wrong with the providers' `fallback` lists.

    A list contains providers, or `provider/model`. Cycles are refused: if `a` and `b` fall back to
    each other, only the user knows which of the two is a mistake.
    """
    for name, provider in providers.items():
        for number, target in enumerate(provider.fallback):
            path: KeyPath = ("providers", name, "fallback", number)
            bad = _target_problem(name, _provider_of(target), known)
            if bad is not None:
                report.add_bad(path, bad)
    for cycle in _cycles(providers):
        report.add(
            ("providers", cycle[0], "fallback"),
            f"is a cycle: {' -> '.join([*cycle, cycle[0]])}",
            "remove one of them",
        )


def _target_problem(name: str, target: str, known: list[str]) -> BadValue | None:
    if target not in known:
        return unknown_provider_value(target, known)
    if target == name:
        return BadValue("names the provider itself", "name another one")
    return None


def _cycles(providers: Mapping[str, Provider]) -> list[list[str]]:
    """Return the cycles; one that shares providers with another may be hidden by it."""
    successors = {
        name: [t for t in _targets(provider) if t in providers and t != name]
        for name, provider in providers.items()
    }
    done: set[str] = set()
    return [cycle for name in providers for cycle in _cycles_from(name, successors, done)]


def _targets(provider: Provider) -> Iterable[str]:
    return dict.fromkeys(map(_provider_of, provider.fallback))


def _provider_of(target: str) -> str:
    return target.partition("/")[0].partition("@")[0]


def _cycles_from(
    start: str, successors: Mapping[str, list[str]], done: set[str]
) -> Iterator[list[str]]:
    """Search depth first from `start`, visiting each provider once; yield each cycle."""
    if start in done:
        return
    path, branches = {start: None}, [iter(successors[start])]
    while branches:
        target = next(branches[-1], None)
        if target is None:
            branches.pop()
            done.add(path.popitem()[0])
        elif target in path:
            names = list(path)
            yield names[names.index(target) :]
        elif target not in done:
            path[target] = None
            branches.append(iter(successors[target]))
