"""The invented vendor in docs/adding-a-provider.md: the page's code is a working adapter."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from aircherd.config.model import Provider
from aircherd.providers.adapter import Adapter
from aircherd.providers.signing import HttpReply, step
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, ReasoningDelta, TextDelta, Usage
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import (
    a_request,
    built_request,
    cut_in_two,
    failure_of,
    run_decoder,
    sent_body,
    sse,
)

PAGE = Path(__file__).parents[3] / "docs" / "adding-a-provider.md"
PROVIDER = Provider(name="quill", kind="quill", base_url="https://quill.example")
KEY = Secret("canary-0123456789")
STREAM = sse(
    {"muse": "A greeting."}, {"say": "Hel"}, {"say": "lo"}, {"done": "complete", "read": 9}
)
EVENTS = [
    ReasoningDelta("A greeting."),
    TextDelta("Hel"),
    TextDelta("lo"),
    Ending("stop", Usage(input_tokens=9)),
]


@pytest.fixture(scope="module")
def page() -> ModuleType:
    """The page's code as one module."""
    code = "".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
    module = ModuleType("quill")
    exec("from aircherd.providers.signing import Flow\n" + code, module.__dict__)  # noqa: S102 - ours
    return module


def test_the_code_passes_the_checks_of_the_tree(tmp_path: Path) -> None:
    """As the package that a reader makes of it: the request and the reply, in this order."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    folder = tmp_path / "quill"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Quill\'s API."""\n')
    (folder / "adapter.py").write_text("\n\n".join(blocks[:2]))
    rules = str(PAGE.parents[1] / "pyproject.toml")
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", rules, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "All checks passed!\n"), done.stderr


def test_it_has_all_of_an_adapter(page: ModuleType) -> None:
    """What the protocol asks for, called as it says; a type checker would say the same."""
    made = page.Quill()
    assert made.dialect is None
    for name in (name for name in vars(Adapter) if not name.startswith("_")):
        assert hasattr(made, name)
        if callable(wanted := vars(Adapter)[name]):
            asked = inspect.signature(wanted).parameters.values()
            named = {each.name: None for each in asked if each.kind is each.KEYWORD_ONLY}
            inspect.signature(getattr(made, name)).bind(
                *[None] * (len(asked) - 1 - len(named)), **named
            )


def test_the_request(page: ModuleType) -> None:
    """It matches the invented API."""
    request = a_request({"role": "user", "content": "Hi"}, system="be brief")
    call = built_request(page.Quill(), PROVIDER, request, Model(id="q-1"), KEY)
    assert (call.url, dict(call.headers)["quill-key"]) == (
        "https://quill.example/v1/converse",
        "canary-0123456789",
    )
    assert sent_body(call) == {
        "model": "q-1",
        "about": "be brief",
        "turns": [{"who": "human", "say": "Hi"}],
        "stream": True,
    }


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (a_request(stop=["x"]), "stop: Quill does not support it"),
        (
            a_request({"role": "user", "content": [{"type": "image", "url": "https://h/a.png"}]}),
            "messages[0]: Quill takes only text",
        ),
    ],
)
def test_unsupported_fields_are_refused(page: ModuleType, request_: object, expected: str) -> None:
    """Another provider may be tried."""
    failure = failure_of(
        lambda: built_request(page.Quill(), PROVIDER, request_, Model(id="q"), KEY)
    )
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message.startswith(expected)


def test_the_reply(page: ModuleType) -> None:
    """However it is cut; a truncated one fails."""
    for pieces in cut_in_two(STREAM):
        assert run_decoder(page.Quill().reply_decoder(), pieces) == (EVENTS, None)
    _, failure = run_decoder(page.Quill().reply_decoder(), [sse({"say": "Hel"})])
    assert failure is not None
    assert failure.kind is FailureClass.TRUNCATED
    whole = b'{"say":"Hello","done":"too_long"}'
    assert page.Quill().read_reply(whole) == [TextDelta("Hello"), Ending("length", Usage())]
    assert failure_of(lambda: page.Quill().read_reply(b"{}")).kind is FailureClass.PROTOCOL


def test_the_models(page: ModuleType) -> None:
    """With what the list says about them."""
    listed = b'{"models":[{"id":"q-1","window":8000},{"id":"q-2"}]}'
    assert page.Quill().read_models(listed) == [Model(id="q-1", window=8000), Model(id="q-2")]


def test_passes_expire(page: ModuleType) -> None:
    """One serves until a minute before it expires, or until it is refused."""
    signer, hidden = page.QuillPasses(), list[Secret]()
    call = HttpRequest("GET", "https://quill.example/v1/models", [("quill-key", "k")])

    def signed(now: float, token: str = "") -> HttpRequest:
        flow = signer.sign(call, KEY, now)
        call_sent, is_done = step(flow)
        if not is_done:
            assert call_sent.url == "https://login.quill.example/pass"
            body = b'{"token":"%b","seconds":100}' % token.encode()
            call_sent, is_done = step(flow, HttpReply(body, hidden.append))
        assert is_done
        return call_sent

    first = signed(0.0, "pass-1")
    assert (first.headers, hidden) == ([("authorization", "Bearer pass-1")], [Secret("pass-1")])
    assert signed(39.0).headers == first.headers
    assert signed(41.0, "pass-2").headers == [("authorization", "Bearer pass-2")]
    assert signer.is_stale(first, KEY)
    refused = signed(42.0)
    assert signer.is_stale(refused, KEY)
    assert signed(43.0, "pass-3").headers == [("authorization", "Bearer pass-3")]
