"""One model in full, and the state of the lists of models."""

from aircher_cli.render.formatting import ago, join_names
from aircher_cli.render.layout import Line, columns, fields, paragraph
from aircher_cli.render.models.table import (
    describe_provider_state,
    format_price,
    format_tokens,
    full_name,
    parse_amount,
)
from aircher_cli.values import Map, as_map, number, records, text, texts

SOURCE_NAMES: dict[str, str] = {
    "shipped": "aircher's own catalogue",
    "provider": "the provider's list",
    "config": "your configuration",
}
"""Source of a model -> its name in the output."""


def detail_lines(model: Map, width: int) -> list[Line]:
    """Return everything known about a model."""
    lines = paragraph(full_name(model), width, style="bold")
    return lines + fields([pair for pair in _facts(model) if pair[1]], width)


def _facts(model: Map) -> list[tuple[str, str]]:
    is_default = "the default" if model.get("is_default") else ""
    is_other = "not for chats" if model.get("chats") is False else ""
    aliases = ", ".join(texts(model.get("aliases")))
    return [
        ("name", text(model.get("name"))),
        ("provider", describe_provider_state(text(model.get("state")))),
        (
            "used as",
            ", ".join(filter(None, [is_default, f"alias {aliases}" if aliases else "", is_other])),
        ),
        ("window", _tokens(model.get("window"))),
        ("output", _tokens(model.get("max_output"))),
        ("price", _format_rates(as_map(model.get("prices")))),
        *_tiers(as_map(model.get("prices"))),
        *((word, _yes(model.get(name))) for name, word in _ABILITY_NAMES.items()),
        ("speed", _speed(number(model.get("latency_s")))),
        ("released", text(model.get("released"))),
        (
            "known from",
            join_names([SOURCE_NAMES.get(each, each) for each in texts(model.get("source"))]),
        ),
    ]


_ABILITY_NAMES: dict[str, str] = {
    "tools": "tools",
    "images": "images",
    "documents": "documents",
    "audio": "sound",
    "reasoning": "reasoning",
    "json_schema": "JSON schema",
    "sampling": "temperature",
}


def _yes(value: object) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def _speed(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s to the first output, in the last hour"


def _tokens(value: object) -> str:
    tokens = number(value)
    return "unknown" if tokens is None else f"{tokens:,.0f} tokens"


_PRICE_NAMES: dict[str, str] = {
    "input": "input",
    "output": "output",
    "cached": "cached input",
    "cache_write": "input written to the cache",
    "cache_write_1h": "input written to it for an hour",
}


def _format_rates(rates: Map) -> str:
    """Return all known prices."""
    known = [
        f"{format_price(amount)} {kind}"
        for name, kind in _PRICE_NAMES.items()
        if (amount := parse_amount(rates.get(name))) is not None
    ]
    if not known:
        return "unknown"
    return f"{', '.join(known)}; per million tokens"


def _tiers(prices: Map) -> list[tuple[str, str]]:
    return [
        (
            f"over {format_tokens(tier.get('above'))}",
            _format_rates(as_map(tier.get("rates")) or tier),
        )
        for tier in records(prices.get("tiers"))
    ]


# ------------------------------------------------------------------ the lists


def list_lines(lists: list[Map], width: int, now: float) -> list[Line]:
    """Return a line for each list of models: its provider, and its age or error."""
    rows = [_list_cells(each, now) for each in lists]
    return [line for lines in columns(rows, width) for line in lines]


def _list_cells(each: Map, now: float) -> Line:
    error, at = text(each.get("error")), number(each.get("fetched_at"))
    fetched = f"fetched {ago(at, now)}" if at is not None else ""
    if not error:
        return [("✓", "good"), (text(each.get("provider")), "bold"), (fetched, "")]
    message = f"{error}; using the list {fetched}" if fetched else error
    return [("✗", "bad"), (text(each.get("provider")), "bold"), (message, "")]
