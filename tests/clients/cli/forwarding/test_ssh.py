"""The command line of ssh, and what its end means."""

import pytest

from aircher_cli.exit_codes import UsageError
from aircher_cli.forwarding import ssh


def test_the_users_options_come_first() -> None:
    """Of an option that is given twice, ssh takes the first."""
    command = ssh.command_line("me@buildbox", ["-p", "2222"], "aircher-cli")

    assert command[:3] == ["ssh", "-p", "2222"]
    assert command[-3:-1] == ["--", "me@buildbox"]
    assert command[-1] == (
        "exec sh -c 'PATH=\"$PATH:$HOME/.local/bin\"; exec aircher-cli forward --remote'"
    )


def test_forwards_of_the_configuration_are_left_out() -> None:
    """They may be open already; unless the user wants one here."""
    assert ssh.NO_FORWARDS in ssh.command_line("box", ["-p", "22"], "x")
    for option in ("-R", "-R8080:localhost:8080", "-L", "-D"):
        command = ssh.command_line("box", [option], "x")
        assert (ssh.NO_FORWARDS in command, ssh.MUST_FORWARD in command) == (False, True)


@pytest.mark.parametrize("host", ["", "-oProxyCommand=touch /tmp/x"])
def test_an_option_is_no_host(host: str) -> None:
    """It could run a program here."""
    with pytest.raises(UsageError, match="is no host"):
        ssh.command_line(host, [], "aircher-cli")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("buildbox", "buildbox"),
        ("me@buildbox.example", "buildbox.example"),
        ("ssh://me@buildbox:22/", "buildbox:22"),
    ],
)
def test_the_name_of_a_host(host: str, name: str) -> None:
    """Without the user."""
    assert ssh.host_name(host) == name


@pytest.mark.parametrize(
    ("code", "said", "message"),
    [
        (255, "", "ssh could not connect to box: see its message above"),
        (127, "", "x was not found on box: install aircher there, or say where it is: --command P"),
        (2, "", "x on box cannot forward: it is of an earlier version"),
        (1, "a menu\nof 3", "x on box ended with exit code 1; it wrote: a menu of 3"),
        (None, "", "x on box did not start"),
    ],
)
def test_why_the_other_end_did_not_come_up(code: int | None, said: str, message: str) -> None:
    """Each says what to do, as far as that is known."""
    assert message in ssh.explain_failure("box", code, said, "x")
