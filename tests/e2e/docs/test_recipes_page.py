"""The recipes run as they are pasted, and the first client of its page is a working client."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.docs.blocks import ROOT, read
from helpers.docs_commands import make_tools
from helpers.required import missing

KEY = "canary-guide-0123456789abcdef"

PROVIDERS = {"anthropic": "", "openai": "/v1", "gemini": "", "ollama": ""}
"""Provider -> the path of its simulated API."""

RECIPES = read("guide/recipes.md")
CLIENT = read("guide/first-client.md")

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c"
    "6360000000000500010d0a2db40000000049454e44ae426082"
)


def _section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _configuration(sim: Simulator, text: str) -> str:
    """Return a recipe's configuration, with simulated providers; `default_model` comes first."""
    own = "\n".join(_blocks(text, "toml")).replace("https://api.openai.com/v1", f"{sim.url}/v1")
    entries = "".join(
        f'[providers.{name}]\nbase_url = "{sim.url}{path}"\n' for name, path in PROVIDERS.items()
    )
    return f"{own}\n{entries}"


@pytest.fixture
def reader(sim: Simulator) -> Iterator[Home]:
    """A user who is signed in, with the files that the recipes name, in a git repository."""
    for vendor in PROVIDERS:
        sim.keys.accept(vendor, "*")
    with open_home() as home:
        (home.root / "letter.txt").write_text("Dear Ada, ... 1843")
        (home.root / "photo.jpg").write_bytes(PIXEL)
        (home.root / "paper.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
        (home.root / "today.log").write_text("all is well")
        (home.root / "todo.txt").write_text("buy milk")
        (home.root / "Makefile").write_text("all:\n\tfalse\n")
        for command in ("init -q -b main", "add Makefile", "commit -qm first", "checkout -qb work"):
            _git(home, command)
        _git(home, "add letter.txt")
        _git(home, "commit -qm letter")
        yield home


def _git(home: Home, command: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_EDITOR": "true"}
    who |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in who.items()}
    environ = {**_with_tools(home), **who}
    subprocess.run(["git", *command.split()], cwd=home.root, env=environ, check=True, timeout=40)


def _with_tools(home: Home) -> dict[str, str]:
    return {**home.environ, "PATH": f"{make_tools(home)}:{home.environ['PATH']}"}


def _start(home: Home, sim: Simulator, text: str) -> None:
    home.write_config(_configuration(sim, text))
    home.start()
    for provider in ("anthropic", "openai", "gemini"):
        home.login(provider, KEY)


def _run(home: Home, script: str, *, stdin: str = "") -> str:
    done = subprocess.run(
        ["bash", "-ec", script],
        cwd=home.root,
        env=_with_tools(home),
        input=stdin,
        text=True,
        capture_output=True,
        timeout=40,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout


PASTED = {
    "Explain a failing build": "Why does this build fail",
    "Review a diff": "+Dear Ada",
    "Get JSON": "",
    "Ask about images, PDFs and sound": "I see 1: image/png\nI see 1: application/pdf",
    "A budget for one script": "nightly-report",
    "Go on with what was said": "Is that test right?",
    "Wait for a provider, and see which one it is": "hello",
}
"""Recipe -> a part of what it prints."""


@pytest.mark.parametrize("title", PASTED)
def test_a_recipe_that_is_pasted(title: str, reader: Home, sim: Simulator) -> None:
    """Its configuration is valid, and its commands succeed."""
    text = _section(RECIPES, title)
    _start(reader, sim, text)
    (script,) = _blocks(text, "sh")
    assert PASTED[title] in _run(reader, script)


@pytest.mark.parametrize("title", ["Cheap first, good when needed", "Local first"])
def test_a_chain(title: str, reader: Home, sim: Simulator) -> None:
    """The default model is the chain, and the command in the text works."""
    text = _section(RECIPES, title)
    _start(reader, sim, text)
    name = re.findall(r'default_model = "(.*)"', text)[0]
    assert f"default   {name}" in reader.cli("status").stdout
    _run(reader, "aircher-cli ask hello")
    _run(reader, re.findall(r"`(aircher-cli .*?)`", text)[0])


def test_two_keys_of_a_vendor(reader: Home, sim: Simulator) -> None:
    """Each account has a key, the folder of work uses its own, and the private one has a limit."""
    text = _section(RECIPES, "Work and private keys")
    _start(reader, sim, text.replace("usd = 10", "requests = 10"))  # its models have no prices
    (script,) = _blocks(text, "sh")
    (reader.root / "src" / "acme").mkdir(parents=True)
    script = re.sub(r"(--label (\w+))", rf"\1 --with-token <<< {KEY}-\2", script)
    _run(reader, script.replace("~/", f"{reader.root}/"))
    assert "key private: 10 requests a month" in reader.cli("limits").stdout
    report = json.loads(reader.cli("usage", "--by", "key,project", "--json").stdout)
    used = {(row["key"], row.get("project", "").endswith("/src/acme")) for row in report["rows"]}
    assert used == {("private", False), ("work", False), ("work", True)}


def test_a_script_that_is_over_its_budget(reader: Home, sim: Simulator) -> None:
    """It is refused, and other clients are not."""
    _start(reader, sim, _section(RECIPES, "A budget for one script").replace("0.50", "0"))
    script = "aircher-cli ask -m openai/gpt-5.5 hello"
    assert "hello" in _run(reader, script)
    refused = reader.cli(*script.split()[1:], environ={"AIRCHER_CLIENT": "nightly-report"})
    assert refused.returncode == 5
    assert "nightly-report" in refused.stderr


def test_the_commit_hook(reader: Home, sim: Simulator) -> None:
    """It writes the message, and without an answer the commit goes on."""
    text = _section(RECIPES, "A commit message for what is staged")
    _start(reader, sim, text)
    hook = reader.root / ".git" / "hooks" / "prepare-commit-msg"
    hook.write_text(f"#!/bin/sh\n{_blocks(text, 'sh')[0]}")
    hook.chmod(0o755)
    sim.behave(text="Ignore the log.")
    (reader.root / ".gitignore").write_text("*.log\n")
    _git(reader, "add .gitignore")
    _git(reader, "commit -q")
    assert _run(reader, "git log -1 --format=%s") == "Ignore the log.\n"
    reader.stop()
    _git(reader, "add todo.txt")
    _git(reader, "commit -qm second")
    assert _run(reader, "git log -1 --format=%s") == "second\n"


def test_the_cron_job(reader: Home, sim: Simulator) -> None:
    """Its command runs with cron's environment, a home and a plain PATH, and finds the daemon."""
    text = _section(RECIPES, "A cron job")
    _start(reader, sim, text)
    (line,) = _blocks(text, "sh")
    command = line.split(maxsplit=5)[5].replace("$HOME/.local/bin", str(make_tools(reader)))
    environ = {"HOME": str(reader.root), "PATH": "/usr/bin:/bin"}
    environ["XDG_RUNTIME_DIR"] = reader.environ["XDG_RUNTIME_DIR"]  # found in /run/user otherwise
    subprocess.run(["sh", "-c", command], env=environ, check=True, timeout=40)
    assert "What is urgent?" in (reader.root / "urgent.txt").read_text()


def test_the_shell_function(reader: Home, sim: Simulator) -> None:
    """It passes on what is typed after its name."""
    text = _section(RECIPES, "A shell function")
    _start(reader, sim, text)
    (function,) = _blocks(text, "sh")
    assert "how do I find the largest file here" in _run(
        reader, f"{function}\nhow do I find the largest file here"
    )


def test_the_filter_of_vim(reader: Home, sim: Simulator) -> None:
    """The selected lines are replaced by the answer, the others stay."""
    if which("vim") is None:
        missing("vim", "apt install vim")
    text = _section(RECIPES, "Select text in Vim, and replace it by the answer")
    _start(reader, sim, text)
    sim.behave(text="the sky")
    (command,) = _blocks(text, "vim")
    file = reader.root / "text.txt"
    file.write_text("teh sky\nstays\n")
    wanted = command.strip().replace("'<,'>", "1")
    subprocess.run(
        ["vim", "-es", "-u", "NONE", "-c", wanted, "-c", "wq", str(file)],
        env=_with_tools(reader),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=40,
        check=False,
    )
    assert file.read_text() == "the sky\nstays\n"


def test_the_command_of_neovim(reader: Home, sim: Simulator) -> None:
    """The answer is below the selected lines, and the connection does not block the editor."""
    if which("nvim") is None:
        missing("Neovim", "apt install neovim")
    text = _section(RECIPES, "Answers that stream into Neovim")
    _start(reader, sim, text)
    sim.behave(text="the sky\nis blue")
    (reader.root / "init.lua").write_text(_blocks(text, "lua")[0])
    (reader.root / "aircher").symlink_to(ROOT)
    file = reader.root / "text.txt"
    file.write_text("teh sky\nstays\n")
    ask = ("-c", "1Ask correct this")
    waits = "lua vim.wait(20000, function() return vim.fn.getline(3) == 'is blue' end)"
    subprocess.run(
        ["nvim", "--headless", "-u", "init.lua", "text.txt", *ask, "-c", waits, "-c", "wq"],
        cwd=reader.root,
        env=reader.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=40,
        check=False,
    )
    assert file.read_text() == "teh sky\nthe sky\nis blue\nstays\n"
    assert repr("correct this\n\nteh sky") in str(sim.requests[-1].json)


def test_the_first_client(reader: Home, sim: Simulator, tmp_path: Path) -> None:
    """The pieces of the page are one program, which talks to a real daemon."""
    _start(reader, sim, "")
    file = tmp_path / "client.py"
    file.write_text("\n\n".join(_blocks(CLIENT, "python")))
    done = subprocess.run(
        [sys.executable, str(file), "Why", "is", "the", "sky", "blue?"],
        env=reader.environ,
        text=True,
        capture_output=True,
        timeout=40,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "anthropic/claude-sonnet-5, unknown cost\n")
    assert done.stdout == "Why is the sky blue?\nIn one sentence, please.\n"
    assert "first-client" in reader.cli("usage", "--by", "client").stdout
