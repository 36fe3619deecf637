"""A body of the Responses API to a chat request: pure.

- `body`: its JSON, typed; `unknown`: fields that are not of this API, or newer than this code.
- `read`: the whole of it; `options`: the fields besides the conversation and the tools.
- `conversation`: the items of the input; `content`: what messages and results hold.
- `tools`: the tools and the choice among them; `hosted`: those that run at the provider.
- `names`: one name for a tool in a namespace; `freeform`: tools that take any text.
- `forwarded`: what goes to a provider of the same API: the body and the headers.
- `echo`: what a response repeats of its request.

## Field by field

Said: `model`, `input`, `instructions`, `tools`, `tool_choice`, `parallel_tool_calls`,
`reasoning.effort`, `text.format`, `max_output_tokens`, `temperature`, `top_p`, `stream`,
`max_tool_calls` (as the limit of a search), `prompt_cache_key` (as the conversation), and the
items `additional_tools` and `configuration_update`.

Left out where a request is translated, because the answer is as right without it:
`store`, `include`, `metadata`, `client_metadata`, `user`, `safety_identifier`, `truncation`,
`stream_options`, `text.verbosity`, `temperature` and `top_p` of 1, `reasoning.summary` (thinking
is always shown), `context_management`, `prompt_cache_options`, `prompt_cache_retention`,
`service_tier` unless it costs more, details of pictures; of earlier turns the thinking and the
hosted calls of OpenAI's models.

Refused: other models (`models`, `fallbacks`), and `background` without a stream, which would be
billed without being read.

Not sayable, so only a provider of this API can answer: `previous_response_id`, `conversation`,
`background`, `prompt`, `moderation`, `access_programs`, log probabilities, penalties, dearer
tiers, files by id, `item_reference`, `compaction`, outputs of OpenAI's own client tools, hosted
tools without a word of ours, and every field that is not known.
"""
