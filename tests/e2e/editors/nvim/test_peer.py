"""The client asks the kernel who answers, and refuses directories that others could read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.editors.neovim import NEOVIMS, command

pytestmark = pytest.mark.neovim

OTHER = 12345
LISTENER = """
import os, socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.bind(sys.argv[1])
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))
sock.listen()
print("ready", flush=True)
client, _ = sock.accept()
client.settimeout(20)
print(len(client.recv(4096)), flush=True)
"""
SCRIPT = """
local why
local connection = require("aircher.connection").new({path = "PATH", autostart = false})
connection:request("ping", {}, function(err) why = err.message end)
vim.wait(20000, function() return why end)
io.stdout:write(why or "no reason")
vim.cmd("qa!")
"""


def _ask(which: str, path: Path, *, first: str = "") -> str:
    """Return the error of a request to the socket at `path`; `first` is run before."""
    script = path.with_name("script.lua")
    script.write_text(first + SCRIPT.replace("PATH", str(path)))
    found = subprocess.run(
        command(which, "-c", f"luafile {script}"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    return found.stdout + found.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
@pytest.mark.parametrize("which", NEOVIMS)
@pytest.mark.parametrize(
    ("uid", "said", "is_sent"),
    [
        (OTHER, f"another user (uid {OTHER}) answers at", False),
        (0, "aircherd closed the connection", True),
    ],
)
def test_nothing_is_sent_to_another_user(
    tmp_path: Path, which: str, uid: int, said: str, is_sent: bool
) -> None:
    """The connection is closed with the reason; a process of the user or of root gets `hello`."""
    path = tmp_path / "s"
    listen = [sys.executable, "-c", LISTENER, str(path), str(uid)]
    with subprocess.Popen(listen, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        listener.stdout.readline()
        found = _ask(which, path)
        received = int(listener.stdout.readline())
        listener.kill()
    assert said in found
    assert (received > 0) == is_sent


@pytest.mark.parametrize("which", NEOVIMS)
def test_a_program_in_the_daemons_place_gets_nothing(tmp_path: Path, which: str) -> None:
    """The lock file names another process, which is alive."""
    path = tmp_path / "s"
    path.with_name("s.lock").write_text(f"{os.getpid()}\n{path}\n")
    listen = [sys.executable, "-c", LISTENER, str(path), str(os.getuid())]
    with subprocess.Popen(listen, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        listener.stdout.readline()
        found = _ask(which, path)
        received = int(listener.stdout.readline())
        listener.kill()
    assert f"process {listener.pid} answers at {path}, and it is not aircherd" in found
    assert received == 0


@pytest.mark.parametrize("which", NEOVIMS)
def test_a_directory_that_is_open_to_others_is_refused(tmp_path: Path, which: str) -> None:
    """The message has the command that helps."""
    tmp_path.chmod(0o755)
    found = _ask(which, tmp_path / "s")
    assert f"{tmp_path} is open to other users (mode 0755): run chmod 700 on it" in found


NO_LUAJIT = """
package.loaded.ffi = nil
package.preload.ffi = function() error("no ffi in this build") end
"""


@pytest.mark.parametrize("which", NEOVIMS)
@pytest.mark.parametrize(
    ("mode", "said"),
    [(0o622, "is not a socket of yours alone"), (0o600, "aircherd closed the connection")],
)
def test_without_luajit_the_socket_itself_is_checked(
    tmp_path: Path, which: str, mode: int, said: str
) -> None:
    """The kernel cannot be asked then: owner and mode decide."""
    path = tmp_path / "s"
    listen = [sys.executable, "-c", LISTENER, str(path), str(os.getuid())]
    with subprocess.Popen(listen, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        listener.stdout.readline()
        path.chmod(mode)
        found = _ask(which, path, first=NO_LUAJIT)
        listener.kill()
    assert said in found
