"""What `pipx install aircher` gives Neovim and Emacs: two lines load it, and it is answered.

The wheel is installed into an environment of its own; the editors have no other configuration.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.built_wheel import built_wheel, make_venv
from helpers.daemon.real_daemon import Home
from helpers.editors.emacs import find_emacs
from helpers.editors.home import open_editor_home
from helpers.editors.neovim import NEOVIMS, find_neovim

QUESTION, ANSWER = "count 7", "1 2 3 4 5 6 7"
NEOVIM = f"""
vim.cmd("Aircher! {QUESTION}")
local function text()
  local all = {{}}
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    vim.list_extend(all, vim.api.nvim_buf_get_lines(buffer, 0, -1, false))
  end
  return table.concat(all, "\\n")
end
local seen = vim.wait(20000, function() return text():find("{ANSWER}") ~= nil end, 20)
local files = vim.api.nvim_get_runtime_file("lua/aircher/init.lua", true)
io.stdout:write(seen and "answered " or text(), " ", table.concat(files, " "))
vim.cmd("qa!")
"""
EMACS = f"""
(let ((until (+ (float-time) 20)) found)
  (aircher-ask "{QUESTION}")
  (while (and (not found) (< (float-time) until))
    (accept-process-output nil 0.02)
    (dolist (buffer (buffer-list))
      (with-current-buffer buffer
        (save-excursion
          (goto-char (point-min))
          (setq found (or found (re-search-forward "^{ANSWER}" nil t)))))))
  (princ (format "%s %s" (if found "answered" "nothing") (locate-library "aircher"))))
"""


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A user with the installed program, a daemon and a provider."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    with open_editor_home() as made:
        made.home.python = str(make_venv(venv, built_wheel()))
        yield made.home


def lines(user: Home, editor: str, folder: Path) -> str:
    """Return the two lines for an editor; the plugin is that of the wheel."""
    done = user.cli("editors", editor)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr
    assert str(folder) in done.stdout
    return done.stdout


def run(user: Home, *command: str) -> str:
    """Run an editor until it ends; return what it printed."""
    done = subprocess.run(
        command,
        env=user.environ,
        cwd=user.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.neovim
@pytest.mark.parametrize("which", NEOVIMS)
def test_neovim(user: Home, which: str) -> None:
    """Both the oldest that is supported and a recent one ask, and are answered."""
    folder = Path(user.python).parents[1] / "share" / "aircher" / "nvim"
    config = user.root / "config" / "nvim" / "init.lua"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(lines(user, "neovim", folder))
    (user.root / "ask.lua").write_text(NEOVIM)
    said = run(user, find_neovim(which), "--headless", "-i", "NONE", "-n", "-c", "luafile ask.lua")
    assert said.split() == ["answered", str(folder / "lua" / "aircher" / "init.lua")]


@pytest.mark.emacs
def test_emacs(user: Home) -> None:
    """It asks, and is answered."""
    folder = Path(user.python).parents[1] / "share" / "aircher" / "emacs"
    (user.root / "init.el").write_text(lines(user, "emacs", folder))
    said = run(user, find_emacs(), "-Q", "--batch", "-l", "init.el", "--eval", EMACS)
    assert said == f"answered {folder / 'aircher.el'}"


def test_a_program_without_the_files_says_where_else_they_are(user: Home) -> None:
    """An installer that leaves data out is no reason to guess."""
    folder = Path(user.python).parents[1] / "share" / "aircher"
    moved = folder.rename(folder.with_name("moved"))
    try:
        done = user.cli("editors", "neovim")
        assert (done.returncode, done.stdout) == (1, "")
        assert "docs/editors/neovim.md" in done.stderr
    finally:
        moved.rename(folder)
