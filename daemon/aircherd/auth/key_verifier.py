"""The free live check of a key: asked from the provider, and what its answer means here."""

from collections.abc import Awaitable, Callable

import msgspec

from aircherd.auth import verification
from aircherd.config.model import Provider
from aircherd.errors import KeyRejected, ProviderFailed
from aircherd.redaction import Redactor
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyCheck
from aircherd.vocabulary.secret import Secret

KeyChecker = Callable[[Provider, Secret], Awaitable[KeyCheck]]
"""Asks a provider, for free, whether it takes a key. Handed in, because `providers` is above us."""


class KeyVerifier:
    """Asks, and translates."""

    def __init__(self, *, ask: KeyChecker, redactor: Redactor, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._redactor = redactor
        self._clock = clock

    async def demand(self, provider: Provider, secret: Secret) -> verification.Verification:
        """Check a key that is to be stored. Return its standing if the provider takes it.

        Raises:
            KeyRejected: the provider refused it.
            ProviderFailed: the provider could not be asked.
        """
        check = await self._ask(provider, secret)
        if check.ok is False:
            raise KeyRejected(
                f"{provider.name} {self._why(check)}; nothing was stored",
                provider=provider.name,
            )
        if check.ok is None:
            raise ProviderFailed(self._inconclusive(check))
        return verification.works(self._clock(), check.how)

    async def test(
        self, provider: Provider, secret: Secret, before: verification.Verification, *, origin: str
    ) -> verification.Verification:
        """Check a key that is there, and is for `origin`. Return its new standing.

        Raises:
            RuntimeError: the provider is elsewhere. Should whoever asks ever fail to see to it, the
                key stops here.
        """
        if origin != provider.origin:
            raise RuntimeError(f"a key for {origin} must not go to {provider.origin}")
        check = await self._ask(provider, secret)
        if check.ok:
            return verification.works(self._clock(), check.how)
        if check.ok is None:
            return verification.unknown(before, f"could not be checked: {self._why(check)}")
        return verification.refused(before, self._clock(), check.how, self._why(check))

    def _inconclusive(self, check: KeyCheck) -> Failure:
        told = (
            f"the key could not be checked: {self._why(check)}; nothing was stored "
            "(--no-verify stores it unchecked)"
        )
        failure = check.failure or Failure(kind=FailureClass.PROTOCOL, message=told)
        return msgspec.structs.replace(failure, message=told)

    def _why(self, check: KeyCheck) -> str:
        return self._redactor.redact(check.failure.message if check.failure else check.how)
