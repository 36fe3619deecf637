"""Conversations of other programs, for `chats import`. The sources are only read.

- `taken`: adds what was found to the kept conversations, once.
- `llm`: `logs.db` of llm, a SQLite database, in both of its forms.
- `aichat`: sessions and `messages.md` of aichat.
- `yaml_subset`: the part of YAML that aichat writes.
"""
