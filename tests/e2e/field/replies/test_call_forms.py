"""Tool calls in further forms, of every API (kind A4).

Each was put to a real daemon over real HTTP.
"""

import pytest

from helpers.field.replies.call_forms import CASES
from helpers.field.running import Field, check


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_report(field: Field, case) -> None:
    """The client gets what its reporter would have wanted."""
    check(case, field.ask(case))
