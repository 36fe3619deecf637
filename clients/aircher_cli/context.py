"""What a command may use from outside, passed in so that tests can replace it."""

import os
from collections.abc import Mapping

from aircher_cli.console import Console, is_terminal
from aircher_cli.exit_codes import CommandFailed

TYPE_CHECKING = False  # as in `typing`, whose import takes longer than this module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from aircher_cli.values import Map
    from aircher_client import Client
    from aircher_client.conversation import OnNotices


MAX_CLIENT_NAME = 200
"""Characters that the daemon accepts."""


class Context:
    """The console, the environment, standard input, and how to connect to the daemon.

    `own_notices` are the codes of the daemon's notices that the command's own output reports.
    """

    def __init__(
        self,
        console: Console,
        environ: Mapping[str, str],
        stdin: "TextIO | None",
        own_notices: frozenset[str] = frozenset(),
    ) -> None:
        self.console = console
        self.environ = environ
        self.stdin = stdin
        self.own_notices = own_notices
        self._noted: set[str] = set()

    def connect(
        self,
        *,
        autostart: bool = True,
        on_notices: "OnNotices | None" = None,
        on_wait: "Callable[[str], object] | None" = None,
    ) -> "Client":
        """Return a client connected to the daemon, which is started if necessary.

        The daemon's notices, and what is waited for, are printed on standard error; a screen
        passes functions that show them.

        Raises:
            DaemonUnreachable: no daemon runs, and none could be started.
        """
        from aircher_client import Client  # noqa: PLC0415 -- not for help and `config path`

        return Client.connect(
            self.environ,
            name=self._client_name(),
            autostart=autostart,
            on_notices=on_notices or self._note,
            on_wait=on_wait or self._note_wait,
        )

    def _client_name(self) -> str:
        """Return the name that limits and the usage report know this command by.

        `AIRCHER_CLIENT` gives a script its own.
        """
        name = os.fsencode(self.environ.get("AIRCHER_CLIENT", "").strip())
        return name.decode(errors="replace")[:MAX_CLIENT_NAME] or "aircher-cli"

    def _note_wait(self, message: str) -> None:
        self.console.note(f"aircher-cli: {message}")

    def _note(self, notices: "list[Map]") -> None:
        """Print each notice of the daemon once, on standard error."""
        for notice in notices:
            message = str(notice.get("message"))
            if notice.get("code") not in self.own_notices and message not in self._noted:
                self._noted.add(message)
                self.console.note(f"aircher-cli: {message}")

    def has_input(self) -> bool:
        """Tell whether standard input is a file or pipe rather than a terminal."""
        return self.stdin is not None and not self.stdin.closed and not is_terminal(self.stdin)

    def read_input(self) -> str:
        """Read all of standard input; bytes that are not UTF-8 become surrogates."""
        return self.read_bytes().decode(errors="surrogateescape")

    def read_bytes(self) -> bytes:
        """Read all of standard input.

        Raises:
            CommandFailed: it cannot be read.
        """
        if self.stdin is None:
            return b""
        buffer = getattr(self.stdin, "buffer", None)
        if buffer is None:  # a test's StringIO
            return str(self.stdin.read()).encode(errors="surrogateescape")
        try:
            data: bytes = buffer.read()
        except OSError as error:
            raise CommandFailed(f"cannot read standard input: {error.strerror}") from None
        return data

    def __repr__(self) -> str:
        return f"<Context {self.console!r} uid={os.getuid()}>"
