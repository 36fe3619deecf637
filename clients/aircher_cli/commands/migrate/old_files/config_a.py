"""Form A: the earlier aircher's configuration until its end, saved whole with all defaults."""

from aircher_cli.commands.migrate.notes import Note
from aircher_cli.commands.migrate.old_files.old_config import (
    OldConfig,
    OldModel,
    OldProvider,
    OldTask,
    Reader,
)

_WHOLE = ("global", "providers", "hosts", "ui", "database", "intelligence")
"""The sections of every file that the program saved itself."""

NO_COUNTERPART: dict[str, str] = {
    "global.default_host": "a provider is called at its own base_url",
    "global.max_context_tokens": "the catalogue knows the context window of each model",
    "global.budget_limit": "it has no period; add a limit per day or month to [[limits]]",
    "global.data_directory": "the data is in the XDG data directory",
    "hosts": "a provider is called at its own base_url",
    "ui": "this program has no interface with such settings",
    "database": "the earlier aircher's databases are not used; they stay where they are",
    "intelligence": "this program does not analyse projects",
    "compaction": "this program does not shorten conversations",
    "model_routing": "write an alias, [models.NAME], with the routes you want",
    "cost.auto_downgrade_on_limit": "at a limit the next route or fallback answers",
    "cost.task_budgets": "limits are for providers, models, keys and clients, not for tasks",
    "multi_provider.fallback_strategy.enable_free_fallback": "name the fallbacks instead",
}
"""Old key -> why there is nothing like it."""

_PROVIDER_FIELDS = {
    "fallback_urls": "a provider has one base_url; add another provider for another server",
    "timeout_seconds": "the timeouts of all providers are in [network]",
    "max_retries": "a failed call goes to the next route; there is no count of retries",
}
_UNCHOSEN: dict[str, tuple[object, ...]] = {
    "fallback_urls": (None, []),
    "timeout_seconds": (None, 60, 120),
    "max_retries": (None, 3),
}
"""Values that say nothing: missing, or a default that the program saved by itself."""

_PREFERENCE_FIELDS = ("cost_multiplier", "conditions")
_FALLBACK_FLAGS = ("max_usage_fallback", "rate_limit_fallback", "connection_fallback")


def read_form_a(top: Reader, config: OldConfig) -> None:
    """Read the sections of form A into `config`."""
    config.is_saved_whole = all(name in top.table for name in _WHOLE)
    first = top.section("global")
    config.default_provider = first.text("default_provider")
    config.default_model = first.text("default_model")
    _read_cost(top.section("cost"), config)
    _read_multi_provider(top.section("multi_provider"), config)
    _note_no_counterpart(top, config)


def read_provider_a(reader: Reader, provider: OldProvider) -> None:
    """Read the fields that a provider has in form A."""
    provider.label = reader.text("name")
    provider.has_variable = "api_key_env" in reader.table
    provider.key_variable = reader.text("api_key_env").strip()
    for entry in reader.entries("models"):
        if name := entry.text("name").strip():
            provider.models.append(
                OldModel(
                    name,
                    entry.whole("context_window"),
                    entry.number("input_cost_per_1m"),
                    entry.number("output_cost_per_1m"),
                    entry.flag("supports_tools"),
                )
            )


def note_provider_fields(providers: Reader, config: OldConfig) -> None:
    """List the fields of providers that have no counterpart, one note for all providers."""
    tables = {name: table for name, table in providers.table.items() if isinstance(table, dict)}
    for field, reason in _PROVIDER_FIELDS.items():
        names = [name for name, t in tables.items() if t.get(field) not in _UNCHOSEN[field]]
        if names:
            subject = f"[providers] {field} of {', '.join(names)}"
            config.notes.append(Note("no_counterpart", subject, reason, config.file))


def _read_cost(cost: Reader, config: OldConfig) -> None:
    config.monthly_budget = cost.number("monthly_budget")
    config.daily_limit = cost.number("daily_limit")
    config.alert_threshold = cost.number("alert_threshold")
    limits = cost.section("provider_limits")
    for name in limits.table:
        value = limits.number(name)
        if value is not None:
            config.provider_limits[name] = value


def _read_multi_provider(multi: Reader, config: OldConfig) -> None:
    preferences = multi.section("model_preferences")
    for model in preferences.table:
        entries = [(entry.whole("priority"), entry) for entry in preferences.entries(model)]
        ordered = sorted(entries, key=lambda each: 255 if each[0] is None else each[0])
        config.preferences[model] = [name for _, e in ordered if (name := e.text("provider"))]
    for name, task in multi.section("task_preferences").sections():
        config.tasks[name] = OldTask(
            task.text("model").strip(),
            task.number("temperature"),
            task.whole("max_tokens"),
            task.text("system_prompt_override"),
        )
    for name, fallback in multi.section("provider_fallbacks").sections():
        config.fallbacks[name] = fallback.texts("fallback_to")
    strategy = multi.section("fallback_strategy")
    config.strategy = strategy.text("strategy")
    config.max_cost_increase = strategy.number("max_cost_increase")
    config.max_fallback_attempts = strategy.whole("max_fallback_attempts")


def _note_no_counterpart(top: Reader, config: OldConfig) -> None:
    for key, reason in NO_COUNTERPART.items():
        if _has(top.table, key):
            section, _, name = key.rpartition(".")
            subject = f"[{section}] {name}" if section else f"[{name}]"
            config.notes.append(Note("no_counterpart", subject, reason, config.file))
    multi = top.table.get("multi_provider")
    if not isinstance(multi, dict):
        return
    if _any_field(multi.get("model_preferences"), _PREFERENCE_FIELDS):
        subject = "[multi_provider.model_preferences] cost_multiplier, conditions"
        reason = "routes have an order, a strategy and limits, but no conditions of their own"
        config.notes.append(Note("no_counterpart", subject, reason, config.file))
    if _any_field(multi.get("provider_fallbacks"), _FALLBACK_FLAGS):
        subject = f"[multi_provider.provider_fallbacks] {', '.join(_FALLBACK_FLAGS)}"
        reason = "a fallback answers whenever another provider may succeed"
        config.notes.append(Note("no_counterpart", subject, reason, config.file))


def _has(table: object, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(table, dict) or part not in table:
            return False
        table = table[part]
    return True


def _any_field(value: object, names: tuple[str, ...]) -> bool:
    """Return whether one of the tables at any depth below `value` has one of the names."""
    if isinstance(value, list):
        return any(_any_field(entry, names) for entry in value)
    if isinstance(value, dict):
        return any(name in names or _any_field(inner, names) for name, inner in value.items())
    return False
