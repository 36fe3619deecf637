"""The commands of docs/migrating.md, in a home of the earlier aircher."""

from helpers.docs_commands import run_page
from helpers.old_aircher.places import LAYOUTS, write_files
from helpers.old_aircher.samples import ALL_KEYS


def test_the_commands_of_the_page(home):
    """They do what the page says, in its order."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        del home.environ[name]
    home.config_file.unlink()
    write_files(home.root, LAYOUTS["home"])
    home.start()
    dry, real, status, check, removed = run_page("migrating.md", home)
    assert "would write ~/.aircher/config.toml" in dry.out
    assert "✓ wrote ~/.aircher/config.toml" in real.out
    assert "anthropic" in status.out
    assert "is valid" in check.out
    assert "✓ removed" in removed.out
    assert not any(key in each.out for each in (dry, real, removed) for key in ALL_KEYS)
