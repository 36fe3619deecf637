"""What messages and requests hold besides text.

- `media`: pictures, documents and sound.
- `citations`: what a text is based on.
- `cache`: marks for the providers' prompt caches.
- `tools`: the tools that a model may use, the client's and the provider's.
"""
