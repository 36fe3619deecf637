"""The real programs, and every way in which they fail."""

import os
from pathlib import Path

import pytest

from aircherd.auth.stores import file_cipher
from aircherd.auth.stores.file_cipher import Age, CipherFailed, SystemdCreds, run_filter
from helpers.ciphers import NAMES, age_identity, real_cipher

PLAIN = b'{"keys": "canary-0123456789"}\n' * 200


@pytest.mark.parametrize("name", NAMES)
def test_what_was_encrypted_is_decrypted(name, tmp_path):
    """By another object; and nothing of it is readable in between."""
    sealed = real_cipher(name, tmp_path).encrypt(PLAIN)
    assert b"canary" not in sealed
    assert real_cipher(name, tmp_path).decrypt(sealed) == PLAIN


@pytest.mark.parametrize("name", NAMES)
def test_damaged_data_is_an_error(name, tmp_path):
    """Which says the program, and nothing of the content."""
    cipher = real_cipher(name, tmp_path)
    sealed = bytearray(cipher.encrypt(PLAIN))
    sealed[len(sealed) // 2] ^= 1
    with pytest.raises(CipherFailed, match=f"{name} failed: ") as caught:
        cipher.decrypt(bytes(sealed))
    assert "canary" not in str(caught.value)


def test_another_identity_decrypts_nothing(tmp_path):
    """The reason is that of age."""
    (tmp_path / "other").mkdir()
    sealed = Age(os.environ, age_identity(tmp_path)).encrypt(PLAIN)
    with pytest.raises(CipherFailed, match="no identity matched"):
        Age(os.environ, age_identity(tmp_path / "other")).decrypt(sealed)


def test_missing_identity_is_named_with_the_command_that_creates_it():
    """Before age is started."""
    with pytest.raises(CipherFailed, match="create it with 'age-keygen -o /nowhere/id'"):
        Age(os.environ, Path("/nowhere/id")).encrypt(PLAIN)


def test_a_new_identity_is_no_advice_where_the_old_one_is_needed():
    """It could decrypt nothing."""
    with pytest.raises(CipherFailed, match="age has no identity /nowhere/id: put it back"):
        Age(os.environ, Path("/nowhere/id")).decrypt(PLAIN)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "tool is not installed, and"),
        ("#!/nowhere/sh\n", "tool is not installed, and"),
        ("no script", "tool cannot be started: Exec format error"),
        ("#!/bin/sh\necho one; echo two >&2; exit 3\n", "tool failed: two$"),
        ("#!/bin/sh\nexit 3\n", "tool failed: it said nothing"),
        ("#!/bin/sh\nexit 0\n", "tool returned nothing, and no error"),
        ("#!/bin/sh\nsleep 30 & sleep 30\n", "tool has not answered for 0.3 s"),
    ],
)
def test_failures_have_a_reason(tmp_path, monkeypatch, script, message):
    """Whatever the program does; one that hangs is killed with what it started."""
    monkeypatch.setattr(file_cipher, "SECONDS", 0.3)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    if script:
        (tmp_path / "tool").write_text(script)
        (tmp_path / "tool").chmod(0o755)
    with pytest.raises(CipherFailed, match=message):
        run_filter(["tool"], PLAIN, os.environ)


def test_the_program_gets_no_key_of_the_environment(monkeypatch):
    """Only what it needs to find its files."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-0123456789")
    output = run_filter(["env"], b"", os.environ)
    assert b"HOME=" in output
    assert b"canary" not in output


def test_an_old_systemd_is_explained(monkeypatch):
    """Users other than root need `--user`, which came with 256."""

    def refuse(*_):
        raise CipherFailed("systemd-creds failed: systemd-creds: unrecognized option '--user'")

    monkeypatch.setattr(file_cipher.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(file_cipher, "run_filter", refuse)
    with pytest.raises(CipherFailed, match="systemd 256 or later; use"):
        SystemdCreds({}).encrypt(PLAIN)
