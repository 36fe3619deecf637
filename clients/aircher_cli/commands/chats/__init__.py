"""`aircher-cli chats`: kept conversations. None of these commands needs the daemon.

- `found`: opens conversations for the commands here, and describes them.
- `list`, `show`, `search`, `export`, `rm`: one command each.
- `transcript`: a conversation as Markdown.
- `import_chats`, `imports`: conversations of other programs.
"""
