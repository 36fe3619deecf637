"""`aircher-cli chats export`."""

import json
from base64 import b64encode
from pathlib import Path

from aircher_client.conversations import Settings
from helpers.daemon.cli import run_cli


def test_markdown(environ, talk, tmp_path: Path) -> None:
    """To standard output, or to a new file."""
    talk("tea", "green?", "yes")
    content = "# green?\n\n## user\n\ngreen?\n\n## assistant\n\nyes\n"
    assert run_cli(environ, "chats", "export", "tea").out == content
    file = tmp_path / "tea.md"
    outcome = run_cli(environ, "chats", "export", "tea", "-o", str(file))
    assert (outcome.code, outcome.out, file.read_text()) == (0, "", content)
    outcome = run_cli(environ, "chats", "export", "tea", "-o", str(file))
    assert (outcome.code, "already exists" in outcome.err) == (1, True)
    outcome = run_cli(environ, "chats", "export", "tea", "-o", str(tmp_path / "none" / "x"))
    assert (outcome.code, "cannot write" in outcome.err) == (1, True)


def test_json_is_what_ask_reads(environ, talk, daemon) -> None:
    """With the system prompt as the first message; `ask --messages` sends just that."""
    talk("tea", "green?", "yes", system="be short")
    exported = run_cli(environ, "chats", "export", "tea", "--json").out
    messages = [
        {"role": "system", "content": "be short"},
        {"role": "user", "content": "green?"},
        {"role": "assistant", "content": "yes"},
    ]
    assert json.loads(exported) == messages
    daemon.answers["chat"] = {"message": {"role": "assistant", "content": "no"}}
    outcome = run_cli(daemon.environ, "ask", "--messages", "-", "hot?", stdin=exported)
    assert outcome.code == 0
    sent = daemon.params_of("chat")["messages"]
    assert sent == [*messages, {"role": "user", "content": "hot?"}]


def test_attached_files(environ, store, tmp_path: Path) -> None:
    """They are in the JSON; one that has changed is named."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG" * 100_000)
    part = {"type": "image", "data": b64encode(photo.read_bytes()).decode()}
    store.open("tea").append(
        [{"role": "user", "content": [part]}],
        {"role": "assistant", "content": "nice"},
        settings=Settings(),
        paths=[str(photo)],
    )
    exported = json.loads(run_cli(environ, "chats", "export", "tea", "--json").out)
    assert exported[0]["content"] == [part]
    assert "(image photo.png)" in run_cli(environ, "chats", "export", "tea").out
    photo.unlink()
    outcome = run_cli(environ, "chats", "export", "tea", "--json")
    assert "photo.png has changed or is gone, and is left out" in outcome.err
