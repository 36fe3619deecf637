"""What can be a key at all."""

import traceback

import pytest

from aircherd.auth.key_format import MAX_KEY, check_key
from aircherd.errors import BadRequest
from aircherd.vocabulary.secret import Secret


def test_surrounding_white_space_is_removed():
    """`cat file` and clipboards add it."""
    assert check_key(" \tsk-canary-0123\r\n") == Secret("sk-canary-0123")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("sk-canary 0123", "white space"),
        ("sk-canary\n0123", "white space"),
        ("sk-canary\u00a00123", "white space"),
        ("sk-canary\x000123", "control character"),
        ("sk-canary\x1b[0m", "control character"),
        ("sk-canary\x7f", "control character"),
        ("sk-canary-ü", "printable ASCII"),
        ("sk-canary-\udc80", "printable ASCII"),
        ("sk-canary" + "x" * MAX_KEY, "longer"),
    ],
)
def test_invalid_key_is_refused_without_repeating_it(text, problem):
    """The message names the problem and never the key."""
    with pytest.raises(BadRequest, match=problem) as caught:
        check_key(text)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *(
            (f"{before}sk-canary{after}", "quotation mark around it: paste what is between")
            for before, after in (
                '""',
                "''",
                "``",
                "\u00b4\u00b4",
                "\u201c\u201d",
                "\u201e\u201c",
                "\u2018\u2019",
                "\u201a\u2018",
                "\u00ab\u00bb",
                "\u2039\u203a",
                "\uff02\uff02",
                ("b'", "'"),
                ("$'", "'"),
                (r"\"", r"\""),
                ("'", ""),
                ("", '"'),
                ("&quot;", "&quot;"),
            )
        ),
        ("OPENAI_API_KEY=sk-canary", "begins with the name of a variable or a field"),
        ("export OPENAI_API_KEY='sk-canary'", "begins with the name"),
        ("openai_api_key = sk-canary", "begins with the name"),
        ("$env:OPENAI_API_KEY = 'sk-canary'", "begins with the name"),
        ("set OPENAI_API_KEY=sk-canary", "begins with the name"),
        ('"api_key": "sk-canary",', "begins with the name"),
        ("apiKey: sk-canary", "begins with the name|line of an HTTP header"),
        ("Authorization: Bearer sk-canary", "HTTP header: paste only its last word"),
        ("authorization:sk-canary", "HTTP header"),
        ("Bearer sk-canary", "HTTP header"),
        ("Bearer%20sk-canary", "HTTP header"),
        ("x-api-key: sk-canary", "HTTP header"),
        ("X-Goog-Api-Key:canary", "HTTP header"),
        ("-H 'Authorization: Bearer sk-canary'", "HTTP header"),
        ("sk-canary;", "semicolon or a comma"),
        ("sk-canary,", "semicolon or a comma"),
        ("sk-canary\\n", "backslash or a line break"),
        ("${CANARY_API_KEY}", "name of a variable, which was not replaced"),
        ("$CANARY_API_KEY", "not replaced"),
        ("${CANARY_API_KEY:-}", "not replaced"),
        ("'$CANARY'", "not replaced"),
        ("CANARY_API_KEY=${CANARY_API_KEY}", "not replaced"),
        ("$(pass canary)", "not replaced"),
        ("%CANARY_API_KEY%", "not replaced"),
        ("{{ secrets.canary }}", "not replaced"),
        ("{env:CANARY}", "not replaced"),
        ("CANARY_API_KEY", "not replaced"),
        ("process.env.CANARY", "not replaced"),
        ("YOUR_API_KEY", "placeholder"),
        ("sk-your-canary-key", "placeholder"),
        ("<canary>", "brackets"),
        ('{"key": "canary"}', "object in JSON"),
        ("sk-...canary", "part of it is left out"),
        ("sk-****canary", "part of it is left out"),
        ("https://example.com/canary", "address"),
        ("op://vault/canary/key", "key_command"),
        ("~/.keys/canary", "name of a file"),
    ],
)
def test_what_is_pasted_instead_of_a_key(text, problem):
    """The message says what to paste, and repeats nothing of it."""
    with pytest.raises(BadRequest, match=problem) as caught:
        check_key(f" {text}\n")
    assert "canary" not in caught.value.message.lower()


@pytest.mark.parametrize(
    "key",
    [
        "sk-ant-api03-AbC_d-E",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_",
        "abcDEF123==",
        "YWJjZGVm=",
        "c2VjcmV0X3Rva2Vu=.c2lnbg==",
        "/abc+def/==",
        "0f1e2d3c-aaaa-bbbb:0123abcd",
        "p@ss{w}ord!",
        "pa;ss,word",
        "it's",
        "$ecret",
        "100%",
        "hunter2",
        "my-master-key",
        "Bearerxyz",
        "token",
    ],
)
def test_unusual_keys_pass(key):
    """The user of a server chooses its keys, so only what is surely a mistake is refused."""
    assert check_key(key).reveal() == key


def test_key_of_maximum_length_is_allowed():
    """The limit is inclusive."""
    assert check_key("x" * MAX_KEY).reveal() == "x" * MAX_KEY
