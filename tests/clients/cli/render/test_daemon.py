"""The daemon in one line, and the columns of a provider."""

from aircher_cli.render.daemon import (
    client_lines,
    config_lines,
    headline,
    notice_lines,
    provider_cells,
)


def test_the_headline_has_the_process_and_its_age() -> None:
    """What is missing in a status of another version is left empty."""
    assert headline({"version": "2", "pid": 1}) == "aircherd 2 is running (process 1, up 0 s)"
    assert headline({}) == "aircherd  is running (process , up 0 s)"


def test_clients_are_shown_with_the_way_they_came_in() -> None:
    """The process of one at a port is not known."""
    rows = [
        {"name": "nvim", "pid": 7, "program": "/usr/bin/nvim", "since": 100.0, "role": "all"},
        {"name": "curl", "pid": 8, "since": 100.0, "role": "chat", "http": "socket"},
        {"name": "mine", "since": 100.0, "role": "all", "http": "token"},
        {"name": "far", "since": 100.0, "role": "all"},
    ]
    assert client_lines({"started_at": 90.0, "uptime_s": 15.0, "connected": rows}) == [
        "  nvim: may do: all, process 7, /usr/bin/nvim, 5 s",
        "  curl: may do: chat, process 8 over HTTP, 5 s",
        "  mine: may do: all, over HTTP with a token, 5 s",
        "  far: may do: all, an unknown process, 5 s",
    ]


def test_a_notice_is_seen() -> None:
    """By a sign and a colour; what one needs from it is in its own sentence."""
    notice = {"code": "installation_replaced", "message": "it was replaced: restart it"}
    assert notice_lines({"notices": [notice]}, 22) == [
        [("⚠ it was replaced:", "warn")],
        [("  restart it", "warn")],
    ]
    assert notice_lines({}, 80) == []


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
