"""A program that a client can start as `aircherd`; its first argument selects the behaviour."""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aircher_wire import address
from aircher_wire.frames import Request
from helpers.daemon.fake_daemon import FakeDaemon, Peer


def say(what: object) -> None:
    """Write a line to the log."""
    sys.stderr.write(f"{what}\n")


def serve() -> int:
    """Serve until shutdown; `status` reports how this process was started."""
    over = threading.Event()

    def status(peer: Peer, request: Request) -> None:
        result = {
            "pid": os.getpid(),
            "cwd": str(Path.cwd()),
            "session": os.getsid(0),
            "environ": dict(os.environ),
            "stdin": str(Path("/proc/self/fd/0").readlink()),
        }
        peer.reply(request, result)

    def shutdown(peer: Peer, request: Request) -> None:
        peer.reply(request, {})
        over.set()

    handlers = {"status": status, "shutdown": shutdown}
    say("serving")  # before a client can see that it does
    daemon = FakeDaemon(address.socket_path(os.environ), handlers)
    over.wait()
    daemon.close()
    return 0


def fail() -> int:
    """Exit with a reason."""
    say('{"event": "for machines"}')
    say("aircherd: the roof is on fire")
    return 1


def taken() -> int:
    """Exit because another daemon holds the locks."""
    say("aircherd: another aircherd is running")
    return address.EXIT_ALREADY_RUNNING


def taken_first() -> int:
    """Find the locks held at first and then free, as when an old daemon drains."""
    mark = Path(os.environ["HOME"]) / "was-here"
    if mark.exists():
        return serve()
    mark.touch()
    return taken()


def crash() -> int:
    """Exit without a message."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def hang() -> int:
    """Never become ready."""
    say(os.getpid())
    signal.pause()
    return 0


if __name__ == "__main__":
    signal.alarm(30)  # whatever a test forgets, nothing stays behind
    ways = {"serve": serve, "fail": fail, "taken": taken, "taken-first": taken_first}
    sys.exit((ways | {"crash": crash, "hang": hang})[sys.argv[1]]())
