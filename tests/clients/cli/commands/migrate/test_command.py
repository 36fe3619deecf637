"""`aircher-cli migrate` with a fake daemon."""

import json

import pytest

from aircher_cli.commands.migrate.old_files import collect as collecting
from aircher_cli.exit_codes import FAILED, NOT_SIGNED_IN, OK, UNREACHABLE, USAGE
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import refuses
from helpers.old_aircher.places import LAYOUTS, write_files
from helpers.old_aircher.samples import ALL_KEYS, FORM_A, KEYS, OPENAI, auth_json

STATUS_ROWS = [
    {"provider": "anthropic", "base_url": "https://api.anthropic.com"},
    {"provider": "openai", "base_url": "https://api.openai.com/v1"},
    {"provider": "gemini", "base_url": "https://generativelanguage.googleapis.com/v1beta"},
]


@pytest.fixture
def user(daemon, tmp_path, monkeypatch):
    """A home, and a daemon that accepts everything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(daemon, "user", {**daemon.environ, "HOME": str(tmp_path)}, raising=False)
    daemon.user.pop("AIRCHER_HOME", None)
    daemon.answers |= {
        "config.check": {"ok": True},
        "config.write": {"changed": True},
        "status": {"providers": STATUS_ROWS},
        "auth.login": {},
    }
    return tmp_path


def migrate(daemon, *words, **options):
    return run_cli(daemon.user, "migrate", *words, **options)


def in_json(daemon, *words, **options):
    done = migrate(daemon, "--json", *words, **options)
    return json.loads(done.out), done.code


ONLY_KEYS = {".config/aircher/auth.json": auth_json()}


def test_nothing_to_carry_over(daemon, user):
    """Without old files there is nothing to do, and no daemon is needed."""
    done = migrate(daemon)
    assert (done.code, done.err) == (OK, "")
    assert done.out == "there is nothing left by the earlier aircher to carry over\n"
    assert in_json(daemon) == ({"ok": True, "files": [], "keys": [], "notes": []}, OK)
    assert daemon.calls == []


def test_keys_are_stored(daemon, user):
    """Each key goes to the daemon, and none is shown."""
    write_files(user, ONLY_KEYS)
    done = migrate(daemon)
    assert done.code == OK
    sent = {p["provider"]: p["key"] for name, p in daemon.calls if name == "auth.login"}
    assert sorted(sent.values()) == sorted(KEYS.values())
    assert set(sent) == {"anthropic", "openai", "gemini"}
    assert "config.write" not in daemon.methods
    assert not any(key in done.out + done.err for key in ALL_KEYS)


def test_the_configuration_comes_before_the_keys(daemon, user):
    """A key belongs to the server that the configuration names."""
    write_files(user, LAYOUTS["xdg"])
    migrate(daemon)
    assert daemon.methods.index("config.check") < daemon.methods.index("config.write")
    assert daemon.methods.index("config.write") < daemon.methods.index("auth.login")


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_dry_run_changes_nothing(daemon, user, words):
    """Only the new text is checked; everything is shown, keys masked."""
    write_files(user, LAYOUTS["home"])
    done = migrate(daemon, "--dry-run", *words)
    assert done.code == OK
    assert daemon.methods == ["config.check"]
    assert "default_model" in done.out
    assert not any(key in done.out for key in ALL_KEYS)


def test_a_dry_run_without_a_daemon(daemon, user):
    """No daemon is started for it."""
    write_files(user, LAYOUTS["home"])
    daemon.close()
    done = migrate(daemon, "--dry-run")
    assert done.code == OK
    assert "was not checked" in done.out


def test_without_a_daemon(daemon, user):
    """Nothing can be stored, and nothing changes."""
    write_files(user, LAYOUTS["home"])
    daemon.close()
    daemon.user["AIRCHER_AUTOSTART"] = "0"
    done = migrate(daemon)
    assert done.code == UNREACHABLE
    assert (user / ".aircher/config.toml").read_text() == FORM_A


def test_a_locked_keyring(daemon, user):
    """The exit code tells that the user has to act, and the message says how."""
    write_files(user, ONLY_KEYS)
    daemon.answers["auth.login"] = refuses("keyring_locked", "the keyring is locked: unlock it")
    done = migrate(daemon, "--remove-old", "--yes")
    assert done.code == NOT_SIGNED_IN
    assert "the keyring is locked: unlock it" in done.out
    assert (user / ".config/aircher/auth.json").exists()


def test_another_stored_key_is_not_replaced(daemon, user):
    """It is said which, and that the old file stays because of it."""
    write_files(user, {".config/aircher/auth.json": auth_json({"openai": OPENAI})})
    daemon.answers["auth.login"] = refuses("bad_request", "x", reason="exists")
    value, code = in_json(daemon, "--remove-old", "--yes")
    assert code == FAILED
    assert value["keys"][0]["outcome"] == "exists"
    assert value["remains"] == [
        {
            "path": str(user / ".config/aircher/auth.json"),
            "reason": "it has a key that is not stored",
        }
    ]


def test_a_newer_configuration_is_not_replaced(daemon, user):
    """It stays, and the exit code tells that something was not carried over."""
    write_files(user, {**LAYOUTS["xdg"], ".aircher/config.toml": 'default_model = "openai/m"\n'})
    value, code = in_json(daemon, "--remove-old", "--yes")
    assert code == FAILED
    assert value["config"]["action"] == "refused"
    assert "config.write" not in daemon.methods
    assert (user / ".config/aircher/config.toml").exists()
    value, _ = in_json(daemon, "--force")
    assert value["config"]["action"] == "write"
    backup = value["config"]["backup"]
    assert (user / backup / "config.toml").read_text() == 'default_model = "openai/m"\n'


def test_old_files_stay_by_default(daemon, user):
    """The report says how to remove them."""
    write_files(user, ONLY_KEYS)
    done = migrate(daemon)
    assert "1 old file can be removed now: aircher-cli migrate --remove-old" in done.out
    assert (user / ".config/aircher/auth.json").exists()


def test_a_file_with_a_problem_is_not_removed(daemon, user):
    """What could not be carried over stays where it is."""
    text = '[providers.x]\napi_key_env = "X"\nbase_url = "ftp://x"\n'
    write_files(user, {".config/aircher/config.toml": text})
    value, code = in_json(daemon, "--remove-old", "--yes")
    assert code == FAILED
    assert value["removed"] == []
    assert [each["reason"] for each in value["remains"]] == [
        "a part of it could not be carried over"
    ]


@pytest.mark.parametrize(("answer", "is_removed"), [("y\n", True), ("\n", False), ("no\n", False)])
def test_removing_asks(daemon, user, monkeypatch, answer, is_removed):
    """On a terminal the files are listed and the user decides."""
    write_files(user, ONLY_KEYS)
    monkeypatch.setattr("aircher_cli.context.Context.has_input", lambda _self: False)
    done = migrate(daemon, "--remove-old", stdin=answer)
    assert "These files would be removed:\n  ~/.config/aircher/auth.json" in done.err
    assert (user / ".config/aircher").exists() is not is_removed


def test_removing_without_a_terminal_needs_yes(daemon, user):
    """A script has to say it, before anything happens."""
    write_files(user, ONLY_KEYS)
    done = migrate(daemon, "--remove-old", stdin="")
    assert done.code == USAGE
    assert "add --yes" in done.err
    assert daemon.calls == []


def test_a_given_place(daemon, user):
    """A folder or file can be named instead of the usual places."""
    write_files(user, {"old/config.toml": FORM_A, **ONLY_KEYS})
    value, _ = in_json(daemon, "--from", "old")
    assert [file["path"] for file in value["files"]] == [str(user / "old/config.toml")]
    done = migrate(daemon, "--from", "none")
    assert done.code == FAILED
    assert "does not exist: check --from" in done.err


def test_a_project_is_listed(daemon, user, monkeypatch):
    """Settings of a project are not the user's own."""
    write_files(user, {"p/.aircher/config.toml": FORM_A})
    monkeypatch.chdir(user / "p")
    value, code = in_json(daemon)
    assert code == OK
    (note,) = value["notes"]
    assert note["kind"] == "left"
    assert f"migrate --from {user}/p/.aircher" in note["message"]


def test_files_of_another_user(daemon, user, monkeypatch):
    """They are refused, and nothing is carried over."""
    write_files(user, LAYOUTS["xdg"])
    real = collecting.read_file
    monkeypatch.setattr(collecting, "read_file", lambda path, uid: real(path, uid + 1))
    value, code = in_json(daemon, "--remove-old", "--yes")
    assert code == FAILED
    assert "belongs to user" in value["notes"][0]["message"]
    assert "auth.login" not in daemon.methods
    assert (user / ".config/aircher/auth.json").exists()


def test_without_a_home(daemon, user, monkeypatch):
    """Without HOME and without an entry in the user database there is no place to look."""

    def missing(_uid):
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", missing)
    del daemon.user["HOME"]
    done = migrate(daemon)
    assert done.code == FAILED
    assert "set HOME" in done.err


def test_slow_steps_are_shown(daemon, user, monkeypatch):
    """On a terminal the user sees what takes long."""
    write_files(user, ONLY_KEYS)
    monkeypatch.setattr("aircher_cli.commands.migrate.command.QUIET_SECONDS", -1.0)
    done = migrate(daemon, terminal=True)
    assert "storing the key of gemini (3 of 3)…" in done.err
