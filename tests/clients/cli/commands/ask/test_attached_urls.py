"""URLs that `-f` adds to a prompt."""

import pytest

from aircher_cli.commands.ask.attached_urls import url_pieces
from aircher_cli.exit_codes import CommandFailed


@pytest.mark.parametrize(
    ("url", "label", "part"),
    [
        (
            "https://example.org/a.png?token=secret#top",
            "https://example.org/a.png",
            {"type": "image", "url": "https://example.org/a.png?token=secret#top"},
        ),
        (
            "https://example.org/paper.PDF",
            "https://example.org/paper.PDF",
            {
                "type": "document",
                "url": "https://example.org/paper.PDF",
                "name": "paper.PDF",
            },
        ),
        (
            "https://example.org/pdf/2301.00001?v=2#pdf",
            "https://example.org/pdf/2301.00001",
            {
                "type": "document",
                "url": "https://example.org/pdf/2301.00001?v=2",
                "name": "2301.00001",
            },
        ),
        (
            "https://github.com/a/b/blob/main/x.png?raw=true",
            "https://github.com/a/b/blob/main/x.png",
            {"type": "image", "url": "https://github.com/a/b/blob/main/x.png?raw=true"},
        ),
        (
            "https://host/wiki/Special:FilePath/Cat.jpg",
            "https://host/wiki/Special:FilePath/Cat.jpg",
            {"type": "image", "url": "https://host/wiki/Special:FilePath/Cat.jpg"},
        ),
        (
            "http://example.org#image",
            "http://example.org",
            {"type": "image", "url": "http://example.org"},
        ),
    ],
)
def test_a_url_is_an_image_or_a_pdf(url: str, label: str, part: object) -> None:
    """The path or the fragment says which; the model gets no query, which may be a signature."""
    assert url_pieces(url) == [f"{label}:", part]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/x.png", "cannot read ftp://...: a URL must begin with https://"),
        ("HTTPS://host/x.png", "cannot read HTTPS://..."),
        ("https://", "cannot send https://...: a URL must be https://HOST/PATH"),
        ("http:///x.png", "cannot send http://...: "),
        ("https://host/my photo.png", "cannot send https://...: "),
        ("https://host/page.html", "page.html is a web page, and providers fetch only images and"),
        ("https://host/a/index.PHP?x=a.png", "index.PHP is a web page"),
        ("https://host", "a URL without a file name is a web page"),
        ("https://user:word@host/", "a URL without a file name is a web page"),
        ("https://host/talk.mp3", "talk.mp3 by URL: providers fetch no sound; download it"),
        ("https://host/wiki/Cat", "cannot tell what Cat by URL is"),
        ("https://host/wiki/File:Cat.jpg", "this is the web page about File:Cat.jpg"),
        ("https://github.com/a/b/blob/main/x.png", "this is the web page about x.png"),
        ("https://gitlab.test/a/b/-/blob/main/x.pdf", "this is the web page about x.pdf"),
        ("https://host/notes.md#top", "cannot tell what notes.md by URL is"),
    ],
)
def test_other_urls_are_rejected(url: str, message: str) -> None:
    """The message says so before anything is sent, and what to do instead."""
    with pytest.raises(CommandFailed) as caught:
        url_pieces(url)
    assert caught.value.message.startswith(message)
    assert "word" not in caught.value.message
