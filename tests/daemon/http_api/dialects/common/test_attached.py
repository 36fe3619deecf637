"""Data URLs, and marks for the cache."""

import pytest

from aircherd.http_api.dialects.anthropic.request.blocks import CacheControl
from aircherd.http_api.dialects.common.attached import cache_mark, data_of


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://example.org/a.png", (None, None)),
        ("data:image/png;base64,QUJD", ("image/png", "QUJD")),
        ("DATA:image/png;name=a;BASE64,QUJD", ("image/png", "QUJD")),
        ("data:;base64,QUJD", (None, "QUJD")),
    ],
)
def test_data_urls(url: str, found: tuple[str | None, str | None]) -> None:
    """In any spelling; other addresses have no data."""
    assert data_of(url) == found


@pytest.mark.parametrize("url", ["data:text/plain,a%20b", "data:image/png;base64", "data:,"])
def test_data_in_another_form(url: str) -> None:
    """It would be taken for base64."""
    with pytest.raises(ValueError, match="has to be in base64"):
        data_of(url)


@pytest.mark.parametrize(
    ("control", "mark"),
    [
        (None, False),
        (CacheControl(), True),
        (CacheControl("5m"), True),
        (CacheControl("1h"), "1h"),
        (CacheControl(7), True),
    ],
)
def test_marks(control: CacheControl | None, mark: object) -> None:
    """An hour, or the usual time."""
    assert cache_mark(control) == mark
