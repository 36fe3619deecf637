"""A translated reply in the form of the Responses API: pure but for names and the time.

- `stream`: the events of a reply as they come; `whole`: a reply in one piece.
- `items`: the items of the output while they grow; `freeform_input`: the text inside the arguments
  of a tool that takes any text.
- `response`: the response that the first and the last events repeat, and its counts.
- `citations`: the sources of a text.
"""
