"""Bad input gets an error that says what, where and what to do, and nothing is lost."""

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress

import msgpack
import pytest

from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import wait_until

KEY = "canary-work-0123456789abcdef"


@pytest.mark.parametrize(
    "bad", ["canary with-space-inside", "canary\x00control", "canary-\x1b[31mred", "", "  \n"]
)
def test_an_impossible_key_is_refused_and_not_repeated(shared_daemon, shared_sim, bad):
    """White space, control characters, or an empty key."""
    done = shared_daemon.cli("auth", "login", "work", "--with-token", stdin=bad)
    assert done.returncode in {1, 2}
    assert done.stderr
    assert "canary" not in done.stderr + done.stdout + shared_daemon.log()
    assert list(shared_sim.requests) == []


def test_a_key_on_the_command_line_is_refused_and_not_repeated(shared_daemon):
    """It would be in the shell's history and in the process list."""
    done = shared_daemon.cli("auth", "login", "work", KEY)
    assert done.returncode == 2
    assert KEY not in done.stderr


def test_an_unknown_provider_gets_a_suggestion(shared_daemon):
    """The error says "did you mean"."""
    done = shared_daemon.cli("auth", "login", "antropic", "--with-token", stdin=KEY)
    assert (done.returncode, "anthropic" in done.stderr) == (1, True)
    done = shared_daemon.cli("ask", "-m", "wrok/m", "hi")
    assert (done.returncode, "work" in done.stderr) == (1, True)


BROKEN = {
    "syntax": ("[providers.work\n", 1),
    "unknown key": ("[network]\n\n\nidel_timeout = 5\n", 4),
    "literal key": (f'[network]\n\napi_key = "{KEY}"\n', 3),
    "unknown section": ('[nonsense]\nmodel = "openai/gpt-5.5"\n', 1),
    "limit": ('[[limits]]\nprovider = "openai"\nusd = -5.0\nper = "day"\n', 3),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_config_at_start_leaves_the_daemon_running(sim, name):
    """`status` and the next command report file, line and fix; chat answers config_invalid."""
    text, line = BROKEN[name]
    with open_home() as home:
        home.write_config(text)
        home.start()
        asked = home.cli("ask", "--json", "hello")
        error = json.loads(asked.stdout)["error"]
        assert (asked.returncode, error["code"]) == (1, "config_invalid")
        assert error["data"]["problems"][0]["line"] == line
        for command in (["status"], ["ask", "hello"], ["config", "check"]):
            done = home.cli(*command)
            assert f"config.toml:{line}" in (done.stdout + done.stderr).replace("\n", ""), command
        assert home.cli("config", "check").returncode == 1
        status = home.cli("auth", "status")
        said = (status.stdout + status.stderr).replace("\n", "")
        assert (status.returncode, f"config.toml:{line}" in said) == (0, True)
        for command in (["auth", "login", "work", "--with-token"], ["auth", "test", "work"]):
            done = home.cli(*command, stdin=KEY)
            assert (done.returncode, f"config.toml:{line}" in done.stderr) == (1, True), command
        assert KEY not in home.log() + asked.stdout
        home.write_config(f'[providers.work]\nkind="openai"\nbase_url="{sim.url}/v1"\n')
        assert home.cli("config", "reload").returncode == 0
        home.login("work", KEY)
        assert home.cli("ask", "-m", "work/m", "hello").returncode == 0


def test_a_broken_config_at_start_does_not_reject_a_valid_key(daemon):
    """The key is not shown as rejected, and no hint suggests removing it."""
    daemon.login("work", KEY)
    good = daemon.config_file.read_text()
    daemon.stop()
    daemon.write_config("nonsense = 1\n")
    daemon.start()
    shown = daemon.cli("auth", "status")
    assert "logout" not in shown.stdout
    assert "config.toml:1" in (shown.stdout + shown.stderr).replace("\n", "")
    rows = json.loads(daemon.cli("auth", "status", "--json").stdout)["rows"]
    assert [row["state"] for row in rows if row["provider"] == "work"] == ["unverified"]
    daemon.write_config(good)
    assert daemon.cli("config", "reload").returncode == 0
    assert daemon.cli("ask", "-m", "work/m", "hello").returncode == 0


def test_a_broken_config_on_reload_keeps_the_last_good_one(daemon):
    """Requests are still served, and status reports the problem."""
    daemon.login("work", KEY)
    daemon.write_config("nonsense = 1\n")
    reload = daemon.cli("config", "reload")
    assert (reload.returncode, "nonsense" in reload.stderr) == (1, True)
    assert daemon.cli("ask", "-m", "work/m", "hello").returncode == 0
    assert "nonsense" in daemon.cli("status").stdout


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"\xc1",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 200_000,
        msgpack.packb([0, 1, "ping", [{1: 2}]]),
        msgpack.packb(msgpack.ExtType(1, b"x")),
        b"\xc6" + (32 * 1024 * 1024 + 1).to_bytes(4, "big") + bytes(32 * 1024 * 1024 + 1),
    ],
    ids=["never", "http", "length bomb", "nesting", "integer key", "ext", "oversized"],
)
def test_a_malformed_frame_ends_its_own_connection_only(shared_daemon, bytes_sent):
    """One error notification, then the connection closes; other clients are not affected."""
    with shared_daemon.client() as other, socket.socket(socket.AF_UNIX) as bad:
        other.call("ping")
        bad.settimeout(20)
        bad.connect(str(shared_daemon.socket))
        with suppress(BrokenPipeError):  # it may be refused before it has been sent whole
            bad.sendall(bytes_sent)
        received = b""
        with suppress(ConnectionResetError):
            while data := bad.recv(65_536):
                received += data
        unpacker = msgpack.Unpacker()
        unpacker.feed(received)
        received = list(unpacker)
        assert [(kind, method) for kind, method, _ in received] == [(2, "error")]
        assert received[0][2][0]["code"] == "bad_request"
        assert other.call("ping") == {}


def start_aircherd(home):
    """Run a second `aircherd` until it exits."""
    return subprocess.run(
        [sys.executable, "-m", "aircherd"],
        env=home.environ,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_a_second_daemon_exits_and_names_the_first(shared_daemon):
    """Exit code 3; the first one keeps running."""
    second = start_aircherd(shared_daemon)
    assert second.returncode == 3
    assert str(shared_daemon.process.pid) in second.stderr
    assert str(shared_daemon.socket) in second.stderr
    assert shared_daemon.cli("status").returncode == 0


def test_a_shell_with_another_runtime_directory_starts_no_second_daemon(daemon):
    """It uses the same data; the error has the socket of the first."""
    other = daemon.root / "run2"
    other.mkdir(mode=0o700)
    daemon.environ["XDG_RUNTIME_DIR"] = str(other)
    second = start_aircherd(daemon)
    assert (second.returncode, str(daemon.socket) in second.stderr) == (3, True)


def test_a_socket_left_by_a_killed_daemon_is_replaced(daemon):
    """The next daemon starts normally."""
    daemon.process.kill()
    daemon.process.wait()
    assert daemon.socket.exists()
    daemon.start()
    assert daemon.cli("status").returncode == 0


@pytest.mark.parametrize("fault", ["symlink", "open", "foreign"])
def test_an_unsafe_socket_directory_is_refused_by_both_sides(sim, fault):
    """With the reason and the fix; no prompt is sent to another user's socket."""
    with open_home() as home:
        directory = home.socket.parent
        if fault == "symlink":
            (home.root / "real").mkdir(mode=0o700)
            directory.symlink_to(home.root / "real")
        else:
            directory.mkdir(mode=0o700)
            if fault == "open":
                directory.chmod(0o755)
            elif os.getuid() == 0:
                os.chown(directory, 12345, 12345)
            else:
                pytest.skip("only root can give a directory away")
        daemon = start_aircherd(home)
        asked = home.cli("ask", "hello")
        assert (daemon.returncode, asked.returncode) == (1, 3)
        for said in (daemon.stderr, asked.stderr):
            assert str(directory) in said.replace("\n", "")
            assert "Traceback" not in said


def test_a_socket_path_that_is_too_long_is_refused_by_both_sides():
    """The system allows at most 107 bytes."""
    with open_home() as home:
        home.environ["AIRCHER_SOCKET"] = str(home.root / ("x" * 110) / "s.sock")
        daemon, asked = start_aircherd(home), home.cli("ask", "hello")
        assert (daemon.returncode, asked.returncode) == (1, 3)
        assert "107" in daemon.stderr
        assert "107" in asked.stderr


def test_a_client_of_another_user_is_refused(daemon):
    """Even if the mode of the socket would allow it."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    for path in (daemon.root, daemon.root / "run", daemon.socket.parent):
        path.chmod(0o755)
    daemon.socket.chmod(0o666)
    code = (
        "import os, socket, sys; os.setgid(12345); os.setuid(12345)\n"
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(20)\n"
        r"s.sendall(bytes.fromhex('940001a470696e6790')); print(s.recv(100))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(daemon.socket)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() in {"b''", ""}, done
    wait_until(lambda: "peer_rejected" in daemon.log(), "the refusal is in the log")
    assert daemon.process.poll() is None
