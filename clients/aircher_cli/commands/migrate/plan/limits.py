"""Old budgets -> `[[limits]]`, as far as they differ from what the program saved by itself."""

from decimal import Decimal

from aircher_cli.commands.migrate.notes import Note, problem
from aircher_cli.commands.migrate.old_files.old_config import OldConfig
from aircher_cli.commands.migrate.plan.providers import Providers
from aircher_cli.commands.migrate.plan.sections import Section
from aircher_cli.commands.migrate.secret_shapes import safe

DEFAULT_BUDGETS = {"month": 30.0, "day": 2.0}
DEFAULT_PROVIDER_LIMITS = {"claude": 3.0, "openai": 5.0, "gemini": 2.0}
"""USD a day. The earlier aircher saved these with every configuration."""
DEFAULT_WARN_AT = 0.8

_DEFAULT = "a default of the earlier aircher, not chosen; add it to [[limits]] if you want it"


def plan_limits(config: OldConfig, providers: Providers, notes: list[Note]) -> list[Section]:
    """Return a section for each budget that was chosen."""
    sections: list[Section] = []
    for per, amount, name in (
        ("month", config.monthly_budget, "monthly_budget"),
        ("day", config.daily_limit, "daily_limit"),
    ):
        source = f"[cost] {name}"
        if amount is not None and _is_chosen(amount, DEFAULT_BUDGETS[per], source, config, notes):
            sections.append(_section(None, amount, per, source, config))
    seen: set[str] = set()
    for old, amount in config.provider_limits.items():
        source = f"[cost.provider_limits] {safe(old)}"
        default = DEFAULT_PROVIDER_LIMITS.get(old)
        if not _is_chosen(amount, default, source, config, notes):
            continue
        name = providers.new_name(old)
        if name not in providers.known:
            message = f"this program does not know {safe(old)}; the limit is not carried over"
            notes.append(problem(source, message, config.file))
        elif name in seen:
            message = f"{name} has another limit, which is carried over"
            notes.append(problem(source, message, config.file))
        else:
            seen.add(name)
            sections.append(_section(name, amount, "day", source, config))
    _note_warnings(config, sections, notes)
    return sections


def _is_chosen(
    amount: float, default: float | None, source: str, config: OldConfig, notes: list[Note]
) -> bool:
    if amount == default:
        notes.append(Note("default", source, _DEFAULT, config.file))
        return False
    if amount == 0:
        message = "is 0: here that would refuse every request; there it meant that nothing is spent"
        notes.append(Note("no_counterpart", source, message, config.file))
        return False
    if not 0 < amount <= 1_000_000_000 or -Decimal(str(amount)).as_tuple().exponent > 9:  # type: ignore[operator] # a finite number has an int there
        message = "is not an amount in USD with at most 9 decimals; it is not carried over"
        notes.append(problem(source, message, config.file))
        return False
    return True


def _section(
    provider: str | None, amount: float, per: str, source: str, config: OldConfig
) -> Section:
    section = Section("[[limits]]")
    if provider:
        section.add("provider", provider)
    section.add("usd", amount, source)
    section.add("per", per)
    if _warns(config):
        section.add("warn_at", float(config.alert_threshold or 0), "[cost] alert_threshold")
    return section


def _warns(config: OldConfig) -> bool:
    share = config.alert_threshold
    return share is not None and 0 < share <= 1 and share != DEFAULT_WARN_AT


def _note_warnings(config: OldConfig, sections: list[Section], notes: list[Note]) -> None:
    if config.alert_threshold is None or (sections and _warns(config)):
        return
    if config.alert_threshold == DEFAULT_WARN_AT:
        return  # the same here
    reason = "it belongs to a limit, and none is carried over"
    if not _warns(config):
        reason = "it is not a share from 0 to 1"
    notes.append(Note("no_counterpart", "[cost] alert_threshold", reason, config.file))
