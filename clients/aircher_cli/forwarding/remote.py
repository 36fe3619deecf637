"""The end on HOST: `aircher-cli forward --remote`, started by ssh, on its pipes.

It has no configuration and asks nothing: the first message of the other end says what to do. At
every end that it lives to see, it removes the socket's file; after `kill -9` the next one does.
"""

import os
import selectors
from collections.abc import Mapping
from pathlib import Path

import msgpack

from aircher_cli.forwarding.carrier import SILENCE_SECONDS, Carrier, End, Link, Why
from aircher_cli.forwarding.claim import Claim, Refused, claim
from aircher_cli.forwarding.mux import MAX_CHANNELS
from aircher_wire import address, codes, frames, methods
from aircher_wire.forward_record import Forward
from aircher_wire.peer import peer_of
from aircher_wire.version import __version__

PROTOCOL = 1
"""Of the messages of the two ends. They may be of different versions of aircher."""
STDIN, STDOUT = 0, 1


class Boundary:
    """Knows whether a stream of the daemon is between two frames, where one more may be added."""

    def __init__(self) -> None:
        self._unpacker = msgpack.Unpacker(max_buffer_size=2 * frames.MAX_FRAME)
        self._size = self._complete = 0
        self._is_lost = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._size += len(data)
        try:
            self._unpacker.feed(data)
            while True:
                self._unpacker.skip()
                self._complete = self._unpacker.tell()
        except msgpack.OutOfData:
            return
        except (ValueError, msgpack.UnpackException):  # not msgpack, or too large
            self._is_lost = True

    @property
    def is_reached(self) -> bool:
        """Whether the last frame is complete."""
        return not self._is_lost and self._complete == self._size


class RemoteEnd(Carrier):
    """Owns the socket on HOST, and opens a connection for each client."""

    def __init__(self, source: int, sink: int, environ: Mapping[str, str]) -> None:
        super().__init__(source, sink, opens=True)
        self._environ = environ
        self._claim: Claim | None = None
        self._origin = ""
        self._is_accepting = False
        self._boundaries: dict[int, Boundary] = {}

    def on_message(self, message: dict[str, object]) -> None:
        """Claim the socket, or end."""
        if "bye" in message:
            self.stop(Why.LEFT, str(message["bye"]))
        elif "hello" in message and self._claim is None:
            self._origin = one_line(message.get("from")) or "another machine"
            wanted, token = one_line(message.get("as")), one_line(message.get("token"))
            try:
                path = socket_path(self._environ, wanted)
                forward = Forward(self._origin, one_line(message.get("to")))
                self._claim = claim(self._environ, path, forward, token)
            except (Refused, address.AddressError) as error:
                self.mux.announce(refused=str(error))
                self.stop(Why.REFUSED, str(error))
                return
            self.mux.announce(ready=str(path), host=os.uname().nodename, version=__version__)

    def on_end(self, end: End) -> None:
        """Say that a signal has ended it here."""
        if end.why is Why.SIGNAL:
            self.mux.announce(bye=f"it was ended by signal {end.number}")

    def on_tick(self) -> None:
        """Accept clients while there are places; end if the socket's file is not ours any more."""
        if self._claim is None:
            return
        if self._claim.is_displaced():
            text = f"the socket {self._claim.path} was removed or replaced"
            self.mux.announce(bye=text)
            self.stop(Why.LOST, text)
            return
        # More wait in the kernel's queue. One that has just ended may not have ended there yet.
        may_accept = len(self.links) < MAX_CHANNELS // 2
        if may_accept != self._is_accepting:
            self._is_accepting = may_accept
            if may_accept:
                self.selector.register(self._claim.sock, selectors.EVENT_READ, self._accept)
            else:
                self.selector.unregister(self._claim.sock)

    def _accept(self, _mask: int) -> None:
        assert self._claim is not None
        try:
            sock, _ = self._claim.sock.accept()
        except OSError:
            return  # the client has gone already, or there is no descriptor: it stays in the queue
        if peer_of(sock)[1] not in (os.getuid(), 0):
            sock.close()
            return
        number = self.mux.open()
        self._boundaries[number] = Boundary()
        self.add(number, sock)

    def note_written(self, link: Link, data: bytes) -> None:
        """Follow the daemon's frames."""
        if (boundary := self._boundaries.get(link.number)) is not None:
            boundary.feed(data)

    def last_words(self, link: Link, reason: str) -> bytes:
        """Return why the connection ends, as the daemon would say it."""
        boundary = self._boundaries.pop(link.number, None)
        if not reason or link.out or boundary is None or not boundary.is_reached:
            return b""
        said: dict[str, object] = {"code": codes.SHUTTING_DOWN, "message": reason}
        return frames.encode_notification(methods.ERROR, said)

    def farewell(self) -> str:
        """Return why the clients' connections end with the forward."""
        silent = self.end is not None and self.end.why is Why.SILENT
        why = f"nothing came from there for {SILENCE_SECONDS:g} s" if silent else ""
        if not why and self.end is not None and self.end.why is not Why.SIGNAL:
            why = self.end.text
        return f"the forward from {self._origin} has ended{f': {why}' if why else ''}"

    def release(self) -> None:
        """Remove the socket."""
        if self._claim is not None:
            self._claim.release()


def one_line(value: object) -> str:
    """Return a text of the other end without line breaks; "" for none."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def socket_path(environ: Mapping[str, str], wanted: str) -> Path:
    """Return the path of the socket: `wanted`, or where clients of this user look for a daemon.

    A single word is the name of a provider: `NAME.sock` beside that, where its daemon looks.
    """
    if wanted and "/" not in wanted:
        return address.socket_path(environ).parent / f"{wanted.removesuffix('.sock')}.sock"
    return address.socket_path({**environ, "AIRCHER_SOCKET": wanted} if wanted else environ)


def serve(environ: Mapping[str, str]) -> int:
    """Serve until the forward ends; return the exit code, which nothing depends on."""
    end = RemoteEnd(STDIN, STDOUT, environ)
    with end.stopped_by_signals():
        try:
            end.run()
        finally:
            end.release()
    return 0
