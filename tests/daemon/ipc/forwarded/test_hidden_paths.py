"""Answers without the folders of this machine."""

from pathlib import Path
from types import SimpleNamespace

from aircherd.config.paths import resolve_paths
from aircherd.errors import ConfigInvalid, Forbidden
from aircherd.ipc.forwarded.hidden_paths import HiddenPaths

ENVIRON = {"HOME": "/home/me", "XDG_RUNTIME_DIR": "/run/user/7", "XDG_DATA_HOME": "/srv/data"}


def hidden() -> HiddenPaths:
    """Return what hides the folders of a user's daemon."""
    return HiddenPaths(SimpleNamespace(paths=resolve_paths(ENVIRON)), ENVIRON)


def test_folders_are_replaced_by_what_they_are() -> None:
    """The longest one that fits; texts without a folder stay as they are."""
    paths = resolve_paths(ENVIRON)
    said = f"{paths.config_file}:3 and {paths.data}/x and {paths.runtime}/y and /home/me/z"

    assert hidden().text(said) == "~/.aircher/config.toml:3 and <data>/x and <runtime>/y and ~/z"
    assert hidden().text("gpt-5.5 at 3/4") == "gpt-5.5 at 3/4"


def test_a_result_is_copied() -> None:
    """The same result may be another client's, too."""
    result = {"rows": [{"hint": "see /home/me/x", "n": 1}], "pair": ("/home/me", None)}

    assert hidden().value(result) == {"rows": [{"hint": "see ~/x", "n": 1}], "pair": ["~", None]}
    assert result["pair"] == ("/home/me", None)


def test_an_error_keeps_its_type_and_its_code() -> None:
    """And the original its message."""
    error = ConfigInvalid("bad: /home/me/c", problems=[{"file": "/home/me/c", "line": 3}])

    found = hidden().error(error)

    assert (type(found), found.code, found.message) == (ConfigInvalid, error.code, "bad: ~/c")
    assert (str(found), found.data) == ("bad: ~/c", {"problems": [{"file": "~/c", "line": 3}]})
    assert error.message == "bad: /home/me/c"


def test_no_home_hides_the_rest() -> None:
    """The root as a home would replace every slash."""
    environ = {**ENVIRON, "HOME": "/"}
    paths = HiddenPaths(SimpleNamespace(paths=resolve_paths(environ)), environ)

    assert paths.error(Forbidden("/a/b", path=Path)).message == "/a/b"


def test_other_paths_of_this_machine_are_hidden() -> None:
    """Such as that of a program that prints a key; paths of addresses and words stay."""
    said = "/opt/vault/read cannot be started, see /etc/vault.d/x.conf: no such file"
    assert hidden().text(said) == "<path> cannot be started, see <path>: no such file"
    for said in ("POST /v1/chat/completions", "https://host/opt/x", "work/opt/x", "~/tmp/x"):
        assert hidden().text(said) == said


def test_the_socket_of_a_fleet_s_engine_is_hidden() -> None:
    """It may be in any folder; the address of another machine's engine is none."""
    said = "the engine at unix:///run/valkey/v.sock: no such socket"
    assert hidden().text(said) == "the engine at unix://...: no such socket"
    assert hidden().text("rediss://db:6379 is away") == "rediss://db:6379 is away"
