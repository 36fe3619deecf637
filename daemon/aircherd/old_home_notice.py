"""Tells the user once that the earlier aircher left something behind.

It is imported after the start. A file in the state directory remembers that the notice was shown.
"""

from collections.abc import Mapping
from pathlib import Path

import structlog

from aircherd.api.services import Services
from aircherd.config.old_home import MESSAGE, find_old_home
from aircherd.files.file_worker import Check, FileWorker

OLD_HOME = "old_home"
"""The code of the notice."""
LOOK_SECONDS = 5.0
RECHECK_SECONDS = 0.5
"""A client waits for it."""

log = structlog.get_logger()


async def look_for_old_home(environ: Mapping[str, str], services: Services) -> None:
    """Tell the user once if the earlier aircher left something behind, and nothing is here yet.

    The notice waits for a client. If the user has migrated by then, it is dropped.
    """
    paths, one_time, worker = services.about.paths, services.one_time, FileWorker()

    def look(_: Check) -> Path | None:
        found = find_old_home(environ, paths)
        return None if found is None or paths.shown_file(OLD_HOME).exists() else found

    async def recheck() -> None:
        try:
            found = await worker.do(look, RECHECK_SECONDS)
        except OSError:
            return  # a disk that hangs or refuses: the notice is probably still true
        if found is None:
            one_time.pending.pop(OLD_HOME, None)

    try:
        found = await worker.do(look, LOOK_SECONDS)
    except OSError:
        return  # likewise: the next start looks again
    if found is not None:
        log.info("old_home_found", file=str(found), cure="aircher-cli migrate")
        one_time.pending[OLD_HOME] = MESSAGE.format(_shown(found, environ))
        one_time.recheck = recheck


def _shown(file: Path, environ: Mapping[str, str]) -> str:
    """Return the path with the home directory as `~`."""
    home = Path(environ.get("HOME") or Path.home())
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)
