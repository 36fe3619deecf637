"""Every error that the simulated vendors can answer with: vendor -> name -> row.

A name such as `rate_limit` or `quota` means the same problem at every vendor, so that one test can
cover all of them.
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
