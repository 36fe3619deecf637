"""The default model, aliases with their routes, fallbacks and presets."""

import re
from collections.abc import Mapping

from aircher_cli.commands.migrate.notes import Note, problem
from aircher_cli.commands.migrate.old_files.old_config import OldConfig, OldTask
from aircher_cli.commands.migrate.plan.config_text import header
from aircher_cli.commands.migrate.plan.names import alias_name, is_task
from aircher_cli.commands.migrate.plan.providers import Providers
from aircher_cli.commands.migrate.plan.sections import Section
from aircher_cli.commands.migrate.secret_shapes import looks_like_key, safe

STRATEGIES = {
    "priority": "priority",
    "cheapest": "cheapest",
    "fastest": "fastest",
    "cost_aware": "cheapest",
    "quality": "priority",
}
LOCAL = "ollama"
"""The provider whose models are free."""

_FREE_FIRST = (
    "where a local model is the cheapest, which is free, only free ones are tried: remove it from "
    "[fallback] if another provider should answer while Ollama does not run"
)

MAX_OUTPUT_TOKENS = 10_000_000
"""The daemon accepts no larger maximum."""

DEFAULT_STRATEGY = ("cost_aware", 2.0, 3)
"""What the earlier aircher saved if nothing was chosen: strategy, cost increase, attempts."""
DEFAULT_PREFERENCES = {"claude-3-5-sonnet-20241022": ["anthropic", "openrouter"]}
DEFAULT_FALLBACKS = {"anthropic": ["openrouter"], "ollama": ["openrouter", "anthropic"]}
DEFAULT_TASKS = {
    "agent_coding": OldTask("claude-3-5-sonnet-20241022", 0.1, 4000),
    "general_chat": OldTask("claude-3-5-sonnet-20241022", 0.7, 2000),
}

_DEFAULT = "a default of the earlier aircher, not chosen"


def plan_default(
    config: OldConfig, providers: Providers, notes: list[Note], *, has_default: bool = False
) -> Section:
    """Return the top of the file: the default model.

    `has_default` if the configuration in use has one, so that there is nothing to do.
    """
    top = Section("")
    old, model = config.default_provider, config.default_model.strip()
    if not old and not model:
        return top
    name = providers.new_name(old) if old else ""
    subject = "[global] default_provider, default_model"
    if old and name not in providers.known:
        reason = providers.rejected.get(name, f"this program does not know {safe(old)}")
        if has_default:
            message = f"{reason}; the configuration in use has another default"
            notes.append(Note("no_counterpart", subject, message, config.file))
        else:
            message = f"{reason}; choose one: aircher-cli models use"
            notes.append(problem(subject, message, config.file))
    elif not old or not model:
        missing = "default_model" if old else "default_provider"
        message = f"has no {missing}; choose a model: aircher-cli models use"
        notes.append(Note("hint", subject, message, config.file))
    elif looks_like_key(model) or not model.isprintable():
        notes.append(problem(subject, "is not the name of a model", config.file))
    else:
        from_b = config.form == "b"
        source = f"[providers.{safe(old)}] default_model" if from_b else subject
        top.add("default_model", f"{name}/{model}", source)
    return top


def plan_aliases(config: OldConfig, providers: Providers, notes: list[Note]) -> list[Section]:
    """Return `[models.NAME]` for the models with preferred providers."""
    sections: list[Section] = []
    taken: set[str] = set()
    for model, preferred in config.preferences.items():
        subject = f"[multi_provider.model_preferences] {safe(model)}"
        if config.is_saved_whole and DEFAULT_PREFERENCES.get(model) == preferred:
            notes.append(Note("default", subject, _DEFAULT, config.file))
            continue
        name = alias_name(model, taken) if model.isprintable() else None
        if name is None:
            notes.append(problem(subject, "cannot be the name of an alias", config.file))
            continue
        names = _known_names(preferred, providers, subject, config, notes)
        routes = [f"{provider}/{model}" for provider in names]
        if not routes:
            continue
        taken.add(name)
        section = Section(header("models", name))
        if len(routes) > 1:
            section.comments.append("Check the routes: each provider may name the model otherwise.")
        section.add("routes", routes, "[multi_provider.model_preferences], by priority")
        sections.append(section)
    return sections


def _known_names(
    old: list[str], providers: Providers, subject: str, config: OldConfig, notes: list[Note]
) -> list[str]:
    """Return the new names of providers, each once; those that are unknown are problems."""
    names = {each: providers.new_name(each) for each in old}
    for each, name in names.items():
        if name not in providers.known:
            message = f"names {safe(each)}, which is not carried over: {_why(name, providers)}"
            notes.append(problem(subject, message, config.file))
    return list(dict.fromkeys(name for name in names.values() if name in providers.known))


def _why(name: str, providers: Providers) -> str:
    return providers.rejected.get(name, "it has no [providers] entry")


def plan_fallbacks(config: OldConfig, providers: Providers, notes: list[Note]) -> None:
    """Add `fallback` to the providers' sections. Of a cycle, the last link is left out."""
    chosen: dict[str, list[str]] = {}
    for old, targets in config.fallbacks.items():
        subject = f"[multi_provider.provider_fallbacks.{safe(old)}] fallback_to"
        if config.is_saved_whole and DEFAULT_FALLBACKS.get(old) == targets:
            notes.append(Note("default", subject, _DEFAULT, config.file))
            continue
        name = providers.new_name(old)
        if name not in providers.known:
            message = f"{safe(old)} is not carried over: {_why(name, providers)}"
            notes.append(problem(subject, message, config.file))
            continue
        wanted = _known_names(targets, providers, subject, config, notes)
        for target in wanted:
            if target == name or _reaches(target, name, chosen):
                message = f"{target} would lead back to {name}; it is left out"
                notes.append(Note("no_counterpart", subject, message, config.file))
                continue
            chosen.setdefault(name, [])
            if target not in chosen[name]:
                chosen[name].append(target)
    for name, targets in chosen.items():
        source = "[multi_provider.provider_fallbacks]"
        providers.known[name].section.add("fallback", targets, source)


def _reaches(start: str, goal: str, links: Mapping[str, list[str]]) -> bool:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            ahead += links.get(name, [])
    return False


def plan_strategy(config: OldConfig, notes: list[Note]) -> list[Section]:
    """Return `[fallback]`, unless the old section is as the program saved it by itself."""
    subject = "[multi_provider.fallback_strategy]"
    values = (config.strategy, config.max_cost_increase, config.max_fallback_attempts)
    if config.is_saved_whole and values == DEFAULT_STRATEGY:
        notes.append(Note("default", subject, _DEFAULT, config.file))
        return []
    section = Section(header("fallback"))
    if config.strategy in STRATEGIES:
        source = f'{subject} strategy = "{config.strategy}"'
        section.add("strategy", STRATEGIES[config.strategy], source)
    elif config.strategy:
        message = "is not one that the earlier aircher had; it is not carried over"
        notes.append(problem(f"{subject} strategy", message, config.file))
    increase = config.max_cost_increase
    if increase is not None and 1 <= increase <= 1000:
        section.add("max_cost_increase", increase, f"{subject} max_cost_increase")
        if STRATEGIES.get(config.strategy) == "cheapest" and _may_use_ollama(config):
            notes.append(Note("hint", f"{subject} max_cost_increase", _FREE_FIRST, config.file))
    elif increase is not None:
        message = "is not from 1 to 1000; it is not carried over"
        notes.append(problem(f"{subject} max_cost_increase", message, config.file))
    attempts = config.max_fallback_attempts
    if attempts is not None and 0 <= attempts <= 99:
        source = f"{subject} max_fallback_attempts = {attempts}, and the first attempt"
        section.add("max_attempts", attempts + 1, source)
    elif attempts is not None:
        message = "is not from 0 to 99; it is not carried over"
        notes.append(problem(f"{subject} max_fallback_attempts", message, config.file))
    return [section] if section.entries else []


def _may_use_ollama(config: OldConfig) -> bool:
    return any(
        LOCAL in (old, *targets)
        for old, targets in config.fallbacks.items()
        if not (config.is_saved_whole and DEFAULT_FALLBACKS.get(old) == targets)
    )


def plan_tasks(
    config: OldConfig, providers: Providers, aliases: list[Section], notes: list[Note]
) -> list[Section]:
    """Return `[tasks.NAME]`, the presets of `ask -t NAME`."""
    sections: list[Section] = []
    for name, task in config.tasks.items():
        subject = f"[multi_provider.task_preferences.{safe(name)}]"
        if config.is_saved_whole and DEFAULT_TASKS.get(name) == task:
            notes.append(Note("default", subject, _DEFAULT, config.file))
            continue
        if not is_task(name):
            notes.append(problem(subject, "cannot be the name of a preset", config.file))
            continue
        section, bad = _task_section(
            name, task, _task_model(task.model, config, providers, aliases)
        )
        notes += [problem(f"{subject} {field}", _NOT_POSSIBLE, config.file) for field in bad]
        if section.entries:
            sections.append(section)
    return sections


_NOT_POSSIBLE = "has no counterpart with this value; it is not carried over"


def _task_section(name: str, task: OldTask, model: str | None) -> tuple[Section, list[str]]:
    """Return the preset, and the old fields that cannot be carried over."""
    section, bad = Section(header("tasks", name)), []
    section.comments.append(f"From [multi_provider.task_preferences.{safe(name)}]")
    has_controls = _CONTROLS.search(task.system) is not None
    is_prompt = bool(task.system.strip()) and not has_controls and not looks_like_key(task.system)
    for field, value, old, is_possible in (
        ("model", model, task.model or None, model is not None),
        ("system", task.system, task.system or None, is_prompt),
        ("temperature", task.temperature, task.temperature, 0 <= (task.temperature or 0) <= 2),
        (
            "max_tokens",
            task.max_tokens,
            task.max_tokens,
            1 <= (task.max_tokens or 0) <= MAX_OUTPUT_TOKENS,
        ),
    ):
        if old is None:
            continue
        if is_possible and value is not None:
            section.add(field, value, _TASK_FIELDS.get(field, ""))
        else:
            bad.append(_TASK_FIELDS.get(field, field))
    return section, bad


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_TASK_FIELDS = {"system": "system_prompt_override"}
"""New name -> old name, where they differ."""


def _task_model(
    model: str, config: OldConfig, providers: Providers, aliases: list[Section]
) -> str | None:
    """Return an alias, or `provider/model`: the provider that lists the model, else the default."""
    if any(section.header == header("models", model) for section in aliases):
        return model
    if not model or looks_like_key(model) or not model.isprintable():
        return None
    listed = [p.name for p in providers.known.values() if any(m.name == model for m in p.models)]
    default = providers.new_name(config.default_provider)
    candidates = [*listed, default] if default in providers.known else listed
    return f"{candidates[0]}/{model}" if candidates else None
