"""Read `[catalog."provider/model"]`: what the user knows better than the catalogue."""

import math
import re
from decimal import Decimal
from functools import partial
from typing import Any, cast, get_args

from aircherd.config.model import Override, Route
from aircherd.config.problems import BadValue, ProblemCollector, did_you_mean
from aircherd.config.schema import CATALOG, known_entries
from aircherd.config.secret_detection import is_key_name, is_opaque, key_message
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_choice, read_table, read_tokens, type_name
from aircherd.vocabulary.models import ApiName

MAX_PRICE = Decimal(1_000_000)
"""USD per million tokens, a dollar for each: more is a mistake."""

_PRICE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?")
_FORM = 'write [catalog."provider/model"], with the quotes'
_EXAMPLE = 'write 2.5 or "2.5", in USD per million tokens'


def read_catalog(
    report: ProblemCollector, entries: dict[str, object], providers: list[str]
) -> dict[str, Override]:
    """Return what the file says of models, by `provider/model`; without what has a problem."""
    overrides: dict[str, Override] = {}
    for name, value in entries.items():
        path: KeyPath = ("catalog", name)
        bad = _name_problem(name, value, providers)
        if bad is not None:
            report.add_bad(path, bad)
            continue
        table = report.read(path, value, read_table) or {}
        fields: dict[str, Any] = {
            field: report.read((*path, field), given, _READERS[field])
            for field, given in known_entries(report, CATALOG, path, table)
        }
        overrides[name] = Override(**fields)
    return overrides


def _name_problem(name: str, value: object, providers: list[str]) -> BadValue | None:
    if is_opaque(name) or (is_key_name(name) and not isinstance(value, dict)):
        return BadValue(key_message(None))
    if not isinstance(value, dict):
        return BadValue(f"must be a section, not {type_name(value)}", _FORM)
    try:
        route = Route.parse(name)
    except ValueError:
        # Its message quotes the name.
        route = None
    if route is None:
        return BadValue("is not of the form provider/model", _FORM)
    if route.provider not in providers:
        shown = [known for known in providers if not is_opaque(known)]
        return BadValue(
            "names a provider that does not exist", partial(did_you_mean, route.provider, shown)
        )
    return None


def read_price(value: object) -> Decimal:
    """Take a price in USD per million tokens, exactly as it is written.

    Raises:
        BadValue: it is something else, or below 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadValue(f"must be a price, not {type_name(value)}", _EXAMPLE)
    if isinstance(value, str) and not _PRICE.fullmatch(value):
        raise BadValue("is not a price", _EXAMPLE)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue("is not a price", _EXAMPLE)
    # By way of its shortest text a float is what was written.
    price = Decimal(str(value))
    if not 0 <= price <= MAX_PRICE:
        raise BadValue(f"must be from 0 to {MAX_PRICE}", _EXAMPLE)
    return price


def read_flag(value: object) -> bool:
    """Take true or false.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, bool):
        raise BadValue(f"must be true or false, not {type_name(value)}")
    return value


def _read_api(value: object) -> ApiName:
    return cast("ApiName", read_choice(value, get_args(ApiName)))


_READERS = {
    **dict.fromkeys(("window", "max_output"), read_tokens),
    **dict.fromkeys(
        ("input_price", "output_price", "cached_price", "cache_write_price"), read_price
    ),
    **dict.fromkeys(("tools", "images", "reasoning", "json_schema", "sampling"), read_flag),
    "api": _read_api,
}
