import pytest

from aircherd.http_api.dialects.openai_chat.reply_fields import (
    annotation,
    finish_reason,
    image,
    usage_fields,
)
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import Usage


@pytest.mark.parametrize(
    ("finish", "has_refusal", "reason"),
    [
        ("stop", False, "stop"),
        ("length", False, "length"),
        ("tool_calls", False, "tool_calls"),
        ("pause", False, "stop"),
        ("content_filter", False, "content_filter"),
        ("refusal", False, "content_filter"),
        ("refusal", True, "stop"),
        ("new", False, "stop"),
    ],
)
def test_reasons(finish: str, reason: str, *, has_refusal: bool) -> None:
    """Every end has one of the five reasons that clients know."""
    assert finish_reason(finish, has_refusal=has_refusal) == reason


def test_usage() -> None:
    """The counts of the cache and of thinking are inside the others."""
    assert usage_fields(Usage(100, 40, 60, 10, 30)) == {
        "prompt_tokens": 100,
        "completion_tokens": 40,
        "total_tokens": 140,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }


def test_sources() -> None:
    """A source has places in the whole content; one without a URL has no form here."""
    found = annotation(Citation(url="https://x.test", title="X", start=2, end=5), 10, 30)
    cited = {"url": "https://x.test", "title": "X", "start_index": 12, "end_index": 15}
    assert found == {"type": "url_citation", "url_citation": cited}
    assert annotation(Citation(document=0, quote="blue"), 0, 5) is None


def test_pictures() -> None:
    """A picture is a URL, its own or one that holds the data."""
    assert image("AAAA", "image/png", None)["image_url"] == {"url": "data:image/png;base64,AAAA"}
    assert image(None, None, "https://x.test/a")["image_url"] == {"url": "https://x.test/a"}
