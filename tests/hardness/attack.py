"""What an attack is, and whether the bounds on its figures held."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from helpers.daemon.real_daemon import Home

if TYPE_CHECKING:
    from hardness.arena import Arena

Figures = dict[str, float]

TIMES = ("_ms", "_s", "_ratio")
"""Ends of the names of figures that depend on the machine's speed."""


def _nothing(_: Home) -> None:
    pass


@dataclass(frozen=True)
class Attack:
    """One attack on a running daemon.

    run         attacks; `size` is `short` or `whole`. The figures that it returns come on top of
                those that `arena` measures by itself
    short       0 if there is only the whole form, as CI has a minute for all
    at_most     figure -> bound. What is not bounded is shown
    at_least    likewise, for what must be kept
    config      added to the configuration; {port} is that of `hardness.upstream`
    prepare     writes files before the daemon starts
    is_observed whether honest clients ping and chat meanwhile
    environ     added to the daemon's environment
    nofile      limits its descriptors
    longest     seconds that it may take; one that is not over then has failed
    """

    name: str
    sentence: str
    run: Callable[["Arena", int], Awaitable[Figures | None]]
    short: int
    whole: int
    at_most: Mapping[str, float] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)
    config: str = ""
    prepare: Callable[[Home], None] = _nothing
    is_observed: bool = True
    environ: Mapping[str, str] = field(default_factory=dict)
    nofile: int | None = None
    longest: float = 170.0


@dataclass(frozen=True)
class Row:
    """One figure of an attack, and whether it is within its bound. `bound` is empty without one."""

    attack: str
    figure: str
    value: float
    bound: str
    held: bool


def judge(attack: Attack, figures: Figures, *, slack: float = 1.0) -> list[Row]:
    """Compare the figures with the bounds; those on times are multiplied by `slack`.

    A figure that is bounded but was not measured does not hold.
    """
    missing = float("nan")
    names = dict.fromkeys((*attack.at_most, *attack.at_least, *figures))
    rows = []
    for name in names:
        value, bound, held = figures.get(name, missing), "", True
        factor = slack if name.endswith(TIMES) else 1.0
        if name in attack.at_most:
            most = attack.at_most[name] * factor
            bound, held = f"<= {most:g}", value <= most
        if name in attack.at_least:
            least = attack.at_least[name]
            bound, held = f">= {least:g}", value >= least
        rows.append(Row(attack.name, name, value, bound, held))
    return rows
