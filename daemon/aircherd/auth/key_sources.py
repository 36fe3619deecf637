"""Pure: which keys a provider has, in which order, what they hide, and what forbids their use.

The order is the design's: stored keys, else the key command, else the environment. A source that
cannot give its key right now still stands in the way of the next one: falling through to another
account behind the user's back is how surprise bills happen. For the same reason there is a barrier
before the other sources while the list of stored keys may lack one.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from aircherd.auth.stores.index import IndexEntry, SourceBlock
from aircherd.config.model import Config, Provider
from aircherd.errors import BadRequest
from aircherd.vocabulary.keys import SourceKind
from aircherd.vocabulary.suggestions import unknown_provider

COMMAND = "command"
"""The name of a key that comes from a command."""
FROM_VARIABLE = "env:"
"""What the name of a key from the environment begins with; no label has a colon."""

UNFINISHED = "a login was cut short, so it is not known which key is stored here"

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class KeySource(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a key of a provider comes from. Two that are equal give the same key.

    `name` is as in `ApiKey.name`; `origin` is what a key from here is for; `locator` is the label,
    the variable's name, or the command. Behind a `barrier` nothing is read, and nothing given out.
    """

    provider: str
    name: str
    source: SourceKind
    origin: str
    locator: tuple[str, ...]
    barrier: SourceBlock | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the key is in one of our own stores."""
        return self.source in {"keyring", "file"}

    @property
    def source_text(self) -> str:
        """The source in words for people."""
        match self.source:
            case "keyring":
                return "keyring"
            case "file":
                return "file, not encrypted"
            case "command":
                return f"command {self.locator[0]}"  # its arguments are nobody's business
            case "environment":
                return f"environment variable {self.locator[0]}"


def sources_of(
    provider: Provider,
    stored: Sequence[IndexEntry],
    environ: Mapping[str, str],
    barrier: SourceBlock | None = None,
) -> list[KeySource]:
    """Return the keys of `provider` in the order in which they serve; none for who needs none.

    Args:
        provider: whose keys.
        stored: what the list of stored keys has for it.
        environ: where its variables are looked for.
        barrier: what stands before its other sources, because the list may lack a key.
    """
    if not provider.needs_key:
        return []
    if stored:
        return [stored_source(known) for known in stored]
    first = _unstored(provider, environ)[:1]
    return [msgspec.structs.replace(slot, barrier=barrier) for slot in first]


def stored_source(known: IndexEntry) -> KeySource:
    """Return the slot of a stored key, bound to the origin it was stored for."""
    return KeySource(
        provider=known.provider,
        name=known.label,
        source=known.store,
        origin=known.origin,
        locator=(known.label,),
        barrier=SourceBlock("unfinished", UNFINISHED) if known.is_pending else None,
    )


def shadowed(
    provider: Provider, slots: Sequence[KeySource], environ: Mapping[str, str]
) -> list[str]:
    """Return what is there for `provider` and not used, in words for people."""
    if not provider.needs_key:
        return []
    used = {slot.name for slot in slots}
    return [slot.source_text for slot in _unstored(provider, environ) if slot.name not in used]


def _unstored(provider: Provider, environ: Mapping[str, str]) -> list[KeySource]:
    slots: list[KeySource] = []
    if provider.key_command:
        slots.append(_slot(provider, COMMAND, "command", provider.key_command))
    variables = [name for name in provider.env if environ.get(name, "").strip()]
    return slots + [
        _slot(provider, FROM_VARIABLE + name, "environment", (name,)) for name in variables
    ]


def _slot(provider: Provider, name: str, source: SourceKind, locator: tuple[str, ...]) -> KeySource:
    return KeySource(
        provider=provider.name, name=name, source=source, origin=provider.origin, locator=locator
    )


# ------------------------------------------------------------------ what forbids a key's use


def forbidden_reason(provider: Provider, slot: KeySource) -> str | None:
    """Return why the key of `slot` must not be sent to `provider`, None when it may."""
    if slot.barrier:
        return slot.barrier.reason
    if slot.origin != provider.origin:
        return f"this key was stored for {slot.origin}, but the provider is now {provider.origin}"
    return plain_http(provider)


def plain_http(provider: Provider) -> str | None:
    """Return why no key at all may be sent to `provider`, None when one may."""
    if provider.can_carry_key:
        return None
    return f"a key is never sent unencrypted, and {provider.origin} is plain http: use https"


# ------------------------------------------------------------------ names that users write


def find_provider(config: Config, name: str) -> Provider:
    """Return the provider called `name`.

    Raises:
        BadRequest: there is none; the message names the nearest, and all.
    """
    if provider := config.providers.get(name):
        return provider
    raise BadRequest(unknown_provider(name, config.providers))


def check_label(label: str) -> str:
    """Return `label` if it can name a stored key.

    Raises:
        BadRequest: it cannot.
    """
    if not _LABEL.fullmatch(label) or label == COMMAND:
        raise BadRequest(
            f"{label[:64]!r} cannot be a label: use up to 64 letters, digits, '.', '_' and '-', "
            f"beginning with a letter or digit, and not {COMMAND!r}"
        )
    return label
