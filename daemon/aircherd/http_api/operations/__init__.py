"""What is done for a request, whatever its dialect: chats, counts, embeddings, lists."""
