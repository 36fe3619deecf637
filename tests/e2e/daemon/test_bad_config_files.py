"""Configuration files that are wrong as a whole: at start, and while the daemon runs."""

import json
import os
import socket
from contextlib import closing

import pytest

from aircher_client import DaemonError
from helpers.daemon.ipc_requests import KEYS, ask, refusal
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import wait_until

SECRET = "sk-ant-api03-CANARYcanary0123456789"

GOOD = """\
default_model = "work/gpt-5.5"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"
"""


def replace(file, make):
    """Remove the file, and make something else in its place."""
    if file.is_dir():
        file.rmdir()
    else:
        file.unlink(missing_ok=True)
    make(file)


def written(data, mode=0o644):
    """Return a function that writes a file with this content and mode."""

    def make(file):
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        file.chmod(mode)

    return make


def linked_to_nothing(file):
    file.symlink_to(file.parent / "gone.toml")


def unreadable(file):
    file.symlink_to(file)  # a loop, which root cannot read either


def given_away(file):
    file.touch()
    os.chown(file, 12345, 12345)


BAD = {
    "a directory": (lambda file: file.mkdir(), "config.toml: is not a file"),
    "a pipe": (os.mkfifo, "config.toml: is not a file"),
    "a dangling link": (linked_to_nothing, "is a link to a file that does not exist"),
    "unreadable": (unreadable, "config.toml: cannot be read: Too many levels of symbolic links"),
    "half-written, in a list": (
        written('[models.m]\nroutes = [\n  "work/a",\n'),
        "config.toml, line 2: a list is not closed",
    ),
    "half-written, in a string": (
        written('default_model = "work/gp'),
        "config.toml, line 1: a string is not closed on its line",
    ),
    "half-written, in a section": (
        written("[providers.wo"),
        "config.toml, line 1: a section's bracket is not closed",
    ),
    "not UTF-8": (written(b"# caf\xe9\n"), "config.toml, line 1: is not valid UTF-8"),
    "UTF-16": (
        written('default_model = "work/a"\n'.encode("utf-16")),
        "config.toml, line 1: is not valid UTF-8",
    ),
    "a duplicate table": (
        written("[network]\nidle_timeout = 5\n[network]\n"),
        "config.toml, line 3: this section or name is defined twice",
    ),
    "a secret": (
        written(f'\nanthropic_api_key = "{SECRET}"\n'),
        "config.toml, line 2: anthropic_api_key: a key does not belong in the config",
    ),
    "10 MB": (written(b"# a comment\n" * 900_000), "config.toml: is larger than 64 KiB"),
    "10 MB without a line": (written(b"x" * 10_000_000), "config.toml: is larger than 64 KiB"),
    "writable by others": (written("", 0o666), "can be changed by other users (mode 0666)"),
}

if os.getuid() == 0:
    BAD["of another user"] = (given_away, "belongs to another user (uid 12345)")


@pytest.fixture
def file(home, sim):
    """The configuration file of a home in which it is good."""
    home.write_config(GOOD.format(url=sim.url))
    return home.config_file


@pytest.mark.parametrize("name", BAD)
def test_at_start_the_daemon_runs_and_says_what_is_wrong(home, sim, file, name):
    """Every chat is refused, `status` has the problem, and a good file ends it."""
    make, message = BAD[name]
    good = file.read_text()
    replace(file, make)
    home.start(KEYS)
    with home.client() as client:
        error = refusal(client, model="work/gpt-5.5")
        assert error.code == "config_invalid"
        assert message in error.message
        (notice,) = client.notices
        assert message in notice["message"]
        shown = home.cli("status")
        assert (shown.returncode, "INVALID" in shown.stdout) == (0, True)
        replace(file, written(good))
        client.call("config.reload")
        assert ask(client, model="work/gpt-5.5")["provider"] == "work"
    assert "CANARY" not in home.log() + shown.stdout + error.message


@pytest.fixture(scope="module")
def started(shared_sim):
    """A daemon that was started with the good file, for all ways to spoil that."""
    with open_home() as made:
        made.write_config(GOOD.format(url=shared_sim.url))
        made.start(KEYS)
        yield made


@pytest.fixture
def running(started, shared_sim):
    """It, with the good file in use."""
    yield started
    replace(started.config_file, written(GOOD.format(url=shared_sim.url)))
    with started.client() as client:
        client.call("config.reload")


@pytest.mark.parametrize("name", BAD)
def test_while_running_the_last_good_one_stays(running, name):
    """Requests are served as before, and the next command says what is wrong."""
    make, message = BAD[name]
    with running.client() as client:
        replace(running.config_file, make)
        done = running.cli("config", "reload")
        assert done.returncode == 1
        assert ask(client, model="work/gpt-5.5")["provider"] == "work"
    done = running.cli("ask", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert message in done.stderr
    assert done.stderr.rstrip().endswith("the last valid one stays in use")
    assert "CANARY" not in running.log() + done.stderr


@pytest.mark.parametrize(
    ("data", "model"),
    [
        (b"", None),
        (b"\n\n", None),
        (b"# only a comment\n", None),
        (b"\xef\xbb\xbf", None),
        (b'\xef\xbb\xbfdefault_model = "openai/a"\r\n', "openai/a"),
    ],
)
def test_an_empty_file_and_a_byte_order_mark_are_fine(home, data, model):
    """An empty file is the built-in configuration, as no file is."""
    home.write_config("")
    home.config_file.write_bytes(data)
    home.start()
    with home.client() as client:
        status = client.call("status")
        assert status["config"]["ok"] is True
        assert status["default"].get("model") == model
        assert client.notices == []


def test_closing_a_file_to_others_takes_effect_by_itself(home, sim, file):
    """The command in the message is all that is needed."""
    file.chmod(0o666)
    home.start(KEYS)
    with home.client() as client:
        assert "chmod go-w" in refusal(client, model="work/gpt-5.5").message
    with home.client() as client:
        events = client.events(["config"])
        file.chmod(0o644)
        assert next(events)["ok"] is True
    with home.client() as client:
        assert ask(client, model="work/gpt-5.5")["provider"] == "work"


def test_config_check_says_that_others_can_write_the_file(home, file):
    """Its text alone would be fine."""
    file.chmod(0o666)
    home.start()
    done = home.cli("config", "check")
    assert done.returncode == 1
    assert "can be changed by other users" in done.stdout
    file.chmod(0o644)
    assert home.cli("config", "check").returncode == 0


def emptied(path):
    path.write_text("")


def made_a_directory(path):
    path.unlink()
    path.mkdir()


def saved_as_latin_1(path):
    path.write_bytes(b"\na = '\xff'\n")


RESTORE = "(restore it, or run 'aircher-cli config reload' to use the built-in configuration)"


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (emptied, f"is empty {RESTORE}"),
        (os.unlink, f"was removed {RESTORE}"),
        (made_a_directory, "is not a file (a directory, device or pipe cannot be a config)"),
        (saved_as_latin_1, "is not valid UTF-8 (save the file as UTF-8)"),
    ],
)
def test_config_check_says_what_the_daemon_says(home, spoil, expected):
    """With the same problems as `status`; those of the file itself also if it is named."""
    home.start()
    spoil(home.config_file)
    done = home.cli("config", "check")
    assert (done.returncode, expected in done.stdout) == (1, True)
    checked = json.loads(home.cli("config", "check", "--json").stdout)
    with home.client() as client:
        wait_until(lambda: not client.call("status")["config"]["ok"], "the daemon has noticed it")
        assert checked["problems"] == client.call("status")["config"]["problem"]["problems"]
    if spoil in (made_a_directory, saved_as_latin_1):
        named = json.loads(home.cli("config", "check", str(home.config_file), "--json").stdout)
        assert named["problems"] == checked["problems"]


WITH_A_KEY = {
    "auth.test": {},
    "models.refresh": {},
    "auth.login": {"provider": "openai", "key": "canary-gateway-0123456789"},
    "auth.import": {"variables": {"OPENAI_API_KEY": "canary-gateway-0123456789"}},
}
"""Methods that would send a key, and their parameters."""


def test_no_key_leaves_for_a_server_that_only_the_file_knows(home):
    """A key for a gateway would go to the vendor, whose address is built in."""
    with closing(socket.create_server(("127.0.0.1", 0))) as proxy:
        proxy.setblocking(False)
        gateway = '[providers.openai]\nbase_url = "https://gateway.example/v1"\n'
        home.write_config(f'{gateway}env = "OPENAI_API_KEY"\nheaders = [\n')
        port = proxy.getsockname()[1]
        home.start({"OPENAI_API_KEY": SECRET, "HTTPS_PROXY": f"http://127.0.0.1:{port}"})
        with home.client() as client:
            for method in ("status", "auth.status", "models.list", "diagnose"):
                client.call(method)
            for method, params in WITH_A_KEY.items():
                with pytest.raises(DaemonError, match="a list is not closed"):
                    client.call(method, params)
        assert "sign in" not in home.cli("status").stdout
        with pytest.raises(BlockingIOError):
            proxy.accept()
