"""Daemons that ask each other: a request that comes back is refused, and something else answers."""

from helpers.daemon.ipc_requests import ask, attempt_outcomes, chats, refusal


def test_a_request_that_comes_back_is_refused(pair, client):
    """However many names it has on its way."""
    before = len(chats(pair.sim))
    error = refusal(client, model="laptop/front/laptop/spare/claude-sonnet-5")
    assert error.code == "bad_request"
    assert "came back" in error.message
    assert len(chats(pair.sim)) == before


def test_the_next_route_there_answers_instead(pair, direct):
    """A circle is a failure of one candidate, and says nothing about its provider's health."""
    text = pair.back.config_file.read_text()
    pair.back.write_config(
        f'{text}\n[models.round]\nroutes = ["front/laptop/work/x", "spare/claude-sonnet-5"]\n'
    )
    direct.call("config.reload", {})
    got = ask(direct, model="round")
    pair.back.write_config(text)
    direct.call("config.reload", {})
    assert attempt_outcomes(got) == [("front", "bad_request"), ("spare", "ok")]


def test_a_daemon_may_ask_through_another(client, direct):
    """A request that passes two daemons, and does not come back, is answered."""
    got = ask(direct, model="front/own/gemini-3.8-flash")
    assert got["answered_by"] == "own/gemini-3.8-flash"
    assert ask(client, model="laptop/work/gpt-5.5")["provider"] == "laptop"


def test_its_own_socket_as_a_provider_is_a_circle(pair, client):
    """The shortest one."""
    text = pair.front.config_file.read_text()
    pair.front.write_config(
        f'{text}\n[providers.me]\nkind = "socket"\npath = "{pair.front.socket}"\n'
    )
    client.call("config.reload", {})
    error = refusal(client, model="me/own/gemini-3.8-flash")
    pair.front.write_config(text)
    client.call("config.reload", {})
    assert "its own socket" in error.message
