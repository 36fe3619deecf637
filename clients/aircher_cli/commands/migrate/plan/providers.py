"""Old `[providers.X]` -> new `[providers.x]`."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from aircher_cli.commands.migrate.notes import Note, problem
from aircher_cli.commands.migrate.old_files.old_config import OldConfig, OldModel, OldProvider
from aircher_cli.commands.migrate.plan.added import AddedProvider, InUse
from aircher_cli.commands.migrate.plan.config_text import header
from aircher_cli.commands.migrate.plan.key_source import (
    NEEDS_NO_KEY,
    PLAIN_HTTP,
    choose_key_source,
)
from aircher_cli.commands.migrate.plan.names import is_variable, provider_names
from aircher_cli.commands.migrate.plan.sections import Section
from aircher_cli.commands.migrate.plan.urls import (
    BadUrl,
    base_url,
    is_vendors,
)
from aircher_cli.commands.migrate.plan.vendors import RENAMED, VENDORS
from aircher_cli.commands.migrate.secret_shapes import could_be_key, looks_like_key, safe

MAX_PRICE = 1_000_000
MAX_WINDOW = 100_000_000


@dataclass
class NewProvider:
    """A provider in the new configuration. It has no entry there if `section` is empty.

    `no_key_reason` says why a key must not be stored for it, None if it may.
    """

    name: str
    kind: str
    base_url: str
    section: Section
    env: tuple[str, ...] = ()
    no_key_reason: str | None = None
    models: list[OldModel] = field(default_factory=list)


@dataclass
class Providers:
    """All providers of the new configuration, and the new name of each old one."""

    known: dict[str, NewProvider]
    names: dict[str, str]
    notes: list[Note]
    rejected: dict[str, str] = field(default_factory=dict)
    """New name -> why its old entry could not be carried over."""
    added: Mapping[str, AddedProvider] = field(default_factory=dict)
    """Those that the user added to the configuration in use."""
    had_key: frozenset[str] = frozenset()
    """New names of those that had a key, though it cannot be stored."""
    unlisted: dict[str, str] = field(default_factory=dict)
    """Old name -> new name of those that have a key and no old entry."""

    @cached_property
    def listed(self) -> frozenset[str]:
        """The new names of those that have an old entry."""
        return frozenset(self.names.values())

    def new_name(self, old: str) -> str:
        """Return the new name of a provider, which may be unknown in both programs."""
        simple = old.strip().lower()
        known = self.names.get(old) or self.unlisted.get(old)
        return known or RENAMED.get(simple, simple)


def plan_providers(
    config: OldConfig,
    with_key: Container[str],
    in_use: InUse | None = None,
    key_names: Iterable[str] = (),
) -> Providers:
    """Carry over the providers. `with_key` has the new names of those with a key in the old files.

    A built-in provider without an old entry is there all the same, and one that the user added
    since, if an old file names it; `key_names` are the old names of those with a key.
    """
    names = provider_names(config.providers)
    every = provider_names([*config.providers, *key_names])
    known = {
        name: NewProvider(name, v.kind, v.base_url, Section(header("providers", name)), v.env)
        for name, v in VENDORS.items()
    }
    known["ollama"].no_key_reason = NEEDS_NO_KEY
    now = in_use or InUse()
    added = now.providers
    unlisted = {old: new for old, new in every.items() if old not in names}
    plan = Providers(known, names, [], added=added, unlisted=unlisted)
    plan.had_key = frozenset(plan.new_name(name) for name in (*key_names, *now.lost_keys))
    for name in _named(config, plan):
        if name in added:
            known[name] = _from_added(name, added[name])
    for old, provider in _newest_names(config, names, plan.notes).items():
        _plan_provider(names[old], provider, with_key, config, plan)
    _note_catalogue(plan, config)
    return plan


def _named(config: OldConfig, plan: Providers) -> list[str]:
    """Return the new names of the providers that the old files name anywhere."""
    preferred = [name for names in config.preferences.values() for name in names]
    targets = [name for names in config.fallbacks.values() for name in names]
    old = [
        *(config.default_provider, *config.providers, *config.provider_limits),
        *(*config.fallbacks, *targets, *preferred, *plan.unlisted),
    ]
    return list(dict.fromkeys(plan.new_name(name) for name in old))


def _from_added(name: str, added: AddedProvider) -> NewProvider:
    return NewProvider(
        name, added.kind, added.base_url, added.section, added.variables, added.no_key_reason
    )


def _newest_names(
    config: OldConfig, names: dict[str, str], notes: list[Note]
) -> dict[str, OldProvider]:
    """Return the providers; of two that are one now, the one that has its name of today."""
    chosen: dict[str, OldProvider] = {}
    by_new_name: dict[str, str] = {}
    for old, provider in config.providers.items():
        other = by_new_name.get(names[old])
        if other is None:
            by_new_name[names[old]] = old
            chosen[old] = provider
            continue
        winner, loser = (old, other) if old == names[old] else (other, old)
        if winner == old:
            del chosen[other]
            by_new_name[names[old]] = old
            chosen[old] = provider
        message = f"is the same provider as {winner}, the newer name, whose entry is used"
        notes.append(Note("no_counterpart", f"[providers.{safe(loser)}]", message, config.file))
    return chosen


def _plan_provider(
    name: str, old: OldProvider, with_key: Container[str], config: OldConfig, plan: Providers
) -> None:
    vendor = VENDORS.get(name)
    kind = vendor.kind if vendor else "openai"
    url = _server(name, kind, old, config, plan)
    if url is None:
        return
    source = f"[providers.{safe(old.name)}]"
    new = NewProvider(name, kind, url, Section(header("providers", name)), models=old.models)
    new.section.comments += _comments(name, old, config, plan)
    if vendor is None:
        new.section.add("kind", kind)
    if not is_vendors(name, url):
        new.section.add("base_url", url, f"{source} base_url")
    elif vendor is not None:
        new.base_url = vendor.base_url
    _add_key_source(new, old, name in with_key, config, plan)
    if not old.is_enabled:
        message = (
            "was switched off; this program has no such switch. To keep it from being used, do not "
            f"name it in routes or fallbacks, or sign out: aircher-cli auth logout {name}"
        )
        plan.notes.append(Note("no_counterpart", f"{source} enabled", message, config.file))
    plan.known[name] = new


def _server(
    name: str, kind: str, old: OldProvider, config: OldConfig, plan: Providers
) -> str | None:
    """Return the base URL, or None after noting why there is none."""
    subject = f"[providers.{safe(old.name)}]"
    if not old.base_url and name in VENDORS:
        return VENDORS[name].base_url
    try:
        if old.base_url:
            return base_url(kind, old.base_url)
        hint = f"aircher-cli providers add {name} --kind openai --base-url URL"
        message = f"has no base_url, and this program does not know {safe(old.name)}: {hint}"
        reason = "its old entry has no base_url"
    except BadUrl as bad:
        message = f"its base_url {bad}; it is not carried over"
        reason = f"the base_url of its old entry {bad}"
    if name in plan.added:
        return None  # the user has said since where it is
    plan.notes.append(problem(subject, message, config.file))
    plan.rejected[name] = reason
    return None


def _comments(name: str, old: OldProvider, config: OldConfig, plan: Providers) -> list[str]:
    """Return what the new entry says about the old one: its label, and its name if it is new."""
    comments: list[str] = []
    if (
        name not in VENDORS
        and old.label.lower() not in ("", name)
        and not looks_like_key(old.label)
    ):
        comments.append(old.label)
    if name != old.name and old.name not in RENAMED:
        comments.append(f"The earlier aircher called it {safe(old.name)}.")
        message = f"is named {name} now: a name has lower-case letters, digits, - and _"
        subject = f"[providers.{safe(old.name)}]"
        plan.notes.append(Note("hint", subject, message, config.file))
    return comments


def _add_key_source(
    new: NewProvider, old: OldProvider, has_key: bool, config: OldConfig, plan: Providers
) -> None:
    """Add `env` or `auth`, and note what is lost."""
    where = f"[providers.{safe(old.name)}]"
    variable = old.key_variable
    if variable and not is_variable(variable):
        message = "is not the name of an environment variable; it is not carried over"
        plan.notes.append(problem(f"{where} api_key_env", message, config.file))
        variable = ""
    chosen = choose_key_source(
        new.name,
        new.kind,
        new.base_url,
        variable,
        has_key=has_key,
        had_key=new.name in plan.had_key,
    )
    new.env, new.no_key_reason = chosen.variables, chosen.no_key_reason
    if chosen.env is not None:
        is_old = chosen.env == variable
        comment = f"{where} api_key_env" if is_old else "so that its key can be stored"
        new.section.add("env", chosen.env, comment)
    if chosen.auth_none:
        new.section.add("auth", "none", f"{where} api_key_env" if old.has_variable else "")
    if chosen.no_key_reason == PLAIN_HTTP and (variable or has_key):
        message = (
            "is plain http to another machine, where this program never sends a key: it is "
            'called without one. Use https, and replace auth = "none" by the source of a key'
        )
        plan.notes.append(problem(f"{where} base_url", message, config.file))


# ------------------------------------------------------------------ models


def catalog_sections(plan: Providers, config: OldConfig) -> list[Section]:
    """Return `[catalog."p/m"]` for the models of the user's own servers."""
    sections: list[Section] = []
    for new in plan.known.values():
        if is_vendors(new.name, new.base_url):
            continue
        seen: set[str] = set()
        for model in new.models:
            if model.name in seen:
                subject = f"model {safe(model.name)} of {new.name}"
                message = "is listed twice; its first entry is used"
                plan.notes.append(Note("no_counterpart", subject, message, config.file))
                continue
            seen.add(model.name)
            section = _catalog_section(new.name, model, plan, config)
            if section.entries:
                sections.append(section)
    return sections


def _catalog_section(provider: str, model: OldModel, plan: Providers, config: OldConfig) -> Section:
    section = Section(header("catalog", f"{provider}/{model.name}"))
    section.comments.append("From [[providers.X.models]]")
    subject = f"model {safe(model.name)} of {provider}"
    if could_be_key(f"{provider}/{model.name}"):
        plan.notes.append(problem(subject, "has a name that may be a key", config.file))
        return section
    if model.window is not None:
        if 1 <= model.window <= MAX_WINDOW:
            section.add("window", model.window, "context_window")
        else:
            plan.notes.append(problem(subject, "context_window is not possible", config.file))
    for name, price, source in (
        ("input_price", model.input_price, "input_cost_per_1m"),
        ("output_price", model.output_price, "output_cost_per_1m"),
    ):
        if price is None:
            continue
        if 0 <= price <= MAX_PRICE:
            section.add(name, price, source)
        else:
            plan.notes.append(problem(subject, f"{source} is not possible", config.file))
    if model.tools is not None:
        section.add("tools", model.tools, "supports_tools")
    return section


def _note_catalogue(plan: Providers, config: OldConfig) -> None:
    names = [new.name for new in plan.known.values() if new.models]
    vendors = [name for name in names if is_vendors(name, plan.known[name].base_url)]
    if vendors:
        subject = f"[[providers.X.models]] of {', '.join(vendors)}"
        reason = "the catalogue knows their models, windows and current prices"
        plan.notes.append(Note("no_counterpart", subject, reason, config.file))
    if any(new.models for new in plan.known.values()):
        subject = "[[providers.X.models]] supports_streaming"
        plan.notes.append(Note("no_counterpart", subject, "every provider streams", config.file))
