"""Names of models as vendors have them in November 2026, for tests of what a filter finds first.

From the catalogue that is shipped with the daemon; `@` is before the date of a release. The list of
dates is older than the newest models.
"""

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.values import Map
from helpers.picker.views import a_model, a_view

_NAMES = {
    "anthropic": """
        claude-2 claude-3-5-haiku-latest claude-3-5-sonnet claude-3-7-sonnet-latest
        claude-3-haiku claude-3-opus-latest claude-3-sonnet claude-fable-5@2026-06-09
        claude-fable-5-1 claude-fable-5-2 claude-haiku-4-5@2025-10-15 claude-haiku-5-5
        claude-mythos-5-2 claude-opus-4-0@2025-05-22 claude-opus-4-1@2025-08-05
        claude-opus-4-5@2025-11-24 claude-opus-4-6@2026-02-05 claude-opus-4-7@2026-04-16
        claude-opus-4-8@2026-05-28 claude-opus-5 claude-opus-5-5 claude-sonnet-4-0@2025-05-22
        claude-sonnet-4-5@2025-09-29 claude-sonnet-4-6@2026-02-17 claude-sonnet-5@2026-06-30
        claude-sonnet-5-5 claude-v1
    """,
    "openai": """
        chatgpt-4o-latest codex-mini gpt-3.5-turbo@2023-03-01 gpt-4@2023-11-06
        gpt-4-turbo@2023-11-06 gpt-4-vision-preview gpt-4.1@2025-04-14 gpt-4.1-mini@2025-04-14
        gpt-4.1-nano@2025-04-14 gpt-4.5-preview gpt-4o@2024-05-13 gpt-4o-2024-05-13@2024-05-13
        gpt-4o-mini@2024-07-18 gpt-5@2025-08-07 gpt-5-chat gpt-5-chat-latest@2025-08-07
        gpt-5-codex@2025-09-15 gpt-5-mini@2025-08-07 gpt-5-nano@2025-08-07
        gpt-5-pro@2025-10-06 gpt-5.1@2025-11-13 gpt-5.1-chat gpt-5.1-chat-latest@2025-11-13
        gpt-5.1-codex@2025-11-13 gpt-5.1-codex-max@2025-11-13 gpt-5.1-codex-mini@2025-11-13
        gpt-5.2@2025-12-11 gpt-5.2-chat gpt-5.2-chat-latest@2025-12-11
        gpt-5.2-codex@2025-12-11 gpt-5.2-pro@2025-12-11 gpt-5.3 gpt-5.3-chat
        gpt-5.3-chat-latest@2026-03-03 gpt-5.3-codex@2026-02-05 gpt-5.4@2026-03-05
        gpt-5.4-mini@2026-03-17 gpt-5.4-nano@2026-03-17 gpt-5.4-pro@2026-03-05
        gpt-5.5@2026-04-23 gpt-5.5-chat gpt-5.5-chat-latest gpt-5.5-codex
        gpt-5.5-pro@2026-04-23 gpt-5.6-luna gpt-5.6-sol gpt-5.6-terra gpt-6-astra gpt-6-luna
        gpt-6-sol gpt-6.1-sol gpt-6.1-terra gpt-chat-latest gpt-oss-120b@2025-08-05
        gpt-oss-20b o1@2024-12-05 o1-mini o1-preview o1-pro@2025-03-19 o3@2025-04-16
        o3-deep-research@2025-06-26 o3-mini@2024-12-20 o3-pro@2025-06-10 o4-mini@2025-04-16
        o4-mini-deep-research@2025-06-26
    """,
    "gemini": """
        gemini-1.0-pro-vision-001 gemini-1.5-flash gemini-1.5-pro gemini-2.0-flash@2024-12-11
        gemini-2.0-flash-lite@2024-12-11 gemini-2.5-flash@2025-06-17
        gemini-2.5-flash-lite@2025-06-17 gemini-2.5-flash-preview gemini-2.5-pro@2025-06-17
        gemini-3-flash-preview@2025-12-17 gemini-3-pro-preview@2025-11-18
        gemini-3.1-flash-lite@2026-05-07 gemini-3.1-pro-preview@2026-02-19
        gemini-3.5-flash@2026-05-19 gemini-3.5-flash-lite gemini-3.6-flash gemini-3.7-flash
        gemini-3.8-flash gemini-4-argon gemma-2-27b-it gemma-4-26b-a4b-it-maas
    """,
    "openrouter": """
        aion-labs/aion-rp-llama-3.1-8b anthropic/claude-2 anthropic/claude-3-haiku
        anthropic/claude-3-opus anthropic/claude-3-sonnet anthropic/claude-3.5-haiku
        anthropic/claude-3.5-sonnet anthropic/claude-3.7-sonnet anthropic/claude-fable-5
        anthropic/claude-fable-5.1 anthropic/claude-haiku-4.5 anthropic/claude-haiku-5.5
        anthropic/claude-opus-4 anthropic/claude-opus-4.5 anthropic/claude-opus-4.6
        anthropic/claude-opus-4.6-fast anthropic/claude-opus-4.7
        anthropic/claude-opus-4.7-fast anthropic/claude-opus-4.8
        anthropic/claude-opus-4.8-fast anthropic/claude-opus-5 anthropic/claude-opus-5-fast
        anthropic/claude-opus-5.5 anthropic/claude-sonnet-4 anthropic/claude-sonnet-4.5
        anthropic/claude-sonnet-4.6 anthropic/claude-sonnet-5 anthropic/claude-sonnet-5.5
        deepseek/deepseek-r1 deepseek/deepseek-r1-0528 deepseek/deepseek-r1-distill-llama-70b
        deepseek/deepseek-r1-distill-llama-8b deepseek/deepseek-r1-distill-qwen-1.5b
        deepseek/deepseek-r1-distill-qwen-14b deepseek/deepseek-r1-distill-qwen-32b
        eva-unit-01/eva-llama-3.33-70b google/gemini-3-flash-preview
        google/gemini-3.1-flash-lite google/gemini-3.1-pro-preview google/gemini-3.5-flash
        google/gemini-3.5-flash-lite google/gemini-3.6-flash google/gemini-3.7-flash
        google/gemini-3.8-flash google/gemini-4-argon google/gemini-pro google/gemini-pro-1.5
        latitudegames/wayfarer-large-70b-llama-3.3 meta-llama/llama-3.3-70b-instruct
        meta-llama/llama-4-maverick meta-llama/llama-4-scout minimax/minimax-01
        minimax/minimax-m1 minimax/minimax-m2 minimax/minimax-m2-her minimax/minimax-m2.1
        minimax/minimax-m2.5 minimax/minimax-m2.7 minimax/minimax-m3 mistral/ministral-8b
        mistralai/ministral-14b-2512@2025-12 mistralai/ministral-3b
        mistralai/ministral-3b-2512@2025-12 mistralai/ministral-8b
        mistralai/ministral-8b-2512@2025-12 moonshotai/kimi-k2 moonshotai/kimi-k2-0905
        moonshotai/kimi-k2-thinking moonshotai/kimi-k2.5 moonshotai/kimi-k2.6
        moonshotai/kimi-k2.7-code moonshotai/kimi-k3 moonshotai/kimi-k3.1-pro
        nvidia/llama-3.3-nemotron-super-49b-v1.5 openai/gpt-4o
        openai/gpt-4o-2024-05-13@2024-05-13 openai/gpt-4o-mini openai/gpt-4o:extended
        openai/gpt-5 openai/gpt-5-mini openai/gpt-5-nano openai/gpt-5-pro openai/gpt-5.1
        openai/gpt-5.1-codex-mini openai/gpt-5.2 openai/gpt-5.2-pro openai/gpt-5.3-chat
        openai/gpt-5.3-codex openai/gpt-5.4 openai/gpt-5.4-mini openai/gpt-5.4-nano
        openai/gpt-5.4-pro openai/gpt-5.5 openai/gpt-5.5-pro openai/gpt-5.6-luna
        openai/gpt-5.6-luna-pro openai/gpt-5.6-sol openai/gpt-5.6-sol-pro openai/gpt-5.6-terra
        openai/gpt-5.6-terra-pro qwen/qwen3-coder qwen/qwen3-coder-30b-a3b-instruct
        qwen/qwen3-coder-flash qwen/qwen3-coder-next qwen/qwen3-coder-plus
        qwen/qwen3.8-2.4t-a95b qwen/qwen3.8-27b qwen/qwen3.8-flash qwen/qwen3.8-max-0902
        qwen/qwen3.8-max-prime
    """,
}


def real_models() -> list[Map]:
    """Return rows of `models.list`."""
    found = []
    for provider, names in _NAMES.items():
        for each in names.split():
            name, _, released = each.partition("@")
            found.append(a_model(f"{provider}/{name}", released=released))
    return found


def real_view() -> DaemonView:
    """Return a view in which all their providers are signed in."""
    return a_view(real_models())
