"""The simulator as a separate process."""

import signal
import subprocess
import sys

import httpx
import pytest

from aircherd.testing.simulator.__main__ import main

COMMAND = [sys.executable, "-m", "aircherd.testing.simulator"]
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_url_serves_and_ends_on_a_signal(signum):
    """The URL is the first line; a signal ends it with 0 and nothing on standard error."""
    arguments = ["--port", "0", "--accept-key", "openai=k=1", "--text", "from afar"]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        headers = {"authorization": "Bearer k=1"}
        with httpx.Client(trust_env=False, headers=headers) as client:
            answer = client.post(f"{url}/v1/chat/completions", json=BODY).json()
        process.send_signal(signum)
        _, errors = process.communicate(timeout=20)
    assert answer["choices"][0]["message"]["content"] == "from afar"
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("text", ["openai", "unknown=k", "openai="])
def test_a_key_without_a_vendor_is_a_usage_error(text, capsys):
    """The message shows the format."""
    with pytest.raises(SystemExit) as ended:
        main(["--accept-key", text])
    assert ended.value.code == 2
    assert "write VENDOR=KEY" in capsys.readouterr().err
