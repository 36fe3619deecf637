"""Old `[providers.X]` -> new `[providers.x]`."""

from collections.abc import Container
from dataclasses import dataclass, field

from aircher_cli.commands.migrate.notes import Note, problem
from aircher_cli.commands.migrate.old_files.old_config import OldConfig, OldModel, OldProvider
from aircher_cli.commands.migrate.plan.config_text import header
from aircher_cli.commands.migrate.plan.names import is_variable, provider_names
from aircher_cli.commands.migrate.plan.sections import Section
from aircher_cli.commands.migrate.plan.urls import (
    BadUrl,
    base_url,
    can_carry_key,
    is_vendors,
    is_vendors_origin,
)
from aircher_cli.commands.migrate.plan.vendors import RENAMED, VENDORS
from aircher_cli.commands.migrate.secret_shapes import looks_like_key, safe

NEEDS_NO_KEY = "it needs no key here"

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

    def new_name(self, old: str) -> str:
        """Return the new name of a provider, which may be unknown in both programs."""
        simple = old.strip().lower()
        return self.names.get(old) or RENAMED.get(simple, simple)


def plan_providers(config: OldConfig, with_key: Container[str]) -> Providers:
    """Carry over the providers. `with_key` has the new names of those with a key in the old files.

    A built-in provider without an old entry is there all the same.
    """
    names = provider_names(config.providers)
    known = {
        name: NewProvider(name, v.kind, v.base_url, Section(header("providers", name)), v.env)
        for name, v in VENDORS.items()
    }
    known["ollama"].no_key_reason = NEEDS_NO_KEY
    plan = Providers(known, names, [])
    for old, provider in _newest_names(config, names, plan.notes).items():
        _plan_provider(names[old], provider, with_key, config, plan)
    _note_catalogue(plan, config)
    return plan


def _newest_names(
    config: OldConfig, names: dict[str, str], notes: list[Note]
) -> dict[str, OldProvider]:
    """Return the providers; of two that are one now, the one that has its name of today."""
    chosen: dict[str, OldProvider] = {}
    for old, provider in config.providers.items():
        other = next((each for each in chosen if names[each] == names[old]), None)
        if other is None:
            chosen[old] = provider
            continue
        winner, loser = (old, other) if old == names[old] else (other, old)
        if winner == old:
            del chosen[other]
            chosen[old] = provider
        message = f"is the same provider as {winner}, the newer name, whose entry is used"
        notes.append(Note("no_counterpart", f"[providers.{safe(loser)}]", message, config.file))
    return chosen


def _plan_provider(
    name: str, old: OldProvider, with_key: Container[str], config: OldConfig, plan: Providers
) -> None:
    subject = f"[providers.{safe(old.name)}]"
    vendor = VENDORS.get(name)
    kind = vendor.kind if vendor else "openai"
    try:
        url = base_url(kind, old.base_url) if old.base_url else vendor and vendor.base_url
    except BadUrl as bad:
        message = f"its base_url {bad}; it is not carried over"
        plan.notes.append(problem(subject, message, config.file))
        plan.rejected[name] = f"the base_url of its old entry {bad}"
        return
    if not url:
        hint = f"aircher-cli providers add {name} --kind openai --base-url URL"
        message = f"has no base_url, and this program does not know {safe(old.name)}: {hint}"
        plan.notes.append(problem(subject, message, config.file))
        plan.rejected[name] = "its old entry has no base_url"
        return
    section = Section(header("providers", name))
    new = NewProvider(name, kind, url, section, vendor.env if vendor else (), models=old.models)
    if old.label and not looks_like_key(old.label) and old.label.lower() != name and not vendor:
        section.comments.append(old.label)
    if name != old.name and old.name not in RENAMED:
        section.comments.append(f"The earlier program called it {safe(old.name)}.")
        message = f"is named {name} now: a name has lower-case letters, digits, - and _"
        plan.notes.append(Note("hint", subject, message, config.file))
    source = f"[providers.{safe(old.name)}] "
    if vendor is None:
        section.add("kind", "openai")
    if vendor is None or not is_vendors(name, url):
        section.add("base_url", url, f"{source}base_url")
    else:
        new.base_url = vendor.base_url
    _plan_key_source(new, old, name in with_key, plan, config)
    if not old.is_enabled:
        message = (
            "was switched off; this program has no such switch. To keep it from being used, do not "
            "name it in routes or fallbacks, or sign out: aircher-cli auth logout " + name
        )
        plan.notes.append(Note("no_counterpart", f"{source}enabled", message, config.file))
    plan.known[name] = new


def _plan_key_source(
    new: NewProvider, old: OldProvider, has_key: bool, plan: Providers, config: OldConfig
) -> None:
    """Add `env` or `auth`, and decide whether a key may be stored. There are four cases."""
    source = f"[providers.{safe(old.name)}] api_key_env"
    vendor = VENDORS.get(new.name)
    at_vendor = vendor is not None and is_vendors_origin(vendor, new.base_url)
    variable = old.key_variable
    if variable and not is_variable(variable):
        message = "is not the name of an environment variable; it is not carried over"
        plan.notes.append(problem(source, message, config.file))
        variable = ""
    # 1. Keys are never sent unencrypted.
    if not can_carry_key(new.base_url):
        new.env = ()
        new.no_key_reason = "its base_url is plain http to another machine"
        if new.kind != "ollama":
            new.section.add("auth", "none", "no key is sent over plain http" if has_key else source)
        if variable or has_key:
            message = (
                "is plain http to another machine, where this program never sends a key: it is "
                'called without one. Use https, and replace auth = "none" by the source of a key'
            )
            plan.notes.append(
                problem(f"[providers.{safe(old.name)}] base_url", message, config.file)
            )
    # 2. Its own variable.
    elif variable and not (at_vendor and vendor is not None and variable in vendor.env):
        new.section.add("env", variable, source)
        new.env = (variable,)
    # 3. Ollama needs no key, unless its entry names a source for one.
    elif new.kind == "ollama":
        if has_key:
            new.section.add("env", "OLLAMA_API_KEY", "so that its key can be stored")
            new.env = ("OLLAMA_API_KEY",)
        else:
            new.no_key_reason = NEEDS_NO_KEY
    # 4. The user's own server, and no key anywhere.
    elif not at_vendor and not has_key and not variable:
        new.env = ()
        new.section.add("auth", "none", f"{source}: none" if old.has_variable else "")
        new.no_key_reason = NEEDS_NO_KEY


# ------------------------------------------------------------------ models


def catalog_sections(plan: Providers, config: OldConfig) -> list[Section]:
    """Return `[catalog."p/m"]` for the models of the user's own servers."""
    sections: list[Section] = []
    for new in plan.known.values():
        if is_vendors(new.name, new.base_url):
            continue
        for model in new.models:
            section = _catalog_section(new.name, model, plan, config)
            if section.entries:
                sections.append(section)
    return sections


def _catalog_section(provider: str, model: OldModel, plan: Providers, config: OldConfig) -> Section:
    section = Section(header("catalog", f"{provider}/{model.name}"))
    section.comments.append("From [[providers.X.models]]")
    subject = f"model {safe(model.name)} of {provider}"
    if looks_like_key(model.name):
        plan.notes.append(problem(subject, "has a name like a key", config.file))
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
