"""Good replies in the shape of another API, or with one odd detail (kinds A9, B1, B2).

Each was put to a real daemon over real HTTP.
"""

import pytest

from helpers.field.running import Field, check
from helpers.field.shapes import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_report(field: Field, case) -> None:
    """The client gets what its reporter would have wanted."""
    check(case, field.ask(case))
