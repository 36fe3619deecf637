"""The offer to sign in, at a real terminal with a real daemon."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import wait_until
from helpers.required import missing
from helpers.screen.terminal_user import CLI, TerminalUser
from helpers.secret_service import secret_service

KEY = "canary-work-0123456789abcdef"
NEW_KEY = "canary-new-0123456789abcdefgh"
WRONG = "canary-wrong-0123456789abcdef"
QUESTION = "press Enter to leave: "
PROMPT = "(not shown): "
LINE_EDITOR = "\x1b[?2004h"
"""What the line editor of `chat` sends when it is ready for input."""


def check_secrets(home, *users):
    """Check that no terminal, log or other file than the credentials shows a key."""
    written = home.log() + "".join(user.shown for user in users)
    assert "canary" not in written


def is_stopped(pid):
    """Tell whether a process is stopped, as by SIGTTOU in the background."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("T")


def chats(sim):
    """Return the chat requests that arrived; a sign-in also fetches lists of models."""
    return [request for request in sim.requests if request.endpoint == "chat"]


def sign_in(user, key=KEY):
    """Choose the first line of the question, and paste a key."""
    user.read_until(QUESTION)
    user.send("1\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send(f"{key}\n")


def test_a_newcomer_signs_in_and_gets_the_answer(newcomer, desk, sim):
    """The same request is sent again; the answer is the only thing on standard output."""
    user = desk.cli("ask", "hello", "there")
    sign_in(user)
    assert user.wait() == 0
    assert "signed in to work" in user.shown
    assert user.shown.endswith("\nhello there\n")
    assert user.is_restored()
    assert [request.key for request in chats(sim)] == [KEY]
    check_secrets(newcomer, user)


def test_a_key_of_the_shell_is_imported(newcomer, desk):
    """It is the first choice, and named."""
    user = desk.cli("ask", "hello", WORK_KEY=KEY)
    user.read_until("1  use the key in WORK_KEY, found in this shell")
    user.read_until(QUESTION)
    user.send("1\n")
    assert user.wait() == 0
    assert "signed in to work with the key in WORK_KEY" in user.shown
    check_secrets(newcomer, user)


def test_a_refused_key_of_the_shell(newcomer, desk):
    """The reason is shown, and the user can choose again."""
    user = desk.cli("ask", "hello", WORK_KEY=WRONG)
    user.read_until(QUESTION)
    user.send("1\n")
    user.read_until("WORK_KEY: work refused the key")
    user.read_until(QUESTION)
    user.send("2\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send(f"{KEY}\n")
    assert user.wait() == 0
    check_secrets(newcomer, user)


def test_a_refused_key_and_then_a_right_one(newcomer, desk):
    """The prompt comes again."""
    user = desk.cli("ask", "hello")
    sign_in(user, WRONG)
    user.read_until("work refused the key")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send(f"{KEY}\n")
    assert user.wait() == 0
    check_secrets(newcomer, user)


@pytest.mark.parametrize("pasted", [f"  {KEY}  \n", f"\n{KEY}\n", f"\n \n\t{KEY}\n\n"])
def test_white_space_around_a_pasted_key(newcomer, desk, pasted):
    """It is ignored, line breaks included, and nothing of it reaches the shell."""
    user = desk.cli("ask", "hello")
    user.read_until(QUESTION)
    user.send("1\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send(pasted)
    assert user.wait() == 0
    check_secrets(newcomer, user)


def test_white_space_inside_a_pasted_key(newcomer, desk):
    """It is refused before any provider sees it, as two lines would be two halves."""
    user = desk.cli("ask", "hello")
    sign_in(user, f"{KEY[:12]}\n{KEY[12:]}")
    user.read_until("it contains white space")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send("\n")
    user.read_until(QUESTION)
    user.send("\n")
    assert user.wait() == 4
    check_secrets(newcomer, user)


@pytest.mark.parametrize("typed", ["\n", "\x03", "\x04"])
def test_leaving_the_question(desk, typed):
    """Enter, Ctrl-C and Ctrl-D end with the advice and exit code 4; the reason is shown once."""
    user = desk.cli("ask", "hello")
    user.read_until(QUESTION)
    user.send(typed)
    assert user.wait() == 4
    assert user.shown.count("You are not signed in") == 1
    assert "Run this first:\n  aircher-cli auth login work\n" in user.shown
    assert user.is_restored()


@pytest.mark.parametrize("typed", ["7\n", "zero\n", f"{WRONG}\n\n1\n"])
def test_an_answer_that_is_none(desk, typed):
    """The question comes again; lines pasted by mistake choose nothing, and run nowhere."""
    user = desk.cli("ask", "hello")
    user.read_until(QUESTION)
    user.send(typed)
    user.read_until("that is not one of the numbers")
    user.read_until(QUESTION)
    user.send("\n")
    assert user.wait() == 4
    assert user.shown.count(QUESTION) == 2


@pytest.mark.parametrize(
    ("leave", "code"),
    [("\x03", 4), ("\x1c", -3), (signal.SIGINT, 4), (signal.SIGTERM, -15), (signal.SIGHUP, -1)],
)
def test_leaving_the_hidden_prompt(newcomer, desk, leave, code):
    """The echo is on again, however the program ends; half a key is shown nowhere."""
    user = desk.cli("ask", "hello")
    user.read_until(QUESTION)
    user.send("1\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send(KEY[:20])
    if isinstance(leave, str):
        user.send(leave)
    else:
        user.process.send_signal(leave)
    assert user.wait() == code
    assert user.is_restored()
    check_secrets(newcomer, user)


def test_ctrl_d_at_the_hidden_prompt(desk):
    """It goes back to the question."""
    user = desk.cli("ask", "hello")
    user.read_until(QUESTION)
    user.send("1\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send("\x04")
    user.read_until(QUESTION)
    assert user.has_echo()


def test_ctrl_z_and_fg(newcomer, desk):
    """The shell has its echo while the program is stopped; after `fg` the key is hidden again."""
    if shutil.which("bash") is None:
        missing("no bash")
    user = desk.run("bash", "--norc", "-i", PS1="ready> ")
    user.read_until("ready> ")
    user.send(f"{' '.join(CLI)} ask hello\n")
    user.read_until(QUESTION)
    user.send("1\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send("\x1a")
    user.read_until("Stopped")
    user.read_until("ready> ")
    user.send("stty -a | grep -wo -e -echo -e echo | sed s/^/it-is-/\n")
    user.read_until("it-is-echo\r\n")
    user.send("fg\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send(f"{KEY}\n")
    user.read_until("signed in to work")
    user.read_until("hello\r\n")
    user.send("exit\n")
    user.wait()
    check_secrets(newcomer, user)


@pytest.mark.parametrize("how", ["stopped", "background"])
def test_the_key_stays_hidden_after_fg(newcomer, desk, how):
    """A shell sets its own modes meanwhile, and does not restore those of a stopped program."""
    if shutil.which("bash") is None:
        missing("no bash")
    user = desk.run("bash", "--norc", "-i", PS1="ready> ")
    user.read_until("ready> ")
    user.send(f"{' '.join(CLI)} auth login work\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    pid = user.foreground()
    os.kill(pid, signal.SIGSTOP if how == "stopped" else signal.SIGTSTP)
    user.read_until("Stopped")
    user.read_until("ready> ")
    if how == "background":
        user.send("bg\n")
        user.read_until("ready> ")
        wait_until(lambda: is_stopped(pid), "it has stopped again")
    user.send("fg\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    # After `bg` the prompt may be shown twice, and each time what was typed before is dropped.
    time.sleep(1)
    user.send(f"{KEY}\n")
    user.read_until("ready> ")
    user.send("exit\n")
    user.wait()
    assert KEY[:-4] not in user.shown
    assert newcomer.cli("auth", "test", "work").returncode == 0


def test_another_provider_than_the_request_needs(newcomer, desk, sim):
    """Its key does not help: another model is offered, and the request can go there."""
    newcomer.login("work", KEY)
    user = desk.cli("ask", "-m", "spare/some-model", "hello")
    user.read_until("You are not signed in to spare, which this request needs.")
    user.read_until("2  ask work/gpt-5.5 instead")
    user.read_until(QUESTION)
    user.send("2\n")
    assert user.wait() == 0
    assert chats(sim)[-1].json["model"] == "gpt-5.5"


def test_a_local_model(newcomer, desk, sim):
    """A model of a running Ollama is offered, also if the daemon did not know of it yet."""
    text = newcomer.config_file.read_text().replace("http://127.0.0.1:1", sim.url)
    newcomer.config_file.write_text(text)
    assert newcomer.cli("config", "reload").returncode == 0
    user = desk.cli("ask", "-m", "work/m", "hello")
    user.read_until("2  ask ollama/")
    user.read_until(QUESTION)
    user.send("2\n")
    assert user.wait() == 0
    assert chats(sim)[-1].vendor == "ollama"


def test_a_sign_in_that_does_not_help_for_long(newcomer, desk, sim):
    """A key that is rejected between sign-in and request leads to the question again."""
    sim.faults.add(Fault("error", error="refused_key", times=None))
    user = desk.cli("ask", "hello")
    sign_in(user)
    user.read_until("The key 'default' of work was rejected")
    user.read_until("1  replace the key of work")
    user.read_until(QUESTION)
    user.send("\n")
    assert user.wait() == 4


def test_two_terminals_at_once(newcomer, desk):
    """Both can sign in, in any order."""
    users = [desk.cli("ask", "hello"), desk.cli("ask", "hello")]
    for user in users:
        user.read_until(QUESTION)
        user.send("1\n")
        user.read_until(PROMPT)
        user.wait_for_echo(on=False)
    for user in users:
        user.send(f"{KEY}\n")
    assert [user.wait() for user in users] == [0, 0]
    check_secrets(newcomer, *users)


# ------------------------------------------------------------------ whether to ask


def test_a_prompt_from_a_pipe(newcomer, desk):
    """The question is asked at the terminal, as ssh and git do; the prompt is not lost."""
    user = desk.run("sh", "-c", f"echo some text | {' '.join(CLI)} ask 'sum up:'")
    sign_in(user)
    assert user.wait() == 0
    assert user.shown.endswith("sum up:\n\nsome text\n")
    check_secrets(newcomer, user)


@pytest.mark.parametrize(
    "line",
    [
        "echo text | {cli} ask hello > /dev/null",
        "x=$({cli} ask hello)",
        "{cli} ask hello < /dev/null",
        "{cli} ask hello 2> /dev/null",
        "{cli} ask --json hello",
        "CI=true {cli} ask hello",
    ],
)
def test_scripts_are_not_asked(desk, line):
    """They end at once with exit code 4."""
    user = desk.run("sh", "-c", line.format(cli=" ".join(CLI)))
    assert user.wait() == 4
    assert QUESTION not in user.shown


@pytest.mark.parametrize("line", ["{cli} ask hello | cat", "echo hello | xargs {cli} ask"])
def test_other_programs_on_the_terminal_keep_its_keys(desk, line):
    """A pager behind it reads them too, and xargs may start many at once."""
    user = desk.run("sh", "-c", line.format(cli=" ".join(CLI)))
    user.wait()
    assert "Run this first:" in user.shown
    assert QUESTION not in user.shown


def test_a_job_in_the_background_is_not_asked(desk):
    """Reading from the terminal would stop it."""
    if shutil.which("bash") is None:
        missing("no bash")
    user = desk.run("bash", "--norc", "-ic", f"{' '.join(CLI)} ask hello & wait $!")
    assert user.wait() == 4
    assert QUESTION not in user.shown


# ------------------------------------------------------------------ chat


def test_chat_offers_to_sign_in_before_the_first_question(newcomer, desk):
    """Then the conversation begins."""
    user = desk.cli("chat")
    sign_in(user)
    user.read_until("/help for help")
    user.read_until(LINE_EDITOR)
    user.send("\x04")
    assert user.wait() == 0
    assert user.is_restored()
    check_secrets(newcomer, user)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_during_a_line_of_chat(newcomer, desk, number):
    """The terminal is set as it was before, and the program ends by the signal."""
    newcomer.login("work", KEY)
    user = desk.cli("chat")
    user.read_until(LINE_EDITOR)
    user.send("half a line")
    user.read_until("half")
    user.process.send_signal(number)
    assert user.wait() == -number
    assert user.is_restored()
    assert user.shown.rindex("\x1b[?2004l") > user.shown.rindex(LINE_EDITOR)


def test_chat_without_signing_in(desk):
    """It ends with the advice and exit code 4."""
    user = desk.cli("chat")
    user.read_until(QUESTION)
    user.send("\n")
    assert user.wait() == 4
    assert "Run this first:" in user.shown


def test_a_conversation_goes_on_after_a_new_key(newcomer, desk, sim):
    """The question whose key was rejected is answered, and the earlier turns are kept."""
    newcomer.login("work", KEY)
    user = desk.cli("chat")
    user.read_until("/help for help")
    user.read_until(LINE_EDITOR)
    user.send("first question\r")
    user.read_until("first question\r\n")
    user.read_until(LINE_EDITOR)
    sim.keys.revoke("openai", KEY)
    sim.keys.accept("openai", NEW_KEY)
    user.send("second question\r")
    user.read_until("The key 'default' of work was rejected")
    sign_in(user, NEW_KEY)
    user.read_until("signed in to work")
    user.read_until("second question")
    user.read_until(LINE_EDITOR)
    user.send("\x04")
    assert user.wait() == 0
    said = [message["content"] for message in chats(sim)[-1].json["messages"]]
    assert said == ["first question", "first question", "second question"]
    check_secrets(newcomer, user)


# ------------------------------------------------------------------ run


def test_run_offers_to_sign_in_before_it_starts_the_tool(newcomer, desk):
    """Enter starts it all the same: it may need no model. After a key there is no question."""
    start = "Choose 1-2, or press Enter to start echo without a key: "
    user = desk.cli("run", "--", "echo", "it", "ran")
    user.read_until(start)
    user.send("\n")
    assert user.wait() == 0
    assert user.shown.endswith("it ran\n")
    user = desk.cli("run", "--", "echo", "it", "ran")
    user.read_until(start)
    user.send("\x03")
    assert user.wait() == 4
    assert "Run this first:\n  aircher-cli auth login work\n" in user.shown
    assert "it ran" not in user.shown
    user = desk.cli("run", "--", "echo", "it", "ran")
    user.read_until(start)
    user.send("1\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send(f"{KEY}\n")
    assert user.wait() == 0
    assert user.shown.endswith("it ran\n")
    again = desk.cli("run", "--", "echo", "it", "ran")
    assert (again.wait(), again.shown) == (0, "it ran\n")
    check_secrets(newcomer, user)


# ------------------------------------------------------------------ auth login


def test_auth_login_asks_for_the_provider(newcomer, desk):
    """By a number or by its name; what is no answer is not repeated, as it may be a key."""
    user = desk.cli("auth", "login", SPARE_KEY=WRONG)
    user.read_until("Sign in to which provider?\r\n  1  work\r\n  2  spare\r\n  3  anthropic\r\n")
    user.read_until("To store what this shell has in SPARE_KEY: aircher-cli auth import")
    user.read_until(QUESTION)
    user.send("sk-nothing\n")
    user.read_until("that is not one of the numbers")
    user.read_until(QUESTION)
    user.send("work\n")
    user.read_until("Key for work (not shown): ")
    user.wait_for_echo(on=False)
    user.send(f"{KEY}\n")
    assert user.wait() == 0
    assert user.is_restored()
    assert KEY[:-4] not in user.shown + newcomer.log()


@pytest.mark.parametrize(("typed", "code"), [("\n", 1), ("\x04", 1), ("\x03", 130)])
def test_leaving_without_a_provider(desk, typed, code):
    """Nothing is stored."""
    user = desk.cli("auth", "login")
    user.read_until(QUESTION)
    user.send(typed)
    assert user.wait() == code
    assert user.is_restored()


@pytest.mark.parametrize("pasted", [f"{KEY}\n", f"\n {KEY}\n\n"])
def test_auth_login_has_the_same_prompt(newcomer, desk, pasted):
    """White space around a pasted key is ignored, and the shell gets nothing of it."""
    user = desk.cli("auth", "login", "work")
    user.read_until("Key for work (not shown): ")
    user.wait_for_echo(on=False)
    user.send(pasted)
    assert user.wait() == 0
    assert user.is_restored()
    # The credentials' last characters are shown, as in `auth status`.
    assert KEY[:-4] not in user.shown + newcomer.log()


def test_auth_login_restores_the_echo(desk):
    """SIGTERM ends it, and the terminal shows what is typed again."""
    user = desk.cli("auth", "login", "work")
    user.read_until("Key for work (not shown): ")
    user.wait_for_echo(on=False)
    user.process.send_signal(signal.SIGTERM)
    assert user.wait() == -signal.SIGTERM
    assert user.is_restored()


def test_the_daemon_ends_during_the_question(newcomer, desk):
    """The choice fails with the reason, and the exit code for an unreachable daemon."""
    user = desk.cli("ask", "hello")
    user.read_until(QUESTION)
    newcomer.stop()
    user.send("1\n")
    user.read_until(PROMPT)
    user.wait_for_echo(on=False)
    user.send(f"{KEY}\n")
    assert user.wait() == 3
    assert "aircherd is not running" in user.shown
    check_secrets(newcomer, user)


@pytest.mark.secret_service
def test_a_locked_keyring_takes_no_key(home):
    """The reason is said once, and the question comes again, not the prompt for a key."""
    with secret_service() as keyring:
        keyring.lock()
        home.start(keyring.environ)
        with TerminalUser([*CLI, "ask", "-m", "work/m", "hello"], home.environ) as user:
            sign_in(user)
            user.read_until("the keyring cannot be used: it is locked")
            user.read_until("press Enter to leave: ")
            user.send("\n")
            assert user.wait() == 4
            check_secrets(home, user)
