"""OpenAI's SDK, answered from memory: a judge of what the dialect writes."""

import httpx2
import openai


def client_of(
    body: bytes, *, status: int = 200, stream: bool = False, headers: dict[str, str] | None = None
) -> openai.OpenAI:
    """Return a client that gets this response to each request."""
    kind = "text/event-stream" if stream else "application/json"

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(
            status, content=body, headers={"content-type": kind, **(headers or {})}
        )

    transport = httpx2.MockTransport(answer)
    return openai.OpenAI(
        api_key="ak-none",
        base_url="http://aircher.test/v1",
        http_client=httpx2.Client(transport=transport),
        max_retries=0,
    )
