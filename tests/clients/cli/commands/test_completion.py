"""`aircher-cli completion`."""

import pytest

from helpers.daemon.cli import run_cli


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell: str) -> None:
    """Printed, to be put where the help says; no daemon is needed."""
    done = run_cli({"HOME": "/nowhere"}, "completion", shell)
    assert done.code == 0
    assert "aircher-cli" in done.out
    assert "_ARGCOMPLETE" in done.out


def test_an_unknown_shell_is_a_usage_error() -> None:
    """With the ones there are."""
    done = run_cli({"HOME": "/nowhere"}, "completion", "tcsh")
    assert done.code == 2
    assert "'bash', 'zsh', 'fish'" in done.err or "bash" in done.err
