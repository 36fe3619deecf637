import msgspec
import pytest

from aircherd.config.problems import (
    MAX_PROBLEMS,
    BadValue,
    Problem,
    ProblemCollector,
    did_you_mean,
    invalid,
    listed,
    path_text,
)
from aircherd.errors import ConfigInvalid


def _problem(line: int = 3, **more: str) -> Problem:
    return Problem(file="c.toml", line=line, path="a.b", message="is wrong", **more)


def test_a_problem_reads_as_a_sentence() -> None:
    """File, line, entry, what is wrong, what to do."""
    assert str(_problem(hint="mend it")) == "c.toml, line 3: a.b: is wrong (mend it)"


def test_a_problem_of_the_whole_file_has_no_line() -> None:
    """Line 0 is not shown."""
    assert str(Problem(file="c", line=0, path="", message="is gone")) == "c: is gone"


@pytest.mark.parametrize(
    ("count", "end"),
    [(1, "is wrong"), (2, "is wrong; and one more problem"), (3, "is wrong; and 2 more problems")],
)
def test_the_error_says_how_many_problems_there_are(count: int, end: str) -> None:
    """The first one is told, the others are counted."""
    assert invalid("c.toml", [_problem()] * count).message.endswith(end)


def test_the_error_carries_maps_for_programs() -> None:
    """A hint that is not there is left out."""
    error = invalid("c.toml", [_problem()])
    assert error.data == {
        "file": "c.toml",
        "problems": [{"file": "c.toml", "line": 3, "path": "a.b", "message": "is wrong"}],
    }
    assert msgspec.json.encode(error.data)


def test_problems_are_told_in_the_order_of_their_lines() -> None:
    """Whatever the order in which they were found."""
    report = ProblemCollector("c", "a = 1\nb = 2\n")
    report.add(("b",), "second")
    report.add(("a",), "first")
    assert repr(report) == "<Report on c: 2 problems>"
    with pytest.raises(ConfigInvalid, match=r"^c, line 1: a: first; and one more problem$"):
        report.raise_if_any()


def test_a_report_without_problems_raises_nothing() -> None:
    """A good value is returned, and all is well."""
    report = ProblemCollector("c", "")
    assert report.read((), 1, lambda value: value) == 1
    report.raise_if_any()


def test_reading_a_list_goes_on_after_a_bad_item() -> None:
    """Every bad item has its own problem, the others are returned."""

    def small(value: object) -> int:
        if isinstance(value, int) and value < 10:
            return value
        raise BadValue("is large", "take less")

    report = ProblemCollector("c", "a = [1,\n20,\n3,\n40]\n")
    assert report.read_all(("a",), [1, 20, 3, 40], small) == (1, 3)
    with pytest.raises(ConfigInvalid) as caught:
        report.raise_if_any()
    lines = [p["line"] for p in caught.value.data["problems"]]  # type: ignore[attr-defined]
    assert lines == [2, 4]


def test_a_path_is_shown_as_people_write_it() -> None:
    """Keys in names are not."""
    assert path_text(("models", "a", "routes", 1)) == "models.a.routes[1]"
    assert path_text(("providers", "sk-ant-abcdef")) == "providers.[redacted]"


def test_a_near_word_is_suggested_and_else_all() -> None:
    """The hint never repeats the word itself."""
    assert did_you_mean("Opnai", ["openai", "ollama"]) == 'did you mean "openai"?'
    assert did_you_mean("zzz", ["openai", "ollama"]) == "known here: openai, ollama"
    assert did_you_mean(5, ["openai"]) == "known here: openai"
    assert did_you_mean("zzz", []) is None


def test_a_word_that_is_hardly_alike_is_not_suggested() -> None:
    """A wrong guess sends people the wrong way; here as everywhere in the daemon."""
    assert did_you_mean("llama", ["openai", "ollama"]) == 'did you mean "ollama"?'
    assert did_you_mean("anthrax", ["anthropic"]) == "known here: anthropic"


def test_of_many_names_the_first_are_listed() -> None:
    """And the others counted."""
    names = [f"n{number}" for number in range(23)]
    assert listed(names[:20]) == ", ".join(names[:20])
    assert listed(names) == f"{', '.join(names[:20])} and 3 more"


def test_problems_beyond_a_hundred_are_counted() -> None:
    """The last one says how many; nobody is asked what to do about them."""
    asked: list[int] = []

    def bad(value: object) -> int:
        raise BadValue("is wrong", lambda: asked.append(1) or "mend it")

    report = ProblemCollector("c", "a = 1\n")
    assert report.read_all(("a",), [0] * (MAX_PROBLEMS + 7), bad) == ()
    assert repr(report) == "<Report on c: 107 problems>"
    with pytest.raises(ConfigInvalid, match=r"; and 106 more problems$") as caught:
        report.raise_if_any()
    problems = caught.value.data["problems"]
    assert isinstance(problems, list)
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1] == {"file": "c", "line": 0, "path": "", "message": "and 7 more problems"}
    assert len(asked) == MAX_PROBLEMS


def test_a_hundred_problems_are_all_told() -> None:
    """Without a line about more."""
    report = ProblemCollector("c", "a = 1\n")
    for _ in range(MAX_PROBLEMS):
        report.add(("a",), "is wrong")
    with pytest.raises(ConfigInvalid) as caught:
        report.raise_if_any()
    assert len(caught.value.data["problems"]) == MAX_PROBLEMS  # type: ignore[arg-type]
