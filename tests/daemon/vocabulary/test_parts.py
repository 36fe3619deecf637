"""Pictures are checked when a request comes in."""

import msgspec
import pytest

from aircherd.vocabulary.parts import ImagePart, Part

PNG = "iVBORw0KGgo="


@pytest.mark.parametrize(
    "given",
    [
        {"data": PNG, "media_type": "image/png"},
        {"url": "https://example.org/cat.png"},
    ],
)
def test_an_image_is_data_or_a_url(given):
    """Either will do."""
    assert msgspec.convert({"type": "image", **given}, Part) == ImagePart(**given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "either data"),
        ({"data": PNG, "media_type": "image/png", "url": "https://x/y"}, "either data"),
        ({"data": PNG}, "media_type is one of image/jpeg"),
        ({"data": PNG, "media_type": "image/tiff"}, "media_type is one of image/jpeg"),
        ({"data": "not base64!", "media_type": "image/png"}, "is not base64"),
        ({"data": "", "media_type": "image/png"}, "is not base64"),
        ({"data": "\udcff", "media_type": "image/png"}, "is not base64"),
        ({"url": "file:///etc/passwd"}, "begins with https"),
        ({"url": "data:image/png;base64,aGk="}, "goes into data and media_type"),
        ({"url": "https://"}, "has no host"),
        ({"url": "https:///cat.png"}, "has no host"),
        ({"url": "http://?cat"}, "has no host"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(given, told):
    """Before a provider is asked, and without repeating the data."""
    with pytest.raises(msgspec.ValidationError, match=told) as caught:
        msgspec.convert({"type": "image", **given}, Part)
    assert "not base64!" not in str(caught.value).replace("is not base64", "")
