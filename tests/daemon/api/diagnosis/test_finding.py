"""One finding of a diagnosis."""

import msgspec
import pytest

from aircherd.api.diagnosis.finding import Finding, refused


@pytest.mark.parametrize(
    ("reason", "message", "cure"),
    [
        (
            "/a/b is open to other users (mode 0644): chmod 600 /a/b",
            "/a/b is open to other users (mode 0644)",
            "chmod 600 /a/b",
        ),
        ("/a/b is spoiled: by a program: fix it", "/a/b is spoiled: by a program", "fix it"),
        ("no idea", "no idea", None),
    ],
)
def test_reason_of_a_refusal_ends_with_its_cure(reason, message, cure):
    """After the last colon."""
    assert refused("x", "problem", reason) == Finding("x", "problem", message, cure)


def test_finding_without_a_cure_has_no_cure_on_the_wire():
    """Clients look whether there is one."""
    assert msgspec.to_builtins(Finding("x", "ok", "fine")) == {
        "check": "x",
        "status": "ok",
        "message": "fine",
    }
