"""How the user is asked whether a client may do something."""

from typing import Protocol

from aircherd.errors import Forbidden


class Confirmation(Protocol):
    """Asks the user."""

    async def ask(self, *, client: str, program: str | None, pid: int | None, action: str) -> bool:
        """Return whether the user lets a client do something; waits for the answer."""


class CannotAsk:
    """A daemon without a way to ask."""

    async def ask(self, *, client: str, program: str | None, pid: int | None, action: str) -> bool:
        """Refuse.

        Raises:
            Forbidden: always.
        """
        where = f" ({program or 'unknown program'}, process {pid})" if pid else ""
        raise Forbidden(
            f"{client!r}{where} may {action} only if you confirm it, and this daemon cannot ask "
            "you: change [clients] or [protect] in the configuration"
        )


CANNOT_ASK = CannotAsk()
