"""Where a provider's key comes from in the new configuration, and whether one may be stored."""

from dataclasses import dataclass

from aircher_cli.commands.migrate.plan.urls import can_carry_key, is_vendors_origin
from aircher_cli.commands.migrate.plan.vendors import VENDORS

NEEDS_NO_KEY = "it needs no key here"
PLAIN_HTTP = "its base_url is plain http to another machine"

OLLAMA_VARIABLE = "OLLAMA_API_KEY"
"""Named for an Ollama server with a key: without any source it would need none."""


@dataclass(frozen=True)
class KeySource:
    """`auth_none` and `env` are entries to write; `variables` are those that may hold the key.

    `no_key_reason` says why a key must not be stored, None if it may.
    """

    auth_none: bool = False
    env: str | None = None
    variables: tuple[str, ...] = ()
    no_key_reason: str | None = None


def choose_key_source(
    name: str, kind: str, base_url: str, variable: str, *, has_key: bool, had_key: bool = False
) -> KeySource:
    """Decide for a provider at `base_url` with an old `api_key_env`, which may be empty.

    `has_key` if a key of it can be stored, `had_key` if it had one, though a damaged one.

    There are five cases.
    """
    vendor = VENDORS.get(name)
    at_vendor = vendor is not None and is_vendors_origin(vendor, base_url)
    vendors_own = vendor.env if vendor is not None and at_vendor else ()
    # 1. Keys are never sent unencrypted.
    if not can_carry_key(base_url):
        return KeySource(auth_none=kind != "ollama", no_key_reason=PLAIN_HTTP)
    # 2. A variable that the provider would not use by itself.
    if variable and variable not in vendors_own:
        return KeySource(env=variable, variables=(variable,))
    # 3. Ollama needs no key, unless its entry names a source for one.
    if kind == "ollama" and has_key:
        return KeySource(env=OLLAMA_VARIABLE, variables=(OLLAMA_VARIABLE,))
    if kind == "ollama":
        return KeySource(no_key_reason=NEEDS_NO_KEY)
    # 4. The user's own server, and no key anywhere.
    if not at_vendor and not has_key and not had_key:
        return KeySource(auth_none=True, no_key_reason=NEEDS_NO_KEY)
    # 5. A stored key, or the vendor's own variable.
    return KeySource(variables=vendors_own)
