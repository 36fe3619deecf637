"""Two invented vendors: one requires signed calls, the other issues tokens that expire."""

import hashlib
import hmac

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.json_in import decode_with
from aircherd.providers.signing import Flow
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.secret import Secret


class HmacSigner:
    """Signs date and body. The key is `NAME:SECRET`, and only the name is sent.

    A small version of a real vendor's: Amazon's signs more headers, in a given order.
    """

    def sign(self, call: HttpRequest, key: Secret, now: float) -> Flow:
        name, colon, secret = key.reveal().partition(":")
        if not colon:
            fail(FailureClass.AUTH, "the key must have the format NAME:SECRET")
        date = f"{now:.0f}"
        kept = [header for header in call.headers if header[0] != "authorization"]
        signed = ("authorization", f"HMAC {name}:{signature(secret, date, call.body)}")
        return HttpRequest(call.method, call.url, [*kept, ("x-date", date), signed], call.body)
        yield  # a generator without calls

    def is_stale(self, refused: HttpRequest, key: Secret) -> bool:
        del refused, key
        return False


def signature(secret: str, date: str, body: bytes) -> str:
    """Return the signature; the server computes it too."""
    return hmac.new(secret.encode(), date.encode() + b"\n" + body, hashlib.sha256).hexdigest()


class _Token(msgspec.Struct):
    token: str
    expires_in: float


_TOKEN = msgspec.json.Decoder(_Token)


class TokenSigner:
    """Exchanges the key for a token at `/token`, and keeps it until shortly before it expires."""

    EARLY = 10.0

    def __init__(self, token_url: str) -> None:
        self._url = token_url
        self._tokens: dict[Secret, tuple[Secret, float]] = {}

    def sign(self, call: HttpRequest, key: Secret, now: float) -> Flow:
        token, until = self._tokens.get(key, (Secret(""), 0.0))
        if now >= until:
            body = msgspec.json.encode({"key": key.reveal()})
            headers = [("content-type", "application/json")]
            reply = yield HttpRequest("POST", self._url, headers, body)
            issued = decode_with(_TOKEN, reply.body, "a token")
            token = reply.secret(issued.token)
            self._tokens[key] = (token, now + issued.expires_in - self.EARLY)
        kept = [header for header in call.headers if header[0] != "authorization"]
        carried = ("authorization", f"Bearer {token.reveal()}")
        return HttpRequest(call.method, call.url, [*kept, carried], call.body)

    def is_stale(self, refused: HttpRequest, key: Secret) -> bool:
        kept = self._tokens.get(key)
        carried = dict(refused.headers)["authorization"]
        if kept and carried == f"Bearer {kept[0].reveal()}":
            del self._tokens[key]
        return True
