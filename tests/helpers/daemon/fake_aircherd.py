"""A program that a client may start as `aircherd`; its first argument says how it behaves."""

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
    """Write a line where the log is."""
    sys.stderr.write(f"{what}\n")


def serve() -> int:
    """Answer until asked to shut down; `status` tells how this process was started."""
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
    daemon = FakeDaemon(address.socket_path(os.environ), handlers)
    say("serving")
    over.wait()
    daemon.close()
    return 0


def fail() -> int:
    """Give up with a reason."""
    say('{"event": "for machines"}')
    say("aircherd: the roof is on fire")
    return 1


def taken() -> int:
    """Find the locks taken by another daemon."""
    say("aircherd: another aircherd is running")
    return address.EXIT_ALREADY_RUNNING


def taken_first() -> int:
    """Find the locks taken, and then free: an old daemon was draining."""
    mark = Path(os.environ["HOME"]) / "was-here"
    if mark.exists():
        return serve()
    mark.touch()
    return taken()


def crash() -> int:
    """Die without a word."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def hang() -> int:
    """Never be ready."""
    say(os.getpid())
    signal.pause()
    return 0


if __name__ == "__main__":
    signal.alarm(30)  # whatever a test forgets, nothing stays behind
    ways = {"serve": serve, "fail": fail, "taken": taken, "taken-first": taken_first}
    sys.exit((ways | {"crash": crash, "hang": hang})[sys.argv[1]]())
