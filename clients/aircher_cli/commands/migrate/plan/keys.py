"""Old keys -> which key is stored for which provider."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aircher_cli.commands.migrate.notes import Kind, Note
from aircher_cli.commands.migrate.old_files.auth_json import OldKey
from aircher_cli.commands.migrate.old_files.config_b import STORED_MARKER
from aircher_cli.commands.migrate.old_files.old_config import OldConfig
from aircher_cli.commands.migrate.plan.added import NO_KEY_WANTED
from aircher_cli.commands.migrate.plan.key_source import NEEDS_NO_KEY
from aircher_cli.commands.migrate.plan.names import provider_names
from aircher_cli.commands.migrate.plan.providers import NewProvider, Providers
from aircher_cli.commands.migrate.plan.urls import BadUrl, base_url, origin
from aircher_cli.commands.migrate.plan.vendors import VENDORS
from aircher_cli.commands.migrate.secret_shapes import key_problem, mask, safe


@dataclass(frozen=True)
class PlannedKey:
    """A key to store for `provider`; `old_name` is the provider's name in `file`."""

    provider: str
    old_name: str
    value: str = field(repr=False)
    file: str

    @property
    def masked(self) -> str:
        """Return what may be shown of it."""
        return mask(self.value)


@dataclass
class KeyPlan:
    """The keys to store, and the old names of those that are not, with their file."""

    keys: list[PlannedKey] = field(default_factory=list)
    not_stored: list[OldKey] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def usable_providers(keys: Iterable[OldKey], config: OldConfig) -> set[str]:
    """Return the new names of the providers with a key that can be stored."""
    keys = list(keys)
    names = provider_names([*config.providers, *(key.provider for key in keys)])
    with_key = {key.provider for key in keys if key_problem(key.value) is None}
    stored = {old.name for old in config.providers.values() if old.api_key == STORED_MARKER}
    return {names[old] for old in with_key | stored}


def plan_keys(keys: Iterable[OldKey], providers: Providers, config: OldConfig) -> KeyPlan:
    """Choose the keys. `keys` are in the order of preference: those of the newest file first."""
    plan = KeyPlan()
    by_name: dict[str, list[OldKey]] = {}
    for key in keys:
        by_name.setdefault(providers.new_name(key.provider), []).append(key)
    for name, found in by_name.items():
        chosen = _newest(name, found)
        for key in found:
            if key is not chosen and key.value != chosen.value:
                plan.notes.append(_superseded(key, chosen))
                if key.file == chosen.file:
                    # The earlier aircher used either; that of an older file it used no longer.
                    plan.not_stored.append(key)
        reason = _objection(name, chosen, providers, config)
        if reason is None:
            plan.keys.append(PlannedKey(name, chosen.provider, chosen.value, chosen.file))
        else:
            subject = f"key of {safe(chosen.provider)}"
            kind: Kind = (
                "no_counterpart" if reason.endswith((NEEDS_NO_KEY, NO_KEY_WANTED)) else "problem"
            )
            plan.notes.append(Note(kind, subject, reason, chosen.file))
            plan.not_stored.append(chosen)
    return plan


def _newest(name: str, found: list[OldKey]) -> OldKey:
    """Return the key of the newest file; in it, the one under the newest name."""
    newest = [key for key in found if key.file == found[0].file]
    return next((key for key in newest if key.provider == name), newest[0])


def _superseded(key: OldKey, chosen: OldKey) -> Note:
    if key.file == chosen.file:
        why = f"{safe(chosen.provider)} is the newer name of the same provider, and its key is used"
    else:
        why = f"{chosen.file} is newer, and its key is used"
    message = f"{why}; this other one ({mask(key.value)}) is not stored"
    return Note("no_counterpart", f"key of {safe(key.provider)}", message, key.file)


def _objection(name: str, key: OldKey, providers: Providers, config: OldConfig) -> str | None:
    """Return why a key is not stored, None if it is."""
    known = providers.known.get(name)
    if bad := key_problem(key.value):
        cure = f". Sign in with another: aircher-cli auth login {name}" if known else ""
        return f"is not stored, because it cannot be a key: {bad}{cure}"
    if known is not None and known.no_key_reason is not None:
        return f"is not stored: {known.no_key_reason}"
    doubt = _doubt(name, key, providers, config)
    return f"is not stored: {doubt}" if doubt else None


def _doubt(name: str, key: OldKey, providers: Providers, config: OldConfig) -> str | None:
    """Return why it is not certain to which server a key belongs, None if it is."""
    usable = provider_names([name])[name]  # a name that a command can have
    sign_in = f"aircher-cli auth login {usable}"
    add = f"aircher-cli providers add {usable} --kind openai --base-url URL"
    known = providers.known.get(name)
    if name in providers.rejected:
        return f"{providers.rejected[name]}. Repair it, or {add}, and run again"
    if name in providers.added and known is not None:
        return None  # the user has said since where it is
    if config.is_partial and name not in providers.listed:
        way = f"and run again, or {sign_in}" if known else f"or {add}, and run again"
        return (
            f"the damaged part of {config.file} may say to which server it belongs. Repair the "
            f"file {way}"
        )
    if known is None:
        return f"this program does not know the provider. Add it: {add}, and run again"
    if key.base_url is not None and not _same_server(known, key.base_url):
        return (
            f"in its file {name} is another server than in the configuration that is carried "
            f"over. If it belongs there: {sign_in}"
        )
    return None


def _same_server(provider: NewProvider, url: str) -> bool:
    """Return whether an older configuration sends the key where the new one does."""
    if not url:
        vendor = VENDORS.get(provider.name)
        return vendor is not None and origin(vendor.base_url) == origin(provider.base_url)
    try:
        return origin(base_url(provider.kind, url)) == origin(provider.base_url)
    except BadUrl:
        return False


def note_variables(
    keys: Iterable[PlannedKey], providers: Providers, environ: Mapping[str, str]
) -> list[Note]:
    """Say where a variable was used before, and the stored key is from now on."""
    notes: list[Note] = []
    for key in keys:
        for name in providers.known[key.provider].env:
            value = environ.get(name, "").strip()
            if value and value != key.value:
                message = (
                    f"is set to another key of {key.provider} than the stored one "
                    f"({key.masked}). The earlier aircher used the variable; this one uses the "
                    f"stored key. To use the variable: aircher-cli auth logout {key.provider}"
                )
                notes.append(Note("hint", name, message))
    return notes
