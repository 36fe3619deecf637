"""The variables of the environment file and of the daemon's environment, combined."""

from pathlib import Path

import pytest

from aircherd.auth.variables.key_variables import KeyVariables, shown_path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "environment"


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)


def test_file_comes_before_the_environment(path):
    """It is what the user wrote last; an empty value there unsets the variable."""
    write(path, "A=file\nC=\n")
    variables = KeyVariables({"A": "shell", "B": "shell", "C": "shell"}, path)
    assert [variables.get(name) for name in "ABCD"] == ["file", "shell", "", None]
    assert [variables.is_set(name) for name in "ABCD"] == [True, True, False, False]
    assert [variables.file_of(name) for name in "AB"] == [str(path), None]


async def test_refresh_says_whether_anything_changed(path):
    """A change, a removal, and a file that comes later."""
    variables = KeyVariables({}, path)
    assert not await variables.refresh()
    write(path, "A=one\n")
    assert await variables.refresh()
    assert not await variables.refresh()
    write(path, "A=two\n")
    assert (await variables.refresh(), variables.get("A")) == (True, "two")
    path.unlink()
    assert (await variables.refresh(), variables.get("A")) == (True, None)


async def test_names_of_a_refused_file_are_blocked(path):
    """An older value in the environment is not used; other variables are."""
    write(path, "A=file\n", 0o644)
    variables = KeyVariables({"A": "shell", "B": "shell"}, path)
    assert [variables.get(name) for name in "AB"] == [None, "shell"]
    assert variables.is_set("A")
    block = variables.block_for("A")
    assert block is not None
    assert block.reason == variables.refusal
    assert f"chmod 600 {path}" in block.reason
    path.chmod(0o600)
    await variables.refresh()
    assert (variables.get("A"), variables.block_for("A")) == ("file", None)


def test_unreadable_file_blocks_all_variables(path):
    """Any of them may be in it; a variable that is set nowhere is still not set."""
    path.mkdir()
    variables = KeyVariables({"A": "shell"}, path)
    assert [variables.get(name) for name in "AB"] == [None, None]
    assert [variables.is_set(name) for name in "AB"] == [True, False]


@pytest.mark.parametrize(("more", "after"), [({"INVOCATION_ID": "x"}, None), ({}, "same")])
async def test_copy_that_systemd_made_of_the_file_is_forgotten(path, more, after):
    """A variable that was removed from the file is gone, not stale."""
    write(path, "A=same\n")
    variables = KeyVariables({"A": "same", "B": "shell", **more}, path)
    write(path, "# nothing\n")
    await variables.refresh()
    assert (variables.get("A"), variables.get("B")) == (after, "shell")


def test_environment_of_a_command_has_the_variables_of_the_file(path):
    """A password manager may take its token from there."""
    write(path, "TOKEN=canary\nPATH=/file\n")
    environ = {"PATH": "/bin", "HOME": "/home/me"}
    variables = KeyVariables(environ, path)
    every = {"PATH": "/file", "HOME": "/home/me", "TOKEN": "canary"}
    assert variables.for_command((), bool) == {}
    assert variables.for_command((), lambda _: False) == every
    del every["TOKEN"]
    assert variables.for_command({"TOKEN"}, lambda _: False) == every
    path.unlink()
    path.mkdir()
    assert KeyVariables(environ, path).for_command((), lambda _: False) == environ


def test_ignored_lines_are_listed_and_values_never_shown(path):
    """For `doctor` and the log."""
    write(path, "export A=canary\nB=canary\n")
    variables = KeyVariables({"C": "shell"}, path)
    assert [problem.line for problem in variables.problems] == [1]
    assert (variables.file, variables.file_exists) == (str(path), True)
    assert (variables.of_process("B"), variables.of_process("C")) == (None, "shell")
    assert "canary" not in repr(variables)


@pytest.mark.parametrize(
    ("path", "environ", "shown"),
    [
        ("/home/me/.aircher/environment", {"HOME": "/home/me"}, "~/.aircher/environment"),
        ("/home/me2/.aircher/environment", {"HOME": "/home/me"}, "/home/me2/.aircher/environment"),
        ("/root/x", {"HOME": "/"}, "/root/x"),
        ("/root/x", {}, "/root/x"),
    ],
)
def test_path_is_shown_as_people_write_it(path, environ, shown):
    """With `~` for their home."""
    assert shown_path(Path(path), environ) == shown
