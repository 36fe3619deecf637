"""`migrate` where two places are one, or the new home is another, and advice that is followed."""

import json
from pathlib import Path

import pytest

from aircher_wire.address import find_socket
from helpers.daemon.real_daemon import Home
from helpers.old_aircher.places import LAYOUTS, write_files
from helpers.old_aircher.samples import CLAUDE, FORM_A, FORM_B, OWN_SERVER, auth_json

MISTRAL = "mistral-canary-0123456789abcdef"


def migrate(home: Home, *words: str) -> tuple[dict, int]:
    done = home.cli("migrate", "--json", *words)
    assert done.stderr == "", done.stderr
    assert CLAUDE not in done.stdout
    return json.loads(done.stdout), done.returncode


def credentials(home: Home) -> str:
    """Return the content of the credentials file, which is used without a keyring."""
    return "".join(path.read_text() for path in home.root.rglob("credentials.json"))


@pytest.mark.parametrize(
    ("link", "target", "layout"),
    [
        (".aircher", ".config/aircher", "xdg"),
        (".config/aircher", "../.aircher", "home"),
    ],
)
@pytest.mark.parametrize("words", [("--remove-old", "--yes"), ()])
def test_one_place_is_a_link_to_the_other(home, link, target, layout, words):
    """The new configuration is not taken for an old one, and old keys are removed once."""
    files = {k: v for k, v in LAYOUTS[layout].items() if k.startswith((".config/", ".aircher/"))}
    files = {k: v for k, v in files.items() if link != ".config/aircher" or ".aircher" in k}
    write_files(home.root, files)
    (home.root / link).parent.mkdir(exist_ok=True)
    (home.root / link).symlink_to(target)
    home.start()
    result, code = migrate(home, *words)
    assert (code, result["config"]["action"]) == (0, "write"), result["notes"]
    assert len([file for file in result["files"] if file["role"] in ("config", "keys")]) == 2
    result, code = migrate(home, "--remove-old", "--yes")
    assert code == 0, result["notes"]
    assert home.config_file.read_text().startswith("# Carried over")
    assert not (home.root / ".aircher/auth.json").exists()
    assert CLAUDE in credentials(home)
    assert not [note for note in result["notes"] if "not read" in note["message"]]


@pytest.mark.parametrize("place", ["elsewhere", ".config/aircher"])
def test_the_new_home_has_the_old_files(home, place):
    """AIRCHER_HOME may name a folder with an old configuration, which is carried over in place."""
    home.environ["AIRCHER_HOME"] = str(home.root / place)
    home.config_file = home.root / place / "config.toml"
    home.socket = Path(find_socket(home.environ))
    write_files(home.root, {f"{place}/config.toml": FORM_B, f"{place}/auth.json": auth_json()})
    home.start()
    result, code = migrate(home)
    assert (code, result["config"]["action"]) == (0, "write"), result["notes"]
    assert home.config_file.read_text().startswith("# Carried over")
    assert CLAUDE in credentials(home)
    result, code = migrate(home, "--remove-old", "--yes")
    assert (code, result["config"]["action"]) == (0, "unchanged"), result["notes"]
    assert result["removed"] == [str(home.root / place / "auth.json")]


def test_the_own_home_by_name(daemon):
    """--from with the place that is looked at anyway does the same, also the second time."""
    write_files(daemon.root, LAYOUTS["home"])
    for action in ("write", "unchanged"):
        result, code = migrate(daemon, "--from", str(daemon.root / ".aircher"))
        assert (code, result["config"]["action"]) == (0, action), result["notes"]


@pytest.mark.parametrize("config", [None, FORM_A, "[providers.mistral]\napi_key_env = 'M_KEY'\n"])
def test_the_advice_for_an_unknown_provider(daemon, config):
    """After the command that the report names, the next run stores the key, and all is well."""
    files = {".config/aircher/auth.json": auth_json({"mistral": MISTRAL, "claude": CLAUDE})}
    write_files(daemon.root, files | ({".config/aircher/config.toml": config} if config else {}))
    result, code = migrate(daemon)
    assert code == 1
    assert MISTRAL not in credentials(daemon)
    words = "providers add mistral --kind openai --base-url"
    assert any(f"aircher-cli {words} URL" in note["message"] for note in result["notes"])
    added = daemon.cli(*words.split(), "https://mistral.example/v1")
    assert added.returncode == 0, added.stderr
    result, code = migrate(daemon, "--remove-old", "--yes")
    assert code == 0, result["notes"]
    assert MISTRAL in credentials(daemon)
    assert str(daemon.root / ".config/aircher/auth.json") in result["removed"]
    assert migrate(daemon)[1] == 0


def test_keys_in_comments_do_not_stay_in_the_backup(daemon):
    """They were not in use; and a very short key costs nothing else in the backup."""
    text = FORM_B.replace(
        'api_key = "sk-or', '# api_key = "sk-ant-canary-old-9999"\napi_key = "sk-or'
    )
    text += '[providers.tiny]\napi_key = "k"\nbase_url = "https://tiny.example/v1"\n'
    write_files(daemon.root, {".aircher/config.toml": text})
    result, code = migrate(daemon)
    assert code == 0, result["notes"]
    backup = (daemon.root / result["config"]["backup"] / "config.toml").read_text()
    assert "canary" not in backup
    assert "[providers.tiny]" in backup
    assert '"k"' not in backup


def test_a_damaged_key_does_not_switch_keys_off(daemon):
    """A server of one's own with a key that cannot be stored still needs one."""
    text = '[providers.house]\napi_key = "sk-äöü"\nbase_url = "https://house.example/v1"\n'
    text += 'default_model = "m"\n'
    write_files(daemon.root, {".config/aircher/config.toml": text})
    result, code = migrate(daemon)
    assert code == 1
    (note,) = [note for note in result["notes"] if note["subject"] == "key of house"]
    assert "aircher-cli auth login house" in note["message"]
    assert 'auth = "none"' not in daemon.config_file.read_text()
    daemon.login("house", "sk-canary-other-1", "--no-verify")


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 20, "1e400"])
def test_huge_numbers(daemon, number):
    """They are reported, and the rest is carried over."""
    text = FORM_A + f"\n[compaction]\nsize = {number}\n"
    write_files(daemon.root, {".config/aircher/config.toml": text})
    result, _ = migrate(daemon)
    assert result["config"]["action"] == "write"
    assert 'strategy = "fastest"' in daemon.config_file.read_text()


def test_a_file_that_the_daemon_has_not_read_yet(daemon):
    """A killed run may end right after the configuration was written; the next one stores all."""
    write_files(daemon.root, {".config/aircher/config.toml": f"{FORM_B}\n{OWN_SERVER}"})
    assert migrate(daemon)[1] == 0
    config = daemon.root / ".aircher" / "config.toml"
    text = config.read_text()
    with daemon.client() as client:
        client.call("auth.logout", {"provider": "house"})
        config.write_text("")
        client.call("config.reload")
    config.write_text(text)
    result, code = migrate(daemon)
    assert (code, result["config"]["action"]) == (0, "unchanged"), result["keys"]
    assert "house-canary" in credentials(daemon)
