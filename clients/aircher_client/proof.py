"""Calls methods for which the daemon wants a proof that the client can read the user's files."""

from aircher_client.client import Client
from aircher_client.errors import DaemonError

ATTEMPTS = 3
"""A proof may end between its reading and the call."""
MAX_CHARACTERS = 200


def call_with_proof(
    client: Client, method: str, params: dict[str, object], *, timeout: float | None = None
) -> object:
    """Call a method; if the daemon asks for a proof, read it from the file that the error names.

    `timeout` is in seconds, for each call.

    Raises:
        DaemonError: the method failed, or the file cannot be read.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return client.call(method, params, timeout=timeout)
        except DaemonError as error:
            proof = _proof_for(error)
            if proof is None:
                raise
        params = {**params, "proof": proof}
    return client.call(method, params, timeout=timeout)


def _proof_for(error: DaemonError) -> str | None:
    """Return the proof that the daemon asks for; None if it asks for none, or it is unreadable."""
    if error.data.get("reason") != "proof":
        return None
    try:
        with open(str(error.data.get("file")), encoding="ascii") as file:  # noqa: PTH123 - 8 ms
            return file.read(MAX_CHARACTERS)
    except (OSError, ValueError):
        return None
