"""When models were released, from what several sources say. Pure functions.

A date is text, `2025-09-29` or `2025-09`: models.dev has both. What a server says of its own models
is often something else. Mistral puts the time of the request into `created`, LiteLLM one constant
for all models, many servers 0, and Anthropic 1970 for what it does not know. So a date from a list
counts only at a known vendor's own address, if it is in the past and differs from model to model.
The first of January stands for an unknown day: models.dev has it for models of another year.
"""

import datetime as dt
import re
from collections.abc import Sequence

import msgspec

from aircherd.vocabulary.models import Model

FIRST_YEAR = 2018
"""There were no models before; an earlier date stands for something else."""

MANY = 3
"""From this number of models on, one date for all is not their release date."""

_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)
_VERSION = re.compile(r"[-@](\d{4})-?(\d{2})-?(\d{2})(?=$|[-:])", re.ASCII)

# Month and day, as in `gpt-4-0613`, look different: there is no month 23.
_MONTH = re.compile(r"-(2[3-9])(0[1-9]|1[0-2])(?=$|[-:])", re.ASCII)


def release_date(text: object) -> str | None:
    """Return a valid date from text that starts with one, such as `2025-09-29T00:00:00Z`."""
    found = _DATE.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3] or 2)
    return found[0] if _is_date(year, month, day) and (month, day) != (1, 1) else None


def date_of_time(created: object) -> str | None:
    """Return the date of a Unix time in seconds, None if it cannot be a release."""
    if not isinstance(created, int) or not 0 < created < 1 << 33:
        return None
    return release_date(dt.datetime.fromtimestamp(created, dt.UTC).date().isoformat())


def date_in_name(name: str) -> str | None:
    """Return the date of a version: `claude-haiku-4-5-20251001`, `mistral-large-2512`."""
    found = _VERSION.search(name)
    if found and _is_date(int(found[1]), int(found[2]), int(found[3])):
        return f"{found[1]}-{found[2]}-{found[3]}"
    if found := _MONTH.search(name):
        return f"20{found[1]}-{found[2]}"
    return None


def drop_implausible(models: Sequence[Model], *, is_vendor: bool, now: float) -> Sequence[Model]:
    """Return a list of models without dates that are no release dates.

    Args:
        models: As a server listed them.
        is_vendor: Whether it is a known vendor's own server.
        now: Unix time in seconds.
    """
    dates = [model.released for model in models if model.released is not None]
    if not dates:
        return models
    today = dt.datetime.fromtimestamp(now, dt.UTC).date().isoformat()
    is_constant = len(dates) >= MANY and len(set(dates)) == 1
    if not is_vendor or is_constant:
        return [_without_date(model) for model in models]
    return [
        _without_date(model) if model.released is not None and model.released >= today else model
        for model in models
    ]


def _without_date(model: Model) -> Model:
    return model if model.released is None else msgspec.structs.replace(model, released=None)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return year >= FIRST_YEAR
