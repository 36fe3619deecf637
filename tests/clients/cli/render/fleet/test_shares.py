"""What each machine used of a limit, below the limit."""

from aircher_cli.render.fleet.shares import share_lines
from aircher_cli.values import Map

LIMIT: Map = {
    "counted": "usd",
    "machines": [
        {"machine": "1", "label": "laptop", "this": True, "live": True, "used": "1.5", "held": "0"},
        {"machine": "2", "label": "server", "live": True, "used": "0.25", "held": "0.05"},
        {"machine": "3", "label": "ci", "live": False, "used": "0", "held": "0.1"},
    ],
}


def shown(limit: Map, width: int) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in share_lines(limit, width)]


def test_each_machine_has_a_line() -> None:
    """What a silent one holds counts, and says why."""
    assert shown(LIMIT, 100) == [
        "    ● laptop (this one)  $1.50 used",
        "    ● server             $0.25 used  $0.05 leased",
        "    ○ ci                 $0 used     $0.10 held until the window ends: it is silent",
    ]


def test_in_a_narrow_terminal_lines_are_broken() -> None:
    """None is wider than it."""
    lines = shown(LIMIT, 44)
    assert all(len(line) <= 44 for line in lines)
    assert lines[0] == "    ● laptop (this one), $1.50 used"
    assert "it is silent" in " ".join(" ".join(lines).split())


def test_a_limit_of_one_machine_has_none() -> None:
    """Neither a local one, nor one that only this machine has used."""
    assert shown({"counted": "usd"}, 80) == []
    assert shown({**LIMIT, "machines": [LIMIT["machines"][0]]}, 80) == []  # type: ignore[index]
    counts = {"machine": "2", "label": "server", "live": True, "used": 1200, "held": 0}
    (line,) = shown({"counted": "requests", "machines": [counts]}, 80)
    assert line == "    ● server  1,200 used"
