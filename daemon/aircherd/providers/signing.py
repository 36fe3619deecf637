"""Calls that must be signed, or that carry a token which expires: the hook for vendors who want it.

An adapter writes its call as if the key were all; a `Signer` for its kind, in `adapters.SIGNERS`,
then makes of it the call that is sent. It is a generator, as the auth flows of httpx are: it may
yield calls of its own, to fetch a token, gets their replies, and returns the signed call. So it
does no I/O, reads no clock, and is tested as a table.

    sign -> yields a call -> HttpReply -> ... -> returns the signed call
    401 to that call -> is_stale: forget the token; if there was one, sign once more

`Signing` runs it. Only successes come back to a signer; where the key is refused a token the call
fails as AUTH, where nobody answers as NETWORK or TIMEOUT. One token is fetched at a time for a key:
whoever comes meanwhile waits, and finds it.
"""

from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from typing import Protocol

import msgspec
import trio

from aircherd.providers.transport.request import HttpRequest, endpoint_of
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.secret import Secret

MAX_CALLS = 4
"""Calls that one signature may take: a flow that wants more has no end."""


class HttpReply(msgspec.Struct, frozen=True):
    """The successful answer to a signer's own call. Printing it shows nothing of it."""

    body: bytes
    hide: Callable[[Secret], None]

    def secret(self, text: str) -> Secret:
        """Return a token from the body as a secret: from now on it is taken out of all messages.

        Nothing else may be done with a token before.
        """
        secret = Secret(text)
        self.hide(secret)
        return secret

    def __repr__(self) -> str:
        return f"<HttpReply {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        # msgspec would generate one that shows the fields, and with them the token.
        return [("reply", repr(self))]


Flow = Generator[HttpRequest, HttpReply, HttpRequest]
Fetch = Callable[[HttpRequest], Awaitable[HttpReply]]


class Signer(Protocol):
    """How the calls of one kind are signed; it may keep tokens, one for each key.

    It keeps them by the key's hash, never the key itself, and no more of them than keys may be in
    use: nobody tells it that a key is gone.
    """

    def sign(self, call: HttpRequest, key: Secret, now: float) -> Flow:
        """Return `call` signed with `key`, after yielding what must be asked first.

        It goes where `call` goes. `now` is the Unix time.

        Raises:
            ProviderFailed: AUTH: `key` is not of the form that this takes.
        """

    def is_stale(self, refused: HttpRequest, key: Secret) -> bool:
        """Say whether `refused`, a signed call that got a 401, would do better if signed anew.

        Forget the token it carries, if that is still the one that is kept for `key`.
        """


class Signing:
    """Runs the signers. `clock` gives the Unix time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._locks: dict[tuple[Signer, Secret], trio.Lock] = {}

    async def sign(
        self, signer: Signer, call: HttpRequest, key: Secret, fetch: Fetch
    ) -> HttpRequest:
        """Return `call` signed; `fetch` sends a call of the signer's own.

        Raises:
            ProviderFailed: what `fetch` raises, or the signer.
            RuntimeError: the signer does what it must not.
        """
        with closing(signer.sign(call, key, self._clock())) as flow:
            signed, is_done = step(flow)
        if not is_done:
            signed = await self._sign_in_turn(signer, call, key, fetch)
        if endpoint_of(signed.url).origin != endpoint_of(call.url).origin:
            raise RuntimeError("a signed call must go where it went before")
        return signed

    async def _sign_in_turn(
        self, signer: Signer, call: HttpRequest, key: Secret, fetch: Fetch
    ) -> HttpRequest:
        lock = self._locks.setdefault((signer, key), trio.Lock())
        try:
            # Somebody may have fetched the token while this one waits: it begins anew.
            async with lock:
                with closing(signer.sign(call, key, self._clock())) as flow:
                    return await _run(flow, fetch)
        finally:
            # With the last one in the turn: a key must not stay here after it was removed.
            if not lock.locked():
                self._locks.pop((signer, key), None)

    def __repr__(self) -> str:
        return f"<Signing {len(self._locks)} tokens being fetched>"


async def _run(flow: Flow, fetch: Fetch) -> HttpRequest:
    asked, is_done = step(flow)
    calls = 0
    while not is_done:
        calls += 1
        if calls > MAX_CALLS:
            raise RuntimeError(f"a signer wants more than {MAX_CALLS} calls")
        asked, is_done = step(flow, await fetch(asked))
    return asked


def step(flow: Flow, reply: HttpReply | None = None) -> tuple[HttpRequest, bool]:
    """Let `flow` go on: return a call of its own and False, or what it ends with and True."""
    try:
        return (next(flow) if reply is None else flow.send(reply)), False
    except StopIteration as end:
        signed: HttpRequest = end.value
        return signed, True


def refused_token(failure: Failure) -> Failure:
    """Return the failure of a signer's own call as that of the call it was for.

    Who refuses a token refuses the key; the vendor's words may quote it, and are left out.
    """
    if failure.status in (400, 401, 403) and failure.kind is not FailureClass.PROTOCOL:
        message = f"refused a token to this key (HTTP {failure.status})"
        return Failure(kind=FailureClass.AUTH, message=message, status=failure.status)
    if failure.kind in (FailureClass.BAD_REQUEST, FailureClass.MODEL):
        message = f"gave no token: {failure.message}"
        return msgspec.structs.replace(failure, kind=FailureClass.PROTOCOL, message=message)
    return failure
