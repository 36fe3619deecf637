"""A real headless Neovim uses the protocol with thirty lines of Lua."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.required import missing

pytestmark = pytest.mark.neovim

KEY = "canary-work-0123456789abcdef"
CLIENT = Path(__file__).parents[3] / "clients" / "nvim"


def test_neovim_says_hello_streams_cancels_and_receives_an_event(daemon, sim, tmp_path):
    """Neovim prints a line for each step; the usage belongs to its project."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "lua").mkdir()
    if shutil.which("nvim") is None:
        missing("Neovim", "apt-get install neovim")
    daemon.login("work", KEY)
    sim.behave(delay=0.001)
    script = Path(__file__).with_name("neovim.lua")
    with subprocess.Popen(
        [
            "nvim",
            "--headless",
            "-u",
            "NONE",
            "-i",
            "NONE",
            "-n",
            "--cmd",
            f"set rtp+={CLIENT}",
            "-c",
            f"luafile {script}",
        ],
        env=daemon.environ,
        cwd=tmp_path / "lua",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as nvim:
        lines = []

        def read_until(what):
            for line in nvim.stdout:
                lines.append(json.loads(line))
                if lines[-1][0] == what:
                    return
            pytest.fail(f"Neovim ended before {what!r}: {lines}\n{nvim.stderr.read()}")

        read_until("ready for an event")
        daemon.login("spare", "canary-spare-0123456789abcdef")
        read_until("closed")
        assert nvim.wait(timeout=20) == 0, nvim.stderr.read()
    printed = dict(lines)
    assert printed["hello"] == "aircherd"
    assert printed["subscribed"] >= 2
    assert printed["text"] == "streamed| to| an| editor"
    dones = [value for what, value in lines if what == "chat.done"]
    assert dones[0]["result"]["message"]["content"][0]["text"] == "streamed to an editor"
    assert dones[1]["error"]["code"] == "cancelled"
    assert printed["refused"] == "unknown_method"
    assert printed["explained"] is True
    explained, unseen, code = printed["without a key"]
    assert explained.count("'aircher-cli auth login spare'") == 1
    assert (not unseen, code) == (True, "not_authenticated")
    explained, unseen = printed["with a variable"]
    assert explained.splitlines()[1].startswith("run 'aircher-cli auth import' where SPARE_KEY ")
    assert unseen == ["SPARE_KEY"]
    assert "canary" not in str(lines)
    assert (printed["event"]["topic"], printed["event"]["provider"]) == ("auth", "spare")
    assert printed["event"]["state"] == "authenticated"
    wait_until(sim.requests[-2].finished.is_set, "the cancelled stream has ended upstream")
    assert any(r.disconnected.is_set() for r in sim.requests)
    with daemon.client() as client:
        rows = client.call("usage.report", {"by": ["client", "project"]})["rows"]
    who = {(row["client"], row["project"]) for row in rows}
    assert who == {("nvim", str(tmp_path)), ("my-plugin", str(tmp_path))}
