import tomllib

import pytest

from aircherd.config.toml import locate
from aircherd.config.toml.locate import KeyPath, LineIndex

TEXT = """\
# a comment
default_model = "sonnet"

[providers.work]   # 4
kind = "openai"
headers = { A = "1", "B" = "2" }
env = [
  # which ones
  "ONE",

  "TWO", "THREE",
  "FOUR"]

# before
[models.sonnet]
routes = ["a/b",
          "c/d"]
[models]
note.text = \"\"\"
[providers.no]
kind = "x"
\"\"\"
after = 1
[[limits]]
usd = 5
[[limits]]
usd = 6
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("default_model",), 2),
        (("providers",), 4),
        (("providers", "work"), 4),
        (("providers", "work", "kind"), 5),
        (("providers", "work", "headers", "B"), 6),
        (("providers", "work", "env"), 7),
        (("providers", "work", "env", 0), 9),
        (("providers", "work", "env", 1), 11),
        (("providers", "work", "env", 2), 11),
        (("providers", "work", "env", 3), 12),
        (("models", "sonnet"), 15),
        (("models", "sonnet", "routes", 0), 16),
        (("models", "sonnet", "routes", 1), 17),
        (("models", "note"), 19),
        (("models", "after"), 23),
        (("limits",), 24),
        (("limits", 0), 24),
        (("limits", 0, "usd"), 25),
        (("limits", 1), 26),
        (("limits", 1, "usd"), 27),
        (("limits", 1, "per"), 26),
    ],
)
def test_line_of_an_entry(path: KeyPath, line: int) -> None:
    """Comments, blank lines and values over several lines do not shift later lines."""
    assert LineIndex(TEXT).line_of(path) == line


def test_windows_line_endings_do_not_matter() -> None:
    """A file with CRLF has the same lines."""
    lines = LineIndex(TEXT.replace("\n", "\r\n"))
    assert lines.line_of(("providers", "work", "env", 3)) == 12
    assert lines.line_of(("models", "after")) == 23


def test_missing_entry_is_at_its_section() -> None:
    """Without a section it is at the first line."""
    lines = LineIndex("\n[providers.work]\n")
    assert lines.line_of(("providers", "work", "kind")) == 2
    assert lines.line_of(("models", "x")) == 1


def test_split_section_is_at_its_first_occurrence() -> None:
    """Dotted names and sub-sections count as occurrences."""
    lines = LineIndex('[providers.a.headers]\nX = "1"\n[providers.a]\nkind = "openai"\n')
    assert lines.line_of(("providers", "a")) == 1
    assert lines.line_of(("providers", "a", "kind")) == 4


def test_sub_section_belongs_to_the_last_repeated_section() -> None:
    """As in TOML."""
    lines = LineIndex("[[a]]\n[a.b]\nx = 1\n[[a]]\n[[a.b]]\nx = 1\n[[a.b]]\nx = 2\n")
    assert lines.line_of(("a", 0, "b", "x")) == 3
    assert lines.line_of(("a", 1, "b", 0, "x")) == 6
    assert lines.line_of(("a", 1, "b", 1, "x")) == 8


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\n", None),
        ("", None),
        ("a = 1\n\nb = [\n1,\n", 3),
        ('a = """\nx\n', 1),
        ("a = 1\nb\nc = 2\n", 2),
    ],
)
def test_unfinished_statement_is_found(text: str, line: int | None) -> None:
    """`unfinished` is its first line."""
    assert LineIndex(text).unfinished == line


def test_item_of_a_very_long_list_is_at_the_lists_first_line() -> None:
    """The search must not block the daemon."""
    lines = LineIndex("\n[models.a]\nroutes = [\n" + '  "a/b",\n' * 300 + "]\nlast = 1\n")
    assert lines.line_of(("models", "a", "routes", 200)) == 3
    assert lines.line_of(("models", "a", "last")) == 305


def test_hostile_text_ends_the_search() -> None:
    """Thousands of lines that might each close a list do not cause thousands of attempts."""
    lines = LineIndex("a = [\n" + "1, # ]\n" * 5000 + "]\n")
    assert lines.unfinished == 1
    assert repr(lines) == "<LineIndex of 0 entries>"


@pytest.mark.parametrize(
    "text",
    [
        "[m]\nroutes = [\n" + ("1," * 160 + "\n") * 190 + "]\n",
        "\na = [\n" + ("1," * 150 + "'],',\n") * 199,
    ],
    ids=["a list of many items", "a list that seems to end on each line"],
)
def test_search_parses_at_most_a_few_times_the_largest_file(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries without a line by then are at the nearest entry with one."""
    read: list[int] = []
    parse = tomllib.loads

    def count(text: str) -> dict[str, object]:
        read.append(len(text))
        return parse(text)

    monkeypatch.setattr(locate.tomllib, "loads", count)
    lines = LineIndex(text)
    found = {lines.line_of(("m", "routes", index)) for index in range(0, 30_000, 300)}
    assert found == ({2} if text.startswith("[m]") else {1})
    assert sum(read) <= 256 * 1024
