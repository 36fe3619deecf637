"""Makes single system calls of a running daemon, and of its children, fail during a sign-in.

    with failing(home, "fsync", "EIO", 1):
        ...

strace attaches to the daemon and injects the error into the n-th call of this name, counted for
each thread and each child on its own. The whole form fails every call at up to six places, with
the credentials file or with a keyring:

    cd tests && python -m helpers.failing_calls [keyring]

The daemon may end where the call was one of trio's event loop, if it says so: it starts again.

Not among them is `brk`: it never returns an error, and the C library would take one for an address.
"""

import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aircher_client import ClientError, DaemonError
from aircherd.process.loop_guard import EXIT_BROKEN
from helpers.daemon.children import die_with_parent
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.required import missing
from helpers.secret_service import secret_service

ERRORS = {
    "openat": ("EMFILE", "ENOENT", "EIO"),
    "read": ("EIO",),
    "write": ("ENOSPC", "EIO"),
    "fsync": ("EIO", "ENOSPC"),
    "rename": ("ENOSPC", "EROFS"),
    "mkdir": ("ENOSPC",),
    "unlink": ("EACCES",),
    "fchmod": ("EPERM",),
    "close": ("EIO",),
    "newfstatat": ("EIO", "EACCES"),
    "socketpair": ("EMFILE", "ENOMEM"),
    "socket": ("EMFILE", "EACCES"),
    "connect": ("EAGAIN", "EACCES", "ETIMEDOUT"),
    "sendto": ("ENOBUFS",),
    "sendmsg": ("ENOBUFS",),
    "recvmsg": ("ENOMEM",),
    "pipe2": ("EMFILE",),
    "vfork": ("EAGAIN", "ENOMEM"),
    "clone3": ("EAGAIN",),
    "execve": ("ENOMEM", "EAGAIN", "EIO"),
    "mmap": ("ENOMEM",),
    "pidfd_open": ("EMFILE",),
    "getrandom": ("EAGAIN",),
    "lseek": ("EIO",),
    "waitid": ("EINVAL",),
    "kill": ("EPERM",),
    "prctl": ("EPERM",),
    "prlimit64": ("EPERM",),
    "shutdown": ("ENOTCONN",),
    "epoll_ctl": ("ENOMEM",),
    "recvfrom": ("ENOMEM",),
}
"""The errors that each system call of a sign-in may give; those that never fail are left out."""

KEY = "canary-work-0123456789abcdef"


@contextmanager
def failing(home: Home, call: str, error: str, when: int) -> Iterator[None]:
    """Let the calls of the daemon and of the children it starts fail while the context lasts."""
    strace = shutil.which("strace")
    if strace is None:
        missing("strace", "apt-get install strace")
    assert home.process is not None
    log = home.root / "calls"
    inject = f"inject={call}:error={error}:when={when}"
    command = [strace, "-f", "-q", "-o", str(log), "-e", f"trace={call}", "-e", inject]
    tracer = subprocess.Popen(
        [*command, "-p", str(home.process.pid)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 -- one system call
    )
    try:
        _wait_until_traced(home.process.pid)
        yield
    finally:
        _end(tracer)
        log.unlink(missing_ok=True)  # not one of the daemon's own files


def _end(tracer: "subprocess.Popen[Any]") -> None:
    """Have strace let go. It may wait for a thread of a daemon that has ended, or is never idle."""
    tracer.send_signal(signal.SIGINT)
    try:
        tracer.communicate(timeout=2)
    except subprocess.TimeoutExpired:
        tracer.kill()
        tracer.communicate()


def _wait_until_traced(pid: int) -> None:
    deadline = time.monotonic() + 20
    while not all(_is_traced(task) for task in Path(f"/proc/{pid}/task").iterdir()):
        assert time.monotonic() < deadline, "strace did not attach"
        time.sleep(0.005)


def _is_traced(task: Path) -> bool:
    try:
        return "TracerPid:\t0\n" not in (task / "status").read_text()
    except OSError:  # the thread ended
        return True


def login(home: Home, **more: object) -> str | None:
    """Sign in; return None if that succeeded, else the error: `code: message`."""
    params = {"provider": "work", "key": KEY, "verify": False, **more}
    try:
        with home.client() as client:
            client.call("auth.login", params)
    except DaemonError as error:
        return f"{error.code}: {error}"
    except ClientError as error:
        return f"{type(error).__name__}: {error}"
    return None


def count_calls(home: Home) -> Counter[str]:
    """Return how often the busiest thread or child makes each system call in a sign-in."""
    strace = shutil.which("strace")
    if strace is None:
        missing("strace", "apt-get install strace")
    assert home.process is not None
    log = home.root / "calls"
    with subprocess.Popen(
        [strace, "-f", "-q", "-o", str(log), "-p", str(home.process.pid)],
        stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,  # noqa: PLW1509 -- one system call
    ) as tracer:
        _wait_until_traced(home.process.pid)
        assert login(home) is None
        _end(tracer)
    found: Counter[tuple[str, str]] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        task, _, call = line.partition(" ")
        name = call.strip().partition("(")[0]
        if name.isidentifier():
            found[task, name] += 1
    log.unlink()
    most: Counter[str] = Counter()
    for (_, name), number in found.items():
        most[name] = max(most[name], number)
    return most


def problems_after(home: Home, outcome: str | None, *, is_file: bool) -> list[str]:
    """Return what is wrong after a sign-in during which a call failed."""
    found: list[str] = []
    if outcome is not None and outcome.startswith("internal"):
        found.append(f"the error is not clear: {outcome}")
    if outcome is not None and KEY in outcome:
        found.append("the error has the key")
    stores = [path for path in home.root.rglob("*") if path.is_file() and _has_key(path)]
    allowed = [home.data / "credentials.json"] if is_file else []
    found += [f"the key is in {path}" for path in stores if path not in allowed]
    assert home.process is not None
    again = login(home)
    if again is not None and _ends_soon(home.process):
        if home.process.returncode != EXIT_BROKEN or not _is_explained(home):
            found.append(f"the daemon ended with {home.process.returncode}")
        home.start()
        again = login(home)
    if again is not None:
        found.append(f"the next sign-in fails: {again}")
    return found


def _ends_soon(process: "subprocess.Popen[str]") -> bool:
    """Tell whether a daemon that did not answer has ended or is about to."""
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        return False
    return True


def _is_explained(home: Home) -> bool:
    """Tell whether the last line of the log says that the event loop failed."""
    return "event_loop_broken" in home.log().rstrip().rpartition("\n")[2]


def _has_key(path: Path) -> bool:
    try:
        return KEY.encode() in path.read_bytes()
    except OSError:
        return False


PLACES = 6
CONFIG = '[providers.work]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\n'


def cases(most: Counter[str]) -> Iterator[tuple[str, str, int]]:
    """Return each call with an error and a place, for the calls that a sign-in makes."""
    for place in range(PLACES):
        for call, errors in ERRORS.items():
            if most[call] > place:
                when = 1 + max(place, place * most[call] // PLACES)
                yield call, errors[place % len(errors)], when


def main() -> int:
    """Run the whole form, print what falls short, and return its number."""
    is_file = sys.argv[1:] != ["keyring"]
    short = number = 0
    with secret_service(keyring=not is_file) as service, open_home() as home:
        home.write_config(CONFIG)
        home.environ |= {} if is_file else service.environ
        home.preexec = die_with_parent
        home.start()
        login(home)
        for call, error, when in cases(count_calls(home)):
            with failing(home, call, error, when):
                outcome = login(home)
            problems = problems_after(home, outcome, is_file=is_file)
            short += bool(problems)
            number += 1
            print(call, error, when, outcome or "ok", *problems, flush=True)  # noqa: T201
    print(f"{short} of {number} fall short")  # noqa: T201
    return short


if __name__ == "__main__":
    sys.exit(main())
