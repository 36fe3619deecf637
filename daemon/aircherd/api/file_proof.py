"""A client proves that it can read the user's files before it changes the configuration.

The socket alone gives a program no key. With a changed configuration it could get one: a
`key_command` is a program that runs as the user, and a `base_url` decides where a key from a
variable is sent. A container or a sandbox may have the socket and nothing else. So a change needs
the content of a short-lived private file in the data directory, which the error names.
"""

import hmac
import math
import os
import secrets
from pathlib import Path

from aircher_wire.directories import OPEN_TO_OTHERS
from aircherd.errors import BadRequest
from aircherd.files.private_file import read_private, write_private

FILE_NAME = "proof"
VALID_SECONDS = 60.0
"""How long a proof is accepted."""
RENEW_SECONDS = 30.0
"""An older one is replaced when a client is asked for it, so that it has time to read it."""


def check_proof(path: Path, proof: str | None, now: float) -> None:
    """Check that `proof` is the content of the file at `path`; write the file if it is too old.

    `now` is a Unix time.

    Raises:
        BadRequest: it is not. `data` has the `reason` "proof", and the `file` to read.
        FileRefused: the file cannot be read or written.
    """
    uid = os.getuid()
    found = read_private(path, uid=uid, forbidden=OPEN_TO_OTHERS)
    age = now - path.stat().st_mtime if found else math.inf
    is_same = hmac.compare_digest(found or b"", (proof or "").encode(errors="replace"))
    if found and is_same and 0 <= age <= VALID_SECONDS:
        return
    if not 0 <= age <= RENEW_SECONDS:
        write_private(path, secrets.token_hex(32).encode(), uid=uid)
    raise BadRequest(
        f"changing the configuration needs access to your files: send the content of {path} as "
        "proof",
        reason="proof",
        file=str(path),
    )
