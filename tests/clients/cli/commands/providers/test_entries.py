"""What the daemon knows about a provider's entry."""

from aircher_cli.commands.providers.entries import ProviderEntry, find_entry, provider_rows
from aircher_cli.context import Context
from helpers.daemon.cli_daemon import CliDaemon

ROWS: list[dict[str, object]] = [
    {"path": "providers.openai.kind", "value": "openai", "source": "default"},
    {"path": "providers.openai.base_url", "value": "https://x", "source": "file", "line": 9},
    {"path": "providers.gemini.kind", "value": "gemini", "source": "default"},
    {"path": "providers.work.kind", "value": "openai", "source": "file", "line": 4},
    {"path": "providers.work.base_url", "value": "http://h", "source": "file", "line": 5},
    {"path": "providers.work.headers.X-A", "value": "b", "source": "file", "line": 6},
    {"path": "default_model", "value": "m", "source": "file", "line": 1},
]


def test_an_entry_of_the_users_own() -> None:
    """Headers are one entry; the line is the first one."""
    found = ProviderEntry("work", ROWS)
    assert found.entry == {"kind": "openai", "base_url": "http://h", "headers": {"X-A": "b"}}
    assert (found.is_builtin, found.line) == (False, 4)


def test_a_changed_built_in_provider() -> None:
    """What the entry does not set is a default."""
    found = ProviderEntry("openai", ROWS)
    assert (found.entry, found.is_builtin, found.line) == ({"base_url": "https://x"}, True, 9)


def test_no_entry() -> None:
    """A built-in provider exists without one; others do not."""
    assert (ProviderEntry("gemini", ROWS).entry, ProviderEntry("gemini", ROWS).is_builtin) == (
        None,
        True,
    )
    assert (ProviderEntry("x", ROWS).entry, ProviderEntry("x", ROWS).is_builtin) == (None, False)


def test_the_daemon_is_asked(daemon: CliDaemon) -> None:
    """For all settings, and for the providers."""
    daemon.answers["config.show"] = {"rows": ROWS}
    daemon.answers["status"] = {"providers": [{"provider": "work"}]}
    context = Context(None, daemon.environ, None)  # type: ignore[arg-type]
    assert find_entry(context, "work").line == 4
    assert daemon.params_of("config.show") == {"all": True}
    assert provider_rows(context) == [{"provider": "work"}]
