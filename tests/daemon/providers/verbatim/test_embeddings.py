"""What embeddings used, in each vendor's form."""

import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.verbatim.embeddings import KIND, EmbeddingsReader
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, OtherDelta, Usage


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b'{"data":[{"embedding":[0.1]}],"model":"e","usage":{"prompt_tokens":5}}', 5),
        (b'{"data":[{"embedding":"AAAA"}],"model":"e","usage":{"total_tokens":4}}', 4),
        (b'{"model":"e","embeddings":[[0.1]],"prompt_eval_count":3}', 3),
        (b'{"model":"e","embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":2}}', 2),
        (b'{"model":"e","embeddings":[{"values":[1]}]}', None),
        (b'{"model":"e","embedding":[0.5]}', None),
    ],
)
def test_tokens_of_the_input(body, tokens):
    """They are None where they are not reported."""
    usage = None if tokens is None else Usage(tokens, 0)
    assert EmbeddingsReader().read_reply(body) == [
        OtherDelta(KIND, "{}"),
        Ending("stop", usage, "e"),
    ]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error":{"message":"no credit","code":"insufficient_quota"}}', FailureClass.QUOTA),
        (b'{"data":null}', FailureClass.PROTOCOL),
        (b"not json", FailureClass.PROTOCOL),
        (b"[]", FailureClass.PROTOCOL),
    ],
)
def test_what_is_none_fails(body, kind):
    """An error in a 200 is found."""
    with pytest.raises(ProviderFailed) as caught:
        EmbeddingsReader().read_reply(body)
    assert caught.value.failure.kind is kind


def test_streams_are_refused():
    """No vendor streams them."""
    with pytest.raises(ProviderFailed):
        EmbeddingsReader().reply_decoder()
