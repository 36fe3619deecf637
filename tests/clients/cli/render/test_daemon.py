"""The daemon in one line, and the columns of a provider."""

from aircher_cli.render.daemon import config_lines, headline, provider_cells


def test_the_headline_has_the_process_and_its_age() -> None:
    """What is missing in a status of another version is left empty."""
    assert headline({"version": "2", "pid": 1}) == "aircherd 2 is running (process 1, up 0 s)"
    assert headline({}) == "aircherd  is running (process , up 0 s)"


def test_many_problems_of_the_configuration_are_counted() -> None:
    """They would push everything else off the screen; another command shows all of them."""
    problems = [{"message": f"line {number} is wrong"} for number in range(8)]
    config: dict[str, object] = {"ok": False, "problem": {"problems": problems}}
    texts = ["".join(text for text, _ in line) for line in config_lines(config, 80, "")]
    assert len(texts) == 8
    assert texts[-2:] == ["  line 4 is wrong", "  and 3 more: aircher-cli config check"]


def test_an_unhealthy_provider_is_marked() -> None:
    """The symbol is that of the health, because the state alone looks fine."""
    row = {"provider": "work", "state": "authenticated", "health": "cooling"}
    assert provider_cells(row, ("openai", "")) == [
        ("!", "warn"),
        ("work", "bold"),
        ("authenticated, cooling", "warn"),
        ("openai", ""),
    ]
