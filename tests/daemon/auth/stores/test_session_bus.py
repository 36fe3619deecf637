"""Where the session bus may be."""

import pytest

from aircherd.auth.stores.session_bus import bus_addresses, client_addresses

STANDARD = "unix:path=/run/user/7/bus"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, (STANDARD,)),
        ({"DBUS_SESSION_BUS_ADDRESS": ""}, (STANDARD,)),
        ({"DBUS_SESSION_BUS_ADDRESS": "autolaunch:"}, (STANDARD,)),
        ({"DBUS_SESSION_BUS_ADDRESS": "disabled:", "XDG_RUNTIME_DIR": "/r"}, ()),
        ({"XDG_RUNTIME_DIR": "/run/user/7/"}, (STANDARD,)),
        ({"XDG_RUNTIME_DIR": "relative"}, (STANDARD,)),
        ({"XDG_RUNTIME_DIR": "/my run,1"}, ("unix:path=/my%20run%2C1/bus", STANDARD)),
        (
            {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a; unix:abstract=b;", "XDG_RUNTIME_DIR": "/r"},
            ("unix:path=/a", "unix:abstract=b", "unix:path=/r/bus", STANDARD),
        ),
    ],
)
def test_named_addresses_come_before_the_standard_ones(environ, expected):
    """Each once."""
    assert bus_addresses(environ, 7) == expected


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("unix:abstract=/tmp/dbus-a,guid=7", ("unix:abstract=/tmp/dbus-a,guid=7",)),
        (
            "tcp:host=example.org,port=1; unix:path=/a;unix:path=/b",
            ("unix:path=/a", "unix:path=/b"),
        ),
        ("disabled:", ()),
        ("autolaunch:", ()),
        ("unix:runtime=yes", ()),
        ("", ()),
        ("nonsense", ()),
    ],
)
def test_addresses_of_a_client_are_sockets_of_this_machine(named, expected):
    """No other is connected to."""
    assert client_addresses(named) == expected
