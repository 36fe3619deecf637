"""Compare values without sending them: both sides compute a hash.

- `fingerprint`: salted, for secrets.
- `content_hash`: of the configuration file that a change is based on.
"""

MIN_SALT = 16
"""Characters. A new random salt for each comparison makes fingerprints useless afterwards."""


def fingerprint(salt: str, value: str) -> str:
    """Return 32 hex digits that only the same salt and value give."""
    from hashlib import blake2b  # noqa: PLC0415 -- 3 ms, and rarely needed

    key = salt.encode()[:64]
    return blake2b(value.encode("utf-8", "surrogateescape"), key=key, digest_size=16).hexdigest()


def content_hash(data: bytes | None) -> str:
    """Return the SHA-256 of a file's content in hex, which is empty for a file that is missing."""
    from hashlib import sha256  # noqa: PLC0415 -- 3 ms, and rarely needed

    return "" if data is None else sha256(data).hexdigest()
