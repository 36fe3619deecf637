"""A client's socket without trio's own layers: on the hot path of every request and every delta.

The caller owns the stream and closes it; it is only read and written here.
"""

import os

import trio

READ_SIZE = 65_536


class ClientStream:
    """Reads and writes the bytes of one client."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._fd = stream.socket.fileno()

    def send_now(self, data: bytes) -> int:
        """Send what the kernel accepts without waiting; return the number of bytes.

        A broken connection accepts none; `send_all` and `receive_some` report it.
        """
        try:
            return os.write(self._fd, data)
        except OSError:  # it would block or is broken
            return 0

    async def send_all(self, data: bytes) -> None:
        """Send all of `data`. No deadline: a client may sleep for an hour.

        Raises:
            trio.BrokenResourceError: the client is gone.
        """
        rest = memoryview(data)
        while rest:
            # Wait first: this is mostly data that the kernel did not accept without waiting.
            await trio.lowlevel.wait_writable(self._fd)
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror) from None

    async def receive_some(self) -> bytes:
        """Wait for bytes and return them; b"" at the end.

        Each call passes a checkpoint, so that a client that always has data does not starve others.

        Raises:
            trio.BrokenResourceError: the client is gone.
        """
        while True:
            await trio.lowlevel.wait_readable(self._fd)
            try:
                return os.read(self._fd, READ_SIZE)
            except BlockingIOError:
                continue
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror) from None

    def __repr__(self) -> str:
        return f"<ClientStream fd={self._fd}>"
