"""Calls about the configuration: checks of bad texts, reloads, what is in effect."""

from hardness.attack import Attack
from hardness.attackers import in_one_write

AT_MOST = {
    "ping_p99_ms": 50,
    "loop_cpu_max": 150,
    "memory_mb": 256,
    "unfinished": 0,
    "tasks_left": 8,
}
BAD = "\n".join(
    f'[providers.p{n}]\nkind = "none"\nbase_url = "x"\nnonsense = 1\n' for n in range(800)
)
"""A text with 2,400 problems."""
LARGE = "\n".join(
    f'[providers.p{n}]\nkind = "openai"\nbase_url = "http://127.0.0.1:{{port}}/p{n}/v1"\n'
    f'auth = "none"\n\n[models.alias-{n}]\nroutes = ["p{n}/m", "quick/m", "ticks/m"]\n'
    for n in range(200)
)
"""200 providers and as many aliases."""


ATTACKS = [
    Attack(
        "config-check",
        "500 checks of a text with 2,400 problems in one write",
        in_one_write("config.check", lambda n: {"text": f"{BAD}\n# {n}"}),
        short=5,
        whole=500,
        at_most=AT_MOST,
    ),
    Attack(
        "config-check-own-file",
        "checks of a large file that is in use",
        in_one_write("config.check", lambda _: {}),
        short=0,
        whole=1000,
        at_most=AT_MOST,
        config=LARGE,
    ),
    Attack(
        "config-reload",
        "4,000 reloads in one write",
        in_one_write("config.reload", lambda _: {}),
        short=500,
        whole=4000,
        at_most=AT_MOST,
        config=LARGE,
    ),
    Attack(
        "config-show",
        "2,000 calls of config.show in one write",
        in_one_write("config.show", lambda _: {"all": True}),
        short=0,
        whole=2000,
        at_most=AT_MOST,
        config=LARGE,
    ),
    Attack(
        "config-schema",
        "2,500 calls of config.schema in one write",
        in_one_write("config.schema", lambda _: {}),
        short=0,
        whole=2500,
        at_most=AT_MOST,
    ),
]
