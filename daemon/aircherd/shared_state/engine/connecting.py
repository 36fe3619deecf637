"""Opens one connection to an engine, by coredis."""

import dataclasses
import logging
import ssl
import stat
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import anyio
import trio
from anyio.abc import ByteStream
from coredis.connection import BaseConnection, Location
from coredis.exceptions import InvalidResponse

from aircherd.config.model import EngineAddress, Shared
from aircherd.shared_state.base import EngineRefused

MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of what an engine has answered and was not taken yet; ours need less than a tenth."""

PasswordReader: TypeAlias = Callable[[], Awaitable[str | None]]
"""Returns the engine's password, None if it has none. It is asked for each connection."""

PasswordJudge: TypeAlias = Callable[[str | None], Awaitable[None]]
"""Learns what the engine says of the password that was read last: why not, None if it accepts it.
"""

# It logs each failed attempt, with its frames; `explanations` has the words for them.
logging.getLogger("coredis").setLevel(logging.CRITICAL + 1)


@dataclasses.dataclass(unsafe_hash=True)
class _Place(Location):
    """Where the engine is, for coredis's descriptions."""

    origin: str

    async def check(self) -> bool:
        """Return whether it can be connected to; part of coredis's interface."""
        return True


class EngineConnection(BaseConnection):
    """Speaks to an engine over a stream that is open.

    coredis would open it itself, but with errors that do not say what is wrong, and without closing
    its own buffers when that fails.
    """

    def __init__(
        self, address: EngineAddress, stream: ByteStream, password: str | None = None
    ) -> None:
        super().__init__(
            _Place(address.origin),
            username=address.user,
            password=password,
            db=address.database,
        )
        self._opened = stream

    async def _connect(self) -> ByteStream:
        return self._opened

    def _data_received(self, data: bytes) -> None:
        # An answer is kept whole until its end has come, however long it is.
        if self._parser.bytes_written + len(data) > MAX_ANSWER:
            raise InvalidResponse(f"an answer has more than {MAX_ANSWER} bytes")
        super()._data_received(data)

    def describe(self) -> str:
        """Return what it is connected to."""
        return f"<EngineConnection to {self.location}>"


async def open_connection(shared: Shared, password: str | None) -> EngineConnection:
    """Return a connection whose stream is open; it must be run.

    Raises:
        EngineRefused: the password must not be sent there, or a file of `[shared]` is unreadable.
        OSError, anyio.BrokenResourceError, anyio.EndOfStream: it cannot be opened.
    """
    address = shared.address
    if password is not None and not address.can_carry_password:
        raise EngineRefused(
            f"the engine at {address.origin} is on another machine and has no TLS, and passwords "
            "are never sent unencrypted: write rediss:// in url of [shared], or use a tunnel"
        )
    return EngineConnection(address, await _open_stream(shared, address, password), password)


async def _open_stream(shared: Shared, address: EngineAddress, password: str | None) -> ByteStream:
    if address.scheme == "unix":
        if password is not None:
            _check_folder(address)
        return await anyio.connect_unix(address.path)
    if not address.is_encrypted:
        return await anyio.connect_tcp(address.host, address.port)
    return await anyio.connect_tcp(
        address.host,
        address.port,
        ssl_context=await _tls(shared),
        tls_standard_compatible=False,  # an engine ends the stream without TLS's own end
    )


_NO_CERTIFICATE = "no certificate in PEM form, or a key that is not its own"


def _check_folder(address: EngineAddress) -> None:
    """Refuse a socket where any user could listen while the engine is away: in /tmp, for example.

    Whose it is says nothing: most engines run as a user of their own.
    """
    folder = Path(address.path).parent
    with suppress(OSError):  # it is not there: neither is the engine
        if folder.stat().st_mode & stat.S_IWOTH:
            raise EngineRefused(
                f"the engine at {address.origin} has its socket in a folder that all users may "
                "write in, so any of them could be sent its password: let it listen in another one"
            )


async def _tls(shared: Shared) -> ssl.SSLContext:
    try:
        # Reading all authorities of a system takes 20 ms, and its disk may hang.
        return await trio.to_thread.run_sync(_make_context, shared, abandon_on_cancel=True)
    except (OSError, ssl.SSLError) as error:
        files = [shared.ca_file, shared.cert_file, shared.cert_key_file]
        named = ", ".join(file for file in files if file) or "the system's certificates"
        why = _NO_CERTIFICATE if isinstance(error, ssl.SSLError) else error.strerror
        raise EngineRefused(f"cannot read certificates for the engine: {named}: {why}") from error


def _make_context(shared: Shared) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=shared.ca_file)
    if shared.cert_file and shared.cert_key_file:
        context.load_cert_chain(shared.cert_file, shared.cert_key_file)
    return context
