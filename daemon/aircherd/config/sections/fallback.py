"""Read `[fallback]`, and check the `fallback` lists of providers: who stands in for whom."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, cast, get_args

from aircherd.config.model import Fallback, Provider, Strategy
from aircherd.config.problems import BadValue, ProblemCollector, did_you_mean
from aircherd.config.schema import FALLBACK, known_entries
from aircherd.config.secret_detection import is_opaque
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_choice, type_name

MAX_ATTEMPTS = 100
MAX_INCREASE = 1000.0


def read_strategy(value: object) -> Strategy:
    """Take the name of a strategy.

    Raises:
        BadValue: it is something else.
    """
    return cast("Strategy", read_choice(value, get_args(Strategy)))


def read_fallback(report: ProblemCollector, table: dict[str, object]) -> Fallback:
    """Return the section; what has a problem keeps its default."""
    values: dict[str, Any] = {}
    for name, value in known_entries(report, FALLBACK, ("fallback",), table):
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
        raise BadValue(f"must be a number, not {type_name(value)}", "write 2.0: twice the price")
    if not 1 <= value <= MAX_INCREASE:  # nor is it "not a number"
        raise BadValue(
            f"must be from 1 to {MAX_INCREASE:g}", "1 allows no more than the first choice's price"
        )
    return Decimal(str(value))


_READERS = {
    "max_attempts": _read_attempts,
    "max_cost_increase": _read_increase,
    "strategy": read_strategy,
}


# ------------------------------------------------------------------ who stands in for whom


def check_fallbacks(
    report: ProblemCollector, providers: Mapping[str, Provider], known: list[str]
) -> dict[str, Provider]:
    """Note what is wrong with the providers' `fallback` lists; return the providers as they are.

    A list names providers, or `provider/model`. Circles are refused: `a` standing in for `b` that
    stands in for `a` is a mistake, and which of the two was meant only the user knows.
    """
    for name, provider in providers.items():
        for number, target in enumerate(provider.fallback):
            path: KeyPath = ("providers", name, "fallback", number)
            bad = _target_problem(name, target.partition("/")[0], known)
            if bad is not None:
                report.add_bad(path, bad)
    for circle in _circles(providers):
        report.add(
            ("providers", circle[0], "fallback"),
            f"goes in a circle: {' -> '.join([*circle, circle[0]])}",
            "take one of them out",
        )
    return dict(providers)


def _target_problem(name: str, target: str, known: list[str]) -> BadValue | None:
    if target not in known:
        shown = [each for each in known if not is_opaque(each)]
        return BadValue(
            "names a provider that does not exist", partial(did_you_mean, target, shown)
        )
    if target == name:
        return BadValue("names the provider itself", "name another one")
    return None


def _circles(providers: Mapping[str, Provider]) -> list[list[str]]:
    """Return the circles; one that holds parts of another may hide it until it is mended."""
    after = {
        name: [t for t in _targets(provider) if t in providers and t != name]
        for name, provider in providers.items()
    }
    done: set[str] = set()
    return [circle for name in providers for circle in _circles_from(name, after, done)]


def _targets(provider: Provider) -> Iterable[str]:
    return dict.fromkeys(target.partition("/")[0] for target in provider.fallback)


def _circles_from(
    start: str, after: Mapping[str, list[str]], done: set[str]
) -> Iterator[list[str]]:
    """Follow every way from `start`, past each provider once; yield those that come back."""
    if start in done:
        return
    way, turns = {start: None}, [iter(after[start])]
    while turns:
        target = next(turns[-1], None)
        if target is None:
            turns.pop()
            done.add(way.popitem()[0])
        elif target in way:
            names = list(way)
            yield names[names.index(target) :]
        elif target not in done:
            way[target] = None
            turns.append(iter(after[target]))
