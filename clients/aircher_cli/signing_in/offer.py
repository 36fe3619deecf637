"""Offers to sign in after a request failed because of keys, so that it can be sent again.

    error about keys ─> one question: import a key of this shell, sign in, or another model
        ├─ chosen ─> checked and stored by the daemon ─> the request is sent again
        └─ Enter, Ctrl-C, Ctrl-D ─> the error is reported, with what to do

Only to a person: on a terminal in the foreground that shows the answer too, without `--json`, and
not in CI.
"""

import os
import stat
import termios
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from aircher_cli.context import Context
from aircher_cli.exit_codes import NOT_SIGNED_IN, CommandFailed
from aircher_cli.picker.view.sign_in.first_steps import Step
from aircher_cli.render.advice import LOGIN, headline, sign_in_lines
from aircher_cli.render.formatting import join_names
from aircher_cli.signing_in.steps import helping_steps, label_of, usable_models
from aircher_cli.signing_in.terminal import Terminal
from aircher_cli.values import Map, as_map, records, text
from aircher_client import Client, ClientError, DaemonError
from aircher_client.sign_in import ProviderSignIn, SignIn, read_sign_in
from aircher_wire import codes, methods

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MODELS = 3
MAX_CHOICES = 9
LIST_SECONDS = 5.0
"""How long a local server is asked for its models; the daemon waits 2 s for it."""


class Choice(NamedTuple):
    """One line of the question: a step, or a `model` to ask instead."""

    title: str
    step: Step | None = None
    model: str = ""


LEAVE = "leave"
UNCHANGED_BY_ANOTHER_KEY = frozenset({codes.KEYRING_LOCKED, codes.FORBIDDEN, codes.CONFIG_INVALID})
"""Errors of storing a key after which it is not asked for again: no key can be stored now."""


def offer(context: Context, client: Client, error: DaemonError) -> Map | None:
    """Ask the user to sign in; return what changes in the request.

    None if there is no person to ask, or nothing to choose. An empty map means that the same
    request can be sent again.

    Args:
        context: The console and the environment.
        client: Stores the key.
        error: The error of the request; it is about keys.

    Raises:
        CommandFailed: the user does not want to; it says what else to do.
        DaemonUnreachable: the daemon has ended.
    """
    found = read_sign_in(error.data, context.environ)
    if found is None or not found.needed:
        return None
    with open_terminal(context) as terminal:
        if terminal is None:
            return None
        found = with_local_models(client, found)
        choices = list_choices(found, context.environ)
        if not choices:
            return None
        try:
            change = _ask(context, client, terminal, headline(found), choices)
        except KeyboardInterrupt:
            context.console.note("")  # ends the line of the prompt
            change = None
    if change is None:
        raise _left(context, found, error.code)
    return change


def offer_before(context: Context, client: Client, plan: Map, what: str) -> None:
    """Say that no key serves what is about to start, and offer a person to sign in first.

    Nothing is said where a key does. It starts in any case, unless the user leaves with Ctrl-C: it
    may not need a model.

    Args:
        context: The console and the environment.
        client: Stores the key.
        plan: From `route.explain`.
        what: What Enter does, such as "start claude anyway".

    Raises:
        CommandFailed: the user has left.
        DaemonUnreachable: the daemon has ended.
    """
    found = read_sign_in(plan, context.environ)
    if found is None or not found.needed:
        return
    with open_terminal(context) as terminal:
        choices = [each for each in list_choices(found, context.environ) if each.step]
        if terminal is None or not choices:
            for line in sign_in_lines(found, context.environ):
                context.console.note(line)
            return
        try:
            _ask(context, client, terminal, headline(found), choices, leave=what)
        except KeyboardInterrupt:
            context.console.note("")
            raise _left(context, found, codes.NOT_AUTHENTICATED) from None


def _left(context: Context, found: SignIn, code: str) -> CommandFailed:
    """Return the error of a user who did not sign in: what else to do."""
    advice = sign_in_lines(found, context.environ, has_headline=False)
    return CommandFailed("\n".join(advice), exit_code=NOT_SIGNED_IN, code=code)


def with_local_models(client: Client, found: SignIn) -> SignIn:
    """Return `found` with the models of local servers that the daemon did not ask yet."""
    unknown = [each for each in found.providers if _is_unknown_server(each)]
    known = {each.provider: _with_list(client, each) for each in unknown}
    return found._replace(
        providers=tuple(known.get(each.provider, each) for each in found.providers)
    )


def _is_unknown_server(each: ProviderSignIn) -> bool:
    return each.state == "not_required" and not (each.has_list or each.reason)


def _with_list(client: Client, server: ProviderSignIn) -> ProviderSignIn:
    """Return a local server with its first model; unchanged if it does not run."""
    try:
        result = as_map(
            client.call(methods.MODELS_LIST, {"provider": server.provider}, timeout=LIST_SECONDS)
        )
    except ClientError:
        return server
    rows = records(result.get("models"))
    names = [text(row.get("model")) for row in rows if row.get("chats") is not False]
    is_running = any(
        each.get("fetched_at") and not each.get("error") for each in records(result.get("lists"))
    )
    if not (names and is_running):
        return server
    return server._replace(model=f"{server.provider}/{names[0]}", has_list=True)


def list_choices(found: SignIn, environ: Mapping[str, str]) -> list[Choice]:
    """Return what the user can choose, the best first; no step if it would be refused."""
    helping = [] if found.refused else helping_steps(found, environ)
    steps = [
        Choice(_title(step), step)
        for step in helping
        if step.kind != "fix" or step.command.startswith(LOGIN)
    ]
    known = [name for name in usable_models(found) if not name.endswith("/MODEL")]
    models = [Choice(f"ask {name} instead", model=name) for name in known[:MAX_MODELS]]
    return [*steps[: MAX_CHOICES - len(models)], *models]


def _title(step: Step) -> str:
    if step.kind == "import":
        what = "keys" if step.variables[1:] else "key"
        return f"use the {what} in {join_names(list(step.variables))}, found in this shell"
    if step.kind == "fix":
        return f"replace the key of {step.provider}"
    label = label_of(step.command)
    return f"sign in to {step.provider}{f', as {label}' if label else ''}"


# ------------------------------------------------------------------ the dialogue


def _ask(  # noqa: PLR0917 -- all of it is said or used in the dialogue
    context: Context,
    client: Client,
    terminal: Terminal,
    why: str,
    choices: list[Choice],
    leave: str = LEAVE,
) -> Map | None:
    """Ask until something worked or the user presses Enter, which means to `leave`."""
    note = context.console.note
    note(f"aircher-cli: {why}")
    for number, choice in enumerate(choices, 1):
        note(f"  {number}  {choice.title}")
    while True:
        typed = terminal.ask(f"Choose {_numbers(choices)}, or press Enter to {leave}: ")
        if not typed:
            return None
        if not (typed.isdecimal() and 1 <= int(typed) <= len(choices)):
            note("  that is not one of the numbers")  # it may be a key: it is not repeated
            continue
        chosen = choices[int(typed) - 1]
        if chosen.step is None:
            return {"model": chosen.model}
        is_done = _import if chosen.step.kind == "import" else _login
        if is_done(context, client, terminal, chosen.step):
            return {}


def _numbers(choices: list[Choice]) -> str:
    return f"1-{len(choices)}" if choices[1:] else "1"


def _import(context: Context, client: Client, _terminal: Terminal, step: Step) -> bool:
    """Store the keys in the step's variables; tell whether one is stored now."""
    variables = {name: context.environ[name] for name in step.variables}
    try:
        result = as_map(client.call(methods.AUTH_IMPORT, {"variables": variables}))
    except DaemonError as error:
        context.console.note(f"  {error.message}")
        return False
    outcomes = records(result.get("outcomes"))
    stored = [each for each in outcomes if each.get("outcome") in {"stored", "already"}]
    for each in outcomes:
        provider, variable = text(each.get("provider")), text(each.get("variable"))
        if each in stored:
            context.console.note(f"  signed in to {provider} with the key in {variable}")
        elif message := text(each.get("message")):
            context.console.note(f"  {variable}: {message}")
    return bool(stored)


def _login(context: Context, client: Client, terminal: Terminal, step: Step) -> bool:
    """Prompt for a key until one works; tell whether one is stored now."""
    note = context.console.note
    if step.keys_page:
        note(f"  Keys are created at {step.keys_page}")
    params: Map = {"provider": step.provider}
    if label := label_of(step.command):
        params["label"] = label
    while True:
        try:
            key = terminal.ask_hidden(f"Key for {step.provider} (not shown): ")
        except termios.error:
            note("  this terminal cannot hide what you type: see aircher-cli auth login --help")
            return False
        if key is None:
            note("")  # ends the line of the prompt
        if not key:
            return False
        try:
            row = as_map(client.call(methods.AUTH_LOGIN, {**params, "key": key}))
        except DaemonError as error:
            note(f"  {error.message}")
            if error.code in UNCHANGED_BY_ANOTHER_KEY:
                return False
            continue
        note(f"  signed in to {step.provider}; the key is stored: {text(row.get('source'))}")
        return True


# ------------------------------------------------------------------ the terminal


@contextmanager
def open_terminal(context: Context) -> "Iterator[Terminal | None]":
    """Return the terminal for questions; None if there is no person to answer them.

    That is standard input. If the prompt came from a pipe or a file, it is the controlling
    terminal, as for ssh, sudo and git. The answer has to go to a terminal too: a script that reads
    it must not wait for a person, and a pager behind it reads the same keys.
    """
    console = context.console
    is_ci = context.environ.get("CI", "").lower() not in {"", "0", "false"}
    if not (console.is_terminal and console.err_is_terminal) or is_ci:
        yield None
        return
    if not context.has_input():
        fd = _descriptor(context)
        yield Terminal(fd, console.prompt) if fd is not None and _is_in_foreground(fd) else None
        return
    opened = _open_tty() if _is_pipe_or_file(context) else None
    try:
        usable = opened is not None and _is_in_foreground(opened)
        yield Terminal(opened, console.prompt) if opened is not None and usable else None
    finally:
        if opened is not None:
            os.close(opened)


def _descriptor(context: Context) -> int | None:
    try:
        return context.stdin.fileno() if context.stdin is not None else None
    except (OSError, ValueError):
        return None


def _is_pipe_or_file(context: Context) -> bool:
    """Tell whether standard input is data of the user, not /dev/null of a script."""
    fd = _descriptor(context)
    if fd is None:
        return False
    mode = os.fstat(fd).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _open_tty() -> int | None:
    try:
        return os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def _is_in_foreground(fd: int) -> bool:
    """Tell whether reading would not stop this process, as it would in the background."""
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False
