import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.picker.view.listing.matching import MAX_QUERY, Query, is_close, match, searchable


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("z41", "zed/gpt-4.1"),
        ("son", "anthropic/claude-sonnet-5"),
        ("SON", "anthropic/claude-sonnet-5"),
        ("claude anth", "anthropic/claude-sonnet-5"),
        ("gpt4", "openai/gpt-4.1"),
        ("gpt-4.1", "openai/gpt-4.1"),
        ("", "anything"),
        ("  ", "anything"),
    ],
)
def test_parts_match_anywhere(query, text):
    """Words match in any order, parts match in the middle, and separators may be left out."""
    assert match(query, text) is not None


@pytest.mark.parametrize(
    ("query", "text"),
    [("x", "openai/gpt-4.1"), ("gpt claude", "openai/gpt-4.1"), ("1.4z", "zed/gpt-4.1"), ("a", "")],
)
def test_what_is_not_there_does_not_match(query, text):
    """Each word has to be found, its letters in order."""
    assert match(query, text) is None


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("gpt-4", "a/gpt-4", "a/gpt-4.1"),  # the whole name
        ("son", "a/claude-sonnet", "a/mason"),  # a word start
        ("4o", "openai/gpt-4o", "openai/gpt-40-o"),  # between letters and digits
        ("gpt4", "openai/gpt-4", "openai/chatgpt-4o"),  # a word start without the separators
        ("net", "a/sonnet", "a/nxext"),  # a run before the same letters apart
        ("gf", "google/gemini-flash", "a/bigif-f"),  # words before the middle of words
    ],
)
def test_runs_and_word_starts_rank_first(query, better, worse):
    """The order of matches is that of the module's description."""
    first, second = match(query, better), match(query, worse)
    assert first is not None
    assert second is None or first.score > second.score


def test_a_name_ranks_above_the_title_and_that_above_abilities():
    """Who types `vision` means a name before a thing that a model can do."""
    query = Query("vision")
    scores = [
        query.score(searchable("a/vision-1")),
        query.score(searchable("a/b", title="The Vision")),
        query.score(searchable("a/b", about="vision tools")),
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_an_ability_is_matched_from_its_start():
    """`ools` is not an ability."""
    row = searchable("a/b", about="tools images")
    assert Query("tool").score(row)
    assert not Query("ools").score(row)


def test_letters_apart_are_not_close():
    """Callers drop such matches if there is a better one."""
    found = match("z41", "zed/gpt-4.1")
    assert found is not None
    assert not is_close(found.score)


def test_the_matched_characters_are_reported():
    """They are highlighted."""
    found = match("gpt4", "openai/gpt-4.1")
    assert found is not None
    assert "".join("openai/gpt-4.1"[at] for at in found.positions) == "gpt4"


def test_a_letter_whose_lower_case_is_longer_keeps_the_positions():
    """`İ` in lower case has two characters; what follows is still highlighted correctly."""
    found = match("b", "İİ/b")
    assert found is not None
    assert found.positions == (3,)


TEXT = st.text(max_size=60) | st.from_regex(r"[a-z]{1,8}/[a-z0-9.-]{1,30}", fullmatch=True)


@given(TEXT, st.data())
def test_each_part_of_a_text_matches_it(text, data):
    """What the user can see in a row always finds the row."""
    at = data.draw(st.integers(0, len(text)))
    part = text[at : data.draw(st.integers(at, len(text)))]
    assert match(part, text) is not None


@given(st.text(alphabet="abc", min_size=1, max_size=8), st.text(alphabet="abc", max_size=30))
def test_a_word_matches_exactly_if_its_letters_are_there_in_order(word, text):
    """Compared with the definition of a subsequence."""
    rest = iter(text)
    assert (match(word, text) is not None) == all(letter in rest for letter in word)


@given(TEXT, TEXT)
def test_the_positions_are_in_the_text_and_in_order(query, text):
    """They can be used to draw without any check."""
    found = match(query, text)
    if found is not None:
        assert list(found.positions) == sorted(set(found.positions))
        assert all(0 <= at < len(text) for at in found.positions)


@given(TEXT, TEXT)
def test_a_longer_query_never_finds_more(query, text):
    """Each further word narrows the list down."""
    if match(f"{query} zq", text) is not None:
        assert match(query, text) is not None


def test_a_hostile_name_does_not_make_the_search_slow():
    """A pattern that backtracks would take longer than the age of the universe here."""
    assert match("a" * 60 + "b", "a" * 500) is None
    assert match("ab" * 30, "ab" * 20 + "a" * 500) is None


def test_a_pasted_text_is_cut():
    """Only the start of a query counts."""
    assert match("a" * MAX_QUERY + "b", "a" * (MAX_QUERY + 1)) is not None
