"""The list of models, opened from a conversation."""

import json

import pytest

KEY = "canary-work-0123456789abcdef"
SPARE_KEY = "canary-spare-0123456789abcdef"


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 15)])
def test_ctrl_k_chooses_a_model_and_the_conversation_goes_on(daemon, sim, terminal, columns, rows):
    """What is typed stays, the default model too; Esc changes nothing."""
    daemon.login("work", KEY)
    before = daemon.config_file.read_text()
    with terminal("chat", "-m", "work/gpt-5.5", columns=columns, rows=rows) as screen:
        screen.wait_for("/help for help")
        screen.send("one\r")
        screen.wait_for("one\n")
        screen.send("two wor\x0b")
        screen.wait_for("gpt-5.5-mini")
        screen.send("5.5-mini")
        screen.wait_for("> ✓")
        screen.send("\r")
        screen.wait_for("model: work/gpt-5.5-mini", "> two wor")
        screen.send("ds\x0b")
        screen.wait_for("Esc")
        screen.send("\x1b")
        screen.wait_for("> two words")
        screen.send("\r")
        screen.wait_for("two words\nwork/gpt-5.5-mini answers:\ntwo words\n")
        screen.send("\x04")
        assert screen.wait() == 0
        assert screen.settings() == screen.settings_before
        assert screen.modes() == set()
    chats = [each for each in sim.requests if each.endpoint == "chat"]
    assert [json.loads(each.request.body)["model"] for each in chats] == ["gpt-5.5", "gpt-5.5-mini"]
    assert daemon.config_file.read_text() == before


def test_a_key_stored_in_the_list_counts_at_once(home, sim, terminal):
    """`/model` opens the list; the next question goes to the provider that was signed in to."""
    home.write_config(home.config_file.read_text().split("[models.chain]")[0])
    home.start()
    home.login("spare", SPARE_KEY)
    with terminal("chat", "-m", "spare/claude-sonnet-5") as screen:
        screen.wait_for("/help for help")
        screen.send("/model\r")
        screen.wait_for("choose a model for this conversation")
        screen.send("work")
        screen.wait_for("> ○   work  not signed in")
        screen.send("\x0c")
        screen.wait_for("Sign in to work", "not shown")
        screen.send(f"{KEY}\r")
        screen.wait_for("✓ Signed in to work")
        screen.send("\r")
        screen.wait_without("Sign in to work")
        screen.send("/gpt-5.5-mini")
        screen.wait_for("> ✓")
        screen.send("\r")
        screen.wait_for("model: work/gpt-5.5-mini")
        screen.send("hello\r")
        screen.wait_for("hello\nwork/gpt-5.5-mini answers:\nhello\n")
        assert b"canary" not in screen.raw
    (chat,) = [each for each in sim.requests if each.endpoint == "chat"]
    assert (chat.vendor, chat.key) == ("openai", KEY)


def test_a_terminal_that_cannot_draw_lists_the_names(daemon, terminal):
    """The list cannot be drawn there."""
    daemon.login("work", KEY)
    with terminal("chat", "-m", "work/gpt-5.5", environ={"TERM": "dumb"}) as screen:
        screen.wait_for("/help for help")
        screen.send("/model\r")
        screen.wait_for("work/gpt-5.5-mini", "switch with /model NAME")
