from collections import Counter

from aircher_cli.picker.view.rows import Mark


def test_each_state_has_a_word_of_its_own():
    """Two states may share a symbol, but never a word: colours and shapes are not enough."""
    assert [word for word, times in Counter(mark.word for mark in Mark).items() if times > 1] == []


def test_a_state_is_one_symbol_wide():
    """The list has one column for the symbol."""
    assert {len(mark.symbol) for mark in Mark} == {1}
