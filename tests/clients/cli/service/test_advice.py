"""What a new service does not have that the shell has."""

from pathlib import Path

import pytest

from aircher_cli.service import advice
from aircher_cli.service.advice import (
    key_advice,
    linger_advice,
    program_advice,
    unfound_programs,
    unseen_keys,
)


def test_keys_of_the_shell_that_the_service_does_not_see() -> None:
    """Those that the daemon has, from wherever, are not named, nor are empty ones."""
    auth = {
        "environment": ["A_KEY", "B_KEY", "C_KEY", "D_KEY", "E_KEY"],
        "rows": [
            {"provider": "a", "source": "environment variable A_KEY"},
            {"provider": "b", "source": "keyring", "shadowed": ["environment variable B_KEY"]},
            {"provider": "c", "source": None},
        ],
    }
    environ = {"A_KEY": "1", "B_KEY": "2", "C_KEY": "3", "D_KEY": " ", "F_KEY": "4"}
    assert unseen_keys(auth, environ) == ["C_KEY"]
    assert key_advice([]) == []
    assert key_advice(["C_KEY"]) == [
        "the service does not see C_KEY of this shell: 'aircher-cli auth import' stores what it has"
    ]


def test_programs_that_only_the_shell_finds(tmp_path: Path) -> None:
    """Those that neither finds are not the service's problem; a full path is found by both."""
    for name in ("op", "pass"):
        (tmp_path / name).write_text("#!/bin/sh")
        (tmp_path / name).chmod(0o755)
    commands = {"a": ["op", "read"], "b": ["sh", "-c"], "c": ["nowhere"], "d": [f"{tmp_path}/pass"]}
    rows = [
        {"path": f"providers.{name}.key_command", "value": value}
        for name, value in commands.items()
    ]
    rows += [{"path": "providers.a.env", "value": ["op"]}, {"path": "PATH", "value": "/bin"}]
    found = unfound_programs({"rows": rows}, f"{tmp_path}:/bin", "/usr/bin:/bin")
    assert found == {"op": f"{tmp_path}/op"}
    [line] = program_advice(found, "~/work/environment")
    assert line.endswith("or set PATH in ~/work/environment")
    assert f"does not find op, which a key_command runs: write {tmp_path}/op there" in line


@pytest.mark.parametrize(
    ("environ", "is_advised"),
    [
        ({"USER": "ann", "SSH_CONNECTION": "1 2"}, True),
        ({"USER": "ann"}, False),
        ({"SSH_CONNECTION": "1 2"}, False),
        ({"USER": "bob", "SSH_CONNECTION": "1 2"}, False),
    ],
)
def test_a_session_over_ssh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], is_advised: bool
) -> None:
    """Without lingering the service ends with it; bob has that already."""
    monkeypatch.setattr(advice, "LINGER", tmp_path)
    (tmp_path / "bob").touch()
    lines = linger_advice(environ)
    assert ["'sudo loginctl enable-linger ann' keeps it running" in line for line in lines] == (
        [True] * is_advised
    )
