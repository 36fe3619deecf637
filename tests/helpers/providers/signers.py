"""Two vendors that nobody has: one wants calls signed, the other gives tokens that expire."""

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
    """Signs the date and the body. The key is `NAME:SECRET`, and only the name goes over the wire.

    A real vendor's in small: Amazon's signs more headers, in a certain order.
    """

    def sign(self, call: HttpRequest, key: Secret, now: float) -> Flow:
        name, colon, secret = key.reveal().partition(":")
        if not colon:
            fail(FailureClass.AUTH, "the key must be of the form NAME:SECRET")
        date = f"{now:.0f}"
        kept = [header for header in call.headers if header[0] != "authorization"]
        signed = ("authorization", f"HMAC {name}:{signature(secret, date, call.body)}")
        return HttpRequest(call.method, call.url, [*kept, ("x-date", date), signed], call.body)
        yield  # a generator that asks nothing

    def is_stale(self, refused: HttpRequest, key: Secret) -> bool:
        del refused, key
        return False


def signature(secret: str, date: str, body: bytes) -> str:
    """What the server works out, too."""
    return hmac.new(secret.encode(), date.encode() + b"\n" + body, hashlib.sha256).hexdigest()


class _Token(msgspec.Struct):
    token: str
    expires_in: float


_TOKEN = msgspec.json.Decoder(_Token)


class TokenSigner:
    """Exchanges the key for a token at `/token`, and keeps it until shortly before its end."""

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
            told = decode_with(_TOKEN, reply.body, "a token")
            token = reply.secret(told.token)
            self._tokens[key] = (token, now + told.expires_in - self.EARLY)
        kept = [header for header in call.headers if header[0] != "authorization"]
        carried = ("authorization", f"Bearer {token.reveal()}")
        return HttpRequest(call.method, call.url, [*kept, carried], call.body)

    def is_stale(self, refused: HttpRequest, key: Secret) -> bool:
        kept = self._tokens.get(key)
        carried = dict(refused.headers)["authorization"]
        if kept and carried == f"Bearer {kept[0].reveal()}":
            del self._tokens[key]
        return True
