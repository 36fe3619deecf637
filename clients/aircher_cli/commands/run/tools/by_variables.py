"""Tools that take the variables of the vendors' SDKs, and all that are not in the table."""

from collections.abc import Mapping

from aircher_cli.commands.run.tools.recipe import TOKEN_VARIABLE, Door, Setup, Tool, named


def every_variable(door: Door, _environ: Mapping[str, str]) -> Setup:
    """Set what the SDKs of all vendors understand, and what is built on them."""
    token, url = door.token, door.url
    return Setup(
        {
            "OPENAI_BASE_URL": door.openai_url,
            "OPENAI_API_BASE": door.openai_url,
            "OPENAI_API_KEY": token,
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": token,
            "GOOGLE_GEMINI_BASE_URL": url,
            "GEMINI_API_BASE": url,
            "GEMINI_API_KEY": token,
            "OLLAMA_HOST": url,
            "OLLAMA_API_BASE": url,
            "OLLAMA_API_KEY": token,
            "AIRCHER_URL": url,
            TOKEN_VARIABLE: token,
        },
        named(door.model, "AIRCHER_MODEL"),
    )


def aider(door: Door, _environ: Mapping[str, str]) -> Setup:
    """Set up aider, which asks LiteLLM: its prefix says which API."""
    return Setup(
        {
            "OPENAI_API_BASE": door.openai_url,
            "OPENAI_API_KEY": door.token,
            "ANTHROPIC_BASE_URL": door.url,
            "ANTHROPIC_API_KEY": door.token,
            "AIDER_SHOW_MODEL_WARNINGS": "false",
        },
        named(
            door.model,
            "AIDER_MODEL",
            "AIDER_WEAK_MODEL",
            "AIDER_EDITOR_MODEL",
            prefix="anthropic/" if door.prefers_anthropic else "openai/",
        ),
    )


BY_VARIABLES = (
    Tool(
        "aider",
        ("aider", "aider-chat"),
        "OpenAI chat or Anthropic",
        aider,
        hides=("AIDER_OPENAI_API_BASE", "AIDER_OPENAI_API_KEY", "AIDER_ANTHROPIC_API_KEY"),
        own_options=("--openai-api-base", "--openai-api-key", "--anthropic-api-key", "--api-key"),
    ),
    Tool(
        "llm",
        ("llm",),
        "OpenAI chat",
        every_variable,
        own_options=("--key",),
        note="sends only names that it knows: use run -m",
    ),
    Tool("litellm", ("litellm",), "OpenAI chat", every_variable),
    Tool(
        "ollama",
        ("ollama",),
        "Ollama",
        every_variable,
        note="for clients that send a key; `ollama` itself sends none",
    ),
)

OTHER = Tool("other", (), "any", every_variable)
"""What is not in the table: scripts, SDKs, LangChain."""
