"""Names for the engine that tell nothing to those who look into it.

The engine must tell limits, keys, models and clients apart, but need not know them. So it gets
keyed hashes, under a secret of the namespace, which the engine keeps for the machines. They protect
names in dumps, in `MONITOR` and in logs. A reader of the whole engine has the secret, too, and can
test guesses of names; keys are too long and random to be guessed.
"""

import hashlib
import hmac
from collections.abc import Sequence

SECRET_BYTES = 32

_CHARACTERS = 32
"""Of a hash in hexadecimal, 128 bits: enough that no two names collide."""


class Names:
    """Hashes names under the secret of a namespace, of `SECRET_BYTES` random bytes.

    Raises:
        ValueError: the secret is of another length.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"the secret of a namespace has {SECRET_BYTES} bytes")
        self._secret = secret

    def hash(self, kind: str, *parts: str | None) -> str:
        """Return 32 hexadecimal digits for what `parts` name; None is another part than "".

        Things of another `kind` have other hashes, even with the same parts.
        """
        return hmac.digest(self._secret, _encode((kind, *parts)), hashlib.sha256).hex()[
            :_CHARACTERS
        ]

    def __repr__(self) -> str:
        return "<Names>"


def _encode(parts: Sequence[str | None]) -> bytes:
    """Return bytes that no other parts have: each part follows its length."""
    encoded = []
    for part in parts:
        if part is None:
            encoded.append(b"-")
        else:
            # Names come from files and clients, so they may have lone surrogates.
            data = part.encode("utf-8", "surrogatepass")
            encoded.append(b"%d:%s" % (len(data), data))
    return b"".join(encoded)
