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


MAX_INPUT = 30 * 1024 * 1024
"""Bytes of standard input: a request holds 32 MiB."""

MAX_CLIENT_NAME = 200
"""Characters that the daemon accepts."""


class Context:
    """The console, the environment, standard input, and how to connect to the daemon.

    `own_notices` are the codes of the daemon's notices that the command's own output reports.
    `late_notices` are those that wait for `note_late`.
    `read_until` is when reading standard input is given up, a `time.monotonic()` value.
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
        self.late_notices: frozenset[str] = frozenset()
        self._late: list[Map] = []
        self.read_until: float | None = None
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
            if notice.get("code") in self.late_notices:
                self._late.append(notice)
            elif notice.get("code") not in self.own_notices and message not in self._noted:
                self._noted.add(message)
                self.console.note(f"aircher-cli: {message}")

    def note_late(self, reported: object = None) -> None:
        """Print the notices that have waited, but none with the code of an error that follows."""
        late = [each for each in self._late if each.get("code") != reported]
        self._late, self.late_notices = [], frozenset()
        self._note(late)

    def has_input(self) -> bool:
        """Tell whether standard input is a file or pipe rather than a terminal."""
        return self.stdin is not None and not self.stdin.closed and not is_terminal(self.stdin)

    def read_input(self) -> str:
        """Read all of standard input; bytes that are not UTF-8 become surrogates.

        Raises:
            CommandFailed: it cannot be read, or is too long.
        """
        data = self.read_bytes()
        if len(data) > MAX_INPUT:
            raise CommandFailed(f"standard input is over {MAX_INPUT // 2**20} MiB")
        return data.decode(errors="surrogateescape")

    def read_bytes(self, limit: int = MAX_INPUT, *, is_optional: bool = False) -> bytes:
        """Read standard input; one byte more than `limit` if it has more.

        A notice says so if it does not end; if `is_optional`, how it would be ignored.

        Raises:
            CommandFailed: it cannot be read, or did not end until `read_until`.
        """
        if self.stdin is None:
            return b""
        try:
            fd = self.stdin.fileno()
        except (OSError, ValueError):  # a test's stream
            fd = None
        try:
            if fd is None:
                return _read_stream(self.stdin, limit + 1)
            from aircher_cli.standard_input import read_descriptor  # noqa: PLC0415 -- if there is any

            return read_descriptor(
                fd,
                limit,
                until=self.read_until,
                on_wait=lambda: self.console.note(self._wait_note(is_optional=is_optional)),
            )
        except OSError as error:
            raise CommandFailed(f"cannot read standard input: {error.strerror}") from None

    def left_in_file(self) -> int | None:
        """Return how many bytes are left if standard input is a file that was read before.

        None for anything else; see `standard_input.left_in_file`.
        """
        try:
            fd = self.stdin.fileno() if self.stdin is not None else None
        except (OSError, ValueError):  # a test's stream
            return None
        from aircher_cli.standard_input import left_in_file  # noqa: PLC0415 -- if there is any

        return None if fd is None else left_in_file(fd)

    def _wait_note(self, *, is_optional: bool) -> str:
        what = "reading standard input; end it with Ctrl-D"
        if self.has_input() and is_optional:
            what = "reading standard input until it ends; to ignore it, add < /dev/null"
        elif self.has_input():
            what += ", or end the program that writes it"
        return f"aircher-cli: {what}"

    def __repr__(self) -> str:
        return f"<Context {self.console!r} uid={os.getuid()}>"


def _read_stream(stream: "TextIO", size: int) -> bytes:
    buffer = getattr(stream, "buffer", None)
    if buffer is None:
        return str(stream.read(size)).encode(errors="surrogateescape")
    data: bytes = buffer.read(size)
    return data
