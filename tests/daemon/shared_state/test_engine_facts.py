"""What an engine says of itself."""

import re

import pytest

from aircherd.shared_state.engine_facts import read_info, read_user

VALKEY = """\
# Server\r
redis_version:7.2.4\r
server_name:valkey\r
valkey_version:9.1.2\r
# Memory\r
maxmemory:1000000\r
maxmemory_policy:volatile-lru\r
aof_enabled:1\r
role:master\r
"""


def test_info_of_valkey():
    """Its own version counts, not the one of the Redis that it can stand in for."""
    assert read_info(VALKEY) == {
        "product": "Valkey",
        "version": "9.1.2",
        "policy": "volatile-lru",
        "memory": 1_000_000,
        "saves": True,
        "is_replica": False,
    }


def test_info_of_redis_and_of_others():
    """What is not there is not known."""
    found = read_info("redis_version:7.0.15\nrole:slave\naof_enabled:0\n")
    assert found == {
        "product": "Redis",
        "version": "7.0.15",
        "saves": False,
        "is_replica": True,
    }
    assert read_info("") == read_info("<html>") == {}


@pytest.mark.parametrize(
    ("reply", "rights", "has_password"),
    [
        ({b"flags": [b"on", b"allkeys", b"allcommands", b"nopass"]}, "all keys.* and all", False),
        ({b"flags": {b"on"}, b"keys": b"~* ", b"commands": b"-@all +get"}, "^all keys", True),
        ({b"flags": [b"on"], b"keys": [b"~a:*"], b"commands": b"+@all"}, "^all commands", True),
    ],
)
def test_rights_that_are_wide(reply, rights, has_password):
    """In Redis 6 they are flags, later in the lists of keys and commands."""
    found = read_user(reply, "team")
    assert found["has_password"] is has_password
    assert re.search(rights, found["rights"])


def test_rights_that_are_narrow():
    """The keys of a namespace, and some commands."""
    reply = {b"flags": [b"on"], b"keys": b"~{team}:*", b"commands": b"-@all +evalsha +acl"}
    assert read_user(reply, "team") == {"rights": None, "has_password": True}
