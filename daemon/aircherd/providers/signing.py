"""Signed calls, and calls with a token that expires: the hook for vendors that require them.

An adapter builds its call as if the key were enough. A `Signer` for its kind, in
`registry.SIGNERS`, turns it into the call to send. It is a generator, like the auth flows of httpx:
it may yield calls of its own to fetch a token, receives their replies, and returns the signed call.
So it does no I/O, reads no clock, and is tested as a table.

    sign -> yields a call -> HttpReply -> ... -> returns the signed call
    401 to that call -> is_stale: forget the token; if there was one, sign once more

`Signing` runs it. A signer sees only successful replies. If the token is refused, the call fails as
AUTH; if there is no response, as NETWORK or TIMEOUT. One token per key is fetched at a time; other
calls wait for it and use it.
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
"""The most calls for one signature; a flow that needs more would never end."""


class HttpReply(msgspec.Struct, frozen=True):
    """The successful response to a signer's own call. Its repr shows nothing of it."""

    body: bytes
    add_redaction: Callable[[Secret], None]

    def secret(self, text: str) -> Secret:
        """Return a token from the body as a secret, redacted from all messages from now on.

        Call it before doing anything else with a token.
        """
        secret = Secret(text)
        self.add_redaction(secret)
        return secret

    def __repr__(self) -> str:
        return f"<HttpReply {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        # msgspec's own would show the fields, and with them the token.
        return [("reply", repr(self))]


Flow = Generator[HttpRequest, HttpReply, HttpRequest]
Fetch = Callable[[HttpRequest], Awaitable[HttpReply]]


class Signer(Protocol):
    """Signs the calls of one kind; it may keep tokens, one for each key.

    It keeps them by the key's hash, never the key itself, and bounds their number: it is not
    notified when a key is removed.
    """

    def sign(self, call: HttpRequest, key: Secret, now: float) -> Flow:
        """Return `call` signed with `key`, after yielding the calls that this needs.

        The signed call has the origin of `call`. `now` is the Unix time.

        Raises:
            ProviderFailed: AUTH: `key` has the wrong format.
        """

    def is_stale(self, refused: HttpRequest, key: Secret) -> bool:
        """Return whether `refused`, a signed call that got a 401, may succeed if signed again.

        Forget the token in it, if it is still the one kept for `key`.
        """


class Signing:
    """Runs the signers. `clock` gives the Unix time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._locks: dict[tuple[Signer, Secret], trio.Lock] = {}

    async def sign(
        self, signer: Signer, call: HttpRequest, key: Secret, fetch: Fetch
    ) -> HttpRequest:
        """Return `call` signed; `fetch` sends the signer's own calls.

        Raises:
            ProviderFailed: from `fetch` or the signer.
            RuntimeError: the signer broke its contract.
        """
        with closing(signer.sign(call, key, self._clock())) as flow:
            signed, is_done = step(flow)
        if not is_done:
            signed = await self._sign_locked(signer, call, key, fetch)
        if endpoint_of(signed.url).origin != endpoint_of(call.url).origin:
            raise RuntimeError("a signer must not change the origin of a call")
        return signed

    async def _sign_locked(
        self, signer: Signer, call: HttpRequest, key: Secret, fetch: Fetch
    ) -> HttpRequest:
        lock = self._locks.setdefault((signer, key), trio.Lock())
        try:
            # Another call may have fetched the token meanwhile, so start again.
            async with lock:
                with closing(signer.sign(call, key, self._clock())) as flow:
                    return await _run(flow, fetch)
        finally:
            # Remove it with the last waiter: a removed key must not stay in this table.
            if not lock.locked():
                self._locks.pop((signer, key), None)

    def __repr__(self) -> str:
        return f"<Signing {len(self._locks)} tokens being fetched>"


async def _run(flow: Flow, fetch: Fetch) -> HttpRequest:
    request, is_done = step(flow)
    calls = 0
    while not is_done:
        calls += 1
        if calls > MAX_CALLS:
            raise RuntimeError(f"a signer needs more than {MAX_CALLS} calls")
        request, is_done = step(flow, await fetch(request))
    return request


def step(flow: Flow, reply: HttpReply | None = None) -> tuple[HttpRequest, bool]:
    """Advance `flow`: return its own call and False, or the signed call and True."""
    try:
        return (next(flow) if reply is None else flow.send(reply)), False
    except StopIteration as end:
        signed: HttpRequest = end.value
        return signed, True


def refused_token(failure: Failure) -> Failure:
    """Return the failure of a signer's own call as a failure of the call to be signed.

    A refused token is a refused key. The vendor's message may quote it, so it is left out.
    """
    if failure.status in (400, 401, 403) and failure.kind is not FailureClass.PROTOCOL:
        message = f"refused to issue a token for this key (HTTP {failure.status})"
        return Failure(kind=FailureClass.AUTH, message=message, status=failure.status)
    if failure.kind in (FailureClass.BAD_REQUEST, FailureClass.REFUSED, FailureClass.MODEL):
        message = f"did not issue a token: {failure.message}"
        return msgspec.structs.replace(failure, kind=FailureClass.PROTOCOL, message=message)
    return failure
