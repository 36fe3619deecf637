"""Pure: from what is known about keys to the rows of `auth.status` and what routing sees."""

from collections.abc import Sequence

import msgspec

from aircherd.auth.key_sources import (
    COMMAND,
    FROM_VARIABLE,
    KeySource,
    forbidden_reason,
    plain_http,
)
from aircherd.auth.stores.index import BlockKind, IndexEntry, SourceBlock
from aircherd.auth.verification import Verification
from aircherd.config.model import Provider
from aircherd.vocabulary.keys import DEFAULT_LABEL, KeyChoice, KeyState, KeyStatus, SourceKind
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.vendors import VENDORS

_SIGN_IN_AGAIN = "sign in again with '{login}'"
_GONE = "sign in with '{login}', or forget it with 'aircher-cli auth logout {provider}'"

# What helps, by what is wrong and where the key comes from. A file that cannot be read is missing
# here because its reason names the cure.
_CURES: dict[tuple[KeyState, SourceKind], str] = {
    (KeyState.REJECTED, "keyring"): _SIGN_IN_AGAIN,
    (KeyState.REJECTED, "file"): _SIGN_IN_AGAIN,
    (KeyState.REJECTED, "command"): "renew it there, then 'aircher-cli auth test {provider}'",
    (KeyState.REJECTED, "environment"): (
        "set {locator} right and restart the daemon, or sign in with '{login}'"
    ),
    (KeyState.LOCKED, "keyring"): (
        "unlock or start the keyring (log in to the desktop, or open its keyring application)"
    ),
    (KeyState.LOCKED, "command"): "run it by hand, then 'aircher-cli auth test {provider}'",
    (KeyState.NOT_CONFIGURED, "keyring"): _GONE,
    (KeyState.NOT_CONFIGURED, "file"): _GONE,
}

# What helps behind a barrier. The reason of one that is closed says how to mend the list.
_WAYS_AROUND: dict[BlockKind, str] = {
    "closed": "then 'aircher-cli auth status'",
    "damaged": (
        "sign in again with '{login}', or have no key stored: 'aircher-cli auth logout {provider}'"
    ),
    "unfinished": _SIGN_IN_AGAIN,
}


def effective_status(provider: Provider, slot: KeySource, known: Verification) -> Verification:
    """Return the standing of a key towards `provider`: what forbids its use comes first."""
    if reason := forbidden_reason(provider, slot):
        state = KeyState.LOCKED if slot.barrier else KeyState.REJECTED
        return Verification(state=state, reason=reason)
    return known


def choice(provider: Provider, slot: KeySource, known: Verification) -> KeyChoice:
    """Return the key as routing sees it."""
    verdict = effective_status(provider, slot, known)
    message = None if verdict.is_usable else cannot_use(provider, slot, verdict)
    return KeyChoice(slot.name, verdict.state, message)


def choices_without_key(provider: Provider, barrier: SourceBlock | None) -> list[KeyChoice]:
    """Return what routing sees of a provider of which no key is known."""
    if not provider.needs_key:
        return [KeyChoice(None, KeyState.NOT_REQUIRED)]
    state = state_without_key(barrier)
    if state is KeyState.NOT_CONFIGURED:
        return []
    return [KeyChoice(None, state, no_key(provider, barrier))]


def state_without_key(barrier: SourceBlock | None) -> KeyState:
    """Return whether a key may be stored, if only the list could be read; a damaged one is gone."""
    is_closed = barrier is not None and barrier.kind == "closed"
    return KeyState.LOCKED if is_closed else KeyState.NOT_CONFIGURED


def no_key(provider: Provider, barrier: SourceBlock | None, name: str | None = None) -> str:
    """Return why there is no key (of that name) and what to do, as one sentence for people."""
    which = f"key {name!r}" if name else "key"
    why = f"{barrier.reason}; " if barrier else ""
    return f"no {which} for {provider.name}: {why}{_cure_without_key(provider, barrier)}"


def _cure_without_key(provider: Provider, barrier: SourceBlock | None) -> str:
    if state_without_key(barrier) is KeyState.LOCKED:
        return _WAYS_AROUND["closed"]
    return how_to_sign_in(provider)


def cannot_use(provider: Provider, slot: KeySource, verdict: Verification) -> str:
    """Return why a key is not used and what to do, as one sentence for people."""
    said = f"key {slot.name!r} of {provider.name}: {verdict.reason or verdict.state.value}"
    cure = _cure(provider, slot, verdict)
    # A provider's refusal may name the cure already.
    return f"{said}; {cure}" if cure and cure not in said else said


def key_row(
    provider: Provider,
    slot: KeySource,
    known: Verification,
    *,
    secret: Secret | None,
    hidden: Sequence[str],
) -> KeyStatus:
    """Return the row of one key.

    Args:
        provider: whose key it is.
        slot: where it comes from.
        known: what is known about it.
        secret: its value if it was read.
        hidden: the sources it hides.
    """
    verdict = effective_status(provider, slot, known)
    return KeyStatus(
        provider=provider.name,
        key=slot.name,
        state=verdict.state,
        reason=verdict.reason,
        source=slot.source_text,
        masked=secret.masked() if secret else None,
        shadowed=list(hidden),
        origin=slot.origin,
        checked_at=known.checked_at,
        checked_how=known.checked_how,
        failing_since=verdict.failing_since,
        hint=_cure(provider, slot, verdict) or _advice(slot),
    )


def keyless_row(provider: Provider, barrier: SourceBlock | None) -> KeyStatus:
    """Return the row of a provider of which no key is known, or that needs none."""
    if not provider.needs_key:
        return KeyStatus(
            provider=provider.name, state=KeyState.NOT_REQUIRED, origin=provider.origin
        )
    return KeyStatus(
        provider=provider.name,
        state=state_without_key(barrier),
        reason=barrier.reason if barrier else None,
        origin=provider.origin,
        hint=_cure_without_key(provider, barrier),
    )


def orphan_row(known: IndexEntry, slot: KeySource) -> KeyStatus:
    """Return the row of a stored key whose provider the configuration does not have."""
    return KeyStatus(
        provider=known.provider,
        key=known.label,
        state=KeyState.REJECTED,
        reason="the configuration has no provider of this name",
        source=slot.source_text,
        origin=known.origin,
        hint=f"aircher-cli auth logout {known.provider} removes the key",
    )


def how_to_sign_in(provider: Provider) -> str:
    """Return what to do to get a key in, as one sentence for people."""
    said = f"sign in with 'aircher-cli auth login {provider.name}'"
    return f"{said}; keys: {provider.keys_page}" if provider.keys_page else said


def cure_of_refusal(provider: str, key: str | None) -> str:
    """Return what to do when a provider refused a key, as a clause for people.

    Args:
        provider: its name.
        key: as in `ApiKey.name`; None when none was sent, because none should be needed.
    """
    if key is None:
        return _let_it_need_a_key(provider)
    variable = key.removeprefix(FROM_VARIABLE)
    source: SourceKind = "keyring"  # for a file it is the same
    if key == COMMAND:
        source = "command"
    elif variable != key:
        source = "environment"
    return _CURES[KeyState.REJECTED, source].format(
        login=_login(provider, key if source == "keyring" else DEFAULT_LABEL),
        provider=provider,
        locator=variable,
    )


def _let_it_need_a_key(provider: str) -> str:
    known = VENDORS.get(provider)
    if known and not known.needs_key:  # nothing in the config says so
        change = f'add env = "{provider.upper()}_API_KEY" to [providers.{provider}]'
    else:
        change = f'remove auth = "none" from [providers.{provider}]'
    return f"{change} and sign in with '{_login(provider, DEFAULT_LABEL)}'"


def as_data(row: KeyStatus) -> dict[str, object]:
    """Return a row as it travels: what is not known is left out."""
    data = msgspec.to_builtins(row)
    return {name: value for name, value in data.items() if value is not None}


def _cure(provider: Provider, slot: KeySource, verdict: Verification) -> str | None:
    if plain_http(provider):
        return None  # the reason says it: no other key would help
    if slot.barrier:
        template = _WAYS_AROUND[slot.barrier.kind]
    else:
        template = _CURES.get((verdict.state, slot.source), "")
    cure = template.format(
        login=_login(provider.name, slot.name if slot.is_stored else DEFAULT_LABEL),
        provider=provider.name,
        locator=slot.locator[0],
    )
    return cure or None


def _login(provider: str, label: str) -> str:
    named = f" --label {label}" if label != DEFAULT_LABEL else ""
    return f"aircher-cli auth login {provider}{named}"


def _advice(slot: KeySource) -> str | None:
    """Return what would be better, for a key that works."""
    if slot.source == "file":
        return (
            "to have it encrypted: run a keyring (for example gnome-keyring), then "
            f"'aircher-cli auth login {slot.provider}' again"
        )
    return None
