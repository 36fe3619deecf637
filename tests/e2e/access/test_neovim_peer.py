"""The Neovim client asks the kernel who answers, too."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.required import missing

pytestmark = pytest.mark.neovim

CLIENT = Path(__file__).parents[3] / "clients" / "nvim"
NVIM = ("nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n")
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
require("aircher").connect(function(_, params) why = params.message end, "{path}")
vim.wait(20000, function() return why end)
io.stdout:write(why or "no reason")
vim.cmd("qa!")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
@pytest.mark.parametrize(
    ("uid", "said", "is_sent"),
    [
        (OTHER, f"another user (uid {OTHER}) answers at the socket", False),
        (0, "the daemon closed the connection", True),
    ],
)
def test_nothing_is_sent_to_another_user(
    tmp_path: Path, uid: int, said: str, is_sent: bool
) -> None:
    """The connection is closed with the reason; a process of the user or of root gets `hello`."""
    if shutil.which("nvim") is None:
        missing("Neovim", "apt-get install neovim")
    path = tmp_path / "s"
    script = tmp_path / "script.lua"
    script.write_text(SCRIPT.format(path=path))
    command = [sys.executable, "-c", LISTENER, str(path), str(uid)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        listener.stdout.readline()
        found = subprocess.run(
            [*NVIM, "--cmd", f"set rtp+={CLIENT}", "-c", f"luafile {script}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
        received = int(listener.stdout.readline())
        listener.kill()
    assert said in found.stdout + found.stderr
    assert (received > 0) == is_sent
