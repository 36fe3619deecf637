"""A configuration that cannot be used never takes effect, and no request is lost by it."""

import os

import pytest

from helpers.daemon.flow import flowing
from helpers.daemon.real_daemon import wait_until

KEY = "canary-work-0123456789abcdef"
SECRET = "sk-canary-config-0123456789abcdef"


@pytest.fixture
def served(daemon):
    """A daemon that serves `work` from a valid file."""
    daemon.login("work", KEY)
    daemon.good = daemon.config_file.read_bytes()
    return daemon


def state_of(home):
    """Return what `status` says of the configuration."""
    with home.client() as client:
        return client.call("status")["config"]


def replace(file):
    """Remove whatever is at the path."""
    if file.is_dir() and not file.is_symlink():
        file.rmdir()
    else:
        file.unlink(missing_ok=True)


# ------------------------------------------------------------------ what can go wrong
# Each takes the path and the valid content, and leaves something unusable.


def directory(file, _good):
    file.unlink()
    file.mkdir()


def removed(file, _good):
    file.unlink()


def directory_removed(file, _good):
    file.unlink()
    file.parent.rmdir()


def empty(file, _good):
    file.write_bytes(b"")


def half_written(file, good):
    file.write_bytes(good[:-5])


def not_utf8(file, good):
    file.write_bytes(good + b"# caf\xe9\n")


def utf16(file, good):
    file.write_bytes(good.decode().encode("utf-16"))


def duplicate_table(file, good):
    file.write_bytes(good + b"[providers.work]\n")


def with_secret(file, good):
    file.write_bytes(good.replace(b"[providers.work]", b'[providers.work]\nkey = "%b"' % (
        SECRET.encode())))  # fmt: skip


def ten_megabytes(file, good):
    file.write_bytes(good + b"# filler\n" * (10 * 1024 * 1024 // 9))


def dangling_link(file, _good):
    file.unlink()
    file.symlink_to("nowhere/config.toml")


def loop(file, _good):
    file.unlink()
    file.symlink_to(file.name)


def pipe(file, _good):
    file.unlink()
    os.mkfifo(file)


def binary(file, _good):
    file.write_bytes(bytes(range(256)) * 16)


def unknown_name(file, good):
    file.write_bytes(good + b"[network]\nidle = 5\n")


FAILURES = [
    (directory, "is not a file"),
    (removed, "was removed"),
    (directory_removed, "was removed"),
    (empty, "is empty"),
    (half_written, "line "),
    (not_utf8, "is not valid UTF-8"),
    (utf16, "is not valid UTF-8"),
    (duplicate_table, "defined twice"),
    (with_secret, "a key does not belong in the config"),
    (ten_megabytes, "is larger than 64 KiB"),
    (dangling_link, "is a link to a file that does not exist"),
    (loop, "cannot be read"),
    (pipe, "is not a file"),
    (binary, "is not valid UTF-8"),
    (unknown_name, "network.idle"),
]


@pytest.mark.parametrize(("break_it", "message"), FAILURES, ids=[f.__name__ for f, _ in FAILURES])
def test_the_last_good_configuration_stays(served, break_it, message):
    """`status` and the log say what is wrong and where, the log once; then it is repaired."""
    events = []
    with served.client() as listener, flowing(served, "work/gpt-5.5") as flow:
        listener.call("events.subscribe", {"topics": ["config"]})
        break_it(served.config_file, served.good)
        wait_until(lambda: not state_of(served)["ok"], "the problem is noticed")
        flow.wait_for_more()
        state = state_of(served)
        assert message in state["problem"]["message"]
        assert str(served.config_file) in state["problem"]["message"]
        assert state["in_use"] == "the last good one"
        replace(served.config_file)
        served.config_file.parent.mkdir(mode=0o700, exist_ok=True)
        served.config_file.write_bytes(served.good)
        wait_until(lambda: state_of(served)["ok"], "the repaired file is in effect")
        note = lambda method, params: events.append(params)  # noqa: E731
        listener.call("ping", on_notification=note)
    assert [event["ok"] for event in events if event["topic"] == "config"] == [False, True]
    problems = [line for line in served.log().splitlines() if "config_invalid" in line]
    assert len(problems) == 1
    assert "Traceback" not in served.log()
    assert SECRET not in served.everything_written()


def test_a_byte_order_mark_is_no_problem(served):
    """Some editors write one."""
    with flowing(served, "work/gpt-5.5"):
        served.config_file.write_bytes(b'\xef\xbb\xbfdefault_model = "work/m"\n' + served.good)
        wait_until(lambda: "default_model" in served.log(), "the change is in effect")
    assert state_of(served)["ok"]


def test_the_next_command_says_what_is_wrong(served):
    """On standard error; the answer on standard output is not affected."""
    served.config_file.write_bytes(served.good + b"[network]\nidle = 5\n")
    wait_until(lambda: not state_of(served)["ok"], "the problem is noticed")
    done = served.cli("ask", "-m", "work/gpt-5.5", "one two three")
    assert (done.returncode, done.stdout) == (0, "one two three\n")
    assert "network.idle" in done.stderr
    assert ":" in done.stderr


def test_the_same_problem_saved_again_and_again_is_logged_once(served):
    """Every save is looked at, and only another problem is news."""
    for number in range(4):
        served.config_file.write_bytes(served.good + b"[network]\nidle = 5\n" + b"#" * number)
        before = served.log()
        wait_until(lambda: not state_of(served)["ok"], "the problem is noticed")
        with served.client() as client, pytest.raises(Exception, match="idle"):
            client.call("config.reload")
        assert served.log().count("config_invalid") == 1, before
    served.config_file.write_bytes(served.good + b"[network]\nother = 5\n")
    wait_until(lambda: served.log().count("config_invalid") == 2, "the other problem is logged")


WITHOUT_ROOT_RIGHTS = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
    assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
os.execv(sys.executable, [sys.executable, "-m", "aircherd", *sys.argv[1:]])
"""
"""Root may read every file, unless it has given up the right."""


def test_an_unreadable_file_is_a_problem(home):
    """The reason is said as the system says it."""
    is_root = os.getuid() == 0
    home.start(program=("-c", WITHOUT_ROOT_RIGHTS) if is_root else ("-m", "aircherd"))
    home.config_file.chmod(0)
    wait_until(lambda: not state_of(home)["ok"], "the problem is noticed")
    assert "cannot be read: Permission denied" in state_of(home)["problem"]["message"]
    home.config_file.chmod(0o600)
    wait_until(lambda: state_of(home)["ok"], "the repaired file is in effect")
