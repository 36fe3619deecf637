"""Pure: from what is known about keys to the rows of `auth.status` and what routing sees."""

from collections.abc import Sequence

import msgspec

from aircherd.auth.index import IndexEntry
from aircherd.auth.slots import KeySlot, objection, plain_http
from aircherd.auth.standing import Standing
from aircherd.config.model import Provider
from aircherd.vocabulary.keys import DEFAULT_LABEL, KeyChoice, KeyState, KeyStatus, SourceKind
from aircherd.vocabulary.secret import Secret

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


def judged(provider: Provider, slot: KeySlot, known: Standing) -> Standing:
    """Return the standing of a key towards `provider`: what forbids its use comes first."""
    if reason := objection(provider, slot):
        return Standing(state=KeyState.REJECTED, reason=reason)
    return known


def choice(provider: Provider, slot: KeySlot, known: Standing) -> KeyChoice:
    """Return the key as routing sees it."""
    verdict = judged(provider, slot, known)
    message = None if verdict.is_usable else cannot_use(provider, slot, verdict)
    return KeyChoice(slot.name, verdict.state, message)


def cannot_use(provider: Provider, slot: KeySlot, verdict: Standing) -> str:
    """Return why a key is not used and what to do, as one sentence for people."""
    said = f"key {slot.name!r} of {provider.name}: {verdict.reason or verdict.state.value}"
    cure = _cure(provider, slot, verdict)
    # A provider's refusal may name the cure already.
    return f"{said}; {cure}" if cure and cure not in said else said


def key_row(
    provider: Provider,
    slot: KeySlot,
    known: Standing,
    *,
    secret: Secret | None,
    hidden: Sequence[str],
    notice: str | None,
) -> KeyStatus:
    """Return the row of one key.

    Args:
        provider: whose key it is.
        slot: where it comes from.
        known: what is known about it.
        secret: its value if it was read.
        hidden: the sources it hides.
        notice: something wrong with the list of stored keys, if anything is.
    """
    verdict = judged(provider, slot, known)
    notice = None if slot.is_stored else notice
    return KeyStatus(
        provider=provider.name,
        key=slot.name,
        state=verdict.state,
        reason=verdict.reason or notice,
        source=slot.source_text,
        masked=secret.masked() if secret else None,
        shadowed=list(hidden),
        origin=slot.origin,
        checked_at=known.checked_at,
        checked_how=known.checked_how,
        failing_since=verdict.failing_since,
        hint=_cure(provider, slot, verdict) or _advice(slot),
    )


def keyless_row(provider: Provider, *, notice: str | None) -> KeyStatus:
    """Return the row of a provider without any key, because it needs none or has none."""
    if not provider.needs_key:
        return KeyStatus(
            provider=provider.name, state=KeyState.NOT_REQUIRED, origin=provider.origin
        )
    return KeyStatus(
        provider=provider.name,
        state=KeyState.NOT_CONFIGURED,
        reason=notice,
        origin=provider.origin,
        hint=how_to_sign_in(provider),
    )


def orphan_row(known: IndexEntry, slot: KeySlot) -> KeyStatus:
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


def as_data(row: KeyStatus) -> dict[str, object]:
    """Return a row as it travels: what is not known is left out."""
    data = msgspec.to_builtins(row)
    return {name: value for name, value in data.items() if value is not None}


def _cure(provider: Provider, slot: KeySlot, verdict: Standing) -> str | None:
    if plain_http(provider):
        return None  # the reason says it: no other key would help
    label = f" --label {slot.name}" if slot.is_stored and slot.name != DEFAULT_LABEL else ""
    cure = _CURES.get((verdict.state, slot.source), "").format(
        login=f"aircher-cli auth login {provider.name}{label}",
        provider=provider.name,
        locator=slot.locator[0],
    )
    return cure or None


def _advice(slot: KeySlot) -> str | None:
    """Return what would be better, for a key that works."""
    if slot.source == "file":
        return (
            "to have it encrypted: run a keyring (for example gnome-keyring), then "
            f"'aircher-cli auth login {slot.provider}' again"
        )
    return None
