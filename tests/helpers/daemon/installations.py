"""A second installation of aircher: a copy of the packages, of another version."""

import re
import shutil
from pathlib import Path

import aircher_cli
import aircher_client
import aircher_wire
import aircherd

PACKAGES = (aircher_wire, aircherd, aircher_client, aircher_cli)

EAGER = "import aircherd.preload as p; p.QUIET_SECONDS = 0.0; "
"""Program text: load at once what the daemon loads at a quiet moment."""


class Installation:
    """A directory with the packages, found through `environ`."""

    def __init__(self, folder: Path, version: str) -> None:
        self.folder = folder
        self.environ = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        for package in PACKAGES:
            assert package.__file__ is not None
            source = Path(package.__file__).parent
            shutil.copytree(
                source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__")
            )
        self.set_version(version)

    def set_version(self, version: str) -> None:
        """Change the version, as an update does: the file is a new one."""
        file = self.folder / "aircher_wire" / "version.py"
        text = re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', file.read_text())
        assert version in text
        file.unlink()
        file.write_text(text)

    def remove(self) -> None:
        """Remove the packages, as an uninstallation does."""
        shutil.rmtree(self.folder)
