"""The environment of a tool: what is hidden from it, and what is set. Pure."""

from collections.abc import Collection, Mapping

from aircher_cli.commands.run.tools.recipe import Setup, Tool

VENDOR_KEYS = frozenset(
    {
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AZURE_OPENAI_API_KEY",
        "CEREBRAS_API_KEY",
        "COHERE_API_KEY",
        "CO_API_KEY",
        "DASHSCOPE_API_KEY",
        "DEEPSEEK_API_KEY",
        "FIREWORKS_API_KEY",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        "GOOGLE_GENERATIVE_AI_API_KEY",
        "GROQ_API_KEY",
        "MISTRAL_API_KEY",
        "MOONSHOT_API_KEY",
        "OPENAI_ADMIN_KEY",
        "OPENAI_API_KEY",
        "OPENROUTER_API_KEY",
        "PERPLEXITY_API_KEY",
        "TOGETHER_API_KEY",
        "XAI_API_KEY",
        "ZAI_API_KEY",
    }
)
"""Variables with keys of vendors, beside those of the providers in the configuration."""

PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy")
HOSTS = "127.0.0.1,localhost,::1"


def tool_environment(
    environ: Mapping[str, str],
    tool: Tool,
    setup: Setup,
    key_variables: Collection[str] = (),
    *,
    keeps_keys: bool = False,
    is_wished: bool = False,
) -> dict[str, str]:
    """Return the environment of a tool.

    `key_variables` may have keys; they are hidden unless it `keeps_keys`. If the model `is_wished`,
    it replaces one that the user has set.
    """
    hidden = {*tool.hides, *(() if keeps_keys else hidden_keys(key_variables))}
    found = {name: value for name, value in environ.items() if name not in hidden}
    for name, value in setup.models.items():
        if is_wished or not found.get(name):
            found[name] = value
    found |= setup.variables
    return found | _around_proxies(found)


def hidden_keys(key_variables: Collection[str]) -> frozenset[str]:
    """Return the names of all variables that may have keys."""
    return VENDOR_KEYS.union(key_variables)


def _around_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what keeps requests to this machine from a proxy, if there is one."""
    if not any(environ.get(name) for name in PROXIES):
        return {}
    return {
        name: ",".join(filter(None, [environ.get(name, ""), HOSTS]))
        for name in ("NO_PROXY", "no_proxy")
    }
