"""Every system call of a sign-in fails in turn; the keys are in a file, or in a keyring."""

from collections.abc import Awaitable, Callable

import trio

from hardness.arena import Arena, start_process
from hardness.attack import Attack, Figures


def _fail_each(*arguments: str) -> Callable[[Arena, int], Awaitable[Figures]]:
    async def run(_arena: Arena, _size: int) -> Figures:
        """Count the cases, and those with a key elsewhere, no clear error, or no daemon."""
        with start_process("helpers.failing_calls", *arguments) as process:
            assert process.stdout is not None
            text = await trio.to_thread.run_sync(process.stdout.read, abandon_on_cancel=True)
        short, _, number, *_ = text.splitlines()[-1].split()
        return {"cases": int(number), "short": int(short)}

    return run


ATTACKS = [
    Attack(
        f"failing-calls-{store}",
        f"each system call of a sign-in fails at up to six places; the key is for the {store}",
        _fail_each(*arguments),
        short=0,  # tests/e2e/secrets/test_failing_calls.py
        whole=1,
        at_most={"short": 0, "unfinished": 0},
        at_least={"cases": 60},
        is_observed=False,
    )
    for store, arguments in (("file", ()), ("keyring", ("keyring",)))
]
