"""`aircher-cli forward` through a real sshd, to a machine without a key, config or daemon."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from aircher_client import Client, DaemonError, DaemonUnreachable
from aircher_client.connection import Connection, try_connect
from aircher_wire import frames
from helpers.daemon.ipc_requests import KEYS, a_chat
from helpers.daemon.real_daemon import wait_until
from helpers.docs.blocks import read
from helpers.forward.sshd import children_of, descendants_of, free_port, sshd
from helpers.screen.terminal_user import CLI, TerminalUser

from .conftest import Machines

SAID = "aircher-cli: forwarding: "


def test_the_command_line_there(machines: Machines) -> None:
    """It asks and looks; the laptop counts it for the host, as it is called here."""
    forward = machines.forward()
    there = machines.there
    assert forward.stderr
    assert forward.stderr.readline() == _quoted(there.socket)

    asked = there.cli("ask", "one two three")
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "one two three\n", "")
    status = there.cli("status").stdout
    assert "is running on another machine" in status
    assert ("not known" in status, "socket" in status) == (False, False)
    for command in (("models", "list"), ("route",), ("limits",)):
        done = there.cli(*command)
        assert (done.returncode, str(machines.laptop.root) in done.stdout) == (0, False)
    refused = there.cli("auth", "login", "work", "--with-token", stdin="canary-other-0123456789")
    assert refused.returncode != 0

    assert machines.clients()[-1] == "aircher-cli@buildbox"
    # No key, configuration or daemon came to be there.
    found = {path.name for path in there.root.rglob("*")}
    assert not found & {"config.toml", "keys.json", "credentials.json", "ledger.db"}


def _quoted(socket: Path) -> str:
    """Return the line that the page about fleets shows, with this socket."""
    line = next(line for line in read("fleet.md").splitlines(keepends=True) if SAID in line)
    return line.replace("/run/user/1000/aircher/aircher.sock", str(socket))


def test_what_is_of_the_other_machine_is_said(machines: Machines) -> None:
    """Nothing is wrong there; what would change the laptop, or the forward, says where to do it."""
    machines.forward()
    there = machines.there
    doctor = there.cli("doctor")
    assert (doctor.returncode, "runs on another machine" in doctor.stdout) == (0, True)
    assert "the defaults are used" not in doctor.stdout
    words = {
        ("uninstall", "--yes"): "first, and repeat this",
        ("forward", "elsewhere"): "is on another machine itself: run this there",
        ("daemon", "stop"): "stopping the daemon does not work from another machine",
        ("confirm", "--list"): "answering questions does not work from another machine",
    }
    for command, expected in words.items():
        done = there.cli(*command)
        assert (done.returncode, expected in done.stderr) == (1, True), done.stderr


def test_many_clients_at_once(machines: Machines) -> None:
    """One that reads nothing stops no other one."""
    machines.forward()
    prompt = "word " * 2_000

    def ask(number: int) -> int:
        with machines.there.client() as client:
            text: list[str] = []
            chat = a_chat(f"{prompt}{number}", model="work/gpt-5.5")
            client.chat(chat, lambda delta: text.append(str(delta.get("text", ""))))
            return len("".join(text))

    with socket.socket(socket.AF_UNIX) as stuck, ThreadPoolExecutor(8) as pool:
        stuck.connect(str(machines.there.socket))
        chat = a_chat(prompt * 10, model="work/gpt-5.5")
        stuck.sendall(frames.encode_request(1, "chat", chat))
        assert set(pool.map(ask, range(8))) == {len(prompt) + 1}


ENDED = r"the forward from .* has ended"
HOWS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "ssh", "remote", "sshd"]


@pytest.mark.parametrize("how", HOWS)
def test_nothing_is_left_at_any_end(machines: Machines, how: str) -> None:
    """A client there learns of it; the next one starts no daemon; a new forward works."""
    process = machines.forward()
    with Client.connect(machines.there.environ) as client:
        client.call("ping")
        if how == "ssh":
            os.kill(children_of(process.pid)[0], signal.SIGKILL)
        elif how == "remote":
            os.kill(machines.remote_ends()[0], signal.SIGTERM)
        elif how == "sshd":
            for pid in machines.server.sessions():
                os.kill(pid, signal.SIGKILL)
        else:
            process.send_signal(getattr(signal, how))
        machines.wait_clean()
        process.wait(20)
        with pytest.raises((DaemonError, DaemonUnreachable), match=ENDED):
            client.call("status")
    said = process.communicate()[1]
    assert "Traceback" not in said
    if how in ("ssh", "remote", "sshd"):
        assert process.returncode == 3
        assert "buildbox" in said.splitlines()[-1]

    asked = machines.there.cli("ask", "hello", environ={"AIRCHER_AUTOSTART": "1"})
    assert asked.returncode == 3
    assert "aircher-cli forward buildbox" in asked.stderr
    machines.forward()


def test_a_machine_that_sleeps(machines: Machines) -> None:
    """A client there connects, and learns soon that it is not answered; later all goes on."""
    process = machines.forward()
    (ssh,) = children_of(process.pid)
    os.kill(ssh, signal.SIGSTOP)
    try:
        sock = try_connect(str(machines.there.socket))
        assert sock is not None
        with (
            Client(lambda: Connection(sock), retries=False, hello_timeout=0.2) as client,
            pytest.raises(DaemonUnreachable, match="whose daemon is used here, does not"),
        ):
            client.call("ping")
    finally:
        os.kill(ssh, signal.SIGCONT)
    assert machines.there.cli("ask", "hello").stdout == "hello\n"


def test_what_ssh_asks_reaches_the_user(machines: Machines) -> None:
    """Whether the host's key is right, and for a passphrase; Ctrl-C ends it all."""
    with sshd(machines.environ, passphrase="open sesame") as server:
        options = ("-F", str(server.client_config), "-o", "StrictHostKeyChecking=ask")
        command = [*CLI, "forward", "buildbox", "--", *options]
        with TerminalUser(command, machines.laptop.environ) as user:
            user.read_until("Are you sure you want to continue connecting")
            user.send("yes\n")
            user.read_until("passphrase")
            user.send("open sesame\n")
            user.read_until("forwarding: ")
            assert machines.there.cli("ask", "hello").stdout == "hello\n"
            user.send("\x03")
            user.read_until("the forward to buildbox has ended")
            assert user.process.wait(20) == 130
            assert user.is_restored()
        wait_until(lambda: not descendants_of(server.process.pid), "nothing is left there")


def test_a_killed_end_leaves_a_file_that_the_next_one_takes(machines: Machines) -> None:
    """It cannot remove it itself."""
    process = machines.forward()
    os.kill(machines.remote_ends()[0], signal.SIGKILL)
    assert process.wait(20) == 3
    assert machines.there.socket.exists()

    machines.forward()
    assert machines.there.cli("ask", "hello").stdout == "hello\n"


def test_the_daemon_is_restarted_under_it(machines: Machines) -> None:
    """Connections end with an error that says why; new ones work once it is back."""
    machines.forward()
    laptop = machines.laptop
    with machines.there.client() as client:
        client.call("ping")
        laptop.stop()
        with pytest.raises(DaemonUnreachable):
            client.call("ping")
    with machines.there.client() as away:
        with pytest.raises(DaemonError, match="AIRCHER_AUTOSTART is off") as caught:
            away.call("ping")
        assert caught.value.code == "shutting_down"  # clients try again for a while

    laptop.start(KEYS)
    assert machines.there.cli("ask", "hello").stdout == "hello\n"


def test_a_daemon_and_a_forward_there_are_left_alone(machines: Machines) -> None:
    """The message says what to do; another path does it."""
    machines.there.start()
    try:
        process = machines.forward(is_ready=False)
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 1
        assert "a daemon runs there" in said
        assert "--as PATH" in said

        other = machines.there.root / "other" / "a.sock"
        machines.forward("--as", str(other), is_ready=False)
        wait_until(other.exists, "it forwards to another path")
        environ = {"AIRCHER_SOCKET": str(other)}
        assert machines.there.cli("ask", "hello", environ=environ).stdout == "hello\n"
    finally:
        machines.there.stop()
        machines.there.config_file.unlink(missing_ok=True)

    second = machines.forward("--as", str(other), is_ready=False)
    assert "another forward from" in second.communicate(timeout=20)[1]


def test_a_kept_forward_connects_again(machines: Machines) -> None:
    """After its ssh was killed."""
    process = machines.forward("--keep")
    first = machines.remote_ends()
    os.kill(children_of(process.pid)[0], signal.SIGKILL)
    wait_until(lambda: machines.is_forwarded() and machines.remote_ends() != first, "it is back")
    assert machines.there.cli("ask", "hello").stdout == "hello\n"

    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 130
    assert "connecting again in 1 s" in said
    assert "forwarding again" in said


TOOL = """\
import json, os, urllib.request
base, key = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
chat = {"model": "work/gpt-5.5", "messages": [{"role": "user", "content": "one two"}]}
headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
request = urllib.request.Request(base + "/chat/completions", json.dumps(chat).encode(), headers)
try:
    print(json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"])
except urllib.error.HTTPError as error:
    print(json.load(error)["error"]["message"])
"""


def test_a_tool_there(machines: Machines) -> None:
    """With a token that ends with it, at the port of the configuration, which is forwarded, too.

    Here both machines are one, so the port needs no forward.
    """
    machines.forward()
    tool = ("run", "--", sys.executable, "-c", TOOL)
    refused = machines.there.cli(*tool)
    assert refused.returncode != 0
    assert "aircher-cli forward HOST -- -R PORT:127.0.0.1:PORT" in refused.stderr

    machines.laptop.cli("config", "set", "http.port", str(free_port()))
    try:
        done = machines.there.cli(*tool)
        assert (done.stdout, done.returncode) == ("one two\n", 0), done.stderr
        done = machines.there.cli("run", "-m", "openai/gpt-5.5", *tool[1:])
        assert "where the daemon runs, on another machine:\n  aircher-cli auth login" in done.stderr
        assert done.stdout.endswith("; keys are stored where the daemon runs, on another machine\n")
    finally:
        machines.laptop.cli("config", "set", "--unset", "http.port")
    assert machines.clients()[-1].endswith("@buildbox")


def test_a_port_is_forwarded_along(machines: Machines) -> None:
    """By ssh itself; what comes through it needs a token."""
    with machines.laptop.client() as local:
        opened = local.call("http.open", {"name": "tool"})
        port = free_port()
        config = str(machines.server.client_config)
        options = ("-F", config, "-R", f"{port}:127.0.0.1:{opened['port']}")
        machines.laptop.popen("forward", "buildbox", "--", *options)
        wait_until(machines.is_forwarded, "it is ready")

        # On two machines both ports have the same number.
        headers = {
            "Authorization": f"Bearer {opened['token']}",
            "Host": f"127.0.0.1:{opened['port']}",
        }
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as tool:
            tool.request("GET", "/v1/models", headers=headers)
            assert "gpt-5.5" in tool.getresponse().read().decode()


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((), ("-p", "1"), "Connection refused"),
        ((), ("-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes"), "verif"),
        (("--command", "no-such-aircher"), (), "was not found on buildbox"),
        (("--command", "echo one two; true"), (), "it wrote: one two"),
    ],
)
def test_why_it_does_not_begin(
    machines: Machines, arguments: tuple[str, ...], options: tuple[str, ...], said: str
) -> None:
    """What ssh says reaches the user, and options reach ssh."""
    config = str(machines.server.client_config)
    done = machines.laptop.cli("forward", *arguments, "buildbox", "--", "-F", config, *options)

    assert done.returncode == 1
    assert said in done.stderr


def test_lines_for_ssh_do_it_too(machines: Machines, tmp_path: Path) -> None:
    """Then a client says itself where it is; ssh leaves the file."""
    there = machines.there
    there.socket.parent.mkdir(mode=0o700, exist_ok=True)
    printed = machines.laptop.cli("forward", "--print", "--as", str(there.socket), "buildbox")
    config = tmp_path / "config"
    config.write_text(f"{printed.stdout}\n{machines.server.client_config.read_text()}")
    process = subprocess.Popen(["ssh", "-F", str(config), "-N", "buildbox"])
    try:
        wait_until(machines.is_forwarded, "ssh forwards it")
        assert there.cli("ask", "hello").stdout == "hello\n"
    finally:
        process.terminate()
        process.wait(20)
    assert machines.clients()[-1] == f"aircher-cli@{os.uname().nodename.lower()}"
    assert there.socket.exists()
    there.socket.unlink()


@pytest.fixture(autouse=True)
def _no_key_there(machines: Machines) -> None:
    """The key of the laptop is nowhere on the other machine."""
    assert KEYS["WORK_KEY"] not in machines.there.everything_written()


def test_a_client_that_may_start_none(machines: Machines) -> None:
    """It just says that none listens, as everywhere."""
    with pytest.raises(DaemonUnreachable, match="no process listens"):
        Client.connect(machines.there.environ, autostart=False)
