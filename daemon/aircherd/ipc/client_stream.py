"""A client's socket without trio's own layers: on the hot path of every request and every delta.

The stream stays its owner's, who closes it; here it is only read and written.
"""

import os

import trio

READ_SIZE = 65_536


class ClientStream:
    """The bytes of one client, both ways."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._fd = stream.socket.fileno()

    def send_now(self, data: bytes) -> int:
        """Send what the kernel takes at once, and return how many bytes that is.

        A broken connection takes none: whoever sends the rest, or reads, learns of it.
        """
        try:
            return os.write(self._fd, data)
        except OSError:  # it would block, or is broken
            return 0

    async def send_all(self, data: bytes) -> None:
        """Send everything. No deadline: a client may sleep for an hour.

        Raises:
            trio.BrokenResourceError: the client is gone.
        """
        rest = memoryview(data)
        while rest:
            # It waits first: what is sent here is mostly what the kernel would not take at once.
            await trio.lowlevel.wait_writable(self._fd)
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror) from None

    async def receive_some(self) -> bytes:
        """Wait for bytes and return them; b"" at the end.

        Each call waits, if only for its turn: a client that is always faster than us must not keep
        the others waiting.

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
