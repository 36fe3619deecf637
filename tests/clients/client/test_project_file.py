"""A repository's `.aircher` file: what it may contain, and that nothing is used unseen."""

import json
from pathlib import Path

import pytest

from aircher_client.project_file import (
    Decisions,
    ProjectFile,
    ProjectFileError,
    entries,
    load,
)


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


def written(folder: Path, content: str | bytes) -> ProjectFile:
    path = folder / ".aircher"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load(str(path))


def test_model_task_and_key(tmp_path: Path) -> None:
    """Nothing else can be set."""
    file = written(tmp_path, 'model = "openai@work/gpt-5.5"\ntask = "review"\nkey = "work"\n')
    assert entries(file) == {"model": "openai@work/gpt-5.5", "task": "review", "key": "work"}
    assert entries(written(tmp_path, "# nothing\n")) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('base_url = "https://evil.example/v1"', "base_url is not allowed there"),
        ('key_command = ["curl", "evil"]', "key_command is not allowed there"),
        ('[providers.openai]\nbase_url = "http://x"', "providers is not allowed there"),
        ('api_key = "CANARY"', "api_key is not allowed there"),
        ('"sk-CANARY-123456" = 1', "an entry is not allowed there"),
        ('"a b" = 1', "an entry is not allowed there"),
        ('key = "sk-proj-CANARYCANARYCANARY"', "key may contain a key"),
        ('key = "AIzaCANARYCANARYCANARY"', "key may contain a key"),
        ('key = "0CANARY0CANARY0CANARY0CANARY"', "key may contain a key"),
        ('model = "https://evil.example/CANARY"', "model must not be a URL"),
        ('model = ["CANARY"]', "model must be a name in quotes"),
        ('task = ""', "task must be a name in quotes"),
        ('task = "a\\nb"', "task is not a name"),
        (f'model = "{"m" * 201}"', "model is not a name"),
        ("model = CANARY", "is not valid TOML"),
        (f"model = {'[' * 2000}", "is n"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, content: str, said: str) -> None:
    """Values are not repeated."""
    with pytest.raises(ProjectFileError) as caught:
        entries(written(tmp_path, content))
    assert said in str(caught.value)
    assert "CANARY" not in str(caught.value)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """It is neither missing nor empty, so the user learns it."""
    with pytest.raises(ProjectFileError, match="No such file"):
        load(str(tmp_path / "gone"))
    with pytest.raises(ProjectFileError, match="larger than 4 KiB"):
        written(tmp_path, "#" * 5000)
    with pytest.raises(ProjectFileError, match="not valid UTF-8"):
        written(tmp_path, b"\xff")
    with pytest.raises(ProjectFileError, match="not a file"):
        load("/dev/null")


def test_a_decision_is_about_a_path_with_a_content(tmp_path: Path, environ: dict[str, str]) -> None:
    """A changed file is asked about again, and so is the same content elsewhere."""
    decisions = Decisions(environ)
    file = written(tmp_path, 'key = "work"')
    assert decisions.of(file) == "new"
    decisions.record(file, allowed=True)
    assert Decisions(environ).of(file) == "allowed"
    assert decisions.of(written(tmp_path, 'key = "private"')) == "changed"
    assert decisions.of(written(tmp_path, 'key = "work"')) == "allowed"
    (tmp_path / "copy").mkdir()
    assert decisions.of(written(tmp_path / "copy", 'key = "work"')) == "new"
    decisions.record(file, allowed=False)
    assert decisions.of(file) == "denied"
    assert (decisions.forget(file.path), decisions.forget(file.path)) == (True, False)
    assert decisions.of(file) == "new"


def test_decisions_are_private(tmp_path: Path, environ: dict[str, str]) -> None:
    """They have hashes, and of the content no more than the label."""
    decisions = Decisions(environ)
    decisions.record(written(tmp_path, 'key = "work"\nmodel = "sonnet"'), allowed=True, key="work")
    assert decisions.path.stat().st_mode & 0o777 == 0o600
    assert "sonnet" not in decisions.path.read_text()


def test_the_label_that_was_allowed(tmp_path: Path, environ: dict[str, str]) -> None:
    """Only while it is allowed; an older version has stored none."""
    decisions = Decisions(environ)
    file = written(tmp_path, 'key = "work"')
    assert decisions.allowed_key(file.path) is None
    decisions.record(file, allowed=True, key="work")
    assert decisions.allowed_key(file.path) == "work"
    decisions.record(file, allowed=True)
    assert decisions.allowed_key(file.path) is None
    decisions.record(file, allowed=False, key="work")
    assert decisions.allowed_key(file.path) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"files": 3}', '{"files": {"a": 3}}', "[" * 9999]
)
def test_damaged_decisions_allow_nothing(
    tmp_path: Path, environ: dict[str, str], content: str
) -> None:
    """The next decision replaces them."""
    decisions = Decisions(environ)
    decisions.path.parent.mkdir(parents=True)
    decisions.path.write_text(content)
    file = written(tmp_path, 'key = "work"')
    assert decisions.of(file) == "new"
    decisions.record(file, allowed=True)
    assert json.loads(decisions.path.read_text())["files"].keys() == {file.path}


def test_decisions_that_cannot_be_stored(tmp_path: Path, environ: dict[str, str]) -> None:
    """The reason is given."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ProjectFileError, match=r"cannot be (read|written)"):
        Decisions(environ).record(written(tmp_path, ""), allowed=True)
