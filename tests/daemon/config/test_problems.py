import msgspec
import pytest

from aircherd.config.problems import (
    MAX_PROBLEMS,
    BadValue,
    Problem,
    ProblemCollector,
    config_error,
    did_you_mean,
    join_names,
    path_text,
    unknown_provider_value,
)
from aircherd.config.section import Section


def _problem(line: int = 3, **more: str) -> Problem:
    return Problem(file="c.toml", line=line, path="a.b", message="is wrong", **more)


def listed(report: ProblemCollector) -> list[dict[str, object]]:
    """Return the problems as programs get them."""
    error = report.error()
    assert error is not None
    problems = error.data["problems"]
    assert isinstance(problems, list)
    return problems


def test_problem_prints_file_line_entry_message_and_hint() -> None:
    """In this order."""
    assert str(_problem(hint="fix it")) == "c.toml, line 3: a.b: is wrong (fix it)"


def test_problem_with_the_whole_file_prints_no_line() -> None:
    """Line 0 is not shown."""
    assert str(Problem(file="c", line=0, path="", message="is gone")) == "c: is gone"


@pytest.mark.parametrize(
    ("count", "end"),
    [(1, "is wrong"), (2, "is wrong; and one more problem"), (3, "is wrong; and 2 more problems")],
)
def test_error_message_counts_the_problems(count: int, end: str) -> None:
    """It gives the first problem and the number of others."""
    assert config_error("c.toml", [_problem()] * count).message.endswith(end)


def test_error_data_has_maps_for_programs() -> None:
    """A missing hint is left out."""
    error = config_error("c.toml", [_problem()])
    assert error.data == {
        "file": "c.toml",
        "problems": [{"file": "c.toml", "line": 3, "path": "a.b", "message": "is wrong"}],
    }
    assert msgspec.json.encode(error.data)


def test_problems_are_sorted_by_line() -> None:
    """The order in which they were found does not matter."""
    report = ProblemCollector("c", "a = 1\nb = 2\n")
    report.add(("b",), "second")
    report.add(("a",), "first")
    assert repr(report) == "<ProblemCollector c: 2 problems>"
    error = report.error()
    assert error is not None
    assert error.message == "c, line 1: a: first; and one more problem"


def test_collector_without_problems_has_no_error() -> None:
    """A valid value is returned."""
    report = ProblemCollector("c", "")
    assert report.read((), 1, lambda value: value) == 1
    assert report.error() is None


def test_read_all_continues_after_an_invalid_item() -> None:
    """Every invalid item is reported at its own line; the valid ones are returned."""

    def small(value: object) -> int:
        if isinstance(value, int) and value < 10:
            return value
        raise BadValue("is large", "use less")

    report = ProblemCollector("c", "a = [1,\n20,\n3,\n40]\n")
    assert report.read_all(("a",), [1, 20, 3, 40], small) == (1, 3)
    assert [problem["line"] for problem in listed(report)] == [2, 4]


def test_path_text_uses_dots_and_indexes() -> None:
    """A name that could be a key is redacted."""
    assert path_text(("models", "a", "routes", 1)) == "models.a.routes[1]"
    assert path_text(("providers", "sk-ant-abcdef")) == "providers.[redacted]"


def test_near_name_is_suggested_or_else_all_names() -> None:
    """The hint never repeats the word itself."""
    assert did_you_mean("Opnai", ["openai", "ollama"]) == 'did you mean "openai"?'
    assert did_you_mean("zzz", ["openai", "ollama"]) == "known here: openai, ollama"
    assert did_you_mean(5, ["openai"]) == "known here: openai"
    assert did_you_mean("zzz", []) is None


def test_dissimilar_name_is_not_suggested() -> None:
    """A wrong guess misleads; the threshold is the same everywhere in the daemon."""
    assert did_you_mean("llama", ["openai", "ollama"]) == 'did you mean "ollama"?'
    assert did_you_mean("anthrax", ["anthropic"]) == "known here: anthropic"


def test_unknown_provider_suggests_one_but_no_name_that_could_be_a_key() -> None:
    """A section `[providers.KEY]` has a problem of its own, and its name is never shown."""
    assert unknown_provider_value("opnai", ["openai", "ollama"]).hint == 'did you mean "openai"?'
    hint = unknown_provider_value("zzz", ["openai", "sk-ant-abcdef"]).hint
    assert hint == "known here: openai"


def test_unknown_names_of_a_section_are_reported() -> None:
    """The known entries are yielded."""
    report = ProblemCollector("c", "a = 1\nbb = 2\n")
    section = Section("[x]", ("a", "bbb"))
    assert list(report.known_entries(section, (), {"a": 1, "bb": 2})) == [("a", 1)]
    (unknown,) = listed(report)
    assert (unknown["line"], unknown["path"]) == (2, "bb")
    assert str(unknown["message"]) == "is unknown in [x]"


def test_only_the_first_of_many_names_are_listed() -> None:
    """The others are counted."""
    names = [f"n{number}" for number in range(23)]
    assert join_names(names[:20]) == ", ".join(names[:20])
    assert join_names(names) == f"{', '.join(names[:20])} and 3 more"


def test_problems_beyond_the_maximum_are_only_counted() -> None:
    """The last entry gives their number; their hints are not evaluated."""
    hints: list[int] = []

    def bad(value: object) -> int:
        raise BadValue("is wrong", lambda: hints.append(1) or "fix it")

    report = ProblemCollector("c", "a = 1\n")
    assert report.read_all(("a",), [0] * (MAX_PROBLEMS + 7), bad) == ()
    assert repr(report) == "<ProblemCollector c: 107 problems>"
    error = report.error()
    assert error is not None
    assert error.message.endswith("; and 106 more problems")
    assert report.found is None
    problems = listed(report)
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1] == {"file": "c", "line": 0, "path": "", "message": "and 7 more problems"}
    assert len(hints) == MAX_PROBLEMS


def test_the_maximum_number_of_problems_is_reported_in_full() -> None:
    """There is no entry that counts further ones."""
    report = ProblemCollector("c", "a = 1\n")
    for _ in range(MAX_PROBLEMS):
        report.add(("a",), "is wrong")
    assert len(listed(report)) == MAX_PROBLEMS
    assert report.found is not None
    assert {path for path, _ in report.found} == {("a",)}
