"""The commands of docs/install.md and docs/service.md, as a new user types them."""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.docs.quoted import assert_quoted
from helpers.docs_commands import Ran, run_page
from helpers.required import missing
from helpers.systemd.machine import SERVICE, Machine
from helpers.systemd.manager import user_manager

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[3]
WHEELS = ROOT / ".wheels"
KEY = "canary-new-0123456789abcdef"

CONFIG = """\
[providers.anthropic]
base_url = "{url}"
[providers.ollama]
base_url = "http://127.0.0.1:1"
"""

# Both tools and pip take their packages from a folder, so that nothing is downloaded.
UV_CONFIG = """\
no-index = true
offline = true
python-downloads = "never"
find-links = ["{wheels}"]
"""


@pytest.fixture
def newcomer(sim: Simulator) -> Iterator[Machine]:
    """A new user, whose Anthropic is simulated, with ~/.local/bin in PATH as on most systems."""
    if not list(WHEELS.glob("hatchling-*.whl")):
        missing("wheels", ".venv/bin/pip download --dest .wheels . hatchling pip")
    sim.keys.accept("anthropic", KEY)
    with open_home() as home:
        programs = Path(sys.executable).parent
        folder = home.root / "bin"
        folder.mkdir()
        for name in ("pipx", "uv"):
            (folder / name).symlink_to(programs / name)
        (folder / "python3").symlink_to(sys.executable)
        settings = home.root / "uv.toml"
        settings.write_text(UV_CONFIG.format(wheels=WHEELS))
        home.environ |= {
            "PATH": f"{home.root}/.local/bin:{folder}:/usr/bin:/bin",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(WHEELS),
            "UV_CONFIG_FILE": str(settings),
            "UV_PYTHON": sys.executable,
            "PIPX_DEFAULT_PYTHON": sys.executable,
            "SHELL": "/bin/bash",
            "XDG_CONFIG_HOME": f"{home.root}/.config",
            "XDG_DATA_HOME": f"{home.root}/.local/share",
            "XDG_STATE_HOME": f"{home.root}/.local/state",
        }
        with user_manager(home.environ) as manager:
            home.write_config(CONFIG.format(url=sim.url))
            yield home, manager


OF_THE_TEST = re.compile(
    r"aircher|(bin|tools|run|\.cache)/.*|uv\.toml|.*systemd/.*|.*pipx/.*\.lock"
)
"""The checkout, the tools, their caches and their locks."""


def own_files(home: Home) -> set[str]:
    """Return the files and links below a home that are not the test's or a tool's own."""
    paths = [path for path in home.root.rglob("*") if path.is_symlink() or not path.is_dir()]
    names = {path.relative_to(home.root).as_posix() for path in paths}
    return {name for name in names if not OF_THE_TEST.fullmatch(name)}


@pytest.mark.parametrize("way", ["With pipx", "With uv", "With a virtual environment"])
def test_install_page(newcomer: Machine, sim: Simulator, way: str):
    """From a checkout to a running service that answers, to an update, and away again."""
    home, manager = newcomer
    before = own_files(home) - {".aircher/config.toml"}

    def run(*sections: str) -> list[Ran]:
        return run_page(
            "install.md",
            home,
            sections=sections,
            installs=True,
            inputs={"aircher-cli auth login": KEY} if "One command" in sections else {},
            keys={"aircher-cli uninstall": "y\r"},
            replace={
                # The checkout is there: the one of this test.
                "git clone <this repository>": f"ln -s {shlex.quote(str(ROOT))} aircher",
                # A terminal would ask for the key.
                "auth login anthropic": "auth login anthropic --with-token",
                # Changes the start files of the shell, which starts again for each command here.
                "pipx ensurepath": "pipx ensurepath --help",
                "uv tool update-shell": "uv tool update-shell --help",
            },
        )

    run("Installing aircher", way)
    if way == "With pipx":
        run("Completion")
        assert (home.root / ".local/share/man/man1/aircher-cli.1").is_file()
    answered = run("One command")
    assert answered[-1].out.strip()
    pid = manager.main_pid(SERVICE)
    program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    assert program.startswith(f"{home.root}/.local/share/")
    assert program != sys.executable
    run("After an update")
    assert manager.main_pid(SERVICE) not in (0, pid)
    removed = run("Removing it", f"Installed w{way[1:]}")
    assert removed[2].shown.text in removed[1].out.replace(str(home.root), "~")
    assert manager.show(SERVICE, "LoadState") == "not-found"
    assert {name for name in own_files(home) - before if "aircher" in name} == set()
    folders = (
        ".aircher",
        *(f".{name}/aircher" for name in ("cache", "local/share", "local/state")),
    )
    assert [name for name in folders if (home.root / name).exists()] == []


def test_service_page(machine: Machine):
    """Every command works, and lifting the restrictions does."""
    home, manager = machine
    page = (ROOT / "docs" / "service.md").read_text()
    editor = home.root / "editor"
    text = page.partition("```ini\n")[2].partition("```")[0]
    editor.write_text(f"#!/bin/sh\ncat >\"$1\" <<'END'\n{text}END\n")
    editor.chmod(0o755)
    home.environ["SYSTEMD_EDITOR"] = str(editor)
    if shutil.which("script") is None:
        missing("script", "apt install bsdutils")
    seen: dict[str, str] = {}
    sections = [
        *("The service", "Day to day", "Environment variables", "What the service may not do"),
    ]
    for section in sections:
        ran = run_page(
            "service.md",
            home,
            sections=[section],
            # systemctl edits only on a terminal.
            replace={"systemctl --user edit aircherd.service": f"script -qec '{EDIT}' /dev/null"},
        )
        if section == "The service":
            folders = {
                re.escape(f"~/{manager.unit_folder.relative_to(home.root)}"): "UNITS",
                re.escape("~/.config/systemd/user"): "UNITS",
                r"listens on \S+/aircher/aircher\.sock": "listens on a socket",
            }
            assert_quoted("service.md", ran, folders)
        status = Path(f"/proc/{manager.main_pid(SERVICE)}/status").read_text()
        seen[section] = status.partition("NoNewPrivs:")[2].split()[0]
    assert list(seen.values()) == ["1", "1", "1", "0"]
    run_page("service.md", home, sections=["Removing it"])
    kept = [path.name for path in manager.unit_folder.rglob("*") if path.is_file()]
    assert kept == ["override.conf"]


EDIT = "systemctl --user edit aircherd.service"
