"""`aircher-cli demo`: shows the main features without any key or network.

It runs a real daemon in a temporary home, with real HTTP to simulated providers on loopback, and
the commands that a user would type. The keys are made up. The user's own keyring, keys,
configuration and daemon are not touched, and the home is always removed at the end.
"""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import BinaryIO

import trio

from aircherd.testing.simulator import Behaviour, Fault, Simulator, open_simulator

ALPHA_KEY = "demo-alpha-0123456789abcdef"
NEW_ALPHA_KEY = "demo-alpha-new-0123456789abcdef"
BETA_KEY = "demo-beta-0123456789abcdef"

REPLY = (
    "Sunlight has all colours in it. Air scatters blue light much more than red,\n"
    "so blue reaches your eyes from every side of the sky."
)
"""Lines that fit in 80 columns: `ask` prints a reply as it is."""

CONFIG = """\
[providers.alpha]
kind = "anthropic"
base_url = "{url}/anthropic"

[providers.beta]
kind = "openai"
base_url = "{url}/openai/v1"

[models.demo]
routes = ["alpha/claude-sonnet-5", "beta/gpt-5.5"]

[models.frugal]
routes = ["alpha/claude-sonnet-5", "beta/gpt-5.5"]
strategy = "cheapest"

[[limits]]
provider = "beta"
usd = 0.001
per = "day"

[catalog."alpha/claude-sonnet-5"]
input_price = 3
output_price = 15
max_output = 40

[catalog."beta/gpt-5.5"]
input_price = 1
output_price = 10
max_output = 40
"""
"""Three answers of beta leave no room for a fourth: each costs 0.00026 USD and reserves 0.0004."""

ASK = 'ask -v -m {model} "Why is the sky blue?"'

READY_SECONDS = 10.0
STOP_SECONDS = 25.0
COMMAND_SECONDS = 30.0

READER_GONE = 141
"""The exit code if the reader of standard output has gone; that of `aircher-cli`, too."""


def main() -> int:
    """Run the demo; return 0 if every step succeeded, 130 after Ctrl-C, 141 without a reader."""
    code = 0
    try:
        trio.run(_demo)
    except* KeyboardInterrupt:
        print("\nThe demo was interrupted; it leaves nothing behind.")
        code = 130
    except* BrokenPipeError:  # as after `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the last flush
        code = READER_GONE
    except* DemoFailed as group:
        print(f"\nThe demo failed: {_first_leaf(group)}", file=sys.stderr)
        code = 1
    return code


class DemoFailed(Exception):
    """A step failed."""


def _first_leaf(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


async def _demo() -> None:
    _say(
        "This is aircher with SIMULATED providers: a real daemon, real HTTP to two made-up "
        "providers on this machine, made-up keys. No real key is touched, nothing leaves this "
        "machine, and nothing is left behind."
    )
    behaviour = Behaviour(text=REPLY, delay=0.02)
    with _temporary_home() as environ:
        async with open_simulator(behaviour=behaviour) as providers:
            providers.keys.accept("anthropic", ALPHA_KEY)
            providers.keys.accept("openai", BETA_KEY)
            home = Path(environ["AIRCHER_HOME"])
            (home / "config.toml").write_text(CONFIG.format(url=providers.url))
            async with _daemon(environ):
                await _steps(environ, providers)
    print()
    _say(
        "That was all. With a key of your own: 'aircher-cli auth login anthropic' (or openai, "
        "gemini, openrouter), then 'aircher-cli ask \"hello\"'. A running Ollama needs no key."
    )


async def _steps(environ: Mapping[str, str], providers: Simulator) -> None:
    step = _Steps(environ)
    await _sign_in(step)
    await _refuse_a_key(step, providers)
    await _limit_a_rate(step, providers)
    await _spend_a_budget(step)
    await step(
        "The usage report: requests, tokens and cost, at these made-up prices.",
        "usage",
    )


async def _sign_in(step: "_Steps") -> None:
    await step(
        "Two providers are configured, alpha and beta, and neither is signed in yet. The vendors "
        "that need no configuration are in the last lines.",
        "auth status",
    )
    await step(
        "Sign in. The key is read from standard input, checked live with the provider, and then "
        "stored: only the daemon reads it again.",
        "auth login alpha --with-token",
        key=ALPHA_KEY,
    )
    await step("The same for the second provider.", "auth login beta --with-token", key=BETA_KEY)
    await step(
        "Ask. 'demo' is an alias: alpha first, beta if alpha fails. The reply streams.",
        ASK.format(model="demo"),
    )


async def _refuse_a_key(step: "_Steps", providers: Simulator) -> None:
    providers.keys.revoke("anthropic", ALPHA_KEY)
    providers.keys.accept("anthropic", NEW_ALPHA_KEY)
    await step(
        "Now alpha REFUSES our key, as if it had been revoked. Ask the same question again: the "
        "request falls back to beta and says so.",
        ASK.format(model="demo"),
    )
    await step(
        "The state afterwards: alpha's key is rejected, with a hint on what to do. It is not "
        "tried again until you sign in again.",
        "auth status",
    )
    await step("So we sign in again.", "auth login alpha --with-token", key=NEW_ALPHA_KEY)


async def _limit_a_rate(step: "_Steps", providers: Simulator) -> None:
    limited = Fault("error", error="rate_limit", vendor="anthropic", retry_after=90)
    providers.faults.add(limited)
    await step(
        "Now alpha LIMITS THE RATE: retry after 90 seconds. beta answers at once.",
        ASK.format(model="demo"),
    )
    await step(
        "'frugal' tries the cheapest first. The plan shows the candidates, what each would cost, "
        "and until when alpha is skipped.",
        "route -m frugal --tokens 10",
    )
    await step("The request follows the plan.", ASK.format(model="frugal"))


async def _spend_a_budget(step: "_Steps") -> None:
    await step(
        "beta has a BUDGET of a tenth of a cent a day, and the rest is too little for one more "
        "answer.",
        "limits",
    )
    await step("alpha is available again, so clear its cooldown.", "cooldowns clear alpha")
    await step(
        "The cheapest is at its limit, so the next candidate answers: no budget is overspent.",
        ASK.format(model="frugal"),
    )


class _Steps:
    """Numbers the steps, shows each command, and runs it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._number = 0

    async def __call__(self, text: str, command: str, *, key: str | None = None) -> None:
        self._number += 1
        print()
        _say(f"{self._number}. {text}")
        shown = f"aircher-cli {command}"
        print(f"   $ {f'printf %s KEY | {shown}' if key else shown}", flush=True)
        print(flush=True)
        with trio.fail_after(COMMAND_SECONDS):
            done = await trio.run_process(
                [sys.executable, "-m", "aircher_cli", *shlex.split(command)],
                stdin=(key or "").encode(),
                env=self._environ,
                check=False,
            )
        if done.returncode == READER_GONE:
            raise BrokenPipeError
        if done.returncode:
            raise DemoFailed(f"step {self._number} ended with exit code {done.returncode}")


@contextmanager
def _temporary_home() -> Iterator[dict[str, str]]:
    """Give the environment of a new user: an empty home and no keyring."""
    with tempfile.TemporaryDirectory(prefix="aircher-demo-") as name:
        root = Path(name)
        for folder in ("home", "run"):
            (root / folder).mkdir(mode=0o700)
        kept = {
            variable: os.environ[variable]
            for variable in ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "COLUMNS", "NO_COLOR")
            if variable in os.environ
        }
        yield {
            **kept,
            "HOME": name,
            "AIRCHER_HOME": str(root / "home"),
            "XDG_DATA_HOME": str(root / "data"),
            "XDG_STATE_HOME": str(root / "state"),
            "XDG_RUNTIME_DIR": str(root / "run"),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",  # not the user's own keyring
            "AIRCHER_AUTOSTART": "0",
        }


@asynccontextmanager
async def _daemon(environ: Mapping[str, str]) -> AsyncIterator[None]:
    """Run `aircherd` in the temporary home while the context lasts."""
    log = Path(environ["HOME"]) / "aircherd.log"
    async with trio.open_nursery() as nursery:
        with log.open("wb") as output:
            process = await nursery.start(_run_daemon, environ, output)
        try:
            await _wait_ready(environ, process, log)
            yield
        finally:
            with trio.CancelScope(shield=True):
                process.send_signal(signal.SIGTERM)
                with trio.move_on_after(STOP_SECONDS):
                    await process.wait()
            nursery.cancel_scope.cancel()


async def _run_daemon(
    environ: Mapping[str, str],
    output: BinaryIO,
    *,
    task_status: "trio.TaskStatus[trio.Process]" = trio.TASK_STATUS_IGNORED,
) -> None:
    await trio.run_process(
        [sys.executable, "-m", "aircherd"],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=environ,
        check=False,
        task_status=task_status,
    )


async def _wait_ready(environ: Mapping[str, str], process: trio.Process, log: Path) -> None:
    sockets = trio.Path(environ["XDG_RUNTIME_DIR"]) / "aircher"
    with trio.move_on_after(READY_SECONDS):
        while process.poll() is None:
            if list(await sockets.glob("*.sock")):
                return
            await trio.sleep(0.02)
    raise DemoFailed(f"the daemon did not start:\n{await trio.Path(log).read_text()}")


def _say(text: str) -> None:
    width = min(get_terminal_size().columns, 88)
    print(textwrap.fill(text, width, subsequent_indent="   " if text[:1].isdigit() else ""))


if __name__ == "__main__":
    sys.exit(main())
