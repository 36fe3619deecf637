"""What a message has comes once, in its order."""

from helpers.providers.responses.items import ANSWER, added, content_of, done, text
from helpers.providers.responses.streams import response, wire


def test_a_message_keeps_its_phase_beside_what_has_no_word_of_ours() -> None:
    """Probabilities and further parts stand behind the text that the phase goes back with."""
    parts = [
        {"type": "output_text", "text": "Hello", "logprobs": [{"token": "Hello"}]},
        {"type": "sketch", "lines": [1]},
    ]
    answer = ANSWER | {"content": parts, "phase": "final_answer"}
    last = {"type": "response.completed", "response": response("completed", [answer])}
    for events in ([added(0, ANSWER), text(0, "Hello"), done(0, answer), last], [last]):
        content = content_of(wire(*events))
        assert [part.get("kind", part["type"]) for part in content] == [
            "text",
            "content.logprobs",
            "content.sketch",
        ]
        assert "final_answer" in str(content[0]["signature"])


def test_citations_come_once() -> None:
    """Though each is sent up to four times."""
    note = {"type": "url_citation", "start_index": 0, "end_index": 5, "title": "T", "url": "u"}
    part = {"type": "output_text", "text": "Hello", "annotations": [note]}
    answer = ANSWER | {"content": [part]}
    place = {"output_index": 0, "item_id": "m", "content_index": 0}
    content = content_of(
        wire(
            added(0, ANSWER | {"content": []}),
            text(0, "Hello"),
            {"type": "response.output_text.annotation.added", **place, "annotation": note},
            {"type": "response.content_part.done", **place, "part": part},
            done(0, answer),
            {"type": "response.output_text.annotation.added", **place, "annotation": note},
            {"type": "response.completed", "response": response("completed", [answer])},
        )
    )
    assert len(content) == 1
    assert [each["title"] for each in content[0]["citations"]] == ["T"]
