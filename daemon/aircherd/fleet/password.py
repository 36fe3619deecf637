"""The password of a fleet's engine: read for each connection, judged by the engine."""

from importlib import import_module
from types import ModuleType

import trio

from aircherd.auth.manager import AuthManager
from aircherd.config.model import Shared
from aircherd.shared_state.base import EngineRefused, PasswordRefused
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey, KeyCheck
from aircherd.vocabulary.secret import Secret

HOW = "AUTH"
"""The engine's command by which a password is checked."""


class EnginePassword:
    """The password as `auth` has it. What the engine says of it is its state for people."""

    def __init__(self, auth: AuthManager) -> None:
        self._auth = auth
        self._key: ApiKey | None = None

    async def read(self, origin: str | None = None) -> str | None:
        """Return it, None if there is none; raises what `AuthManager.engine_password` does.

        `origin` is where it will be sent: `[shared]` may name another engine by now.
        """
        found = await self._auth.engine_password()
        self._key = found if found is None or origin in (None, found.origin) else None
        return None if self._key is None else self._key.secret.reveal()

    async def judge(self, refusal: str | None) -> None:
        """Note that the engine accepts what was read last, or why not: then it is read again."""
        if self._key is None:
            return
        if refusal is None:
            self._auth.note_accepted(self._key)
        else:
            await self._auth.note_rejected(self._key, refusal)


def load_engine() -> ModuleType:
    """Import what needs coredis; for a thread, as it takes 0.3 s of CPU.

    Raises:
        EngineRefused: it is not installed.
    """
    try:
        return import_module("aircherd.shared_state.engine")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "coredis":
            raise
        hint = "install aircher with '.[shared]', as docs/install.md says, and restart the daemon"
        raise EngineRefused(f"[shared] needs the package coredis: {hint}") from None


async def check_password(shared: Shared, secret: Secret) -> KeyCheck:
    """Return whether the engine accepts a password; that is unknown where it is away."""
    try:
        engine = await trio.to_thread.run_sync(load_engine)
        problem = await engine.try_password(shared, secret.reveal())
    except EngineRefused as error:
        problem = error
    if problem is None:
        return KeyCheck(True, HOW)
    if isinstance(problem, PasswordRefused):
        return KeyCheck(False, HOW, _failure(FailureClass.AUTH, "did not accept the password"))
    return KeyCheck(None, HOW, _failure(FailureClass.NETWORK, problem.message))


def _failure(kind: FailureClass, message: str) -> Failure:
    return Failure(kind=kind, message=message)
