"""Runs the daemon, its clients and its upstream in one process and one event loop.

The daemon is `aircherd`'s own `main`, as in the installed command; the call of `trio.run` is
replaced to start other tasks beside it. So any commit works, whatever the daemon's structure.
"""

import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

import trio
from processes import HERE
from upstream import WHOLE

CONFIG = """\
[providers.{name}]
kind = "openai"
base_url = "http://127.0.0.1:{port}/v1"
"""
STDERR = 2
KEY = b"bench-key-0123456789"

Work = Callable[[], Awaitable[None]]


@contextmanager
def fresh_home() -> Iterator[Path]:
    """Let this process use an empty home; return the path of its daemon's socket."""
    root = Path(tempfile.mkdtemp(prefix="air"))
    run = root / "run"
    run.mkdir(mode=0o700)
    made = {"HOME": str(root), "XDG_RUNTIME_DIR": str(run), "AIRCHER_AUTOSTART": "0"}
    made["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"  # not the user's own keyring
    kept = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    os.environ.clear()
    os.environ.update({**kept, **made})
    try:
        yield run / "aircher" / "aircher.sock"
    finally:
        shutil.rmtree(root)


def write_config(ports: dict[str, int]) -> None:
    """Configure a provider for each of these ports."""
    file = Path(os.environ["HOME"]) / ".aircher" / "config.toml"
    file.parent.mkdir(mode=0o700)
    file.write_text("\n".join(CONFIG.format(name=name, port=ports[name]) for name in ports))


def run_daemon_beside(work: Work) -> None:
    """Run the daemon with `work` in its loop until `work` is done."""
    with suppress(ImportError):
        # Counting makes the loop so slow that the daemon would share it out.
        import_module("aircherd.sharing.turns").LONG_TURN = math.inf
    run, sys.argv = trio.run, ["aircherd", "--log-level", "info"]

    async def both(main: Callable[..., Awaitable[None]], *arguments: object) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(main, *arguments)
            await work()
            os.kill(os.getpid(), signal.SIGTERM)

    trio.run = lambda main, *arguments, **options: run(both, main, *arguments, **options)
    hook = sys.excepthook
    try:
        with quiet(Path(os.environ["HOME"]) / "daemon.log"):
            code = import_module("aircherd.__main__").main()
    finally:
        sys.excepthook, trio.run = hook, run
    if code:
        raise SystemExit(f"aircherd ended with {code}")


@contextmanager
def quiet(file: Path) -> Iterator[None]:
    """Write standard error to a file; print it only on failure."""
    before = os.dup(STDERR)
    with file.open("w") as log:
        os.dup2(log.fileno(), STDERR)
    try:
        yield
    except BaseException:
        os.write(before, file.read_bytes())
        raise
    finally:
        os.dup2(before, STDERR)
        os.close(before)


def log_in(*providers: str) -> None:
    """Store a key for each provider."""
    for name in providers:
        arguments = ["auth", "login", name, "--with-token", "--no-verify"]
        subprocess.run(
            [sys.executable, "-m", "aircher_cli", *arguments],
            input=KEY,
            stdout=subprocess.DEVNULL,
            check=True,
            cwd=HERE,
        )


async def serve(listener: socket.socket) -> None:
    """Serve as a provider, for any number of connections."""
    bound = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
    # Not trio's `serve_listeners`: the root of each task has to be in this file.
    async with trio.open_nursery() as nursery:
        while True:
            nursery.start_soon(answer, await bound.accept())


async def answer(stream: trio.SocketStream) -> None:
    """Answer every request of one connection."""
    buffer = b""
    with suppress(trio.BrokenResourceError):
        async for data in stream:
            buffer += data
            while (end := buffer.find(b"\r\n\r\n")) >= 0:
                head = buffer[:end].lower()
                at = head.find(b"content-length:")
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
                if len(buffer) < end + 4 + length:
                    break
                buffer = buffer[end + 4 + length :]
                await stream.send_all(WHOLE)
