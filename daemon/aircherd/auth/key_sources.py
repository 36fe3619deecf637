"""Pure: the sources of a provider's keys in order, what they shadow, and what forbids using a key.

The order is: stored keys, else the key command, else the environment. A source whose key cannot be
used now still shadows the next one: silently switching to another account causes surprise bills.
For the same reason a `SourceBlock` applies to the other sources while the list of stored keys may
be incomplete.
"""

import re
from collections.abc import Sequence

import msgspec

from aircherd.auth.stores.index import IndexEntry, SourceBlock
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.config.accounts import EngineAccount, accounts
from aircherd.config.model import Config, Provider
from aircherd.config.sections.shared.section import SIGN_IN_NAME
from aircherd.errors import BadRequest
from aircherd.vocabulary.keys import SourceKind
from aircherd.vocabulary.suggestions import unknown_provider

COMMAND = "command"
"""The name of a key from a command."""
ENV_PREFIX = "env:"
"""The prefix of the name of a key from the environment; labels contain no colon."""

UNLOCK_COMMAND = "aircher-cli auth unlock"
UNLOCK = f"unlock them with '{UNLOCK_COMMAND}'"
"""What to do while all keys are locked (`aircherd.auth.lock`)."""

UNFINISHED = "a login was interrupted, so it is not known which key is stored here"

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class KeySource(msgspec.Struct, frozen=True, kw_only=True):
    """A source of a provider's key. Equal sources give the same key.

    - `name`: as in `ApiKey.name`.
    - `origin`: the only origin the key may be sent to.
    - `locator`: the label, the command, or the name of the variable and the file it is in, if any.
    - `block`: if set, the source is not read and its key is not used.
    """

    provider: str
    name: str
    kind: SourceKind
    origin: str
    locator: tuple[str, ...]
    block: SourceBlock | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the key is in one of our own stores."""
        return self.kind in {"keyring", "file"}

    @property
    def is_password(self) -> bool:
        """Whether it is the engine's password, which may look like anything."""
        return self.provider == SIGN_IN_NAME and not self.origin.startswith("http")

    @property
    def description(self) -> str:
        """The source, for people."""
        match self.kind:
            case "keyring":
                return "keyring"
            case "file":
                return "file"
            case "command":
                return f"command {self.locator[0]}"  # its arguments may be private
            case "environment":
                return f"environment variable {' from '.join(self.locator)}"


def sources_of(
    provider: Provider,
    entries: Sequence[IndexEntry],
    variables: KeyVariables,
    block: SourceBlock | None = None,
) -> list[KeySource]:
    """Return the sources of a provider's keys in order of preference; none if it needs no key.

    Args:
        provider: the provider.
        entries: its stored keys.
        variables: the environment variables.
        block: applies to its other sources, because the list of stored keys may be incomplete.
    """
    if not provider.needs_key:
        return []
    if entries:
        return [stored_source(entry) for entry in entries]
    first = _external_sources(provider, variables)[:1]
    return [msgspec.structs.replace(each, block=block or each.block) for each in first]


def stored_source(entry: IndexEntry) -> KeySource:
    """Return the source of a stored key, bound to the origin it was stored for."""
    return KeySource(
        provider=entry.provider,
        name=entry.label,
        kind=entry.store,
        origin=entry.origin,
        locator=(entry.label,),
        block=SourceBlock("unfinished", UNFINISHED) if entry.is_pending else None,
    )


def shadowed_sources(
    provider: Provider, sources: Sequence[KeySource], variables: KeyVariables
) -> list[str]:
    """Return the descriptions of the provider's sources that exist but are not used."""
    if not provider.needs_key:
        return []
    used = {source.name for source in sources}
    return [
        source.description
        for source in _external_sources(provider, variables)
        if source.name not in used
    ]


def _external_sources(provider: Provider, variables: KeyVariables) -> list[KeySource]:
    """Return the key command and the variables that are set."""
    sources: list[KeySource] = []
    if provider.key_command:
        sources.append(_source(provider, COMMAND, "command", provider.key_command))
    return sources + [
        _variable_source(provider, name, variables)
        for name in provider.env
        if variables.is_set(name)
    ]


def _variable_source(provider: Provider, name: str, variables: KeyVariables) -> KeySource:
    file = variables.file_of(name)
    locator = (name, file) if file else (name,)
    source = _source(provider, ENV_PREFIX + name, "environment", locator)
    return msgspec.structs.replace(source, block=variables.block_for(name))


def _source(provider: Provider, name: str, kind: SourceKind, locator: tuple[str, ...]) -> KeySource:
    return KeySource(
        provider=provider.name, name=name, kind=kind, origin=provider.origin, locator=locator
    )


# ------------------------------------------------------------------ what forbids using a key


def forbidden_reason(provider: Provider, source: KeySource) -> str | None:
    """Return why the key of `source` must not be sent to `provider`, None if it may.

    The only check in this package that a key goes to its own origin; `AuthManager` applies it
    whenever it gives a key out.
    """
    if source.block:
        return source.block.reason
    if source.origin != provider.origin:
        if isinstance(provider, EngineAccount):
            return f"it was stored for {source.origin}, and the engine is now {provider.origin}"
        return f"this key was stored for {source.origin}, but the provider is now {provider.origin}"
    return plain_http_reason(provider)


def plain_http_reason(provider: Provider) -> str | None:
    """Return why no key may be sent to `provider`, None if one may."""
    if provider.can_carry_key:
        return None
    if isinstance(provider, EngineAccount):
        return (
            f"a password is never sent unencrypted, and {provider.origin} is another machine: "
            "write rediss:// if the engine has TLS, or use a tunnel"
        )
    return f"a key is never sent unencrypted, and {provider.origin} is plain http: use https"


# ------------------------------------------------------------------ names from the user


def find_provider(config: Config, name: str) -> Provider:
    """Return the provider called `name`, or the account of the engine.

    Raises:
        BadRequest: there is none; the message names the nearest, and all.
        ConfigInvalid: its entry in the configuration is invalid.
    """
    if provider := accounts(config).get(name):
        return provider
    if entry := config.refused.providers.get(name):
        raise entry.error(name)
    if name == SIGN_IN_NAME:
        raise BadRequest(
            "the configuration has no [shared]: add it first, with its url, as the password is "
            "stored for that address only"
        )
    raise BadRequest(unknown_provider(name, config.providers))


def check_label(label: str) -> str:
    """Return `label` if it can name a stored key.

    Raises:
        BadRequest: it cannot.
    """
    if not _LABEL.fullmatch(label) or label == COMMAND:
        raise BadRequest(
            f"{label[:64]!r} is not a valid label: use up to 64 letters, digits, '.', '_' and '-', "
            f"starting with a letter or digit, and not {COMMAND!r}"
        )
    return label
