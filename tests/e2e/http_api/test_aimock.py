"""The vendors' SDKs through the daemon, with a mock of the vendors' APIs that others wrote."""

import pytest

from helpers.daemon.real_daemon import home as open_home
from helpers.http_api.sdks import SDKS
from helpers.http_api.served import create_token, free_port
from helpers.providers.aimock import HELLO, aimock

pytestmark = pytest.mark.aimock

CONFIG = """\
[http]
port = {port}

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "AIMOCK_KEY"

[providers.responses]
kind = "openai"
api = "responses"
base_url = "{url}/v1"
env = "AIMOCK_KEY"

[providers.spare]
kind = "anthropic"
base_url = "{url}"
env = "AIMOCK_KEY"

[providers.gemini]
base_url = "{url}/v1beta"
env = "AIMOCK_KEY"
"""
MODELS = [
    "work/gpt-5.5",
    "responses/gpt-5.5",
    "spare/claude-sonnet-5",
    "gemini/gemini-3.8-flash",
]


@pytest.fixture(scope="module")
def door():
    """The URL and the token of a daemon with four APIs at aimock."""
    with open_home({"AIMOCK_KEY": "canary-work-0123456789"}) as home, aimock(home.root) as url:
        port = free_port()
        home.write_config(CONFIG.format(url=url, port=port))
        home.start()
        yield f"http://127.0.0.1:{port}", create_token(home, "sdks")


@pytest.fixture(params=SDKS)
def sdk(request, door):
    """The SDK of one dialect."""
    made = SDKS[request.param](*door)
    yield made
    made.close()


# It has a reason for an end that Google's own SDK does not know.
@pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason:UserWarning")
@pytest.mark.parametrize("model", MODELS)
def test_every_sdk_with_every_api(sdk, model):
    """A question, a stream, and a round of tools."""
    assert sdk.ask(model, "hello").text == HELLO
    assert sdk.stream(model, "hello").text == HELLO
    arguments, last = sdk.use_tool(model, "weather", "get_weather")
    assert "Łódź" in str(arguments) or "141" in str(arguments)
    assert last == "It rains."
