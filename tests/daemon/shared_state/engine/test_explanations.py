"""The words for answers of engines that cannot be had from a real one in a test."""

import pytest
from coredis.exceptions import ConnectionError as LostConnection
from coredis.exceptions import MovedError, ResponseError

from aircherd.config.sections.shared.engine_url import read_engine_url
from aircherd.shared_state.base import EngineAway, EngineRefused
from aircherd.shared_state.engine.explanations import (
    explain,
    not_connected,
    silent,
    without_password,
)

PLAIN = read_engine_url("redis://engine.example")
SECURE = read_engine_url("rediss://engine.example")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("MISCONF Errors writing to the AOF file", EngineAway, "cannot save its data"),
        ("NOREPLICAS Not enough good replicas", EngineAway, "has lost its replicas"),
        ("MASTERDOWN Link with MASTER is down", EngineAway, "has lost its primary"),
        ("BUSY Redis is busy running a script", EngineAway, "busy with a script"),
        ("ERR max number of clients reached", EngineAway, "as many clients as its maxclients"),
        (
            "ERR Error running script (call to f_x): @user_script:1: -OOM command not allowed",
            EngineAway,
            "is full",
        ),
        ("ERR something new", EngineRefused, "has answered: ERR something new"),
    ],
)
def test_an_answer_has_its_words(answer, kind, words):
    """Some of them come from within a script, with other words before them."""
    explained = explain(ResponseError(answer), PLAIN)
    assert type(explained) is kind
    assert words in explained.message
    assert explained.message.startswith("the engine at redis://engine.example:6379 ")


def test_another_node_of_a_cluster_is_refused():
    """All keys of a namespace are on one node; its address is what is needed."""
    explained = explain(MovedError("3999 10.0.0.5:6381"), PLAIN)
    assert isinstance(explained, EngineRefused)
    assert "write the address of that node" in explained.message


def test_a_connection_that_ends_at_once_has_a_hint():
    """An engine with TLS ends a plain connection without a word, and one without a certificate."""
    lost = LostConnection("Connection lost")
    assert "write rediss://" in explain(lost, PLAIN, is_opening=True).message
    assert "write cert_file" in explain(lost, SECURE, is_opening=True).message
    assert explain(lost, PLAIN).message.endswith("has ended the connection")


def test_a_password_that_was_refused_before_is_no_unreadable_one():
    """It is said as it was then, and not that there is none."""
    address = read_engine_url("redis://db:1")
    reason = "key 'default' of shared: the engine at redis://db:1 does not accept it"
    found = without_password(address, reason)
    assert found.message == "the engine at redis://db:1 does not accept it"
    assert "no password for" in without_password(address, "the keyring is locked").message


def test_silence_has_words():
    """An engine without TLS does not answer one that begins with it."""
    assert silent(PLAIN, 0.1).message.endswith("did not answer within 0.1 s")
    assert "write redis://" in not_connected(SECURE, 5).message
    assert "write" not in not_connected(PLAIN, 5).message


def test_what_an_engine_says_is_short_and_can_be_shown():
    """It goes to terminals, events and the log."""
    said = f"ERR \x1b]0;title\x07 {'A' * 100_000}"
    for answer in (said, f"ERR unknown command {said}"):
        message = explain(ResponseError(answer), PLAIN).message
        assert message.isprintable()
        assert len(message) < 500
