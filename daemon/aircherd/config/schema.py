"""The form of the file: which names each section may hold, and what to say about any other one."""

from collections.abc import Iterator
from functools import partial

from aircherd.config.problems import BadValue, ProblemCollector, did_you_mean
from aircherd.config.secret_detection import has_key, is_key_name, is_opaque, key_message
from aircherd.config.toml.locate import KeyPath

TOP = "the top level"
PROVIDER = "[providers.NAME]"
MODEL = "[models.NAME]"
NETWORK = "[network]"
CATALOG = '[catalog."PROVIDER/MODEL"]'
FALLBACK = "[fallback]"
USAGE = "[usage]"
LIMIT = "[[limits]]"

NAMES: dict[str, tuple[str, ...]] = {
    TOP: (
        "default_model",
        "providers",
        "models",
        "network",
        "catalog",
        "fallback",
        "limits",
        "usage",
    ),
    PROVIDER: (
        "kind",
        "base_url",
        "auth",
        "env",
        "key_command",
        "headers",
        "api",
        "max_tokens_field",
        "num_ctx",
        "fallback",
    ),
    MODEL: ("routes", "strategy"),
    USAGE: ("keep_days",),
    FALLBACK: ("max_attempts", "max_cost_increase", "strategy"),
    LIMIT: (
        "provider",
        "key",
        "model",
        "client",
        "requests",
        "tokens",
        "usd",
        "per",
        "warn_at",
    ),
    NETWORK: (
        "proxy",
        "ca_file",
        "connect_timeout",
        "first_byte_timeout",
        "idle_timeout",
        "request_timeout",
        "models_dev",
    ),
    CATALOG: (
        "window",
        "max_output",
        "input_price",
        "output_price",
        "cached_price",
        "cache_write_price",
        "tools",
        "images",
        "reasoning",
        "json_schema",
        "sampling",
        "api",
    ),
}
"""Every name the file may hold, by its section."""

PLANNED: dict[str, tuple[str, ...]] = {
    TOP: ("tasks",),
    PROVIDER: (),
    MODEL: (),
    FALLBACK: (),
    USAGE: (),
    LIMIT: (),
    NETWORK: (),
    CATALOG: (),
}
"""Names a later version will know. Refused until then: better than to do nothing about them."""


def known_entries(
    report: ProblemCollector,
    section: str,
    path: KeyPath,
    table: dict[str, object],
    provider: str | None = None,
) -> Iterator[tuple[str, object]]:
    """Yield the entries of `table` that `section` may hold; note a problem for each other one."""
    for name, value in table.items():
        if name in NAMES[section]:
            yield name, value
        else:
            report.add_bad((*path, name), _unknown(section, name, value, provider))


def _unknown(section: str, name: str, value: object, provider: str | None) -> BadValue:
    """Say what is wrong with a name, and what was meant. There are four cases."""
    # 1. It is to come.
    if name in PLANNED[section]:
        return BadValue("is not supported by this version yet", "remove it until then")
    # 2. It would hold a key, or does. (A limit's number is none: `token = 1000` is misspelt.)
    is_number = section == LIMIT and isinstance(value, int | float)
    if (is_key_name(name) and not is_number) or is_opaque(name) or has_key(value):
        return BadValue(key_message(provider))
    # 3. It is known elsewhere: in TOML an entry belongs to the last [section] before it.
    home = _home_of(name, value)
    if home is not None:
        return BadValue(f"is unknown {_within(section)}", f"it belongs {_home(home)}")
    # 4. It is misspelt or made up.
    return BadValue(f"is unknown {_within(section)}", partial(did_you_mean, name, NAMES[section]))


def _home_of(name: str, value: object) -> str | None:
    """Return the section that knows this name; `[provider.work]` is not the entry of a limit."""
    homes = (home for home, names in NAMES.items() if name in names)
    return next((home for home in homes if not (home == LIMIT and isinstance(value, dict))), None)


def _within(section: str) -> str:
    return f"at {TOP}" if section == TOP else f"in {section}"


def _home(section: str) -> str:
    return "at the top, before the first [section]" if section == TOP else f"under {section}"
