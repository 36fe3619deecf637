"""Files in the forms of the earlier aircher. All keys are canaries; none is real."""

import json

from aircher_cli.commands.migrate.old_files.auth_json import encode

CLAUDE = "sk-ant-canary-old-claude-0123456789abcdef"
OPENAI = "sk-canary-old-openai-0123456789abcdef"
GOOGLE = "AIza-canary-old-google-0123456789"
PLAIN_CLAUDE = "sk-ant-canary-plain-claude-0123456789"
PLAIN_OPENROUTER = "sk-or-canary-plain-openrouter-0123456789"

KEYS = {"claude": CLAUDE, "openai": OPENAI, "google": GOOGLE}
ALL_KEYS = (CLAUDE, OPENAI, GOOGLE, PLAIN_CLAUDE, PLAIN_OPENROUTER)


def auth_json(keys: dict[str, str] | None = None, *, version: int = 1) -> bytes:
    """Return an `auth.json` with these keys, encoded as the program did."""
    stored = {name: encode(key) for name, key in (KEYS if keys is None else keys).items()}
    document = {
        "version": version,
        "keys": stored,
        "created_at": "2025-07-24T08:00:00Z",
        "updated_at": "2025-07-24T09:30:00Z",
    }
    return json.dumps(document, indent=2).encode()


FORM_A = """\
[global]
default_provider = "claude"
default_model = "claude-3-5-haiku-20241022"
default_host = "anthropic"
max_context_tokens = 100000
data_directory = "/home/nina/.aircher/data"

[providers.claude]
name = "Claude"
api_key_env = "ANTHROPIC_API_KEY"
base_url = "https://api.anthropic.com/v1"
fallback_urls = []
timeout_seconds = 60
max_retries = 3

[[providers.claude.models]]
name = "claude-3-5-haiku-20241022"
context_window = 200000
input_cost_per_1m = 0.25
output_cost_per_1m = 1.25
supports_streaming = true
supports_tools = true

[providers.openai]
name = "Team proxy"
api_key_env = "TEAM_OPENAI_KEY"
base_url = "https://proxy.team.example/openai/v1/"
fallback_urls = ["https://spare.team.example/openai/v1"]
timeout_seconds = 90
max_retries = 4

[[providers.openai.models]]
name = "team-coder"
context_window = 65536
input_cost_per_1m = 0.5
output_cost_per_1m = 2.0
supports_streaming = true
supports_tools = false

[providers.gemini]
name = "Gemini"
api_key_env = "GOOGLE_API_KEY"
base_url = "https://generativelanguage.googleapis.com/v1beta/models/{model}"
models = []

[providers.ollama]
name = "Ollama"
api_key_env = ""
base_url = ""
models = []

[hosts.anthropic]
name = "Anthropic API"
description = "direct"
base_url = "https://api.anthropic.com/v1"
api_key_env = "ANTHROPIC_API_KEY"
pricing_multiplier = 1.0
features = []

[ui]
theme = "default"

[database]
sessions_db = "/srv/nina/sessions.db"

[intelligence]
file_scan_depth = 10

[cost]
monthly_budget = 44.5
daily_limit = 2.0
alert_threshold = 0.7
auto_downgrade_on_limit = true

[cost.provider_limits]
claude = 3.0
openai = 6.25

[[multi_provider.model_preferences.team-coder]]
provider = "google"
priority = 2
cost_multiplier = 1.5

[[multi_provider.model_preferences.team-coder]]
provider = "openai"
priority = 1
cost_multiplier = 1.0

[multi_provider.task_preferences.review]
model = "team-coder"
temperature = 0.2
max_tokens = 2500
system_prompt_override = "Find mistakes."

[multi_provider.fallback_strategy]
strategy = "fastest"
max_cost_increase = 1.8
enable_free_fallback = true
max_fallback_attempts = 4

[multi_provider.provider_fallbacks.claude]
fallback_to = ["openai", "google"]
rate_limit_fallback = true
"""

FORM_B = f"""\
# keys in plain text
[providers.claude]
api_key = "{PLAIN_CLAUDE}"
default_model = "claude-3-5-sonnet-20241022"
enabled = true

[providers.openrouter]
api_key = "{PLAIN_OPENROUTER}"
base_url = "https://openrouter.ai/api/v1"
default_model = "anthropic/claude-3.5-sonnet"
enabled = false

[providers.ollama]
base_url = "http://box.lan:11434"
default_model = "llama3.3"
enabled = true

[embedding]
provider = "ollama"
model = "nomic-embed-text"

[search]
max_results = 10

[ui]
theme = "light"

[session]
max_history_size = 1000
"""

PERMISSIONS = 'approved_commands = ["make test"]\n'
MCP = '[servers.x]\nname = "x"\nserver_type = { Remote = { url = "https://x.example" } }\n'

OWN_SERVER = """\
[providers.house]
# api_key = "sk-canary-old-house-0123456789"
api_key = "house-canary-0123456789abcdef"
base_url = "https://house.example/v1"
default_model = "m"
"""
