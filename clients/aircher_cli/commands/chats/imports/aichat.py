"""Reads the conversations of aichat (https://github.com/sigoden/aichat).

- Sessions are YAML files in `sessions/`, with all messages: see src/config/session.rs of aichat.
- `messages.md` has questions outside of sessions, each of which becomes a conversation.

Text, system prompt, model and time are taken; images and calls of tools are not, and are counted.
"""

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from aircher_cli.commands.chats.imports.taken import Found, make_turn
from aircher_cli.commands.chats.imports.yaml_subset import NotUnderstood, Value, parse_yaml
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import as_map

SESSIONS = "sessions"
MESSAGES = "messages.md"
MAX_FILE = 64 * 1024 * 1024

_HEAD = re.compile(r"^# CHAT: .* \[([0-9T:+.Z-]{19,35})\](?: \(.*\))?$", re.MULTILINE)
_RULE = "\n--------\n"


def find_source(environ: Mapping[str, str]) -> Path:
    """Return aichat's directory of configuration, which has both."""
    if own := environ.get("AICHAT_CONFIG_DIR"):
        return Path(own)
    home = Path(environ.get("HOME", ""))
    mac = home / "Library" / "Application Support" / "aichat"
    config = environ.get("XDG_CONFIG_HOME")
    if not config and mac.is_dir():
        return mac
    return (Path(config) if config else home / ".config") / "aichat"


def read_source(path: Path) -> Iterator[Found]:
    """Yield the conversations of a directory, of one session, or of a `messages.md`.

    A file that is not understood has no turns, and the reason in `left_out`.

    Raises:
        CommandFailed: there is nothing of aichat.
    """
    if path.is_dir():
        folder = path / SESSIONS if (path / SESSIONS).is_dir() else path
        files = sorted(folder.rglob("*.yaml")) if folder.name == SESSIONS else []
        messages = path / MESSAGES
        if not files and not messages.is_file():
            raise CommandFailed(f"{path} has neither {SESSIONS}/*.yaml nor {MESSAGES} of aichat")
        for file in files:
            name = file.relative_to(folder).with_suffix("").as_posix()
            yield _session(file, f"aichat-{name}")
        if messages.is_file():
            yield from _messages(messages)
    elif path.suffix == ".md":
        yield from _messages(path)
    elif path.is_file():
        yield _session(path, f"aichat-{path.stem}")
    else:
        raise CommandFailed(f"cannot read {path}: there is no such file")


def _read(path: Path) -> str:
    """Return the text of a file.

    Raises:
        NotUnderstood: it cannot be read.
    """
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE:
            raise NotUnderstood(f"{path} is no file, or larger than 64 MiB")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise NotUnderstood(f"cannot read {path}: {error}") from None


# ------------------------------------------------------------------ sessions


def _session(path: Path, name: str) -> Found:
    try:
        data = parse_yaml(_read(path))
        at = path.stat().st_mtime
    except (NotUnderstood, OSError) as error:
        return Found(name, [], [f"{path} is not understood: {error}"])
    session = as_map(data)
    if not isinstance(session.get("messages"), list):
        return Found(name, [], [f"{path} is no session of aichat: it has no messages"])
    model = session.get("model")
    return _from_messages(
        Found(name, []),
        [*_listed(session.get("compressed_messages")), *_listed(session["messages"])],
        at,
        # aichat writes provider:model.
        model.replace(":", "/", 1) if isinstance(model, str) else "",
    )


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _from_messages(found: Found, messages: list[Value], at: float, model: str) -> Found:
    """Add the turns of a session. A system prompt counts for what follows it."""
    system, question = None, ""
    for each in messages:
        message = as_map(each)
        said, has_more = _content(message.get("content"))
        if has_more:
            found.left_out.append("an image or calls of tools are left out")
        role = message.get("role")
        if role == "system":
            system = said or system
        elif role == "user":
            question = "\n\n".join(filter(None, (question, said)))
        elif role == "assistant" and said:
            if question:
                turn = make_turn(question, said, at=at, model=model, system=system)
                found.turns.append(turn)
            else:
                found.left_out.append("an answer without a question is left out")
            question = ""
    return found


def _content(value: Value) -> tuple[str, bool]:
    """Return the text of a message, and whether it has something that is no text."""
    if isinstance(value, str):
        return value, False
    if not isinstance(value, list):
        return "", value is not None
    parts = [as_map(part) for part in value]
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    return "\n\n".join(map(str, texts)), len(texts) < len(parts)


# ------------------------------------------------------------------ messages.md


def _messages(path: Path) -> Iterator[Found]:
    """Yield the questions outside of sessions. A time may occur twice."""
    try:
        text = _read(path)
    except NotUnderstood as error:
        yield Found("aichat-messages", [], [str(error)])
        return
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    seen: dict[str, int] = {}
    for head, end in zip(heads, ends, strict=True):
        at = _moment(head[1])
        name = f"aichat-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(at))}"
        seen[name] = seen.get(name, 0) + 1
        number = f"-{seen[name]}" if seen[name] > 1 else ""
        question, _, answer = text[head.end() + 1 : end].partition(_RULE)
        answer = answer.rstrip("\n").removesuffix(_RULE.strip("\n")).strip("\n")
        found = Found(f"{name}{number}", [])
        if "<tool_calls>" in answer:
            found.left_out.append("calls of tools are left out")
            answer = re.sub(r"<tool_calls>.*?</tool_calls>\n*", "", answer, flags=re.DOTALL)
        if question.strip() and answer.strip():
            found.turns.append(make_turn(question, answer, at=at))
        else:
            found.left_out.append("a question without text, or without an answer, is left out")
        yield found


def _moment(text: str) -> float:
    from datetime import datetime  # noqa: PLC0415 -- only for messages.md

    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
