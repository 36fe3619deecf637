"""Whether the new program's configuration may be replaced."""

import pytest

from aircher_cli.commands.migrate.plan.config_text import MARKER, config_text
from aircher_cli.commands.migrate.plan.sections import Section
from aircher_cli.commands.migrate.steps.target import decide, read_target
from helpers.old_aircher.samples import FORM_A, FORM_B

OWN_TEXT = config_text([], "old")
NEW_TEXT = config_text([Section("[x]")], "old")
NEW = f"{MARKER}\nx = 1\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config.toml"


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (None, "missing"),
        (FORM_A, "old"),
        (FORM_B, "old"),
        (FORM_A + "\n[broken", "old"),
        (f"\ufeff{FORM_B}", "old"),
        (FORM_A.encode() + b"# \xff", "old"),
        ("", "old"),
        ("\n\n", "old"),
        ("# my notes\n", "other"),
        (NEW, "migrated"),
        (OWN_TEXT, "own"),
        (f"{OWN_TEXT}# mine\n", "migrated"),
        ('default_model = "a/m"\n', "other"),
        ("x = 1\n", "other"),
        ("[broken", "other"),
        ('default_model = "a/m"\n[global]\n', "other"),
    ],
)
def test_states(path, content, state):
    """The content says what a file is, damaged or not."""
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert read_target(path).state == state


def test_what_is_no_file(path, tmp_path):
    """A directory and a broken link are neither read nor replaced."""
    path.mkdir()
    assert read_target(path).state == "unreadable"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "none")
    assert read_target(link).state == "unreadable"


def test_a_link_is_followed(path, tmp_path):
    """A configuration may be kept elsewhere."""
    path.write_text(FORM_A)
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_target(link).state == "old"


OWN = "own source"


@pytest.mark.parametrize(
    ("content", "source", "options", "action"),
    [
        (None, "", {}, "write"),
        (FORM_A, OWN, {}, "write"),
        ("", "", {}, "write"),
        (NEW, "", {}, "unchanged"),
        (f"{NEW}y = 2\n", "", {}, "kept"),
        (OWN_TEXT, "", {}, "kept"),
        (NEW_TEXT.replace("[x]", "[y]"), "", {}, "kept"),
        (f"{NEW}y = 2\n", "", {"force": True}, "write"),
        (f"{NEW}y = 2\n", "", {"force": True, "resuming": True}, "kept"),
        ('default_model = "a/m"\n', "", {}, "refused"),
        ('default_model = "a/m"\n', "", {"force": True}, "write"),
        (FORM_A, "elsewhere", {}, "refused"),
        (FORM_A, "elsewhere", {"force": True}, "write"),
    ],
)
def test_decisions(path, content, source, options, action):
    """Only an old file, or an empty one, is replaced without --force."""
    if content is not None:
        path.write_text(content)
    source = str(path) if source == OWN else source
    decision, reason = decide(
        read_target(path), NEW, source, **{"force": False, "resuming": False, **options}
    )
    assert decision == action
    assert bool(reason) is (action != "write")


def test_what_is_no_file_is_refused_even_with_force(path):
    """A directory cannot be replaced."""
    path.mkdir()
    assert decide(read_target(path), NEW, "", force=True, resuming=False)[0] == "refused"


def test_own_work_from_the_same_file_is_replaced(path):
    """An old file was repaired after a first run: the next one carries over all of it."""
    path.write_text(config_text([], "old"))
    target = read_target(path)
    repaired = config_text([Section("[x]")], "old")
    assert decide(target, repaired, "", force=False, resuming=False)[0] == "write"
    elsewhere = config_text([Section("[x]")], "another")
    assert decide(target, elsewhere, "", force=False, resuming=False)[0] == "kept"
