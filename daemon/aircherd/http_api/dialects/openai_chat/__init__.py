"""OpenAI's chat completions, as clients ask for them and want them answered.

- `dialect`: its paths, and the object with the protocol's methods.
- `body`: the schema of a request; `fields`: what of it can be said in our words, and what cannot.
- `request`: reads a request; `messages`, `attachments`, `tools`: the parts of one; `embeddings`.
- `stream`, `whole_reply`: write a translated reply; `reply_fields`: what both have.
- `thought_marks`: how thinking and signatures survive a round of tools.
- `errors`, `model_list`: errors and models.
"""

from aircherd.http_api.dialects.dialect import Dialect
from aircherd.http_api.dialects.openai_chat.dialect import OpenAIChatDialect

DIALECT: Dialect = OpenAIChatDialect()
