"""The content blocks of a reply: each is begun, may grow by deltas, and is stopped.

- `opening`: which kind of block the server starts.
- `text`, `thinking`, `call`: the blocks that have words of ours.
- `other`: all other blocks (server tools and their results, compaction, container files, what the
  API will have tomorrow), assembled from their deltas, so that they can go back as they came.
- `block`: what all blocks have in common, and how much a reply may make us hold.
- `extras`: what a known block has besides its own fields; a text or a call carries it in its
  `signature`, because it goes back too.
- `values`: undecoded JSON, and which values say nothing.
"""
