"""Accepting while there are places; what a door does with it is tested with the doors."""

import socket
import tempfile

import trio

from aircherd.sockets.limited_listener import LimitedListener
from aircherd.sockets.places import Places


async def test_no_client_is_accepted_after_the_end():
    """It waits in the socket's queue, for the next daemon."""
    with tempfile.TemporaryDirectory(prefix="air") as root, socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"{root}/s.sock")
        sock.listen()
        sock.setblocking(False)
        listener = LimitedListener(sock, Places(5))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{root}/s.sock")
            listener.is_stopped = True
            with trio.move_on_after(0.1) as scope:
                await listener.accept()
            assert scope.cancelled_caught
            assert sock.accept()[0].close() is None
        assert listener.idle_seconds > 0
