"""Changing the configuration file for clients."""

import hashlib
import json
import os
import threading
from types import SimpleNamespace

import pytest
from msgspec import ValidationError, convert

from aircherd.api import config, file_proof
from aircherd.api.config import schema_text, show_config
from aircherd.api.params import EntryParams, SetParams
from aircherd.auth.stores.base import FileProtection
from aircherd.config.store import ConfigStore
from aircherd.errors import AircherError, BadRequest, ConfigInvalid
from aircherd.files.private_file import FileRefused

GOOD = "# mine\n[usage]\nkeep_days = 40\n"


class FakeServices(SimpleNamespace):
    """Services with a config file in `folder`."""

    def __init__(self, folder, text=None):
        self.file = folder / "config.toml"
        if text is not None:
            self.file.write_text(text)
        self.config = ConfigStore(self.file)
        self.about = SimpleNamespace(paths=SimpleNamespace(data=folder / "data"))
        shadowed = ["environment variable OPENAI_API_KEY"]
        key = SimpleNamespace(source="keyring", shadowed=shadowed)
        other = SimpleNamespace(source="environment variable W from ~/e", shadowed=[])
        self.auth = SimpleNamespace(
            rows=lambda: [key, key, other], file_protection=FileProtection()
        )

    def variables(self):
        return {"AIRCHER_HOME": "/h"}

    async def reload(self):
        return await self.config.reload()


@pytest.fixture(autouse=True)
def proofs(monkeypatch):
    """Accept every client; the list has what each one sent."""
    sent = []
    monkeypatch.setattr(
        file_proof, "check_proof", lambda path, proof, *_: sent.append((path, proof))
    )
    return sent


async def write_config(services, text, base):
    return await config.write_config(services, text, base, "the proof")


async def set_entries(services, entries, unset):
    return await config.set_entries(services, entries, unset, "the proof")


async def test_every_change_needs_a_proof(tmp_path, proofs, monkeypatch):
    """Without it nothing is written; the file is in the data directory."""
    services = FakeServices(tmp_path)
    await write_config(services, GOOD, "")
    await set_entries(services, [], ["usage.keep_days"])
    assert proofs == [(tmp_path / "data" / "proof", "the proof")] * 2

    def refuse(*_):
        raise FileRefused("chmod 600 it")

    monkeypatch.setattr(file_proof, "check_proof", refuse)
    text = services.file.read_text()
    with pytest.raises(AircherError, match="chmod 600 it"):
        await set_entries(services, [EntryParams(path="usage.keep_days", value=50)], [])
    with pytest.raises(AircherError, match="chmod 600 it"):
        await write_config(services, GOOD, None)
    assert services.file.read_text() == text


async def test_a_change_that_shuts_the_command_line_out_says_so(tmp_path):
    """Before, with `config.check`, and after."""
    services = FakeServices(tmp_path)
    entries = [
        EntryParams(path="clients.vi.allow", value=["all"]),
        EntryParams(path="protect.config", value=["vi"]),
    ]
    [warning] = (await set_entries(services, entries, []))["warnings"]
    assert warning.startswith("with [protect] config the command line (aircher-cli) may not")
    assert (await config.check_file_in_use(services))["warnings"] == [warning]
    assert "warnings" not in await write_config(services, GOOD, None)


async def test_a_change_of_the_encryption_that_failed_says_so(tmp_path):
    """The reload has tried it; a change of something else says nothing about it."""
    services = FakeServices(tmp_path)
    services.auth.file_protection = FileProtection("", "age is not installed")
    cipher = [EntryParams(path="auth.encrypt_with", value="age")]
    other = [EntryParams(path="usage.keep_days", value=50)]
    assert (await set_entries(services, cipher, []))["not_in_force"] == "age is not installed"
    assert "not_in_force" not in await set_entries(services, other, [])


async def test_settings_are_shown_with_their_sources(tmp_path):
    """Without the defaults, unless they are asked for."""
    services = FakeServices(tmp_path, GOOD)
    assert await show_config(services, with_defaults=False) == {
        "file": str(services.file),
        "exists": True,
        "rows": [
            {"path": "usage.keep_days", "value": 40, "source": "file", "line": 3},
            {"path": "AIRCHER_HOME", "value": "/h", "source": "environment"},
            {"path": "OPENAI_API_KEY", "value": "set", "source": "environment"},
            {"path": "W", "value": "set", "source": "environment", "file": "~/e"},
        ],
    }
    rows = (await show_config(services, with_defaults=True))["rows"]
    assert {"path": "fallback.max_attempts", "value": 4, "source": "default"} in rows


@pytest.mark.parametrize("text", ["[usage]\nkeep_days = 50\n", "[usage\n", None])
async def test_lines_of_another_text_are_not_shown(tmp_path, text):
    """The file is invalid, was changed, or is gone: the old values are still in effect."""
    services = FakeServices(tmp_path, GOOD)
    services.file.unlink()
    if text:
        services.file.write_text(text)
    rows = (await show_config(services, with_defaults=False))["rows"]
    assert rows[0] == {"path": "usage.keep_days", "value": 40, "source": "file"}


async def test_settings_are_shown_while_the_disk_hangs(tmp_path, monkeypatch):
    """Without lines, and without a look at the file outside of the thread."""
    services = FakeServices(tmp_path, GOOD)
    hanging = threading.Event()
    monkeypatch.setattr(config, "VERIFY_TIMEOUT", 0.01)
    monkeypatch.setattr(config, "read_text_of", lambda _file: hanging.wait(20) and None)
    monkeypatch.setattr(type(services.file), "exists", pytest.fail)
    shown = await show_config(services, with_defaults=False)
    hanging.set()
    assert shown["exists"] is True
    assert shown["rows"][0] == {"path": "usage.keep_days", "value": 40, "source": "file"}


def test_the_schema_is_json():
    """It ends with a newline, as a file does."""
    assert json.loads(schema_text())["title"] == "The configuration of aircher"
    assert schema_text().endswith("}\n")


async def test_a_written_text_is_in_effect_at_once(tmp_path):
    """The result has the file."""
    services = FakeServices(tmp_path)
    answer = await write_config(services, GOOD, "")
    change = {"path": "usage.keep_days", "before": None, "after": 40}
    assert answer == {
        "file": str(services.file),
        "changed": True,
        "changes": [change],
        "unknown": [],
    }
    assert services.config.current.keep_days == 40
    base = hashlib.sha256(GOOD.encode()).hexdigest()
    assert (await write_config(services, GOOD, base))["changed"] is False


async def test_an_invalid_text_changes_nothing(tmp_path):
    """The error has the problems."""
    services = FakeServices(tmp_path, GOOD)
    with pytest.raises(ConfigInvalid) as caught:
        await write_config(services, "[usage]\nkeep_day = 5\n", None)
    assert caught.value.data["problems"][0]["path"] == "usage.keep_day"
    assert services.file.read_text() == GOOD


async def test_entries_are_set_and_removed_together(tmp_path):
    """All of them or none; typed text and values."""
    services = FakeServices(tmp_path, GOOD)
    entries = [
        EntryParams(path="fallback.max_attempts", value=6),
        EntryParams(path="models.m.routes", text='["openai/x"]'),
        EntryParams(path="default_model", text="m"),
    ]
    answer = await set_entries(services, entries, ["usage.keep_days"])
    assert answer["changed"] is True
    assert services.config.current.fallback.max_attempts == 6
    assert services.config.current.default_model == "m"
    assert services.config.current.keep_days is None
    text = services.file.read_text()
    bad = [EntryParams(path="fallback.max_attempts", value=7), EntryParams(path="x", value=1)]
    with pytest.raises(ConfigInvalid):
        await set_entries(services, bad, [])
    assert services.file.read_text() == text


async def test_a_change_may_repair_an_invalid_file(tmp_path):
    """What counts is the result."""
    services = FakeServices(tmp_path, "[fallback]\nmax_attempts = 0 # too few\n")
    await set_entries(services, [EntryParams(path="fallback.max_attempts", value=1)], [])
    assert services.file.read_text() == "[fallback]\nmax_attempts = 1 # too few\n"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"path": "a"}, "either a value or a text"),
        ({"path": "a", "value": 1, "text": "1"}, "either a value or a text"),
        ({"path": "a", "value": None}, "must be a string"),
        ({"path": "a", "text": "caf\udce9"}, "must be a string"),
        ({"path": "", "value": 1}, "is not the name of an entry"),
    ],
)
async def test_bad_entries_are_refused(tmp_path, entry, message):
    """Before the file is touched."""
    services = FakeServices(tmp_path)
    with pytest.raises(BadRequest, match=message):
        await set_entries(services, [EntryParams(**entry)], [])
    assert not services.file.exists()


async def test_nothing_to_do_is_refused(tmp_path):
    """A request without entries is a mistake."""
    with pytest.raises(BadRequest, match="nothing to set"):
        await set_entries(FakeServices(tmp_path), [], [])


async def test_a_file_that_is_not_toml_is_not_changed(tmp_path):
    """The error has its line."""
    services = FakeServices(tmp_path, "a = [\n")
    with pytest.raises(ConfigInvalid, match="line 1"):
        await set_entries(services, [EntryParams(path="default_model", value="a/b")], [])
    assert services.file.read_text() == "a = [\n"


async def test_a_failed_write_is_reported_with_the_file_behind_a_link(tmp_path, monkeypatch):
    """The reason is the system's."""
    real = tmp_path / "real.toml"
    real.write_text(GOOD)
    (tmp_path / "config.toml").symlink_to(real)
    services = FakeServices(tmp_path)

    def refuse(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    message = f"a link to {real}, cannot be written: No space left on device"
    with pytest.raises(AircherError, match=message):
        await set_entries(services, [EntryParams(path="usage.keep_days", value=50)], [])
    assert real.read_text() == GOOD


async def test_changes_that_take_too_long_are_refused(tmp_path, monkeypatch):
    """A thread cannot be interrupted, and later changes wait for it."""
    services = FakeServices(tmp_path, GOOD)
    monkeypatch.setattr(config, "CHANGE_SECONDS", -1)
    with pytest.raises(BadRequest, match="set fewer at once"):
        await set_entries(services, [EntryParams(path="usage.keep_days", value=50)], [])
    assert services.file.read_text() == GOOD


async def test_typed_text_is_bounded_too(tmp_path):
    """Dots in braces nest deeper than brackets do."""
    services = FakeServices(tmp_path, GOOD)
    text = "{a.a.a.a.a.a.a.a.a.a = 1}"
    with pytest.raises(BadRequest, match="nested too deep"):
        await set_entries(services, [EntryParams(path="fallback", text=text)], [])


async def test_entries_that_are_not_there_are_named(tmp_path):
    """With what was probably meant."""
    found = FakeServices(tmp_path, GOOD)
    result = await set_entries(found, [], ["usage.keep_dyas", "nothing.here", "usage.keep_days"])
    expected = [{"path": "usage.keep_dyas", "meant": "usage.keep_days"}, {"path": "nothing.here"}]
    assert (result["changed"], result["absent"]) == (True, expected)


@pytest.mark.parametrize("field", ["entries", "unset"])
def test_the_number_of_changes_is_limited(field):
    """Each of them takes time."""
    change = {"path": "a", "value": 1} if field == "entries" else "a"
    convert({field: [change] * 100}, SetParams)
    with pytest.raises(ValidationError):
        convert({field: [change] * 101}, SetParams)
