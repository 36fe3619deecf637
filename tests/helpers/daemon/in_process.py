"""The whole daemon in the test's process, with its own home, called over its socket."""

from contextlib import asynccontextmanager
from pathlib import Path

import msgpack
import trio

from aircherd.api.services import Shutdown
from aircherd.app import open_daemon
from aircherd.redaction import Redactor

KEY = "canary-work-0123456789abcdef"


def write_config(environ, text):
    folder = Path(environ["HOME"]) / ".aircher"
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(text)


@asynccontextmanager
async def running(environ, **options):
    """Open the daemon, with a timeout for the whole test."""
    with trio.fail_after(30):
        async with open_daemon(environ, Redactor(), Shutdown(), **options) as services:
            yield services


async def ask(services, method, **params):
    """Make one call over a new connection; return the result or the error."""
    async with await trio.open_unix_socket(str(services.about.socket)) as stream:
        await stream.send_all(msgpack.packb([0, 1, method, [params]]))
        unpacker = msgpack.Unpacker()
        while data := await stream.receive_some():
            unpacker.feed(data)
            for frame in unpacker:
                if frame[0] == 1:
                    return frame[3] if frame[2] is None else frame[2]
    return None
