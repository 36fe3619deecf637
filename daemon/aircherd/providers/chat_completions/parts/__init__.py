"""What replies of chat completions hold besides text, thinking and tool calls.

- `fields`: undecoded fields of a reply, and which of them are known.
- `further`: collects fields that have no word of ours, until the reply ends.
- `content`: a content that is a list of parts.
- `media`: pictures and sound; `sources`: annotations and lists of sources.
- `rare`: takes a chunk apart that has any of these.
"""
