"""Completion scripts and start files of the shell."""

from pathlib import Path

from aircher_cli.commands.uninstall.shell_files import find_completions, find_lines
from helpers.daemon.cli import run_cli


def test_only_scripts_of_ours_are_found(tmp_path: Path) -> None:
    """A script that the command printed is, a script or a link of the user's own is not."""
    environ = {"HOME": str(tmp_path)}
    fish = tmp_path / ".config/fish/completions/aircher-cli.fish"
    bash = tmp_path / ".local/share/bash-completion/completions/aircher-cli"
    zsh = tmp_path / ".zfunc/_aircher-cli"
    for path in (fish, bash, zsh):
        path.parent.mkdir(parents=True)
    fish.write_text(run_cli(environ, "completion", "fish").out)
    bash.write_text("complete -W 'ask chat' aircher-cli\n")
    zsh.symlink_to(fish)
    assert find_completions(environ) == [fish]
    bash.write_text(run_cli(environ, "completion", "bash").out)
    assert find_completions(environ) == [fish, bash]


def test_lines_of_start_files_are_named(tmp_path: Path) -> None:
    """With their numbers; comments do nothing, and a missing or odd file is no error."""
    (tmp_path / ".bashrc").write_text('# aircher-cli\n\neval "$(aircher-cli completion bash)"\n')
    (tmp_path / ".zshrc").mkdir()
    assert list(find_lines({"HOME": str(tmp_path)})) == [(tmp_path / ".bashrc", 3)]
