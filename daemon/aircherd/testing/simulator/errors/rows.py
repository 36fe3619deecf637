"""Every error the simulated vendors can be made to answer: vendor -> name -> row.

A name such as `rate_limit` or `quota` stands for the same trouble at every vendor that has it, so
that one test can run over all of them.
"""

from aircherd.testing.simulator.errors.anthropic import ANTHROPIC
from aircherd.testing.simulator.errors.gemini import GEMINI
from aircherd.testing.simulator.errors.ollama import OLLAMA
from aircherd.testing.simulator.errors.openai import OPENAI
from aircherd.testing.simulator.errors.openrouter import OPENROUTER
from aircherd.testing.simulator.errors.row import Row

ROWS: dict[str, dict[str, Row]] = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "openrouter": OPENROUTER,
    "ollama": OLLAMA,
}
