"""A `systemctl` that answers from a table, for tests of what a real one rarely says."""

import os
import shlex
import stat
from pathlib import Path


class FakeSystemctl:
    """Put `folder` first in PATH. `answers`: a part of the arguments -> (exit code, output).

    Without an answer it succeeds silently. `calls` has the arguments of each call, without the
    options that all calls have. Output goes to standard error if the exit code is not 0.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "calls"
        folder.mkdir()
        self.answer({})

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a caller that finds it, and nothing else of this machine."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        run = self.folder / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        return {
            "PATH": f"{self.folder}:/usr/bin:/bin",
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(run),
            "AIRCHER_AUTOSTART": "0",
        }

    def make_socket(self) -> Path:
        """Put the file of a socket where the units of that caller listen; return its path."""
        path = self.folder / "run" / "aircher" / "aircher.sock"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.mknod(path, stat.S_IFSOCK | 0o600)
        return path

    @property
    def unit_folder(self) -> Path:
        """Where units of that caller are."""
        return self.folder / "home" / ".config" / "systemd" / "user"

    def answer(self, answers: dict[str, tuple[int, str]]) -> None:
        """Replace the answers; the first that matches is used."""
        unit_path = f"{self.folder}/home/.config/systemd/user /etc/systemd/user"
        usual = {
            "show-environment": (0, f"HOME={self.folder}/home\nPATH=/usr/bin:/bin"),
            "--property=UnitPath": (0, unit_path),
            "is-enabled": (1, ""),
        }
        cases = [
            f"*{shlex.quote(part)}*) printf '%s\\n' {shlex.quote(text)}{' >&2' * bool(code)}; "
            f"exit {code};;"
            for part, (code, text) in {**answers, **_without(usual, answers)}.items()
        ]
        script = self.folder / "systemctl"
        script.write_text(
            "\n".join(
                [
                    "#!/bin/sh",
                    "shift 3",  # --user --no-pager --no-ask-password
                    f'echo "$*" >>{shlex.quote(str(self._log))}',
                    'case "$*" in',
                    *cases,
                    "esac",
                    "",
                ]
            )
        )
        script.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """Return the arguments of each call so far."""
        return self._log.read_text().splitlines() if self._log.exists() else []


def _without(
    usual: dict[str, tuple[int, str]], answers: dict[str, tuple[int, str]]
) -> dict[str, tuple[int, str]]:
    return {part: answer for part, answer in usual.items() if part not in answers}
