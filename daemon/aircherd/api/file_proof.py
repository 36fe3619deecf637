"""A client proves that it can read the user's files before it unlocks keys or changes the config.

The socket alone gives a program no key. With a changed configuration it could get one: a
`key_command` is a program that runs as the user, and a `base_url` decides where a key from a
variable is sent. And what the user has locked it must not unlock. A container or a sandbox may have
the socket and nothing else. So both need the content of a short-lived private file in the data
directory, which the error names.
"""

import hmac
import math
import os
import secrets
import time
from pathlib import Path

from aircher_wire.directories import OPEN_TO_OTHERS
from aircherd.api.services import Services
from aircherd.errors import AircherError, BadRequest
from aircherd.files.file_worker import Check
from aircherd.files.private_file import FileRefused, read_private, write_private

FILE_NAME = "proof"
VALID_SECONDS = 60.0
"""How long a proof is accepted."""
RENEW_SECONDS = 30.0
"""An older one is replaced when a client is asked for it, so that it has time to read it."""
TIMEOUT = 1.0
"""Seconds for reading and writing the file, because a disk can hang."""


async def require_proof(services: Services, proof: str | None, action: str) -> None:
    """Check that the client can read the user's files. `action` is what it wants to do.

    Raises:
        BadRequest: it has not shown that.
        AircherError: the proof's own file cannot be used.
    """
    path = services.about.paths.data / FILE_NAME

    def check(_: Check) -> None:
        check_proof(path, proof, time.time(), action)

    try:
        await services.config.check_worker.do(check, TIMEOUT)
    except FileRefused as error:
        raise AircherError(str(error)) from None
    except OSError as error:
        raise AircherError(f"{path} cannot be used: {error.strerror}") from None


def check_proof(path: Path, proof: str | None, now: float, action: str) -> None:
    """Check that `proof` is the content of the file at `path`; write the file if it is too old.

    `now` is a Unix time. `action` is what the proof is for.

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
        f"{action} needs access to your files: send the content of {path} as proof",
        reason="proof",
        file=str(path),
    )
