"""Errors inside of a 200 (kind A7).

Each was put to a real daemon over real HTTP.
"""

import pytest

from helpers.field.inside import CASES
from helpers.field.running import Fields, check


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_report(field: Fields, case) -> None:
    """The client gets what its reporter would have wanted."""
    check(case, field.ask(case))
