"""One finding of `doctor`."""

from aircher_cli.commands.doctor.finding import Finding, from_daemon


def test_finding_on_the_wire() -> None:
    """As the daemon sends it: without a cure if there is none."""
    one = {"check": "disk", "status": "warning", "message": "is full", "cure": "empty it"}
    two = {"check": "disk", "status": "ok", "message": "is empty"}
    found = from_daemon([one, two, "odd"])
    assert found == [
        Finding("disk", "warning", "is full", "empty it"),
        Finding("disk", "ok", "is empty"),
    ]
    assert [each.to_json() for each in found] == [one, two]
    assert from_daemon(None) == []
