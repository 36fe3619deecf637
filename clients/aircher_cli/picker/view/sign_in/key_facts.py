"""What a user should know before signing in to a provider, or out of it."""

from collections.abc import Callable
from dataclasses import dataclass

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.values import Map, as_map, text

COMMAND = "command"
ENV_PREFIX = "env:"
DEFAULT_LABEL = "default"

VENDOR_BY_START = {"sk-ant-": "anthropic", "sk-or-": "openrouter", "AIza": "gemini"}
"""How the keys of some vendors begin. OpenAI's begin with `sk-`, as many others do."""


@dataclass(frozen=True)
class SignInFacts:
    """The state of a provider's keys before another one is stored.

    Attributes:
        provider: Its name.
        keys_page: Where its keys are created; empty if not known.
        notes: Sentences about the keys that exist now, one per key.
        blocked: Why no key can be stored now, and what to do; empty if one can be.
        labels: The labels of the stored keys.
        label: The label that the key is to have; empty for the usual one.
    """

    provider: str
    keys_page: str = ""
    notes: tuple[str, ...] = ()
    blocked: str = ""
    labels: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class SignOutChoice:
    """One key, or all keys, that signing out removes; `label` is None for all."""

    title: str
    label: str | None


def sign_in_facts(view: DaemonView, provider: str, label: str = "") -> SignInFacts:
    """Return what is known about the keys of `provider`; `label` is that of the wanted key."""
    rows = _rows_of(view, provider)
    wanted = _storable(label or view.here.key) or wanted_label(view, provider)
    return SignInFacts(
        provider,
        keys_page=next(filter(None, (text(row.get("keys_page")) for row in rows)), ""),
        notes=tuple(filter(None, (_note(row, wanted) for row in rows))),
        blocked=_blocked(view, provider, rows),
        labels=stored_labels(view, provider),
        label=wanted,
    )


def wanted_label(view: DaemonView, provider: str) -> str:
    """Return the label of the stored key that was refused, which is replaced; empty if none was."""
    refused = (
        _name(row)
        for row in _rows_of(view, provider)
        if row.get("state") == "rejected" and _is_label(_name(row))
    )
    return next(refused, "")


def _storable(label: str) -> str:
    """Return a label that a stored key can have: not the name of a variable or of the command."""
    return label if _is_label(label) else ""


def other_vendor(facts: SignInFacts, starts_with: Callable[[str], bool]) -> str:
    """Return the vendor that a key seems to be of, if it is not the one of the dialog.

    A server of the user's own may take keys that look like a vendor's.

    Args:
        facts: Of the provider that the key is for; a vendor has a page for keys.
        starts_with: Tells how the key begins, without showing it.
    """
    if not facts.keys_page:
        return ""
    found = (name for start, name in VENDOR_BY_START.items() if starts_with(start))
    vendor = next(found, "")
    return "" if vendor == facts.provider else vendor


def stored_labels(view: DaemonView, provider: str) -> tuple[str, ...]:
    """Return the labels of the stored keys of `provider`, in the daemon's order."""
    names = [text(row.get("key")) for row in _rows_of(view, provider)]
    return tuple(name for name in names if _is_label(name))


def sign_out_choices(view: DaemonView, provider: str) -> tuple[SignOutChoice, ...]:
    """Return what can be removed: each stored key, and all of them if there are several."""
    rows = [row for row in _rows_of(view, provider) if _is_label(text(row.get("key")))]
    each = [SignOutChoice(f"Remove {_describe_key(row)}", text(row.get("key"))) for row in rows]
    if len(each) < 2:
        return tuple(each)
    return (*each, SignOutChoice(f"Remove all {len(each)} keys of {provider}", None))


def sign_out_note(view: DaemonView, provider: str) -> str:
    """Return what signing out does not remove, or that there is nothing to remove."""
    outside = [
        _outside_source(row) for row in _rows_of(view, provider) if not _is_label(_name(row))
    ]
    sources = ", ".join(filter(None, outside))
    if not stored_labels(view, provider):
        if sources:
            return f"No key of {provider} is stored. Its key comes from {sources}: remove it there."
        return f"No key of {provider} is stored."
    return f"Not removed, and used afterwards: the key from {sources}." if sources else ""


# ------------------------------------------------------------------ the rows


def _rows_of(view: DaemonView, provider: str) -> list[Map]:
    return [row for row in view.keys if row.get("provider") == provider]


def _name(row: Map) -> str:
    return text(row.get("key"))


def _is_label(name: str) -> bool:
    return bool(name) and name != COMMAND and not name.startswith(ENV_PREFIX)


def _outside_source(row: Map) -> str:
    """Return the source of a key that is not stored; empty for a row without a key."""
    name = _name(row)
    if name.startswith(ENV_PREFIX):
        return f"the environment variable {name.removeprefix(ENV_PREFIX)}"
    return "its key_command" if name == COMMAND else ""


def _describe_key(row: Map) -> str:
    """Return `key default (…cdef, keyring)`."""
    parts = [text(row.get("masked")), text(row.get("source"))]
    known = ", ".join(part for part in parts if part)
    return f"key {_name(row)} ({known})" if known else f"key {_name(row)}"


def _note(row: Map, wanted: str) -> str:
    """Return a sentence about a key; a new one replaces it if it gets the same label."""
    state = text(row.get("state"))
    trouble = _trouble(row)
    if state == "refused":
        return ""  # it blocks
    if not _name(row):  # a provider without a key; LOCKED if the list of keys is unreadable
        return f"Keys cannot be read now: {trouble}." if state == "locked" else ""
    if source := _outside_source(row):
        return f"{_outside_note(source, state, trouble)} A key stored here comes first."
    key = _describe_key(row)
    if state == "locked":
        return f"Stored, but locked: {key}: {trouble}."
    if state == "rejected":
        return f"Stored, but refused: {key}: {text(row.get('reason')).rstrip('.')}."
    is_replaced = (wanted or DEFAULT_LABEL) == _name(row)
    return f"Signed in with {key}.{' A new key that works replaces it.' if is_replaced else ''}"


def _trouble(row: Map) -> str:
    """Return the reason, and the hint unless the reason says after a semicolon what to do."""
    reason, hint = text(row.get("reason")), text(row.get("hint"))
    return reason.rstrip(".") if ";" in reason else _joined(reason, hint)


def _outside_note(source: str, state: str, trouble: str) -> str:
    if state in {"locked", "unreadable", "rejected"}:
        word = "was refused" if state == "rejected" else "could not be read"
        return f"The key from {source} {word}: {trouble}."
    return f"Signed in with the key from {source}."


def _blocked(view: DaemonView, provider: str, rows: list[Map]) -> str:
    refused = [row for row in rows if row.get("state") == "refused"]
    if refused:
        reason = _joined(text(refused[0].get("reason")), text(refused[0].get("hint")))
        return f"The entry of {provider} in the configuration is not used: {reason}."
    if any(row.get("state") == "not_required" for row in rows):
        return f"{provider} needs no key."
    if view.keys_refused:
        return f"No key can be stored from here: {view.keys_refused}."
    if not rows and view.config.get("in_use") == NOTHING_IN_USE:
        problem = text(as_map(view.config.get("problem")).get("message"))
        return f"The configuration is invalid, so its providers are not known: {problem}."
    return "" if rows else f"There is no provider {provider} any more."


def _joined(*parts: str) -> str:
    return "; ".join(part.rstrip(".;") for part in parts if part)
