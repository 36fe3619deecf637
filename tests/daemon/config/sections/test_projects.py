"""`[projects."FOLDER"]`: valid entries, and what is refused."""

from pathlib import Path

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import Project
from helpers.config_problems import problem

ALIAS = '[models.sonnet]\nroutes = ["openai/x"]\n[tasks.review]\nsystem = "Review."\n'


def test_a_folder_has_a_model_a_task_and_a_key(tmp_path: Path) -> None:
    """Links in its path are resolved, since the kernel gives clients theirs without."""
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    name = f"{tmp_path}/link"
    text = f'[projects."{name}"]\nmodel = "sonnet"\ntask = "review"\nkey = "work"\n{ALIAS}'
    assert parse_config(text, file="c").projects == {
        name: Project(folder=str(real), model="sonnet", task="review", key="work")
    }


def test_a_tilde_is_the_home_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The folder need not exist."""
    monkeypatch.setenv("HOME", str(tmp_path))
    text = '[projects."~/src/acme"]\nkey = "work"\n[projects."~"]\nkey = "own"'
    found = parse_config(text, file="c").projects
    folder = str(tmp_path.resolve())
    assert {name: (each.folder, each.key) for name, each in found.items()} == {
        "~/src/acme": (f"{folder}/src/acme", "work"),
        "~": (folder, "own"),
    }


@pytest.mark.parametrize(
    ("entry", "path", "said"),
    [
        ('"src/acme" = {key = "work"}', "projects.'src/acme'", "is not the path of a folder"),
        ('"~bob/acme" = {key = "work"}', "projects.'~bob/acme'", "is not the path of a folder"),
        ('"/a" = "work"', "projects.'/a'", "must be a section, not a string"),
        ('"/a" = {base_url = "https://x"}', "projects.'/a'.base_url", "is unknown in"),
        ('"/a" = {key_command = ["x"]}', "projects.'/a'.key_command", "is unknown in"),
        (
            '"/a" = {key = "sk-CANARY-1"}',
            "projects.'/a'.key",
            "a key does not belong in the config",
        ),
        ('"/a" = {key = "two words"}', "projects.'/a'.key", "is not the label of a key"),
        ('"/a" = {task = "reviw"}', "projects.'/a'.task", 'did you mean "review"?'),
        ('"/a" = {model = "sonet"}', "projects.'/a'.model", 'did you mean "sonnet"?'),
        ('"sk-CANARY-1" = {key = "work"}', "projects.[redacted]", "a key does not belong"),
        ('"/a" = {key = "a"}\n"/a/." = {key = "b"}', "projects.'/a/.'", "is the same folder"),
    ],
)
def test_what_is_invalid_is_refused(entry: str, path: str, said: str) -> None:
    """By its name, and without its value."""
    found = problem(f"[projects]\n{entry}\n{ALIAS}")
    assert found[1] == path
    assert said in found[2]
    assert "CANARY" not in str(found)
