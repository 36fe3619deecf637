"""Parses the limits of a token: `5/day`, `100/hour`, `1M/month`."""

import re
from decimal import Decimal

from aircher_cli.exit_codes import UsageError
from aircher_cli.render.formatting import count
from aircher_cli.values import Map, number

PERIODS = ("minute", "hour", "day", "month")
FORMS = {"usd": "5/day or 0.50/hour", "requests": "100/hour", "tokens": "1M/day"}

_COUNT = re.compile(r"([0-9]{1,12})([kM]?)")
_USD = re.compile(r"\$?([0-9]{1,9}(\.[0-9]{1,9})?)")
_FACTORS = {"": 1, "k": 1_000, "M": 1_000_000}


def read_limits(typed: dict[str, list[str]]) -> list[Map]:
    """Return the limits of a request, from what was typed for each amount.

    Raises:
        UsageError: it is none, or there are two of an amount for one period.
    """
    found: list[Map] = []
    for amount, texts in typed.items():
        limits = [_read_limit(amount, text) for text in texts]
        if len({limit["per"] for limit in limits}) < len(limits):
            raise UsageError(f"--{amount}: there are two for one period")
        found += limits
    return found


def _read_limit(amount: str, text: str) -> Map:
    typed, slash, period = text.partition("/")
    if not slash or period not in PERIODS:
        raise _wrong(amount)
    if amount == "usd":
        usd = _USD.fullmatch(typed)
        if usd is None:
            raise _wrong(amount)
        return {"per": period, "usd": str(Decimal(usd[1]))}
    found = _COUNT.fullmatch(typed)
    if found is None:
        raise _wrong(amount)
    return {"per": period, amount: int(found[1]) * _FACTORS[found[2]]}


def _wrong(amount: str) -> UsageError:
    periods = ", ".join(PERIODS)
    return UsageError(
        f"--{amount}: must be like {FORMS[amount]}; the periods are {periods}",
        "aircher-cli token create --help",
    )


def describe_limit(limit: Map) -> str:
    """Return a limit of a token for people: `$5/day`, `100 requests/hour`."""
    per = limit.get("per")
    texts = [f"${limit['usd']}/{per}"] if limit.get("usd") is not None else []
    for noun in ("request", "token"):
        most = number(limit.get(f"{noun}s"))
        texts += [] if most is None else [f"{count(int(most), noun)}/{per}"]
    return ", ".join(texts)
