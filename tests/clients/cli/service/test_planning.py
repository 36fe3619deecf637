"""What the units say, decided from the caller's environment."""

from pathlib import Path

import pytest

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service import planning
from aircher_cli.service.installation import Installation
from aircher_cli.service.planning import carried_variables, make_private, plan


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a user's shell."""
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    return {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(run)}


def test_the_usual_home(environ: dict[str, str]) -> None:
    """Nothing is carried over, and the socket is the usual one."""
    home = environ["HOME"]
    service = plan(environ, {"HOME": home}, is_hardened=False)
    assert service.variables == {}
    assert service.socket is None
    assert service.environment_file == f"{home}/.aircher/environment"
    assert service.writable == [
        f"{home}/.aircher",
        f"{home}/.local/share/aircher",
        f"{home}/.local/state/aircher",
        f"{home}/.cache/aircher",
        f"{home}/run/aircher",
    ]


def test_another_home(environ: dict[str, str]) -> None:
    """AIRCHER_HOME is carried over, and the service listens on the socket of that home."""
    environ |= {"AIRCHER_HOME": "~/other"}
    service = plan(environ, {}, is_hardened=True)
    other = f"{environ['HOME']}/other"
    assert service.variables == {"AIRCHER_HOME": other}
    assert service.environment_file == f"{other}/environment"
    assert str(service.socket).startswith(f"{environ['XDG_RUNTIME_DIR']}/aircher/")


def test_another_socket(environ: dict[str, str]) -> None:
    """AIRCHER_SOCKET is carried over as an absolute path."""
    environ |= {"AIRCHER_SOCKET": "~/s/a.sock"}
    service = plan(environ, {}, is_hardened=False)
    assert service.socket == f"{environ['HOME']}/s/a.sock"
    assert service.variables == {"AIRCHER_SOCKET": service.socket}


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ({}, {}, {}),
        ({"XDG_DATA_HOME": "/d"}, {}, {"XDG_DATA_HOME": "/d"}),
        ({"XDG_DATA_HOME": "/d"}, {"XDG_DATA_HOME": "/d"}, {}),
        ({}, {"XDG_STATE_HOME": "/s"}, {"XDG_STATE_HOME": "/h/.local/state"}),
        ({"XDG_DATA_HOME": "relative"}, {}, {}),
        ({"XDG_DATA_HOME": "/h/.local/share"}, {}, {}),
        ({"OPENAI_API_KEY": "canary"}, {}, {}),
    ],
)
def test_the_service_finds_the_same_files(
    here: dict[str, str], there: dict[str, str], expected: dict[str, str]
) -> None:
    """Directories are set where systemd's environment would lead elsewhere; keys never are."""
    assert expected == carried_variables({"HOME": "/h", **here}, there)


def test_another_users_systemd(environ: dict[str, str]) -> None:
    """A HOME that services do not have is refused, with what to set."""
    with pytest.raises(CommandFailed, match="set HOME=/other"):
        plan(environ, {"HOME": "/other"}, is_hardened=False)


def test_a_temporary_installation(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be gone at the next start."""
    python = "/home/ann/.cache/uv/archive-v0/x/bin/python"
    monkeypatch.setattr(planning, "find_installation", lambda: Installation(python, "/x"))
    with pytest.raises(CommandFailed, match=r"uvx runs this command from .* install aircher first"):
        plan(environ, {}, is_hardened=False)


def test_the_directories_of_a_hardened_daemon(tmp_path: Path) -> None:
    """They are created closed to others, since the daemon cannot create them."""
    make_private([tmp_path / "a" / "b", tmp_path])
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(CommandFailed, match="cannot create"):
        make_private([tmp_path / "file" / "x"])
