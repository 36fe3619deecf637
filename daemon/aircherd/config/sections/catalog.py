"""Read `[catalog."provider/model"]`: the user's own data about models."""

import math
import re
from decimal import Decimal
from typing import Any, cast, get_args

from aircherd.config.model import Override, Route
from aircherd.config.problems import BadValue, ProblemCollector, unknown_provider_value
from aircherd.config.secret_detection import could_be_key, is_key_name, key_message
from aircherd.config.section import Section
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_choice, read_table, read_tokens, type_name
from aircherd.vocabulary.models import ApiName

SECTION = Section(
    '[catalog."PROVIDER/MODEL"]',
    (
        "window",
        "max_output",
        "input_price",
        "output_price",
        "cached_price",
        "cache_write_price",
        "cache_write_1h_price",
        "tools",
        "images",
        "documents",
        "audio",
        "reasoning",
        "json_schema",
        "sampling",
        "api",
    ),
)

MAX_PRICE = Decimal(1_000_000)
"""USD per million tokens, a dollar per token: a higher price is a mistake."""

_PRICE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?")
_SYNTAX = 'write [catalog."provider/model"], with the quotes'
_EXAMPLE = 'write 2.5 or "2.5", in USD per million tokens'


def read_catalog(
    report: ProblemCollector, entries: dict[str, object], providers: list[str]
) -> dict[str, Override]:
    """Return the overrides by `provider/model`; invalid entries are left out."""
    overrides: dict[str, Override] = {}
    for name, value in entries.items():
        path: KeyPath = ("catalog", name)
        bad = _name_problem(name, value, providers)
        if bad is not None:
            report.add_bad(path, bad)
            continue
        table = report.read(path, value, read_table) or {}
        fields: dict[str, Any] = {
            field: report.read((*path, field), field_value, _READERS[field])
            for field, field_value in report.known_entries(SECTION, path, table)
        }
        overrides[name] = Override(**fields)
    return overrides


def _name_problem(name: str, value: object, providers: list[str]) -> BadValue | None:
    if could_be_key(name) or (is_key_name(name) and not isinstance(value, dict)):
        return BadValue(key_message(None))
    if not isinstance(value, dict):
        return BadValue(f"must be a section, not {type_name(value)}", _SYNTAX)
    try:
        route = Route.parse(name)
    except ValueError:
        # Its message quotes the name.
        route = None
    if route is None or route.key is not None:
        return BadValue("is not of the form provider/model", _SYNTAX)
    if route.provider not in providers:
        return unknown_provider_value(route.provider, providers)
    return None


def read_price(value: object) -> Decimal:
    """Read a price in USD per million tokens, exactly as it is written.

    Raises:
        BadValue: it is not a price, or negative.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadValue(f"must be a price, not {type_name(value)}", _EXAMPLE)
    if isinstance(value, str) and not _PRICE.fullmatch(value):
        raise BadValue("is not a price", _EXAMPLE)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue("is not a price", _EXAMPLE)
    # The shortest text of a float is what was written in the file.
    price = Decimal(str(value))
    if not 0 <= price <= MAX_PRICE:
        raise BadValue(f"must be from 0 to {MAX_PRICE}", _EXAMPLE)
    return price


def read_flag(value: object) -> bool:
    """Read true or false.

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
    **dict.fromkeys((name for name in SECTION.names if name.endswith("_price")), read_price),
    **dict.fromkeys(
        ("tools", "images", "documents", "audio", "reasoning", "json_schema", "sampling"), read_flag
    ),
    "api": _read_api,
}
