"""The names of entries as users write them, with quotes and without."""

import pytest

from aircherd.config.edit.key_path import read_key_path
from aircherd.errors import BadRequest

DATA = {
    "models": {"gpt-5.5": {"routes": ["a/b"]}, "gpt-5": {}},
    "catalog": {"openai/gpt-5.5": {"window": 5}},
    "providers": {"work": {"headers": {}}},
}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("default_model", ("default_model",)),
        ("providers.work.base_url", ("providers", "work", "base_url")),
        ('catalog."a/b".window', ("catalog", "a/b", "window")),
        ("catalog.'a/b'.window", ("catalog", "a/b", "window")),
        (r'models."a\"b\\".routes', ("models", 'a"b\\', "routes")),
        ("limits[0].usd", ("limits", 0, "usd")),
        ("models.m.routes[1]", ("models", "m", "routes", 1)),
        ("providers.work.headers.X-Team", ("providers", "work", "headers", "X-Team")),
        ('providers.work.headers."a.b"', ("providers", "work", "headers", "a.b")),
        # Without the quotes, which a shell removes:
        ("catalog.openai/gpt-5.5.window", ("catalog", "openai/gpt-5.5", "window")),
        ("catalog.new/m-1.5.input_price", ("catalog", "new/m-1.5", "input_price")),
        ("catalog.openai/gpt-5.5", ("catalog", "openai/gpt-5.5")),
        ("catalog.new/m-1.5", ("catalog", "new/m-1.5")),
        ("models.gpt-5.5.routes", ("models", "gpt-5.5", "routes")),
        ("models.gpt-5.5", ("models", "gpt-5.5")),
        ("models.gpt-5", ("models", "gpt-5")),
        ("models.gpt-5.strategy", ("models", "gpt-5", "strategy")),
        ("models.new-6.5.strategy", ("models", "new-6.5", "strategy")),
        # Misspelt entries are the validation's business:
        ("models.m.route", ("models", "m", "route")),
        ("models.gpt-5.5.route", ("models", "gpt-5.5", "route")),
        ("fallback.max_attemps", ("fallback", "max_attemps")),
    ],
)
def test_paths(text: str, path: tuple[object, ...]) -> None:
    """Names and indexes; a name of the user's may contain dots and slashes."""
    assert read_key_path(text, DATA) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        'a."b',
        "a[x]",
        "[0]",
        "a=1",
        "a" * 501,
        "a" + ".a" * 8,
        "ä",
    ],
)
def test_what_is_not_a_path_is_refused(text: str) -> None:
    """The message does not repeat it: it could be a key."""
    with pytest.raises(BadRequest, match="path: is not the name of an entry") as caught:
        read_key_path(text, DATA)
    assert not text.strip(".") or f" {text} " not in caught.value.message
