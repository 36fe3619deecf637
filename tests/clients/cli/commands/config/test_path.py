"""`aircher-cli config path`."""

import json

import pytest

from helpers.daemon.cli import run_cli


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HOME": "/home/a"}, "/home/a/.aircher/config.toml"),
        ({"HOME": "/home/a", "AIRCHER_HOME": "/srv/x"}, "/srv/x/config.toml"),
        ({"HOME": "/home/a", "AIRCHER_HOME": "~/x"}, "/home/a/x/config.toml"),
    ],
)
def test_path_without_a_daemon(environ: dict[str, str], expected: str) -> None:
    """The path is known without asking anyone."""
    assert run_cli(environ, "config", "path").out == f"{expected}\n"
    assert json.loads(run_cli(environ, "config", "path", "--json").out) == {"file": expected}
