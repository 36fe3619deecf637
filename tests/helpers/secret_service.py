"""A real Secret Service for one test: gnome-keyring on a private session bus.

    with secret_service() as service:
        store = KeyringStore({**environ, **service.environ}, "aircher")
        service.lock()

All its files are in a temporary directory, so that tests can run in parallel and none uses the
user's own keyring. The default collection, which a desktop creates at the first login, exists and
is unlocked; its password is known, so it can be unlocked without a prompt.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import secretstorage
from jeepney.bus_messages import message_bus  # type: ignore[import-untyped] # ships no types
from jeepney.io.blocking import (  # type: ignore[import-untyped] # ships no types
    DBusConnection,
    Proxy,
    open_dbus_connection,
)
from secretstorage.util import DBusAddressWrapper

from helpers.required import missing

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from helpers.daemon.real_daemon import Home

PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon")
PASSWORD = b"the test's own password"
START_SECONDS = 20.0

_BUS_NAME = "org.freedesktop.secrets"
_SERVICE = "org.freedesktop.Secret.Service"
_SERVICE_PATH = "/org/freedesktop/secrets"
# gnome-keyring's own interface for unlocking without a prompt.
_UNLOCK = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"

# Without service directories nothing is started on demand.
_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={address}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class SecretService:
    """The running service; see the module's docstring. Its files are below `folder`."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._address = f"unix:path={folder / 'bus'}"
        self._keyring: subprocess.Popen[bytes] | None = None
        self._bus: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """The variables a program needs to find this service, to merge into its environment."""
        return {"DBUS_SESSION_BUS_ADDRESS": self._address}

    @property
    def _environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            **self.environ,
        }

    def start_bus(self) -> None:
        """Start the session bus, without a keyring on it."""
        config = self.folder / "bus.conf"
        config.write_text(_BUS_CONFIG.format(address=self.folder / "bus"))
        command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile"]
        self._bus = self._start(command)
        _wait_until(self._bus_answers, "the session bus did not come up")

    def stop_bus(self) -> None:
        """End the session bus, as at the end of a session."""
        assert self._bus is not None
        _end(self._bus)

    def start_keyring(self) -> None:
        """Start the keyring, unlocked."""
        command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
        self._keyring = self._start(command, stdin=PASSWORD)
        _wait_until(self._keyring_is_open, "gnome-keyring-daemon did not come up")

    def stop_keyring(self) -> None:
        """End the keyring, as if it had crashed; the bus remains."""
        assert self._keyring is not None
        _end(self._keyring)

    def lock(self) -> None:
        """Lock the collection, so that reading a key would prompt."""
        with self._connection() as connection:
            secretstorage.Collection(connection).lock()

    def unlock(self) -> None:
        """Unlock the collection without a prompt."""
        with self._connection() as connection:
            service = DBusAddressWrapper(_SERVICE_PATH, _SERVICE, connection)
            (path,) = service.call("ReadAlias", "s", "default")
            _, session = service.call("OpenSession", "sv", "plain", ("s", ""))
            secret = (session, b"", PASSWORD, "text/plain")
            DBusAddressWrapper(_SERVICE_PATH, _UNLOCK, connection).call(
                "UnlockWithMasterPassword", "o(oayays)", path, secret
            )

    def run(self, *command: str, stdin: bytes) -> "subprocess.CompletedProcess[bytes]":
        """Run a command in the environment of the keyring, as in a session of its user."""
        return subprocess.run(
            command, input=stdin, env=self._environ, capture_output=True, timeout=20, check=False
        )

    def hang(self) -> None:
        """Stop the keyring's process, so that it accepts calls and answers none."""
        assert self._keyring is not None
        os.kill(self._keyring.pid, signal.SIGSTOP)

    @contextlib.contextmanager
    def stalled_bus(self) -> Iterator[None]:
        """Stop the bus for a while: it accepts connections and answers none."""
        assert self._bus is not None
        os.kill(self._bus.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._bus.pid, signal.SIGCONT)

    def resume(self) -> None:
        """Resume the keyring's process."""
        assert self._keyring is not None
        os.kill(self._keyring.pid, signal.SIGCONT)

    def stored(self, service: str) -> dict[str, str]:
        """Return the keyring's entries under a service name: user name -> secret."""
        with self._connection() as connection:
            items = secretstorage.search_items(connection, {"service": service})
            return {item.get_attributes()["username"]: item.get_secret().decode() for item in items}

    def replace(self, service: str, username: str, secret: str) -> None:
        """Replace the secret of an entry, as a user would in the keyring's application."""
        attributes = {"service": service, "username": username}
        with self._connection() as connection:
            (item,) = secretstorage.search_items(connection, attributes)
            item.set_secret(secret.encode())

    def forget(self, service: str, username: str) -> None:
        """Remove an entry, as a user would in the keyring's application."""
        attributes = {"service": service, "username": username}
        with self._connection() as connection:
            for item in list(secretstorage.search_items(connection, attributes)):
                item.delete()

    def _bus_answers(self) -> bool:
        """Return whether the bus accepts connections; its socket file exists a moment earlier."""
        try:
            with self._connection():
                return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def _keyring_is_open(self) -> bool:
        with self._connection() as connection:
            (owned,) = Proxy(message_bus, connection).NameHasOwner(_BUS_NAME)
            if not owned:
                return False
            try:
                return not secretstorage.Collection(connection).is_locked()
            except secretstorage.ItemNotFoundException:
                return False

    @contextlib.contextmanager
    def _connection(self) -> Iterator[DBusConnection]:
        with contextlib.closing(open_dbus_connection(self._address)) as connection:
            yield connection

    def _start(self, command: list[str], stdin: bytes = b"") -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environ,
            start_new_session=True,  # Ctrl-C in pytest must not reach it: the exit stack ends it
        )
        self._stack.callback(_end, process)
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        return process


@contextlib.contextmanager
def secret_service(*, keyring: bool = True) -> Iterator[SecretService]:
    """Run a private session bus, with a keyring on it unless `keyring` is False.

    If a program is missing, the test is skipped, or fails in CI (if the variable CI is set).
    """
    require_programs()
    with contextlib.ExitStack() as stack:
        # A short path: pytest's own directories are too long for a socket.
        folder = Path(tempfile.mkdtemp(prefix="aircher-ss-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for name in ("home", "data", "config", "run"):
            (folder / name).mkdir(mode=0o700)
        service = SecretService(folder, stack)
        service.start_bus()
        if keyring:
            service.start_keyring()
        yield service


@contextlib.contextmanager
def locked_keyring(home: "Home", key: str) -> Iterator[SecretService]:
    """Run the daemon of `home` with the key of `work` in a keyring that has been locked since."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        home.login("work", key)
        home.stop()
        keyring.lock()
        home.start(keyring.environ)
        yield keyring


def require_programs() -> None:
    """Skip the test, or fail it in CI, if a program of the Secret Service is missing."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        missing(f"a Secret Service ({', '.join(absent)})", "apt-get install dbus gnome-keyring")


def _wait_until(is_ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} within {START_SECONDS:g} s")
        time.sleep(0.01)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait(timeout=10)
