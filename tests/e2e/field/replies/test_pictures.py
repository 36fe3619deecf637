"""Pictures whose bytes are not what their label says (kind A8).

Each was put to a real daemon over real HTTP.
"""

import pytest

from helpers.field.replies.pictures import CASES
from helpers.field.running import Fields, check


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_report(field: Fields, case) -> None:
    """The client gets what its reporter would have wanted."""
    check(case, field.ask(case))
