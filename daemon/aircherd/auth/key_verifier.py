"""Verify a key live with a free call to its provider, and interpret the answer."""

from collections.abc import Awaitable, Callable

import msgspec

from aircherd.auth import verification
from aircherd.auth.status import login_command
from aircherd.config.accounts import EngineAccount
from aircherd.config.model import Provider
from aircherd.errors import KeyRejected, ProviderFailed
from aircherd.redaction import Redactor
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import DEFAULT_LABEL, KeyCheck
from aircherd.vocabulary.secret import Secret

NO_SUCH_PAGE = frozenset({404, 405, 410, 501})
"""HTTP statuses of a server that has no list of models, or not at this address."""

KeyChecker = Callable[[Provider, Secret], Awaitable[KeyCheck]]
"""Asks a provider, free of charge, whether it accepts a key. Passed in by `app`, because
`providers` is above this package."""


PasswordChecker = Callable[[EngineAccount, Secret], Awaitable[KeyCheck]]
"""Asks a fleet's engine whether it accepts a password."""


class KeyVerifier:
    """Checks keys, and turns the answers into verifications."""

    def __init__(
        self,
        *,
        check_key: KeyChecker,
        redactor: Redactor,
        clock: Callable[[], float],
        check_password: PasswordChecker | None = None,
    ) -> None:
        self._check_provider_key = check_key
        self._check_password = check_password
        self._redactor = redactor
        self._clock = clock

    def can_check(self, provider: Provider) -> bool:
        """Return whether a key can be checked: the engine's password only where it is used."""
        return not isinstance(provider, EngineAccount) or self._check_password is not None

    async def _check_key(self, provider: Provider, secret: Secret) -> KeyCheck:
        if isinstance(provider, EngineAccount):
            assert self._check_password is not None
            return await self._check_password(provider, secret)
        return await self._check_provider_key(provider, secret)

    async def verify_new(
        self,
        provider: Provider,
        secret: Secret,
        label: str = DEFAULT_LABEL,
        *,
        replaces: bool = False,
    ) -> verification.Verification:
        """Verify a key that is about to be stored; return its verification if it is accepted.

        `label` is for the advice in an error, which says that the old key is kept if this one
        `replaces` one.

        Raises:
            KeyRejected: the provider rejected it.
            ProviderFailed: the check was inconclusive, or failed.
        """
        check = await self._check_key(provider, secret)
        outcome = "the old key is kept" if replaces else "nothing was stored"
        if check.ok is False:
            message = f"{provider.name} {self._clause(check)}; {outcome}"
            raise KeyRejected(message, provider=provider.name)
        if check.ok is None:
            command = login_command(provider.name, label)
            raise ProviderFailed(self._inconclusive(check, command, outcome))
        return verification.accepted(self._clock(), check.how)

    async def verify_existing(
        self, provider: Provider, secret: Secret, before: verification.Verification
    ) -> tuple[verification.Verification, bool]:
        """Verify an existing key; return its new verification, and whether it may have expired.

        The caller has checked that the key may be sent to `provider` (`forbidden_reason`).
        """
        check = await self._check_key(provider, secret)
        may_have_expired = check.failure is not None and (
            check.failure.kind is FailureClass.AUTH or check.failure.denies_access
        )
        return self._interpret(check, before), may_have_expired

    def _interpret(
        self, check: KeyCheck, before: verification.Verification
    ) -> verification.Verification:
        if check.ok:
            return verification.accepted(self._clock(), check.how)
        if check.ok is None:
            reason = f"could not be verified: {self._reason(check)}"
            return verification.inconclusive(before, reason)
        return verification.rejected(before, self._clock(), check.how, self._reason(check))

    def _inconclusive(self, check: KeyCheck, command: str, outcome: str) -> Failure:
        message = (
            f"the key could not be verified: {self._clause(check)}; {outcome} "
            f"('{command} --no-verify' stores it without a check)"
        )
        failure = check.failure or Failure(kind=FailureClass.PROTOCOL, message=message)
        return msgspec.structs.replace(failure, message=message)

    def _clause(self, check: KeyCheck) -> str:
        """Return the reason without the full stop of a provider's sentence: more text follows."""
        return self._reason(check).rstrip(".")

    def _reason(self, check: KeyCheck) -> str:
        status = check.failure.status if check.failure else None
        if check.ok is None and status in NO_SUCH_PAGE:
            return (
                f"{check.how} is answered with HTTP {status}: the server has no list of models to "
                "check keys with, or base_url is wrong"
            )
        return self._redactor.redact(check.failure.message if check.failure else check.how)
