"""What the pictures of editors show: real editors in a terminal, with simulated providers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator as open_simulator
from helpers.docs.blocks import ROOT
from helpers.editors.emacs import compiled, find_emacs
from helpers.editors.neovim import find_neovim
from helpers.pictures.scenes import Picture, catalogue
from helpers.pictures.svg import draw
from helpers.pictures.terminal import Terminal, open_screen

COLUMNS = 96

CONFIG = """\
default_model = "main"

[models.main]
routes = ["openai/gpt-5.5", "anthropic/claude-sonnet-5"]

[providers.openai]
base_url = "{url}/v1"
[providers.anthropic]
base_url = "{url}"
"""

KEYS = {
    "openai": "picture-openai-0123456789-c41e",
    "anthropic": "picture-anthropic-0123456789-7f3a",
}

QUESTION = "What is an extmark?"
REPLY = """\
A position in a buffer that moves with the text around it. Set one, and read it back later:

```lua
local id = vim.api.nvim_buf_set_extmark(0, space, row, 0, {})
```"""

OLD = """\
def total(orders):
    result = 0
    for order in orders:
        if order.paid:
            result = result + order.price
    return result


def names(orders):
    return [order.name for order in orders]
"""
NEW = """\
def total(orders):
    return sum(order.price for order in orders if order.paid)


def names(orders):
    return sorted({order.name for order in orders})
"""
INSTRUCTION = "simplify, and no name twice"

NEOVIM = ("-u", "NONE", "-n", "--cmd", f"set rtp^={ROOT / 'clients' / 'nvim'}")
NEOVIM_SETTINGS = "syntax on | filetype plugin on | set noruler laststatus=0 shortmess+=I"
EMACS_SETTINGS = """
(progn
  (setq inhibit-startup-screen t make-backup-files nil frame-background-mode 'dark)
  (frame-set-background-mode (selected-frame))
  (menu-bar-mode -1))
"""


@contextmanager
def open_scene(reply: str) -> Iterator[tuple[Home, Simulator]]:
    """Give a home with a daemon, in which two providers are signed in to that answer `reply`."""
    with open_simulator() as sim, open_home() as home:
        home.environ.pop("NO_COLOR")
        home.write_config(CONFIG.format(url=sim.url) + catalogue())
        for vendor, key in KEYS.items():
            sim.keys.accept(vendor, key)
        home.start()
        for vendor, key in KEYS.items():
            home.login(vendor, key)
        sim.behave(text=reply)
        (home.root / "orders.py").write_text(OLD)
        yield home, sim


@contextmanager
def in_neovim(home: Home, *arguments: str, rows: int) -> Iterator[Terminal]:
    """Start the newer Neovim with the plugin."""
    settings = ("-i", "NONE", "-c", "runtime plugin/aircher.lua", "-c", NEOVIM_SETTINGS)
    command = [find_neovim("wheel"), *NEOVIM, *settings, *arguments]
    with open_in_home(command, home, rows=rows) as terminal:
        yield terminal


@contextmanager
def in_emacs(home: Home, *arguments: str, rows: int) -> Iterator[Terminal]:
    """Start Emacs with the package."""
    package = ("-L", str(compiled()), "-l", "aircher", "--eval", EMACS_SETTINGS)
    command = [find_emacs(), "-nw", "-Q", *package, *arguments]
    with open_in_home(command, home, rows=rows) as terminal:
        yield terminal


@contextmanager
def open_in_home(command: Sequence[str], home: Home, *, rows: int) -> Iterator[Terminal]:
    """Run a command in the home's folder, in a terminal whose screen can be seen."""
    there = ["env", "-C", str(home.root), *command]
    with open_screen(there, home.environ, columns=COLUMNS, rows=rows) as terminal:
        yield terminal


def neovim_chat() -> Picture:
    """Return a chat in Neovim, whose first provider limits the rate."""
    with open_scene(REPLY) as (home, sim), in_neovim(home, rows=23) as terminal:
        sim.faults.add(LIMITED)
        terminal.press(f":AircherChat {QUESTION}\r")
        terminal.wait_for("-->", "claude-sonnet-5")
        terminal.press(":only\r:\x1bgg")
        terminal.settle()
        return picture(terminal, "nvim")


def neovim_edit() -> Picture:
    """Return an edit in Neovim, before its hunks are accepted."""
    with open_scene(NEW) as (home, _), in_neovim(home, "orders.py", rows=15) as terminal:
        terminal.press(f":%AircherEdit {INSTRUCTION}\r")
        terminal.wait_for("ga accepts")
        return picture(terminal, "nvim orders.py")


def emacs_chat() -> Picture:
    """Return a chat in Emacs, whose first provider limits the rate."""
    with open_scene(REPLY) as (home, sim), in_emacs(home, rows=22) as terminal:
        sim.faults.add(LIMITED)
        terminal.settle()
        terminal.press("\x1bxaircher-chat\r")
        terminal.wait_for("## You")
        terminal.press(f"{QUESTION}\x03\x03")
        terminal.wait_for("-->", "claude-sonnet-5")
        terminal.press("\x181\x1b<")
        terminal.settle()
        terminal.press("\x01")  # and no message
        terminal.settle()
        return picture(terminal, "emacs")


def emacs_rewrite() -> Picture:
    """Return a change in Emacs, before its hunks are accepted."""
    with open_scene(NEW) as (home, _), in_emacs(home, "orders.py", rows=34) as terminal:
        terminal.wait_for("orders.py")
        terminal.press("\x18h\x1bxaircher-rewrite\r")
        terminal.wait_for("Change")
        terminal.press(f"{INSTRUCTION}\r")
        terminal.wait_for("sorted({order.name")
        return picture(terminal, "emacs orders.py")


LIMITED = Fault("error", vendor="openai", error="rate_limit", times=None)

SCENES = {
    "neovim-chat": neovim_chat,
    "neovim-edit": neovim_edit,
    "emacs-chat": emacs_chat,
    "emacs-rewrite": emacs_rewrite,
}
"""Name of a picture in docs/pictures, without its suffix -> what makes it."""


MASKS = {r"%[*%]--F1": "%%--F1"}
"""What differs from run to run: whether Emacs takes a read-only buffer as changed."""


def picture(terminal: Terminal, title: str) -> Picture:
    """Draw all of the screen."""
    svg = draw(terminal.screen, title, range(terminal.screen.lines), MASKS)
    return Picture(svg, terminal.text)
