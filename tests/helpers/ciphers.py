"""Real ciphers of the credentials file: `age` with a new identity, and `systemd-creds`."""

import os
import shutil
import subprocess
from pathlib import Path

from aircherd.auth.stores.file_cipher import Age, CipherFailed, FileCipher, SystemdCreds
from helpers.required import missing

NAMES = ("age", "systemd-creds")


def real_cipher(name: str, folder: Path) -> FileCipher:
    """Return a cipher that works; an identity for age is in `folder`."""
    if name == "age":
        return Age(os.environ, age_identity(folder))
    cipher = SystemdCreds(os.environ)
    try:
        cipher.encrypt(b"")
    except CipherFailed as error:
        missing("systemd-creds", f"package systemd; as root, or systemd 256 ({error})")
    return cipher


def age_identity(folder: Path) -> Path:
    """Return the file of a new identity."""
    if not shutil.which("age-keygen"):
        missing("age", "package age")
    path = folder / "age-identity.txt"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return path
