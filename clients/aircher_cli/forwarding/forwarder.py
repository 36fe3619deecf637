"""One ssh after another: what `aircher-cli forward` says, and when it tries again."""

import random
import select
import time
from typing import NamedTuple, NoReturn

from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, UNREACHABLE, CommandFailed
from aircher_cli.forwarding import ssh
from aircher_cli.forwarding.carrier import End, Why, woken_by_signals
from aircher_cli.forwarding.local import (
    Attempt,
    Daemon,
    LocalEnd,
    describe_end,
    new_token,
    start_daemon,
)
from aircher_cli.forwarding.mux import MAX_REASON
from aircher_cli.forwarding.remote import one_line
from aircher_cli.render.daemon import is_elsewhere
from aircher_cli.values import Map
from aircher_client.errors import ClientError
from aircher_wire import address, methods

FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
"""Seconds until ssh is run again; each time twice as long."""
STEADY_SECONDS = 60.0
"""After so long, a forward that ends begins with the shortest delay again."""
SIGNAL_BASE = 128
"""The exit code of a program that a signal ended is this and the signal's number."""


class Wishes(NamedTuple):
    """What the command line says.

    `socket` is the path on HOST, None for where clients there look. `name` and `command` are None
    for the usual ones.
    """

    host: str
    ssh_options: list[str]
    is_kept: bool
    socket: str | None
    name: str | None
    command: str | None
    as_json: bool = False


class Forwarder:
    """Forwards until a signal, or until ssh ends, unless it is kept."""

    def __init__(self, context: Context, wishes: Wishes) -> None:
        """Prepare. Raises UsageError if HOST is no host."""
        self._context = context
        self._wishes = wishes
        self._remote = wishes.command or ssh.REMOTE_COMMAND
        self._command = ssh.command_line(wishes.host, wishes.ssh_options, self._remote)
        self._daemon = Daemon(address.find_socket(context.environ), lambda: start_daemon(context))
        self._token = new_token()
        self._was_ready = False

    def run(self) -> int:
        """Forward; return the exit code, which is that of a signal.

        Raises:
            CommandFailed: it could not begin, or has ended although no signal came.
            DaemonUnreachable: no daemon runs here, and none could be started.
        """
        self._check_daemon()
        delay = FIRST_DELAY
        while True:
            began_at = time.monotonic()
            end, failure = self._attempt()
            if end.why is Why.SIGNAL:
                self._report(f"the forward to {self._wishes.host} has ended")
                return SIGNAL_BASE + end.number
            if not (self._wishes.is_kept and self._was_ready):
                self._fail(failure)
            if time.monotonic() - began_at >= STEADY_SECONDS:
                delay = FIRST_DELAY
            self._report(f"{failure}; connecting again in {delay:g} s", lost=failure, retry_s=delay)
            spread = random.uniform(0.8, 1.2)  # noqa: S311 -- so that many do not come at once
            number = wait_for_signal(delay * spread)
            if number is not None:
                return SIGNAL_BASE + number
            delay = min(2 * delay, LONGEST_DELAY)

    def _check_daemon(self) -> None:
        """Start the daemon of this machine now, so that its errors are seen here.

        Raises:
            CommandFailed: it has no extra socket, or is on another machine itself.
            DaemonUnreachable: it cannot be started.
        """
        start_daemon(self._context)
        sock = self._daemon.connect()
        if sock is None:
            if self._is_elsewhere():
                raise CommandFailed(
                    "the daemon that is used here is on another machine itself: run this there"
                )
            raise CommandFailed(
                f"the daemon does not listen at {self._daemon.path}: it is of an earlier version, "
                "or could not open it. Run 'aircher-cli daemon restart'; its log says more"
            )
        sock.close()

    def _is_elsewhere(self) -> bool:
        try:
            with self._context.connect(autostart=False) as client:
                return is_elsewhere(client.call(methods.STATUS))
        except ClientError:
            return False

    def _attempt(self) -> tuple[End, str]:
        """Run ssh once; return how it ended, and a sentence about it."""
        wishes = self._wishes
        try:
            attempt = Attempt(self._command)
        except OSError as error:
            raise CommandFailed(f"cannot run {ssh.PROGRAM}: {error.strerror}") from None
        source, sink = attempt.pipes
        name = wishes.name or ssh.host_name(wishes.host)
        ours = LocalEnd(source, sink, self._daemon, name, self._note_ready)
        ours.hello(wishes.host, wishes.socket, self._token)
        with ours.stopped_by_signals():
            try:
                end = ours.run()
            finally:
                code = attempt.close()
        if ours.is_ready or end.why not in (Why.CLOSED, Why.BROKEN):
            return end, describe_end(wishes.host, end)
        said = end.text or ours.mux.skipped.decode(errors="replace")
        return end, ssh.explain_failure(wishes.host, code, said, self._remote)

    def _note_ready(self, message: Map) -> None:
        host, path = self._wishes.host, one_line(message.get("ready"))[:MAX_REASON]
        again = " again" if self._was_ready else ""
        self._was_ready = True
        way = f" with AIRCHER_SOCKET={path}" if self._wishes.socket else ""
        self._report(
            f"forwarding{again}: aircher-cli and editors on {host} use the daemon of this machine"
            f"{way}, until Ctrl-C. Its socket there is {path}",
            ready=path,
            host=host,
        )

    def _report(self, sentence: str, **record: object) -> None:
        """Say what has happened; a script gets a line of JSON instead, if it can use one."""
        if not self._wishes.as_json:
            self._context.console.note(f"aircher-cli: {sentence}")
        elif record:
            self._context.console.json(record)

    def _fail(self, failure: str) -> NoReturn:
        raise CommandFailed(failure, exit_code=UNREACHABLE if self._was_ready else FAILED)

    def __repr__(self) -> str:
        return f"<Forwarder to {self._wishes.host}>"


def wait_for_signal(seconds: float) -> int | None:
    """Wait; return the number of a signal that stops a program, if one comes."""
    with woken_by_signals() as ours:
        ready, _, _ = select.select([ours], [], [], seconds)
        return ours.recv(1)[0] if ready else None
