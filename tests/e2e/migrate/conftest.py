"""A home of the earlier aircher, with a daemon of this one."""

import pytest

from helpers.daemon.real_daemon import home as open_home


@pytest.fixture
def home():
    """A home without any file; XDG directories are at their default places in it."""
    with open_home() as made:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            del made.environ[name]
        made.data = made.root / ".local" / "share" / "aircher"
        yield made


@pytest.fixture
def daemon(home):
    """The same home with a running daemon."""
    home.start()
    return home
