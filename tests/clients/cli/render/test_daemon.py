"""The daemon in one line, and the columns of a provider."""

from aircher_cli.render.daemon import headline, provider_cells


def test_the_headline_has_the_process_and_its_age() -> None:
    """What is missing in a status of another version is left empty."""
    assert headline({"version": "2", "pid": 1}) == "aircherd 2 is running (process 1, up 0 s)"
    assert headline({}) == "aircherd  is running (process , up 0 s)"


def test_an_unhealthy_provider_is_marked() -> None:
    """The symbol is that of the health, because the state alone looks fine."""
    row = {"provider": "work", "state": "authenticated", "health": "cooling"}
    assert provider_cells(row, ("openai", "")) == [
        ("!", "warn"),
        ("work", "bold"),
        ("authenticated, cooling", "warn"),
        ("openai", ""),
    ]
