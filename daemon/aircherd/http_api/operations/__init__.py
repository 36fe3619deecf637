"""What is done for a request, whatever its dialect.

- `dispatch`: the operation of a request, and the error of one that failed.
- `exchange`: a request with all that is needed to answer it.
- `chat`: chats; `chat_response` sends their replies, `answer_headers` tells what answered.
- `count_tokens`, `embeddings`, `list_models`.
- `model_names`: what the names that tools insist on stand for.
- `problems`: errors of aircher as problems, for dialects to give them a form.
"""
