"""The sets of codes."""

from itertools import combinations

from aircherd.providers.error_mapping import codes

SETS = {
    name: value
    for name, value in vars(codes).items()
    if isinstance(value, frozenset) and name != "KNOWN"
}


def test_a_code_has_one_meaning() -> None:
    """No code is in two sets."""
    assert {(a, b): SETS[a] & SETS[b] for a, b in combinations(SETS, 2) if SETS[a] & SETS[b]} == {}


def test_codes_are_in_lower_case() -> None:
    """They are compared in lower case."""
    every = {code for each in SETS.values() for code in each}
    assert {code for code in every if code != code.lower()} == set()


def test_every_name_is_known() -> None:
    """A name that is in a set is not read as text, too."""
    assert frozenset().union(*SETS.values()) == codes.KNOWN
