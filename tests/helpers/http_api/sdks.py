"""The vendors' own SDKs for Python, all with the same few methods, for one URL.

Each asks as a user of it would, and returns what its objects say.
"""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import anthropic
import ollama
import openai
from google import genai
from google.genai import types

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9aw"
    "AAAABJRU5ErkJggg=="
)
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"at": {"type": "string"}}}
LIMIT = 4096
CALL = 'call look {"at": "sea"}'
"""What makes the simulated model call a tool."""


class Said(NamedTuple):
    """What a reply says: its text, and the tokens of the input and the output."""

    text: str
    usage: tuple[int, int]


class Sdk(Protocol):
    """One SDK."""

    def ask(self, model: str, *texts: str) -> Said:
        """Ask in one piece; texts are turns of user and assistant, the user's first and last."""

    def stream(self, model: str, text: str) -> Said:
        """Ask for a stream, and read it to its end."""

    def pieces(self, model: str, text: str) -> Iterator[str]:
        """Ask for a stream; closing the iterator cancels it."""

    def see(self, model: str, text: str) -> str:
        """Ask about a picture."""

    def use_tool(self, model: str, prompt: str = CALL, name: str = "look") -> tuple[Any, str]:
        """Let the model call a tool, answer it "seen"; return the arguments and the last text."""

    def close(self) -> None:
        """Close its connections."""


def roles(texts: tuple[str, ...], assistant: str = "assistant") -> Iterator[tuple[str, str]]:
    """Return the role and the text of each turn."""
    return ((assistant if number % 2 else "user", text) for number, text in enumerate(texts))


def messages(*texts: str) -> list[Any]:
    """Return the turns in the form that most APIs share."""
    return [{"role": role, "content": text} for role, text in roles(texts)]


def function(name: str) -> dict[str, Any]:
    """Return a function in the form that most APIs share."""
    return {"name": name, "description": "Looks", "parameters": SCHEMA}


class Chat:
    """OpenAI's, chat completions."""

    def __init__(self, url: str, token: str, **options: Any) -> None:
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key=token, **options)
        self._create = self.client.chat.completions.create

    def ask(self, model: str, *texts: str) -> Said:
        return self._said(self._create(model=model, messages=messages(*texts)))

    def _said(self, reply: Any) -> Said:
        usage = reply.usage
        text = reply.choices[0].message.content or ""
        return Said(text, (usage.prompt_tokens, usage.completion_tokens))

    def stream(self, model: str, text: str) -> Said:
        asked = {"model": model, "messages": messages(text)}
        wanted: Any = {"include_usage": True}
        with self.client.chat.completions.stream(**asked, stream_options=wanted) as stream:
            return self._said(stream.get_final_completion())

    def pieces(self, model: str, text: str) -> Iterator[str]:
        with self._create(model=model, messages=messages(text), stream=True) as stream:
            for chunk in stream:
                yield chunk.choices[0].delta.content or "" if chunk.choices else ""

    def see(self, model: str, text: str) -> str:
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
        content: Any = [{"type": "text", "text": text}, picture]
        reply = self._create(model=model, messages=[{"role": "user", "content": content}])
        return reply.choices[0].message.content or ""

    def use_tool(self, model: str, prompt: str = CALL, name: str = "look") -> tuple[Any, str]:
        tools: Any = [{"type": "function", "function": function(name)}]
        talk = messages(prompt)
        reply = self._create(model=model, messages=talk, tools=tools).choices[0].message
        (call,) = reply.tool_calls or []
        assert call.type == "function"
        talk += [reply, {"role": "tool", "tool_call_id": call.id, "content": "seen"}]
        last = self._create(model=model, messages=talk, tools=tools)
        return call.function.arguments, last.choices[0].message.content or ""

    def close(self) -> None:
        self.client.close()


class Responses:
    """OpenAI's, Responses."""

    def __init__(self, url: str, token: str, **options: Any) -> None:
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key=token, **options)
        self._create = self.client.responses.create

    def ask(self, model: str, *texts: str) -> Said:
        return self._said(self._create(model=model, input=messages(*texts)))

    def _said(self, reply: Any) -> Said:
        return Said(reply.output_text, (reply.usage.input_tokens, reply.usage.output_tokens))

    def stream(self, model: str, text: str) -> Said:
        with self.client.responses.stream(model=model, input=text) as stream:
            return self._said(stream.get_final_response())

    def pieces(self, model: str, text: str) -> Iterator[str]:
        with self._create(model=model, input=text, stream=True) as stream:
            for event in stream:
                yield event.delta if event.type == "response.output_text.delta" else ""

    def see(self, model: str, text: str) -> str:
        picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}
        content: Any = [{"type": "input_text", "text": text}, picture]
        asked: Any = [{"role": "user", "content": content}]
        return str(self._create(model=model, input=asked).output_text)

    def use_tool(self, model: str, prompt: str = CALL, name: str = "look") -> tuple[Any, str]:
        tools: Any = [{"type": "function", "strict": False, **function(name)}]
        talk = messages(prompt)
        reply = self._create(model=model, input=talk, tools=tools)
        (call,) = (item for item in reply.output if item.type == "function_call")
        talk += reply.output
        talk.append({"type": "function_call_output", "call_id": call.call_id, "output": "seen"})
        return call.arguments, self._create(model=model, input=talk, tools=tools).output_text

    def close(self) -> None:
        self.client.close()


class Messages:
    """Anthropic's."""

    def __init__(self, url: str, token: str, **options: Any) -> None:
        self.client = anthropic.Anthropic(base_url=url, api_key=token, **options)
        self._create = self.client.messages.create

    def ask(self, model: str, *texts: str) -> Said:
        return self._said(self._create(model=model, max_tokens=LIMIT, messages=messages(*texts)))

    def _said(self, reply: Any) -> Said:
        text = "".join(block.text for block in reply.content if block.type == "text")
        return Said(text, (reply.usage.input_tokens, reply.usage.output_tokens))

    def stream(self, model: str, text: str) -> Said:
        asked = {"model": model, "max_tokens": LIMIT, "messages": messages(text)}
        with self.client.messages.stream(**asked) as stream:
            return self._said(stream.get_final_message())

    def pieces(self, model: str, text: str) -> Iterator[str]:
        asked = {"model": model, "max_tokens": LIMIT, "messages": messages(text)}
        with self.client.messages.stream(**asked) as stream:
            yield from stream.text_stream

    def see(self, model: str, text: str) -> str:
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        content: Any = [{"type": "text", "text": text}, {"type": "image", "source": source}]
        asked: Any = [{"role": "user", "content": content}]
        return self._said(self._create(model=model, max_tokens=LIMIT, messages=asked)).text

    def use_tool(self, model: str, prompt: str = CALL, name: str = "look") -> tuple[Any, str]:
        tools: Any = [{"name": name, "description": "Looks", "input_schema": SCHEMA}]
        talk = messages(prompt)
        reply = self._create(model=model, max_tokens=LIMIT, messages=talk, tools=tools)
        (call,) = (block for block in reply.content if block.type == "tool_use")
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "seen"}
        talk.append({"role": "assistant", "content": reply.content})
        talk.append({"role": "user", "content": [result]})
        last = self._create(model=model, max_tokens=LIMIT, messages=talk, tools=tools)
        return call.input, self._said(last).text

    def close(self) -> None:
        self.client.close()


class Gemini:
    """Google's."""

    def __init__(self, url: str, token: str, **options: Any) -> None:
        made = types.HttpOptions(base_url=url, api_version="v1beta")
        self.client = genai.Client(api_key=token, vertexai=False, http_options=made)
        self._generate = self.client.models.generate_content

    def ask(self, model: str, *texts: str) -> Said:
        contents = [
            types.Content(role=role, parts=[types.Part(text=text)])
            for role, text in roles(texts, "model")
        ]
        return self._said(self._generate(model=model, contents=contents))

    def _said(self, reply: types.GenerateContentResponse) -> Said:
        usage = reply.usage_metadata
        assert usage is not None
        counts = (usage.prompt_token_count or 0, usage.candidates_token_count or 0)
        return Said(reply.text or "", counts)

    def stream(self, model: str, text: str) -> Said:
        replies = list(self.client.models.generate_content_stream(model=model, contents=text))
        said = "".join(reply.text or "" for reply in replies)
        return Said(said, self._said(replies[-1]).usage)

    def pieces(self, model: str, text: str) -> Iterator[str]:
        for reply in self.client.models.generate_content_stream(model=model, contents=text):
            yield reply.text or ""

    def see(self, model: str, text: str) -> str:
        picture = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")
        return self._generate(model=model, contents=[text, picture]).text or ""

    def use_tool(self, model: str, prompt: str = CALL, name: str = "look") -> tuple[Any, str]:
        declared: Any = {"name": name, "parameters_json_schema": SCHEMA}
        tool = types.Tool(function_declarations=[declared])
        chat = self.client.chats.create(
            model=model, config=types.GenerateContentConfig(tools=[tool])
        )
        (call,) = chat.send_message(prompt).function_calls or []
        answer = types.FunctionResponse(name=name, id=call.id, response={"output": "seen"})
        return call.args, chat.send_message(types.Part(function_response=answer)).text or ""

    def close(self) -> None:
        self.client.close()


class Ollama:
    """Ollama's."""

    def __init__(self, url: str, token: str, **options: Any) -> None:
        self.client = ollama.Client(host=url, headers={"authorization": f"Bearer {token}"})
        self._chat = self.client.chat

    def ask(self, model: str, *texts: str) -> Said:
        return self._said(self._chat(model, messages(*texts)))

    def _said(self, reply: Any) -> Said:
        counts = (reply.prompt_eval_count or 0, reply.eval_count or 0)
        return Said(reply.message.content or "", counts)

    def stream(self, model: str, text: str) -> Said:
        replies = list(self._chat(model, messages(text), stream=True))
        said = "".join(reply.message.content or "" for reply in replies)
        return Said(said, self._said(replies[-1]).usage)

    def pieces(self, model: str, text: str) -> Iterator[str]:
        for reply in self._chat(model, messages(text), stream=True):
            yield reply.message.content or ""

    def see(self, model: str, text: str) -> str:
        asked = {"role": "user", "content": text, "images": [PNG]}
        return self._said(self._chat(model, [asked])).text

    def use_tool(self, model: str, prompt: str = CALL, name: str = "look") -> tuple[Any, str]:
        tools = [{"type": "function", "function": function(name)}]
        talk = messages(prompt)
        reply = self._chat(model, talk, tools=tools).message
        (call,) = reply.tool_calls or []
        talk += [reply, {"role": "tool", "tool_name": name, "content": "seen"}]
        last = self._said(self._chat(model, talk, tools=tools))
        return dict(call.function.arguments), last.text

    def close(self) -> None:
        self.client._client.close()


SDKS: dict[str, Any] = {
    "openai_chat": Chat,
    "openai_responses": Responses,
    "anthropic": Messages,
    "gemini": Gemini,
    "ollama": Ollama,
}
"""Dialect -> the SDK that speaks it."""
