"""Good replies with one odd detail (kinds A6, A8, A9, A12, B1, B2).

Each was put to a real daemon over real HTTP.
"""

import pytest

from helpers.field.oddities import CASES
from helpers.field.running import Fields, check


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_report(field: Fields, case) -> None:
    """The client gets what its reporter would have wanted."""
    check(case, field.ask(case))
