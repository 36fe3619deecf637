"""`[auth] encrypt_with`: the credentials file of a real daemon is never in plain text."""

import json

import pytest

from helpers.ciphers import age_identity, real_cipher
from helpers.daemon.real_daemon import Home, home, simulator, wait_until

KEY = "canary-sealed-0123456789abcdef"
CONFIG = """\
{auth}
[providers.work]
kind = "openai"
base_url = "{url}/v1"
"""


@pytest.fixture
def server():
    with simulator() as sim:
        sim.keys.accept("openai", KEY)
        yield sim


@pytest.fixture
def place():
    with home() as made:
        yield made


def configure(place: Home, url: str, auth: str) -> None:
    place.write_config(CONFIG.format(url=url, auth=auth))


def row(place: Home) -> dict:
    rows = json.loads(place.cli("auth", "status", "--json").stdout)["rows"]
    return next(each for each in rows if each["provider"] == "work")


def document(place: Home) -> dict:
    return json.loads((place.data / "credentials.json").read_text())


@pytest.mark.parametrize("name", ["age", "systemd-creds"])
def test_a_key_is_encrypted_from_the_sign_in_on(place, server, name):
    """A request uses it, also after a restart; no file has it in plain text."""
    real_cipher(name, place.root)
    age_identity(place.config_file.parent)
    configure(place, server.url, f'[auth]\nencrypt_with = "{name}"\n')
    place.start()
    done = place.cli("auth", "login", "work", "--with-token", stdin=KEY)
    assert done.returncode == 0, done.stderr
    assert document(place)["encrypted_with"] == name
    assert row(place)["source"] == f"file, encrypted with {name}"
    place.stop()
    place.start()
    asked = place.cli("ask", "-m", "work/m", "hello")
    assert asked.returncode == 0, asked.stderr
    assert KEY not in place.everything_written()


def test_a_change_of_the_setting_applies_to_the_file_at_once(place, server):
    """A key that was in plain text is not any more; taking the setting away does not undo it."""
    age_identity(place.config_file.parent)
    configure(place, server.url, "")
    place.start()
    place.cli("auth", "login", "work", "--with-token", stdin=KEY)
    assert row(place)["source"] == "file, not encrypted"
    configure(place, server.url, '[auth]\nencrypt_with = "age"\n')
    wait_until(lambda: "encrypted_with" in document(place), "the file is encrypted")
    configure(place, server.url, "")
    place.cli("config", "reload")
    assert document(place)["encrypted_with"] == "age"
    configure(place, server.url, "[auth]\nencrypt_with = false\n")
    wait_until(lambda: "keys" in document(place), "the file is in plain text by the user's word")


def test_without_its_identity_the_key_is_locked_and_the_way_out_is_named(place, server):
    """Nothing is written in its place, and the daemon goes on; with the identity all is well."""
    identity = age_identity(place.config_file.parent)
    configure(place, server.url, '[auth]\nencrypt_with = "age"\n')
    place.start()
    place.cli("auth", "login", "work", "--with-token", stdin=KEY)
    before = document(place)
    place.stop()
    kept = identity.rename(place.root / "kept")
    place.start()
    asked = place.cli("ask", "-m", "work/m", "hello")
    assert asked.returncode == 4
    assert f"age has no identity {identity}" in asked.stderr
    again = place.cli("auth", "login", "work", "--with-token", "--no-verify", stdin=KEY)
    assert again.returncode != 0
    assert document(place) == before
    kept.rename(identity)
    assert place.cli("config", "reload").returncode == 0
    assert place.cli("ask", "-m", "work/m", "hello").returncode == 0


def test_what_cannot_be_encrypted_is_said(place, server):
    """The file stays as it is, and the row of the key says why."""
    configure(place, server.url, "")
    place.start()
    place.cli("auth", "login", "work", "--with-token", stdin=KEY)
    configure(place, server.url, '[auth]\nencrypt_with = "age"\nage_identity = "/gone/id"\n')
    place.cli("config", "reload")
    assert KEY in (place.data / "credentials.json").read_text()
    found = row(place)
    assert found["source"] == "file, not encrypted"
    assert "age has no identity /gone/id: create it" in found["hint"]
