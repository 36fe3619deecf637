"""Images are validated when a request is decoded."""

import msgspec
import pytest

from aircherd.vocabulary.parts import ImagePart, Part

PNG = "iVBORw0KGgo="


@pytest.mark.parametrize(
    "fields",
    [
        {"data": PNG, "media_type": "image/png"},
        {"url": "https://example.org/cat.png"},
    ],
)
def test_an_image_has_data_or_a_url(fields):
    """Both are accepted."""
    assert msgspec.convert({"type": "image", **fields}, Part) == ImagePart(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "either data"),
        ({"data": PNG, "media_type": "image/png", "url": "https://x/y"}, "either data"),
        ({"data": PNG}, "media_type has to be one of image/jpeg"),
        ({"data": PNG, "media_type": "image/tiff"}, "media_type has to be one of image/jpeg"),
        ({"data": "not base64!", "media_type": "image/png"}, "is not base64"),
        ({"data": "", "media_type": "image/png"}, "is not base64"),
        ({"data": "\udcff", "media_type": "image/png"}, "is not base64"),
        ({"url": "file:///etc/passwd"}, "has to begin with https"),
        ({"url": "data:image/png;base64,aGk="}, "put the content of a data: URL into data"),
        ({"url": "https://"}, "has no host"),
        ({"url": "https:///cat.png"}, "has no host"),
        ({"url": "http://?cat"}, "has no host"),
    ],
)
def test_any_other_image_is_refused(fields, message):
    """The message says what is wrong without repeating the data."""
    with pytest.raises(msgspec.ValidationError, match=message) as caught:
        msgspec.convert({"type": "image", **fields}, Part)
    assert "not base64!" not in str(caught.value).replace("is not base64", "")
