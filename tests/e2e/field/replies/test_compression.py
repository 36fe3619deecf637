"""Bodies that are compressed, or said to be (kind A6).

Each was put to a real daemon over real HTTP.
"""

import pytest

from helpers.field.replies.compression import CASES
from helpers.field.running import Field, check


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_report(field: Field, case) -> None:
    """The client gets what its reporter would have wanted."""
    check(case, field.ask(case))
