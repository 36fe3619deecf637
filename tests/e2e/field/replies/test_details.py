"""Good replies with one more odd detail, and what is next to nothing (kinds A9, A10).

Each was put to a real daemon over real HTTP.
"""

import pytest

from helpers.field.replies.details import CASES
from helpers.field.running import Fields, check


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_report(field: Fields, case) -> None:
    """The client gets what its reporter would have wanted."""
    check(case, field.ask(case))
