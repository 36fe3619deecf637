"""Plays the daemon's side of transcripts to a client, on sockets of its own.

    python -m helpers.protocol.player TRANSCRIPT SOCKET

serves one transcript to one client. It prints `ready`; it ends when the client has closed its
connection after the last step, with exit code 0 if the client sent what it must, else 1 with the
difference on standard output.

    python -m helpers.protocol.player --all FOLDER

serves all of them, each on FOLDER/NAME.sock, and writes FOLDER/NAME.json with nothing abbreviated.
It prints `ready`, then a JSON line `{"name", "difference": null or text}` for each that has ended.
It ends after the last one, or with its standard input; the exit code is as above.

Start it in the folder `tests`, or with that folder in PYTHONPATH. In Python: `play_all`.
"""

import json
import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgpack

from aircher_wire.address import MAX_PATH
from aircher_wire.version import __version__
from helpers.protocol.transcripts import (
    DAEMON_STEPS,
    REQUEST,
    TRANSCRIPTS,
    Transcript,
    difference,
    files,
    name_of,
    read,
)

USAGE = """\
usage: python -m helpers.protocol.player --all FOLDER
       python -m helpers.protocol.player TRANSCRIPT SOCKET"""

PATIENCE = 5.0
"""Seconds for each step of the client, once it has connected."""
CUT_SECONDS = 0.0005
"""A pause between two pieces of a frame, so that they are mostly read apart."""
TIDYING = frozenset({"$/cancel", "events.unsubscribe"})
"""What a client may still send after the last step."""

HELLO = {
    "protocol": 1,
    "server": {"name": "aircherd", "version": __version__},
    "features": [],
    "limits": {"max_frame": 33_554_432},
    "conversations": {"keep": False, "keep_days": None},
    "notices": [],
}
"""The answer to a `hello` that is not written down."""


class DifferentError(Exception):
    """The client did not send what it must."""


class Player:
    """Serves one transcript to one client, in a thread.

    `difference` is None if the client sent what it must; it is valid after `wait`.
    """

    def __init__(
        self, transcript: Transcript, path: Path, on_end: Callable[[], object] = lambda: None
    ) -> None:
        self.transcript = transcript
        self.path = path
        self.difference: str | None = "no client has connected"
        self._on_end = on_end
        self._is_stopped = False
        self._listener = _listen(path)
        self._sock: socket.socket | None = None
        self._unpacker = msgpack.Unpacker()
        self._inbox: deque[Any] = deque()
        self._ids: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> str | None:
        """Wait until the client has gone; return the difference."""
        self._thread.join()
        return self.difference

    def stop(self) -> str | None:
        """End now if no client has connected; return the difference."""
        self._is_stopped = True
        with suppress(OSError):  # it has ended
            self._listener.shutdown(socket.SHUT_RDWR)
        return self.wait()

    def _run(self) -> None:
        try:
            self._play()
            self.difference = None
        except DifferentError as error:
            self.difference = str(error)
        except OSError as error:
            self.difference = f"no client has connected, or its connection broke: {error}"
        finally:
            if self._sock is not None:
                self._sock.close()
            self._listener.close()
            self._on_end()

    def _play(self) -> None:
        steps = [step for step in self.transcript["steps"] if name_of(step) in DAEMON_STEPS]
        for number, step in enumerate(steps, start=1):
            kind = name_of(step)
            try:
                getattr(self, f"_{kind}")(step)
            except (DifferentError, TimeoutError, OSError) as error:
                if self._is_stopped and self._sock is None:
                    raise DifferentError("no client has connected") from None
                raise DifferentError(f"step {number} of the daemon, {kind}: {error}") from None
        self._end()

    # ---------------------------------------------------------- the steps

    def _daemon_gets(self, step: dict[str, Any]) -> None:
        expected = step["daemon_gets"]
        got = self._next_frame()
        if got is None:
            raise DifferentError(f"the client closed the connection before {expected}")
        if expected[0] == REQUEST and isinstance(got, list) and len(got) == 4:
            self._ids.setdefault(expected[1], got[1])
        found = difference(_plain(self._bound(expected)), _plain(got))
        if found:
            raise DifferentError(found)

    def _daemon_sends(self, step: dict[str, Any]) -> None:
        self._send(self._packed(step["daemon_sends"]), step.get("cuts"))

    def _daemon_sends_all(self, step: dict[str, Any]) -> None:
        data = b"".join(map(self._packed, step["daemon_sends_all"]))
        self._send(data, step.get("cuts"))

    def _daemon_sends_bytes(self, step: dict[str, Any]) -> None:
        self._send(bytes.fromhex(step["daemon_sends_bytes"]), step.get("cuts"))

    def _daemon_hangs_up(self, _step: dict[str, Any]) -> None:
        self._connection().close()
        self._sock = None

    def _daemon_sees_end(self, _step: dict[str, Any]) -> None:
        while (frame := self._next_frame()) is not None:
            if not _is_tidying(frame):
                raise DifferentError(f"expected the end of the connection, got {frame}")

    def _end(self) -> None:
        """Wait until the client closes its connection; it has nothing more to say."""
        while self._sock is not None and (frame := self._next_frame()) is not None:
            if not _is_tidying(frame):
                raise DifferentError(f"after the last step the client sent {frame}")

    # ---------------------------------------------------------- bytes

    def _connection(self) -> socket.socket:
        if self._sock is None:
            self._sock, _ = self._listener.accept()
            self._sock.settimeout(PATIENCE)
            self._unpacker = msgpack.Unpacker()
            self._inbox.clear()
        return self._sock

    def _next_frame(self) -> Any:
        """Return the next frame, None at the end; answer a `hello` that is not written down."""
        has_own_hello = self.transcript["name"].startswith("hello-")
        while True:
            while not self._inbox:
                data = self._connection().recv(65536)
                if not data:
                    self._connection().close()
                    self._sock = None
                    return None
                self._unpacker.feed(data)
                self._inbox += self._unpacker
            frame = self._inbox.popleft()
            if has_own_hello or not _is_hello(frame):
                return frame
            self._send(msgpack.packb([1, frame[1], None, HELLO]), None)

    def _send(self, data: bytes, cuts: list[int] | str | None) -> None:
        sock = self._connection()
        places = range(1, len(data)) if cuts == "every" else cuts or []
        start = 0
        for place in [*places, len(data)]:
            sock.sendall(data[start:place])
            start = place
            if place < len(data):
                time.sleep(CUT_SECONDS)

    def _packed(self, frame: object) -> bytes:
        data: bytes = msgpack.packb(self._bound(frame))
        return data

    def _bound(self, value: Any) -> Any:
        """Return a frame with the client's own ids for their names."""
        if isinstance(value, str):
            return self._ids.get(value, value)
        if isinstance(value, dict):
            return {key: self._bound(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._bound(each) for each in value]
        return value


def _listen(path: Path) -> socket.socket:
    """Listen as the daemon does: mode 0600, in a folder of mode 0700."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    old = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(old)
    listener.listen()
    return listener


def _is_hello(frame: Any) -> bool:
    return isinstance(frame, list) and len(frame) == 4 and frame[2] == "hello"


def _is_tidying(frame: Any) -> bool:
    """Tell whether a client may send a frame at any time: it only cancels or unsubscribes."""
    return isinstance(frame, list) and any(
        each in TIDYING for each in frame if isinstance(each, str)
    )


def _plain(frame: Any) -> Any:
    """Return a frame with a map of parameters: `[]` and `[[]]` are an empty one."""
    if isinstance(frame, list) and frame and isinstance(frame[-1], list) and frame[0] != 1:
        return [*frame[:-1], [(frame[-1] or [{}])[0] or {}]]
    return frame


class Stage:
    """All transcripts, served at once: FOLDER/NAME.sock and FOLDER/NAME.json for each NAME."""

    def __init__(self, folder: Path, on_end: Callable[[str], object] = lambda _: None) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self.players: dict[str, Player] = {}
        for file in files():
            transcript = read(file)
            (folder / file.name).write_text(json.dumps(transcript), encoding="utf-8")
            self.players[file.stem] = Player(
                {"name": file.stem, **transcript},
                folder / f"{file.stem}.sock",
                lambda name=file.stem: on_end(name),
            )

    @property
    def names(self) -> list[str]:
        """The names of the transcripts."""
        return list(self.players)

    def stop(self) -> dict[str, str]:
        """Wait for the players that have a client; return the differences by name."""
        found = {name: player.stop() for name, player in self.players.items()}
        return {name: text for name, text in found.items() if text is not None}


@contextmanager
def play_all(folder: Path) -> Iterator[Stage]:
    """Serve all transcripts while the context lasts. `folder` has a short path; it is made."""
    stage = Stage(folder)
    try:
        yield stage
    finally:
        stage.stop()


def main(arguments: Sequence[str]) -> int:
    """Run the player as a process: see the top.

    Raises:
        SystemExit: with what is wrong with the arguments.
    """
    if len(arguments) != 2:
        raise SystemExit(USAGE)
    name, place = arguments[0], Path(arguments[1])
    is_all = name == "--all"
    file = Path(name)
    if not is_all and not file.is_file():
        raise SystemExit(f"there is no file {name} here; the transcripts: {TRANSCRIPTS}")
    longest = max(len(each.stem) for each in files()) + len("/.sock") if is_all else 0
    if len(os.fsencode(place)) + longest > MAX_PATH:
        raise SystemExit(f"the path is too long for a socket, which has {MAX_PATH} bytes: {place}")
    folder = place if is_all else place.parent
    if folder.is_dir() and folder.stat().st_mode & 0o077:
        raise SystemExit(
            f"{folder} is open to others, so a client must refuse a socket in it: name a folder "
            "that is not there yet, or one of mode 0700"
        )
    if is_all:
        return _serve_all(place)
    player = Player({"name": file.stem, **read(file)}, place)
    _say("ready")
    found = player.wait()
    if found:
        _say(found)
    return 1 if found else 0


def _say(line: str) -> None:
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # no one reads any more; the exit code still says it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _serve_all(folder: Path) -> int:
    is_done = threading.Event()
    left = threading.Semaphore(0)
    lock = threading.Lock()

    def report(name: str) -> None:
        with lock:
            found = stage.players[name].difference
            _say(json.dumps({"name": name, "difference": found}))
        left.release()

    def wait_for_all() -> None:
        for _ in stage.players:
            left.acquire()
        is_done.set()

    def wait_for_input() -> None:
        sys.stdin.read()
        is_done.set()

    with lock:  # no report before `ready`
        stage = Stage(folder, report)
        _say("ready")
    for wait in (wait_for_all, wait_for_input):
        threading.Thread(target=wait, daemon=True).start()
    is_done.wait()
    return 1 if stage.stop() else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
