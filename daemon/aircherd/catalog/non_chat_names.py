"""Recognises models that do not chat by their names, where no list says what they do."""

import re

NON_CHAT_WORDS: dict[str, str] = {
    "embed": "turns text into vectors",
    "embedding": "turns text into vectors",
    "embeddings": "turns text into vectors",
    "embedder": "turns text into vectors",
    "bge": "turns text into vectors",
    "minilm": "turns text into vectors",
    "rerank": "orders documents",
    "reranker": "orders documents",
    "moderation": "classifies text",
    "guard": "classifies text",
    "whisper": "turns speech into text",
    "transcribe": "turns speech into text",
    "tts": "turns text into speech",
    "orpheus": "turns text into speech",
    "realtime": "talks over an API of its own",
    "dall": "draws pictures",
    "imagen": "draws pictures",
    "flux": "draws pictures",
    "sdxl": "draws pictures",
    "diffusion": "draws pictures",
    "sora": "makes films",
    "veo": "makes films",
    "lyria": "makes music",
}
"""A word of a name -> what such a model does instead. Words are separated by anything but letters.

`image` and `audio` are not here: models of these names often chat too.
"""

_WORD = re.compile(r"[a-z]+")


def does_not_chat(name: str) -> bool:
    """Tell whether a model of this name is known not to chat."""
    lower = name.lower()
    words = _WORD.findall(lower)
    return not NON_CHAT_WORDS.keys().isdisjoint(words) or "gpt-image" in lower


_EMBEDDING_WORDS = frozenset(
    word for word, what in NON_CHAT_WORDS.items() if what == "turns text into vectors"
)


def is_embedding_name(name: str) -> bool:
    """Tell whether a model of this name is known to turn text into vectors."""
    return not _EMBEDDING_WORDS.isdisjoint(_WORD.findall(name.lower()))
