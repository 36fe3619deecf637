"""Which values say nothing."""

import msgspec
import pytest

from aircherd.providers.anthropic.blocks.values import is_blank


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"null", True),
        (b'""', True),
        (b"[ ]", True),
        (b'{"a":[null,{}]}', True),
        (b"0", False),
        (b"false", False),
        (b'{"a":[0]}', False),
        (b'"%s"' % (b" " * 300), False),
    ],
)
def test_blank_values(data: bytes, expected: bool) -> None:
    """Null, empty values and what holds only them say nothing."""
    assert expected == is_blank(msgspec.Raw(data))
