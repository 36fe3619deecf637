"""A client's socket without trio's own layers: on the hot path of every request and every delta.

The caller owns the stream and closes it; it is only read and written here.
"""

import os

import trio

READ_SIZE = 65_536
RETRY_SECONDS = 0.05
"""After the system refused to wait for a socket, for example without memory."""


class ClientStream:
    """Reads and writes the bytes of one client.

    If the system cannot wait, it tries again after a pause; the connection is fine.
    """

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
            try:
                await trio.lowlevel.wait_writable(self._fd)
            except OSError:
                await trio.sleep(RETRY_SECONDS)
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
            try:
                await trio.lowlevel.wait_readable(self._fd)
            except OSError:
                await trio.sleep(RETRY_SECONDS)
            try:
                return os.read(self._fd, READ_SIZE)
            except BlockingIOError:
                continue
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror) from None

    def __repr__(self) -> str:
        return f"<ClientStream fd={self._fd}>"
