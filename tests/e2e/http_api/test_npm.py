"""Programs of npm through the daemon: the SDKs for JavaScript, Claude Code and Codex.

The two agents, one of them also in an editor, work on a task in several rounds of tools, with a
provider of their own API and with one of another. The simulated model plays its part turn by turn.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aircherd.testing.simulator import Fault
from helpers.editors.acp_client import AcpClient
from helpers.required import missing

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "tests" / "helpers" / "http_api" / "sdks.mjs"
PACKAGES = "npm install --no-save @anthropic-ai/claude-code @openai/codex openai @anthropic-ai/sdk"
PATH = f"{ROOT / 'node_modules' / '.bin'}:{os.environ['PATH']}"
ACP = ROOT / "node_modules" / ".acp" / "node_modules" / ".bin"
"""Programs that speak the Agent Client Protocol, in a folder of their own: see `.ci/run`."""
PATIENCE = 50

pytestmark = pytest.mark.npm


def need(program):
    """Return the path of a program of npm, or skip the test."""
    found = shutil.which(program, path=PATH)
    if found is None:
        missing(program, PACKAGES)
    return found


@pytest.fixture(scope="module")
def javascript(served):
    """What the SDKs for JavaScript got."""
    node = need("node")
    for package in ("openai", "@anthropic-ai/sdk"):
        if not (ROOT / "node_modules" / package).exists():
            missing(f"the package {package}", PACKAGES)
    served.calm()
    served.sim.faults.add(Fault("error", vendor="gemini", error="bad_request", times=None))
    own, other = "chat/gpt-5.5", "claude/claude-opus-4-8"
    models = {
        "openai": {"own": own, "other": other},
        "responses": {"own": "responses/gpt-5.5", "other": other},
        "anthropic": {"own": other, "other": own},
        "failing": "google/gemini-3.8-flash",
    }
    done = subprocess.run(
        [node, str(SCRIPT), served.url, served.token, json.dumps(models)],
        env={"PATH": PATH, "HOME": str(served.home.root)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    served.calm()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_javascript_sdks_read_replies_and_streams(javascript):
    """A question, a stream and a round of tools, verbatim and translated."""
    for how in ("own", "other"):
        said = {name: text for name, text in javascript.items() if name.endswith(how)}
        assert said.pop(f"chat cancelled {how}") == "left"
        for name in [f"chat tool {how}", f"messages tool {how}"]:
            assert said.pop(name) == "The tools answered: seen"
        assert said == dict.fromkeys(said, "one two three")
        assert len(said) == 6


def test_javascript_sdks_raise_errors_of_their_own(javascript):
    """An unknown model, and a request that the provider refuses."""
    failed = {name: text.split(":")[0] for name, text in javascript.items() if name[0] in "ur"}
    assert failed["unknown chat"] == failed["unknown messages"] == "NotFoundError 404"
    assert failed["refused chat"] == failed["refused messages"] == "BadRequestError 400"


# ------------------------------------------------------------------ agents

DONE = "The file is copied, as you wanted."


def play(served, tool, argument):
    """Let the model work in three rounds with the tool that runs commands."""
    commands = ["echo one > a.txt", "cp a.txt b.txt", "cat b.txt"]
    calls = [f"call {tool} {json.dumps({argument: command})}" for command in commands]
    served.sim.behave(turns=[f"say I begin; {calls[0]}", *calls[1:], DONE])


def run_tool(served, tmp_path, model, *command):
    """Run a tool with `aircher-cli run` in an empty folder; return what it printed."""
    arguments = ["-m", "aircher_cli", "run", "-m", model, "--", *command]
    done = subprocess.run(
        [served.home.python, *arguments],
        env={**served.home.environ, "PATH": PATH, "IS_SANDBOX": "1", "TERM": "dumb"},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr, served.home.log()[-2000:])
    return done.stdout


@pytest.fixture
def asked(served):
    """Where the requests of a test begin, and the end of what the model plays."""
    yield len(served.asked)
    served.sim.behave(turns=[])


@pytest.mark.parametrize("model", ["claude/claude-opus-4-8", "chat/gpt-5.5"])
def test_claude_code_works_in_rounds(served, tmp_path, asked, model):
    """On a provider of its own API and on one of another."""
    claude = need("claude")
    play(served, "Bash", "command")
    said = run_tool(served, tmp_path, model, claude, "-p", "--dangerously-skip-permissions", "Copy")
    assert said.strip() == DONE
    assert (tmp_path / "b.txt").read_text() == "one\n"
    check_requests(served, asked, model, "claude")


@pytest.mark.parametrize("model", ["responses/gpt-5.5", "claude/claude-opus-4-8"])
def test_codex_works_in_rounds(served, tmp_path, asked, model):
    """On a provider of its own API and on one of another."""
    codex = need("codex")
    play(served, "exec_command", "cmd")
    options = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    said = run_tool(served, tmp_path, model, codex, "exec", *options, "Copy")
    assert said.strip() == DONE
    assert (tmp_path / "b.txt").read_text() == "one\n"
    check_requests(served, asked, model, "codex")


def test_codex_works_in_an_editor(served, tmp_path, asked):
    """As `aircher-cli editors` has it: a turn over ACP, and nothing beside its messages."""
    if shutil.which("codex-acp", path=ACP) is None:
        missing("codex-acp", "see docs/contributing.md")
    play(served, "exec_command", "cmd")
    environ = {**served.home.environ, "PATH": f"{ACP}:{PATH}", "CODEX_PATH": need("codex")}
    words = ("editors", "jetbrains", "--agent", "codex", "--models", "responses/gpt-5.5")
    printed = served.home.cli(*words, environ=environ)
    [entry] = json.loads(printed.stdout)["agent_servers"].values()
    with AcpClient([entry["command"], *entry["args"]], environ, tmp_path) as editor:
        said = editor.ask("Copy")
        assert (editor.close(), editor.strays) == (0, [])
    assert said == f"I begin{DONE}"
    assert (tmp_path / "b.txt").read_text() == "one\n"
    check_requests(served, asked, "responses/gpt-5.5", "codex")


def check_requests(served, before, model, name):
    """Check that the model was asked four times, that all went well, and under whose name."""
    asked = served.asked[before:]
    assert [each.status for each in asked] == [200] * 4
    assert {each.json["model"] for each in asked} == {model.partition("/")[2]}
    usage = served.home.cli("usage", "--by", "client", "--json")
    assert usage.returncode == 0, usage.stderr
    assert name in [row["client"] for row in json.loads(usage.stdout)["rows"]]
