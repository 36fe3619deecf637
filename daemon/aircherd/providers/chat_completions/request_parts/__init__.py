"""The parts of a chat completions request.

- `attachments`: pictures, files and sound, and marks for the prompt cache.
- `assistant`: what a model said before, and what of it goes back in its own form.
- `tools`: tools and the choice between them.
"""
