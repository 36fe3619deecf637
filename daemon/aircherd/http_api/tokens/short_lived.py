"""Tokens that live as long as a connection: `aircher-cli run` has one for the tool that it runs.

Nothing of them is written. A client whose daemon was restarted opens its token again by its digest,
so the tool goes on with the token that it has.
"""

from aircherd.errors import BadRequest, Busy
from aircherd.http_api.tokens.token import TokenClient

MAX_OPEN = 1000
MAX_FAR = MAX_OPEN // 2
"""Those of tools on other machines among them, as with the places of clients."""


class ShortLivedTokens:
    """The clients of such tokens, by digest."""

    def __init__(self) -> None:
        self._clients: dict[bytes, TokenClient] = {}

    def find(self, digest: bytes) -> TokenClient | None:
        """Return the client of the token with this digest."""
        return self._clients.get(digest)

    def open(self, digest: bytes, client: TokenClient) -> None:
        """Let in a token until it is closed.

        Raises:
            BadRequest: it is open already.
            Busy: too many are.
        """
        if digest in self._clients:
            raise BadRequest("digest: that token is open already")
        if len(self._clients) >= MAX_OPEN:
            raise Busy(f"{MAX_OPEN} tools run already")
        if client.host and sum(1 for each in self._clients.values() if each.host) >= MAX_FAR:
            raise Busy(f"{MAX_FAR} tools run on other machines already")
        self._clients[digest] = client

    def close(self, digest: bytes) -> None:
        """Let in a token no more, and end what it is used for now."""
        if (client := self._clients.pop(digest, None)) is not None:
            client.end()

    def clients(self) -> list[TokenClient]:
        """Return the clients of all open tokens, the oldest first."""
        return list(self._clients.values())

    def __repr__(self) -> str:
        return f"<ShortLivedTokens, {len(self._clients)} open>"
