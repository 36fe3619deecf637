"""Models as a table that fits the terminal; `details` shows one in full.

Unknown values are shown as `?` or `unknown`, never as "no" or "free".
"""

from decimal import Context, Decimal, InvalidOperation

from aircher_cli.render.keys import describe_state
from aircher_cli.render.layout import GAP, Line, paragraph
from aircher_cli.render.marks import STATES
from aircher_cli.values import Map, as_map, number, text

UNKNOWN = "?"

ABILITIES: dict[str, str] = {
    "tools": "tools",
    "images": "images",
    "documents": "pdf",
    "audio": "sound",
    "reasoning": "reasoning",
    "json_schema": "json",
}
"""Ability -> its name in the table."""

OPTIONAL_COLUMNS = ("documents", "audio")
"""Abilities that the table leaves out if it is too narrow for them."""

DEFAULT_MARK = " *"
"""Follows the name of the default model."""

FIGURES_LEGEND = (
    "context window in tokens; prices in USD per million tokens, input / output; ? is unknown"
)
TIERS_LEGEND = "; +: long prompts cost more"

SIGNS: dict[str, tuple[str, str]] = {
    state: (mark.symbol, mark.style or "warn") for state, mark in STATES.items()
}
"""State of a provider -> symbol and style, as in the picker."""

UNHEALTHY = ("⚠", "warn")
"""The same for a model that is skipped now."""

STATE_NAMES: dict[str, str] = {
    "authenticated": "signed in",
    "not_configured": "not signed in",
    "not_required": "needs no key",
}
"""State of a provider -> its name when choosing a model."""

INDENT = "    "

MIN_NAME_WIDTH = 16
"""If fewer columns are left for names, every model gets two lines."""


def legend(models: list[Map]) -> list[str]:
    """Return two lines that explain the symbols and the figures of `table_lines`."""
    signs: dict[str, list[str]] = {}
    states = ((text(model.get("state")), text(model.get("health"))) for model in models)
    for state, health in dict.fromkeys(states):
        meaning = health.replace("_", " ") or describe_provider_state(state)
        signs.setdefault(_symbol(state, health)[0], []).append(meaning)
    meanings = [f"{sign} {' or '.join(dict.fromkeys(each))}" for sign, each in signs.items()]
    default = [f"{DEFAULT_MARK.strip()} the default"] * any(
        each.get("is_default") for each in models
    )
    tiers = TIERS_LEGEND * any(as_map(each.get("prices")).get("tiers") for each in models)
    return ["; ".join([*meanings, *default]), FIGURES_LEGEND + tiers]


def describe_provider_state(state: str) -> str:
    """Return a provider's state for a user who chooses a model."""
    return STATE_NAMES.get(state) or describe_state(state, "")


def table_lines(models: list[Map], width: int) -> list[Line]:
    """Return one line for each model, or two if its name is too long."""
    facts = _fact_column(models, tuple(ABILITIES))
    if _room(facts, width) < max(map(_head_size, models), default=0):
        facts = _fact_column(models, tuple(a for a in ABILITIES if a not in OPTIONAL_COLUMNS))
    room = _room(facts, width)
    if room < MIN_NAME_WIDTH:
        return [line for model in models for line in _stacked(model, width)]
    fitting = [size for model in models if (size := _head_size(model)) <= room]
    column = max(fitting, default=MIN_NAME_WIDTH)
    return [
        line
        for model, about in zip(models, facts, strict=True)
        for line in _row(model, about, column)
    ]


def _room(facts: list[str], width: int) -> int:
    """Return the columns that are left for names."""
    return width - 1 - len("✓ ") - GAP - max(map(len, facts), default=0)


def _row(model: Map, about: str, column: int) -> list[Line]:
    head = _head(model)
    short = column - _head_size(model)
    if short >= 0:
        return [[*head, (f"{'':{short + GAP}}{about}", "")]]
    return [head, [(f"{'':{len('✓ ') + column + GAP}}{about}", "")]]


def _stacked(model: Map, width: int) -> list[Line]:
    prices = format_prices(as_map(model.get("prices")))
    facts = (format_tokens(model.get("window")), prices, format_abilities(model))
    about = ", ".join(filter(None, facts))
    return [_head(model), *paragraph(about, width, indent=INDENT)]


def _head(model: Map) -> Line:
    symbol, style = _symbol(text(model.get("state")), text(model.get("health")))
    default: Line = [(DEFAULT_MARK, "good")] if model.get("is_default") else []
    return [(f"{symbol} ", style), (full_name(model), "bold"), *default]


def _head_size(model: Map) -> int:
    """Return the width of a model's name and its mark."""
    return len(full_name(model)) + len(DEFAULT_MARK) * bool(model.get("is_default"))


def _symbol(state: str, health: str) -> tuple[str, str]:
    return UNHEALTHY if health else SIGNS.get(state, ("?", "warn"))


def _fact_column(models: list[Map], abilities: tuple[str, ...]) -> list[str]:
    """Return the columns after the name of each model, aligned: window, price, abilities.

    Abilities that no model has get no column.
    """
    shown = [name for name in abilities if any(model.get(name) for model in models)]
    windows = [format_tokens(model.get("window")) for model in models]
    prices = [format_prices(as_map(model.get("prices"))) for model in models]
    widths = [max(map(len, cells), default=0) for cells in (windows, prices)]
    return [
        f"{window:>{widths[0]}}  {price:<{widths[1]}}  {_aligned_abilities(model, shown)}".rstrip()
        for window, price, model in zip(windows, prices, models, strict=True)
    ]


def full_name(model: Map) -> str:
    """Return the full name of a model: provider/model."""
    return f"{text(model.get('provider'))}/{text(model.get('model'))}"


def format_tokens(value: object) -> str:
    """Return a number of tokens in about three digits: 8.2k, 200k, 1.05M."""
    tokens = number(value)
    if tokens is None:
        return UNKNOWN
    if tokens < 1000:
        return f"{tokens:.0f}"
    if tokens < 9950:
        return f"{tokens / 1000:.1f}k".replace(".0k", "k")
    if tokens < 999_500:
        return f"{tokens / 1000:.0f}k"
    return f"{tokens / 1_000_000:.3g}M"


def format_prices(prices: Map) -> str:
    """Return the prices of input and output: `$3 / $15`, `free`, `?`.

    Only a model that is known to cost nothing is free; `+` means that long prompts cost more.
    """
    into, out = (parse_amount(prices.get(name)) for name in ("input", "output"))
    if into is None and out is None:
        return UNKNOWN
    if into == out == 0:
        return "free"
    return f"{format_price(into)} / {format_price(out)}{'+' if prices.get('tiers') else ''}"


def parse_amount(value: object) -> Decimal | None:
    """Parse an amount from the wire; None if it is unknown or invalid."""
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


_FOUR_DIGITS = Context(prec=4)
"""A price of a server in binary, such as 1.8149999999999997, is 1.815 for people."""


def format_price(amount: Decimal | None) -> str:
    """Return a price in USD: $3, $0.30, $0.075; with at most four significant digits."""
    if amount is None:
        return UNKNOWN
    short = _FOUR_DIGITS.plus(amount) if amount < 1000 else round(amount)
    digits = f"{Decimal(short).normalize():f}"  # without `f` ten would be 1E+1
    whole, point, cents = digits.partition(".")
    return f"${whole}{point}{cents.ljust(2, '0') if point else ''}"


NO_CHAT = "does not chat"


def format_abilities(model: Map) -> str:
    """Return the abilities of a model; `?` if none is known."""
    if model.get("chats") is False:
        return NO_CHAT
    if all(model.get(name) is None for name in ABILITIES):
        return UNKNOWN
    return " ".join(word for name, word in ABILITIES.items() if model.get(name))


def _aligned_abilities(model: Map, shown: list[str]) -> str:
    """Return the abilities, each in a column of its own."""
    words = format_abilities(model)
    if words in {UNKNOWN, NO_CHAT}:
        return words
    return " ".join(
        f"{ABILITIES[name] if model.get(name) else '':{len(ABILITIES[name])}}" for name in shown
    )
