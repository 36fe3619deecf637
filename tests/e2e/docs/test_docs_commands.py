"""The commands of a page are found and run as a reader would type them."""

from pathlib import Path

import pytest

from helpers import docs_commands
from helpers.daemon.real_daemon import Home
from helpers.docs_commands import Shown, run_page, shown_commands

PAGE = """\
# A page

```console
$ export NAME=x    # kept
output
$ echo "$NAME" \\
    "$(pwd)"
```

```toml
$ not = "a command"
```

- in a list:

  ```console
  $ mkdir -p sub && cd sub
  $ cat
  $ false  # exit code 1: it always fails
  $ pwd
  ```

```sh
# A comment.
echo 'one
two' \\
  three
cat <<END
$ not a command
END
```

<!-- not run: needs root -->
```sh
sudo reboot
```
"""


def test_commands_are_found_with_their_lines() -> None:
    """Output, other blocks, indentation, comments and what cannot be run are no part of them."""
    assert shown_commands(PAGE) == [
        Shown(4, "export NAME=x    # kept"),
        Shown(6, 'echo "$NAME" "$(pwd)"'),
        Shown(17, "mkdir -p sub && cd sub"),
        Shown(18, "cat"),
        Shown(19, "false  # exit code 1: it always fails", 1),
        Shown(20, "pwd"),
        Shown(25, "echo 'one\ntwo' three"),
        Shown(28, "cat <<END\n$ not a command\nEND"),
    ]


def test_commands_run_in_one_session(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables and the directory are kept, input is passed, and text is replaced."""
    (tmp_path / "page.md").write_text(PAGE)
    monkeypatch.setattr(docs_commands, "DOCS", tmp_path)
    ran = run_page("page.md", home, inputs={"cat": "typed"}, replace={"NAME=x": "NAME=y"})
    root = str(home.root)
    assert [each.out for each in ran] == [
        *("", f"y {root}\n", "", "typed", "", f"{root}/sub\n"),
        *("one\ntwo three\n", "$ not a command\n"),
    ]


def test_an_unexpected_exit_code_fails_with_the_line(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has the command and its output."""
    (tmp_path / "page.md").write_text("```console\n$ aircher-cli nonsense\n```\n")
    monkeypatch.setattr(docs_commands, "DOCS", tmp_path)
    with pytest.raises(
        AssertionError, match=r"page.md:2: aircher-cli nonsense\nexit code 2, not 0"
    ):
        run_page("page.md", home)


def test_a_command_that_runs_until_it_is_stopped(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs in a terminal and gets its keys; the shell may report Ctrl-C."""
    (tmp_path / "page.md").write_text("```sh\ncat    # until Ctrl-C\necho on\n```\n")
    monkeypatch.setattr(docs_commands, "DOCS", tmp_path)
    ran = run_page("page.md", home, keys={"cat": "\x03", "echo": "\x03"})
    assert "^C" in ran[0].out
    assert ran[1].out == "on\n"
