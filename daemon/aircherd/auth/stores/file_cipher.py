"""Encrypts the credentials file with a program of the system, for machines without a keyring.

`systemd-creds` seals it to this machine: to its TPM if there is one, else to a secret of root.
`age` seals it to an identity of the user's, which may be in a hardware token or in a TPM.

The programs get the content on standard input and return the result on standard output, so it is in
no file and on no command line. These functions block: call them in a thread.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from aircherd.config.model import Auth

SECONDS = 4.0
"""How long a program may take: less than the file's own timeout."""
CREDENTIAL_NAME = "aircher-credentials"
"""Part of what `systemd-creds` seals: it opens nothing under another name."""
IDENTITY_NAME = "age-identity.txt"
_VARIABLES = ("PATH", "HOME", "USER", "LOGNAME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "TMPDIR")
_MAX_REASON = 200


class CipherFailed(Exception):
    """The file cannot be encrypted or decrypted; the message says why and what to do."""


class FileCipher(Protocol):
    """Encrypts and decrypts the content of a file. `name` is that of `[auth] encrypt_with`."""

    @property
    def name(self) -> str:
        """The name, as in the file and in the configuration."""

    def encrypt(self, plain: bytes) -> bytes:
        """Return `plain` encrypted. Raises CipherFailed."""

    def decrypt(self, sealed: bytes) -> bytes:
        """Return what `encrypt` was given. Raises CipherFailed."""


class FileSealing(msgspec.Struct, frozen=True):
    """How the file is encrypted: `write_with` is None to leave it as it is, "" for not at all.

    `cipher` returns the one of a name; it raises CipherFailed for an unknown one.
    """

    write_with: str | None
    cipher: Callable[[str], FileCipher]


def file_sealing(auth: Auth, environ: Mapping[str, str], home: Path) -> FileSealing:
    """Return what the configuration says; age's identity is in `home` unless it names another."""
    identity = Path(auth.age_identity) if auth.age_identity else home / IDENTITY_NAME

    def cipher(name: str) -> FileCipher:
        match name:
            case "age":
                return Age(environ, identity)
            case "systemd-creds":
                return SystemdCreds(environ)
        return unknown_cipher(name)

    return FileSealing(auth.encrypt_with, cipher)


def unknown_cipher(name: str) -> FileCipher:
    """Raise CipherFailed."""
    raise CipherFailed(f"it is encrypted with {name!r}, which this version does not know")


def leave_as_it_is() -> FileSealing:
    """Return what to do without a configuration."""
    return FileSealing(None, unknown_cipher)


class SystemdCreds:
    """Seals to this machine. Users other than root need systemd 256 or later."""

    name = "systemd-creds"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def encrypt(self, plain: bytes) -> bytes:
        """Return `plain`, sealed to this machine and user."""
        return self._run("encrypt", plain)

    def decrypt(self, sealed: bytes) -> bytes:
        """Return the content of what this machine sealed."""
        return self._run("decrypt", sealed)

    def _run(self, verb: str, data: bytes) -> bytes:
        user = [] if os.geteuid() == 0 else ["--user"]
        command = ["systemd-creds", verb, *user, f"--name={CREDENTIAL_NAME}", "-", "-"]
        try:
            return run_filter(command, data, self._environ)
        except CipherFailed as error:
            if user and "--user" in str(error):
                raise CipherFailed(
                    "systemd-creds is too old: for users other than root it needs systemd 256 or "
                    'later; use [auth] encrypt_with = "age"'
                ) from None
            raise


class Age:
    """Seals to the identity in a file, as `age-keygen` or one of age's plugins writes it."""

    name = "age"

    def __init__(self, environ: Mapping[str, str], identity: Path) -> None:
        self._environ = environ
        self._identity = identity

    def encrypt(self, plain: bytes) -> bytes:
        """Return `plain`, sealed to the identity."""
        return self._run("--encrypt", plain, f"create it with 'age-keygen -o {self._quoted}'")

    def decrypt(self, sealed: bytes) -> bytes:
        """Return the content of what was sealed to the identity."""
        return self._run("--decrypt", sealed, "put it back")

    @property
    def _quoted(self) -> str:
        return shlex.quote(str(self._identity))

    def _run(self, verb: str, data: bytes, remedy: str) -> bytes:
        if not self._identity.is_file():
            raise CipherFailed(
                f"age has no identity {self._identity}: {remedy} and run 'aircher-cli config "
                "reload', or name another in [auth] age_identity"
            )
        return run_filter(["age", verb, "-i", str(self._identity)], data, self._environ)


def run_filter(command: Sequence[str], data: bytes, environ: Mapping[str, str]) -> bytes:
    """Return what a program makes of `data`; it gets a few harmless variables and no terminal.

    Raises:
        CipherFailed: it is not installed, failed, did not end in time, or returned nothing.
    """
    program = command[0]
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: environ[name] for name in _VARIABLES if name in environ},
            start_new_session=True,  # in a group that can be killed, with its plugins
        )
    except FileNotFoundError:
        raise CipherFailed(
            f"{program} is not installed, and [auth] encrypt_with names it"
        ) from None
    except OSError as error:
        raise CipherFailed(f"{program} cannot be started: {error.strerror}") from None
    with process:
        try:
            output, complaint = process.communicate(data, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise CipherFailed(f"{program} has not answered for {SECONDS:g} s") from None
    if process.returncode:
        raise CipherFailed(f"{program} failed: {_reason(complaint)}")
    if not output:
        raise CipherFailed(f"{program} returned nothing, and no error")
    return output


def _reason(complaint: bytes) -> str:
    lines = [line.strip() for line in complaint.decode(errors="replace").splitlines()]
    said = [line for line in lines if line and "report unexpected" not in line]
    return said[-1][:_MAX_REASON] if said else "it said nothing"
