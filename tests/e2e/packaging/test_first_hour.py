"""A first hour: from a wheel in a clean home to answers, a fallback, an update, and away again.

Only commands that the README and `--help` name, in one order. Real programs, a real keyring, and
simulated providers over real HTTP.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_wire.version import __version__
from aircherd.testing.simulator import Fault, Simulator
from helpers.built_wheel import (
    ROOT,
    build_wheel,
    built_wheel,
    install_wheel,
    make_venv,
    unpacked_source,
)
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.docs.terminal import run_in_terminal
from helpers.secret_service import SecretService, secret_service

KEYS = {"anthropic": "canary-first-0123456789abcdef", "openai": "canary-second-0123456789abcdef"}
NEXT_VERSION = "0.99.0"

Newcomer = tuple[Home, SecretService]

OF_THE_TEST = {"run", "notes.md", ".bashrc"}


@pytest.fixture
def newcomer(sim: Simulator) -> Iterator[Newcomer]:
    """A home with nothing but the program, as docs/install.md puts it there, and a keyring."""
    for vendor, key in KEYS.items():
        sim.keys.accept(vendor, key)
    with secret_service() as keyring, open_home(keyring.environ) as home:
        venv, links = home.root / ".local/share/aircher-venv", home.root / ".local/bin"
        home.python = str(make_venv(venv, built_wheel()))
        links.mkdir()
        for name in ("aircher-cli", "aircherd"):
            (links / name).symlink_to(venv / "bin" / name)
        for name in ("DATA", "STATE", "CONFIG"):
            del home.environ[f"XDG_{name}_HOME"]
        del home.environ["AIRCHER_AUTOSTART"]
        home.environ["PATH"] = f"{links}{os.pathsep}{home.environ['PATH']}"
        try:
            yield home, keyring
        finally:
            home.python = sys.executable  # the other may be gone
            home.cli("daemon", "stop", "--now")


def run(home: Home, command: str, typed: str = "") -> str:
    """Run a command as a shell does; it must succeed. Return its output."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=home.root,
        env=home.environ,
        input=typed,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert not any(key in done.stdout + done.stderr for key in KEYS.values())
    return done.stdout + done.stderr


def newer_wheel(folder: Path) -> Path:
    """Build a wheel of a later version."""
    source = folder / "source"
    # PKG-INFO has the old version.
    shutil.copytree(unpacked_source(), source, ignore=shutil.ignore_patterns("tests", "PKG-INFO"))
    version = source / "daemon/aircher_wire/version.py"
    version.write_text(version.read_text().replace(__version__, NEXT_VERSION))
    return build_wheel(folder / "wheel", source=source)


@pytest.mark.timeout(180)
def test_a_first_hour(newcomer: Newcomer, sim: Simulator, tmp_path: Path) -> None:
    """Each step works at once and says what it did, and at the end nothing is left."""
    home, keyring = newcomer
    before = {path for path in home.root.rglob("*") if "aircher" not in path.name}
    help_text = run(home, "aircher-cli --help")
    readme = (ROOT / "README.md").read_text()
    used: list[str] = []

    def cli(words: str, typed: str = "") -> str:
        used.append(words)
        return run(home, f"aircher-cli {words}", typed)

    # The providers are simulated.
    cli(f"config set providers.anthropic.base_url {sim.url}")
    cli(f"config set providers.openai.base_url {sim.url}/v1")
    cli("config set providers.ollama.base_url http://127.0.0.1:1")

    # Sign in twice: one key in the keyring, one in the file.
    assert "authenticated" in cli("auth login anthropic", KEYS["anthropic"])
    assert "file" in cli("auth login openai --store file", KEYS["openai"])
    assert KEYS["anthropic"] in keyring.stored("aircher").values()

    # Ask, with a file and from a pipe, and talk.
    assert cli('ask "Why is the sky blue?"') == "Why is the sky blue?\n"
    (home.root / "notes.md").write_text("Bread, milk.\n")
    assert "Bread, milk." in cli('ask -f notes.md "What is this?"')
    assert "from a pipe" in run(home, "echo from a pipe | aircher-cli ask 'What is this?'")
    code, shown = run_in_terminal(["aircher-cli", "chat"], home.environ, "good morning\r\x04")
    assert (code, "good morning" in shown) == (0, True)

    # A chain whose first provider fails, a limit, and what was spent.
    cli('config set models.main.routes \'["anthropic/claude-sonnet-5", "openai/gpt-5.5"]\'')
    cli("models use main")
    sim.faults.add(Fault(kind="error", error="overloaded", vendor="anthropic", times=None))
    answered = cli("ask hello")
    assert "hello\n" in answered
    assert "openai/gpt-5.5" in answered
    sim.faults.clear()
    cli('config set limits \'[{ provider = "openai", requests = 90, per = "day" }]\'')
    assert "openai: 90 requests a day" in cli("limits")
    assert "openai" in cli("usage")
    cli("status")
    cli("completion fish > /dev/null")

    # An update under the running daemon.
    install_wheel(Path(home.python), newer_wheel(tmp_path))
    noticed = cli("ask hello")
    assert "hello\n" in noticed
    assert "'aircher-cli daemon restart'" in noticed
    assert f"aircherd {NEXT_VERSION} is running" in cli("daemon restart")
    # (Whether anthropic is still resting depends on how fast the machine is.)
    assert "daemon restart" not in cli("ask hello")

    # And away again.
    fish = home.root / ".config/fish/completions"
    fish.mkdir(parents=True)
    cli(f"completion fish > {fish}/aircher-cli.fish")
    (home.root / ".bashrc").write_text('eval "$(aircher-cli completion bash)"\n')
    listed = cli("uninstall --dry-run")
    assert "key anthropic (keyring)" in listed
    assert "key openai (file)" in listed
    assert keyring.stored("aircher") != {}
    code, shown = run_in_terminal(["aircher-cli", "uninstall"], home.environ, "y\r")
    assert code == 0, shown
    assert "~/.bashrc: remove line 1" in shown
    assert keyring.stored("aircher") == {}
    assert cli("uninstall --yes").startswith("nothing to remove")
    run(home, shown.strip().splitlines()[-1].strip())
    fish.rmdir()
    fish.parent.rmdir()
    found = {path for path in home.root.rglob("*") if path.name not in OF_THE_TEST}
    assert not {path for path in found if re.search("aircher", str(path.relative_to(home.root)))}
    assert {path for path in found - before if not path.is_dir()} == set()
    assert not [line for line in processes() if str(home.root) in line]

    # Nothing was needed that a newcomer has not read.
    for words in used:
        name = shlex.split(words)[0]
        assert re.search(rf"\b{name}\b", readme + help_text), words


def processes() -> list[str]:
    """Return the command lines of all processes."""
    found: list[str] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it has just ended
            continue
    return found
