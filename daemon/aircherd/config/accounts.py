"""What keys are for: the providers, and the engine of a fleet, whose password is kept like a key.

The engine's account has the form of a provider, so that its password has the same sources, stores
and lock, and is bound to an origin as well. It is in no list of providers: no request goes there.
"""

from collections.abc import Mapping
from functools import lru_cache

from aircherd.config.model import Config, EngineAddress, Provider, Shared
from aircherd.config.sections.shared.section import SIGN_IN_NAME

PASSWORD_VARIABLE = "AIRCHER_SHARED_PASSWORD"  # noqa: S105 - a name
"""The environment variable that may have the engine's password."""


class EngineAccount(Provider, frozen=True, kw_only=True):
    """The engine of `[shared]` as an owner of a key: its password."""

    address: EngineAddress

    @property
    def origin(self) -> str:
        """Where the password may be sent: the scheme, host and port, or the socket's path."""
        return self.address.origin

    @property
    def can_carry_key(self) -> bool:
        """Whether the password may be sent there: encrypted, or within this machine."""
        return self.address.can_carry_password


@lru_cache(maxsize=4)
def engine_account(shared: Shared) -> EngineAccount:
    """Return the account of a fleet's engine; the same object for the same section."""
    return EngineAccount(
        name=SIGN_IN_NAME,
        kind="engine",
        base_url=str(shared.address),
        env=(PASSWORD_VARIABLE,),
        key_command=shared.key_command,
        address=shared.address,
    )


def accounts(config: Config) -> Mapping[str, Provider]:
    """Return all that keys are for, by the names that `auth login` takes."""
    if config.shared is None:
        return config.providers
    return {**config.providers, SIGN_IN_NAME: engine_account(config.shared)}
