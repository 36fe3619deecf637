"""Makes the pictures in this folder from the real program, with simulated providers.

    .venv/bin/python docs/pictures/make.py            # all of them
    .venv/bin/python docs/pictures/make.py demo

It needs gnome-keyring, dbus, Neovim and Emacs, and touches neither your keys nor your daemon.
"""

import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1] / "tests"))

from helpers.pictures.every_scene import SCENES  # noqa: E402 - the tests' helpers are not installed


def main() -> None:
    """Write the pictures that were named, or all."""
    for name in sys.argv[1:] or SCENES:
        (FOLDER / f"{name}.svg").write_text(SCENES[name]().svg)


if __name__ == "__main__":
    main()
