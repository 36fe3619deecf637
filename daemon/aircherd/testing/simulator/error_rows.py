"""Every error the simulated vendors can be made to answer: vendor -> name -> row.

A name such as `rate_limit` or `quota` stands for the same trouble at every vendor that has it, so
that one test can run over all of them.
"""

from aircherd.testing.simulator.error_row import Row
from aircherd.testing.simulator.errors_anthropic import ANTHROPIC
from aircherd.testing.simulator.errors_gemini import GEMINI
from aircherd.testing.simulator.errors_ollama import OLLAMA
from aircherd.testing.simulator.errors_openai import OPENAI
from aircherd.testing.simulator.errors_openrouter import OPENROUTER

ROWS: dict[str, dict[str, Row]] = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "openrouter": OPENROUTER,
    "ollama": OLLAMA,
}
