"""Connections before they are opened: where a password may go, and which certificates are used."""

from pathlib import Path

import pytest
import trio

from aircherd.shared_state.base import EngineRefused
from aircherd.shared_state.engine.connecting import open_connection
from helpers.engines import valkey
from helpers.engines.using import settings

CANARY = "canary-8d1f0b"


async def test_a_password_is_never_sent_unencrypted_to_another_machine():
    """The daemon refuses before it connects."""
    plain = settings("redis://engine.example:6379")
    with pytest.raises(EngineRefused, match="no TLS, and passwords are never sent") as refusal:
        await open_connection(plain, CANARY)
    assert CANARY not in str(refusal.value)


async def test_a_password_may_go_to_this_machine():
    """Nothing else hears it; and no description of the connection has it."""
    with valkey(password=CANARY) as engine:
        connection = await open_connection(settings(engine), CANARY)
        async with trio.open_nursery() as nursery:
            await nursery.start(connection.run)
            assert await connection.create_request(b"PING") == b"PONG"
            assert CANARY not in repr(connection)
            nursery.cancel_scope.cancel()


async def test_a_missing_file_of_certificates_is_named(tmp_path: Path):
    """The message has the path of what cannot be read."""
    lost = str(tmp_path / "lost.pem")
    with pytest.raises(EngineRefused, match=r"cannot read certificates .*lost\.pem: No such file"):
        await open_connection(settings("rediss://localhost", ca_file=lost), CANARY)


async def test_a_file_without_certificates_is_named(tmp_path: Path):
    """So is one that has something else."""
    (tmp_path / "notes.txt").write_text("hello")
    notes = str(tmp_path / "notes.txt")
    with pytest.raises(EngineRefused, match=r"notes\.txt: no certificate in PEM form"):
        await open_connection(settings("rediss://localhost", ca_file=notes), CANARY)


async def test_a_password_goes_to_no_socket_in_a_folder_of_all_users(tmp_path: Path):
    """Any of them could listen there while the engine is away."""
    (tmp_path / "own").mkdir(mode=0o755)
    (tmp_path / "all").mkdir()
    (tmp_path / "all").chmod(0o1777)
    shared = settings(f"unix://{tmp_path}/all/engine.sock")
    with pytest.raises(EngineRefused, match="all users may write in"):
        await open_connection(shared, CANARY)
    for other, password in ((shared, None), (settings(f"unix://{tmp_path}/own/a.sock"), CANARY)):
        with pytest.raises(OSError):  # noqa: PT011 - nothing listens there
            await open_connection(other, password)
