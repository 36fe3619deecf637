"""The Gemini API of Google AI Studio (`generateContent`).

- `adapter`: URLs, headers and the key check; calls the modules below.
- `request`: the body of a chat request; `tools`: the tools in it.
- `contents`: the conversation; `media`: pictures, documents and sound in it.
- `thinking`: reasoning effort to a thinking level or budget, by model name.
- `signature`: thought signatures inside ours.
- `reply`: streamed and whole replies to events; `usage`: token counts.
- `reply_parts`: the parts of a reply; `function_calls`: calls that come in pieces.
- `metadata`: what a reply says about itself; `grounding`: the citations in it.
- `models`: the list of models, and what a model's name says about it.
"""
