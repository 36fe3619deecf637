"""Pure: rows of `auth.status`, choices for routing, and messages, from what is known about keys.

Only where the file of variables is comes from the environment of the process.
"""

import re
from collections.abc import Sequence

import msgspec

from aircher_wire.address import environment_file_as_shown
from aircherd.auth.key_sources import (
    COMMAND,
    ENV_PREFIX,
    UNLOCK,
    KeySource,
    forbidden_reason,
    plain_http_reason,
)
from aircherd.auth.stores.base import FileProtection
from aircherd.auth.stores.index import BlockKind, IndexEntry, SourceBlock
from aircherd.auth.verification import Verification
from aircherd.config.accounts import EngineAccount
from aircherd.config.model import Provider
from aircherd.config.sections.shared.section import SIGN_IN_NAME
from aircherd.vocabulary.keys import (
    DEFAULT_LABEL,
    USABLE,
    KeyChoice,
    KeyState,
    KeyStatus,
    SourceKind,
)
from aircherd.vocabulary.secret import Secret

_SIGN_IN_AGAIN = "sign in again with '{login}'"
_SIGN_IN_OR_OUT = "sign in with '{login}', or remove it with '{logout}'"

# By state and kind of source. A file that cannot be read is missing here, because its reason says
# what to do.
_HINTS: dict[tuple[KeyState, SourceKind], str] = {
    (KeyState.REJECTED, "keyring"): _SIGN_IN_AGAIN,
    (KeyState.REJECTED, "file"): _SIGN_IN_AGAIN,
    (KeyState.REJECTED, "command"): "renew it there, then 'aircher-cli auth test {provider}'",
    (KeyState.REJECTED, "environment"): ("set {locator} in {file}, or sign in with '{login}'"),
    (KeyState.LOCKED, "keyring"): (
        "unlock or start the keyring (log in to the desktop, or open its keyring application)"
    ),
    (
        KeyState.UNREADABLE,
        "command",
    ): "run it in a shell to see why, then 'aircher-cli auth test {provider}'",
    (KeyState.NOT_CONFIGURED, "keyring"): _SIGN_IN_OR_OUT,
    (KeyState.NOT_CONFIGURED, "file"): _SIGN_IN_OR_OUT,
}

# For a blocked source. The reason of a closed list says how to fix it.
_BLOCK_HINTS: dict[BlockKind, str] = {
    "closed": "then 'aircher-cli auth status'",
    "damaged": (
        "sign in again with '{login}', or confirm that no key is stored with "
        "'aircher-cli auth logout {provider}'"
    ),
    "unfinished": _SIGN_IN_AGAIN,
    "environment": "",  # the reason says it, and the file is watched
    "locked": UNLOCK,
}


def effective_status(provider: Provider, source: KeySource, known: Verification) -> Verification:
    """Return what is known about a key, or why it must not be used with `provider`."""
    if reason := forbidden_reason(provider, source):
        state = KeyState.LOCKED if source.block else KeyState.REJECTED
        return Verification(state=state, reason=reason)
    return known


def choice(provider: Provider, source: KeySource, known: Verification) -> KeyChoice:
    """Return the key for routing."""
    effective = effective_status(provider, source, known)
    message = None if effective.is_usable else unusable_message(provider, source, effective)
    return KeyChoice(source.name, effective.state, message)


def choices_without_key(provider: Provider, block: SourceBlock | None) -> list[KeyChoice]:
    """Return the choices of a provider without a known key, for routing."""
    if not provider.needs_key:
        return [KeyChoice(None, KeyState.NOT_REQUIRED)]
    state = state_without_key(block)
    if state is KeyState.NOT_CONFIGURED:
        return []
    return [KeyChoice(None, state, no_key_message(provider, block))]


def state_without_key(block: SourceBlock | None) -> KeyState:
    """Return LOCKED if a key may be stored but the list is unreadable, else NOT_CONFIGURED."""
    is_closed = block is not None and block.kind == "closed"
    return KeyState.LOCKED if is_closed else KeyState.NOT_CONFIGURED


def no_key_message(provider: Provider, block: SourceBlock | None, name: str | None = None) -> str:
    """Return the message that there is no key (of that name), and what to do."""
    which = f"key {name!r}" if name else "key"
    reason = f"{block.reason}; " if block else ""
    return f"no {which} for {provider.name}: {reason}{_hint_without_key(provider, block)}"


def _hint_without_key(provider: Provider, block: SourceBlock | None) -> str:
    if state_without_key(block) is KeyState.LOCKED:
        return _BLOCK_HINTS["closed"]
    return sign_in_hint(provider)


def unusable_message(provider: Provider, source: KeySource, effective: Verification) -> str:
    """Return the message why a key cannot be used, and what to do."""
    reason = effective.reason or effective.state.value
    message = f"key {source.name!r} of {provider.name}: {reason}"
    hint = _hint(provider, source, effective)
    # A provider's rejection may contain the hint already.
    return f"{message}; {hint}" if hint and hint not in message else message


def key_row(
    provider: Provider,
    source: KeySource,
    known: Verification,
    *,
    secret: Secret | None,
    shadowed: Sequence[str],
    file: FileProtection,
) -> KeyStatus:
    """Return the row of one key.

    Args:
        provider: the provider the key is for.
        source: the source of the key.
        known: what is known about it.
        secret: its value, if it was read.
        shadowed: the descriptions of the sources it shadows.
        file: whether the credentials file is encrypted.
    """
    effective = effective_status(provider, source, known)
    return KeyStatus(
        provider=provider.name,
        key=source.name,
        state=effective.state,
        reason=effective.reason,
        source=_place(source, file),
        masked=secret.masked() if secret else None,
        shadowed=list(shadowed),
        origin=source.origin,
        checked_at=known.checked_at,
        checked_how=known.checked_how,
        failing_since=effective.failing_since,
        hint=_hint(provider, source, effective) or _sealing_problem(effective, source, file),
    )


def keyless_row(provider: Provider, block: SourceBlock | None) -> KeyStatus:
    """Return the row of a provider without a known key, or without need for one."""
    if not provider.needs_key:
        path = provider.socket_path
        return KeyStatus(
            provider=provider.name,
            state=KeyState.NOT_REQUIRED,
            source=f"the daemon at {path} has the keys" if path else None,
            origin=provider.origin,
        )
    return KeyStatus(
        provider=provider.name,
        state=state_without_key(block),
        reason=block.reason if block else None,
        origin=provider.origin,
        hint=_hint_without_key(provider, block),
    )


def orphan_row(entry: IndexEntry, source: KeySource, file: FileProtection) -> KeyStatus:
    """Return the row of a stored key whose provider is not in the configuration."""
    what = "[shared]" if entry.provider == SIGN_IN_NAME else "provider of this name"
    return KeyStatus(
        provider=entry.provider,
        key=entry.label,
        state=KeyState.REJECTED,
        reason=f"the configuration has no {what}",
        source=_place(source, file),
        origin=entry.origin,
        hint=f"'{logout_command(entry.provider, entry.label)}' removes the key",
    )


def sign_in_hint(provider: Provider) -> str:
    """Return how to get and store a key."""
    hint = f"sign in with 'aircher-cli auth login {provider.name}'"
    if isinstance(provider, EngineAccount):
        return f"if the engine asks for a password, {hint}"
    return f"{hint}; keys: {provider.keys_page}" if provider.keys_page else hint


def rejection_hint(provider: str, key: str | None) -> str:
    """Return what to do when a provider rejected a key.

    Args:
        provider: its name.
        key: as in `ApiKey.name`; None if none was sent, because the provider should need none.
    """
    if key is None:
        return _require_key_hint(provider)
    variable = key.removeprefix(ENV_PREFIX)
    kind: SourceKind = "keyring"  # the hint for a file is the same
    if key == COMMAND:
        kind = "command"
    elif variable != key:
        kind = "environment"
    return _HINTS[KeyState.REJECTED, kind].format(
        login=login_command(provider, key if kind == "keyring" else DEFAULT_LABEL),
        provider=provider,
        locator=variable,
        file=environment_file_as_shown(),
    )


def _require_key_hint(provider: str) -> str:
    login = login_command(provider, DEFAULT_LABEL)
    return f"it wants a key: run '{require_key_command(provider)}', then '{login}'"


def require_key_command(provider: str) -> str:
    """Return the command that makes a provider without a key one that needs one.

    A server of a kind that needs none has an entry without `auth`, another one has `auth = "none"`:
    the command helps both.
    """
    name = re.sub("[^A-Z0-9]", "_", provider.upper())
    variable = f"KEY_OF_{name}" if name[:1].isdecimal() else f"{name}_API_KEY"
    entry = f"providers.{provider}"
    return f"aircher-cli config set --unset {entry}.auth {entry}.env {variable}"


def to_wire(row: KeyStatus) -> dict[str, object]:
    """Return a row as a map, without unknown values."""
    data = msgspec.to_builtins(row)
    return {name: value for name, value in data.items() if value is not None}


def _hint(provider: Provider, source: KeySource, effective: Verification) -> str | None:
    if plain_http_reason(provider):
        return None  # the reason says it: another key would not help
    if source.block:
        template = _BLOCK_HINTS[source.block.kind]
    else:
        template = _HINTS.get((effective.state, source.kind), "")
    hint = template.format(
        login=login_command(provider.name, source.name if source.is_stored else DEFAULT_LABEL),
        provider=provider.name,
        locator=source.locator[0],
        file=environment_file_as_shown(),
        logout=logout_command(provider.name, source.name),
    )
    return hint or None


def login_command(provider: str, label: str) -> str:
    """Return the command that stores a key under a label."""
    option = f" --label {label}" if label != DEFAULT_LABEL else ""
    return f"aircher-cli auth login {provider}{option}"


def logout_command(provider: str, label: str) -> str:
    """Return the command that removes the key of a label, and no other."""
    return f"aircher-cli auth logout {provider} --label {label}"


def _place(source: KeySource, file: FileProtection) -> str:
    return file.description if source.kind == "file" else source.description


def _sealing_problem(
    effective: Verification, source: KeySource, file: FileProtection
) -> str | None:
    """Return why a working key is not encrypted although it should be."""
    if source.kind != "file" or effective.state not in USABLE or not file.problem:
        return None
    return f"it is not encrypted as [auth] encrypt_with says: {file.problem}"


def encryption_hint(source: KeySource, file: FileProtection) -> str | None:
    """Return how to have a key encrypted that was just stored in a plain file.

    It is said once, with the sign-in: afterwards the source of the key says where it is.
    """
    if source.kind != "file" or file.encrypted_with or file.problem:
        return None
    login = login_command(source.provider, source.name)
    return (
        f"to encrypt it: start a keyring (for example gnome-keyring), then run '{login}' again; or "
        "set [auth] encrypt_with"
    )
