"""The files of a service."""

import pytest

from aircher_cli.service.installation import Installation
from aircher_cli.service.rendering import (
    HARDENING,
    Service,
    has_same_body,
    is_ours,
    is_unchanged,
    read_installation,
    render,
    shipped,
)

INSTALLATION = Installation("/my tools/100%/bin/python", "/my tools/100%/lib/aircherd")
PLAIN = Service(
    INSTALLATION,
    variables={},
    environment_file="/home/ann/.aircher/environment",
    writable=["/home/ann/.aircher", "/home/ann/my data"],
)


def test_the_units_of_the_usual_home() -> None:
    """Only the paths of the installation and of the environment differ from the shipped units."""
    files = render(PLAIN)
    assert list(files) == ["aircherd.service", "aircherd.socket"]
    service = files["aircherd.service"].splitlines()
    assert 'ExecStart="/my tools/100%%/bin/python" -P -m aircherd' in service
    assert 'ExecReload="/my tools/100%%/bin/python" -P -m aircher_cli config reload' in service
    assert "EnvironmentFile=-/home/ann/.aircher/environment" in service
    theirs = set(shipped("aircherd.service").splitlines())
    assert len(set(service) - theirs) == 3 + 3 + 3  # these, the header, the facts
    assert len(theirs - set(service)) == 3
    assert shipped("aircherd.socket") in files["aircherd.socket"]


def test_another_home_and_socket() -> None:
    """The variables are set for the daemon and for `config reload`, and systemd listens there."""
    other = PLAIN._replace(variables={"AIRCHER_HOME": "/x y", "A": "1"}, socket="/x y/a%.sock")
    files = render(other)
    assert 'Environment="AIRCHER_HOME=/x y"\nEnvironment=A=1\n' in files["aircherd.service"]
    assert (
        "\nListenStream=/x y/a%%.sock\nListenStream=/x y/a%%.http.sock\n"
        in files["aircherd.socket"]
    )


def test_a_path_that_is_too_long_for_the_other_socket_is_left_out() -> None:
    """Systemd would open neither."""
    path = f"/x/{'a' * 97}.sock"
    text = render(PLAIN._replace(socket=path))["aircherd.socket"]
    assert [line for line in text.splitlines() if "Listen" in line] == [f"ListenStream={path}"]


def test_the_drop_in() -> None:
    """It names the directories that the daemon writes to."""
    text = render(PLAIN._replace(is_hardened=True))[HARDENING]
    assert 'ReadWritePaths=-/home/ann/.aircher "-/home/ann/my data"\n' in text
    assert "\nPrivateTmp=yes\n" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"writable": ["/tmp/home"]},
        {"socket": "/tmp/s/a.sock"},
        {"installation": Installation("/var/tmp/venv/bin/python", "/a")},
    ],
)
def test_a_private_tmp_hides_nothing_that_is_used(changes: dict[str, object]) -> None:
    """With a home or an installation below /tmp the drop-in leaves PrivateTmp= out."""
    text = render(PLAIN._replace(is_hardened=True, **changes))[HARDENING]
    assert "PrivateTmp=yes" not in text


@pytest.mark.parametrize("name", ["aircherd.service", "aircherd.socket", HARDENING])
def test_ours_and_unchanged(name: str) -> None:
    """A file of ours is known as such, and so is one that was changed since."""
    text = render(PLAIN._replace(is_hardened=True))[name]
    assert is_ours(text)
    assert is_unchanged(text)
    changed = text.replace("]\n", "]\nX=1\n", 1)
    assert is_ours(changed)
    assert not is_unchanged(changed)
    assert not is_ours(shipped(name))
    assert not is_ours("")


def test_another_version_alone_is_no_change() -> None:
    """The first line names the version; a file is not replaced for that."""
    text = render(PLAIN)["aircherd.socket"]
    assert has_same_body(text, text.replace("aircher 0", "aircher 7", 1))
    assert not has_same_body(text, text.replace("0700", "0755"))


def test_the_installation_can_be_read_again() -> None:
    """So that others can tell whether it still exists."""
    text = render(PLAIN)["aircherd.service"]
    assert read_installation(text) == INSTALLATION
    assert read_installation(shipped("aircherd.service")) is None
    assert read_installation(text.partition("[X-")[0]) is None
