"""Documents, sound and hosted tools for a model, and the images and sound that it makes."""

import json

import pytest

from helpers.daemon.real_daemon import home as open_home

KEY = "AIza-canary-0123456789abcdef"
CONFIG = """\
default_model = "reader"

[providers.gemini]
base_url = "{url}/gemini/v1beta"
env = ["GEMINI_API_KEY"]

[models.reader]
routes = ["gemini/gemini-2.0-flash", "gemini/gemini-3.8-flash"]

[catalog."gemini/gemini-2.0-flash"]
documents = false
audio = false
"""
PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF\n"
WAV = b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\2\0\0\0\0\0"


@pytest.fixture
def daemon(sim):
    """A daemon with a chain of two models, of which the first reads text only."""
    sim.keys.accept("gemini", KEY)
    with open_home({"GEMINI_API_KEY": KEY}) as made:
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        yield made


@pytest.mark.parametrize(
    ("name", "data", "kind", "reason"),
    [
        ("paper", PDF, "application/pdf", "cannot read documents (PDF)"),
        ("talk.bin", WAV, "audio/wav", "cannot listen to sound"),
    ],
    ids=["PDF", "sound"],
)
def test_a_file_goes_to_the_first_model_that_reads_it(daemon, name, data, kind, reason):
    """A model that is known not to read it is skipped, and the answer is the next one's."""
    file = daemon.root / name
    file.write_bytes(data)
    done = daemon.cli("ask", "-v", "-f", str(file), "what is it?")
    assert (done.returncode, done.stdout) == (0, f"I see 1: {kind}\n"), done.stderr
    assert f"skipped: gemini/gemini-2.0-flash {reason}" in done.stderr


def test_no_model_reads_the_file(daemon):
    """The error says which models would, and nothing is sent."""
    (daemon.root / "paper.pdf").write_bytes(PDF)
    file = str(daemon.root / "paper.pdf")
    done = daemon.cli("ask", "-m", "gemini/gemini-2.0-flash", "-f", file, "what is it?")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "aircher-cli: gemini/gemini-2.0-flash cannot read documents (PDF)\n"
        "  models that read PDFs: aircher-cli models list --documents\n"
    )


def test_images_and_sound_become_files(daemon):
    """They are written to new files; the transcript of sound is the text."""
    picture, sound = daemon.root / "cat.png", daemon.root / "cat.wav"
    done = daemon.cli("ask", "--modality", "image", "-o", str(picture), "draw cat")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == f"wrote {picture} (1 kB)\n"
    assert picture.read_bytes().startswith(b"\x89PNG")
    done = daemon.cli("ask", "--modality", "audio", "-o", str(sound), "speak cat")
    assert done.returncode == 0, done.stderr
    assert sound.read_bytes()[8:12] == b"WAVE"
    again = daemon.cli("ask", "--modality", "image", "-o", str(picture), "draw cat")
    assert (again.returncode, again.stdout) == (1, "")
    assert "already exists" in again.stderr


def test_a_search_names_its_sources(daemon):
    """On standard error, in the record, and with the provider's own parts in the message."""
    done = daemon.cli("ask", "--tool", "web_search", "search cats")
    assert (done.returncode, done.stdout) == (0, "Found: cats\n"), done.stderr
    assert "[1] Found here  https://example.com/found\n" in done.stderr
    record = json.loads(daemon.cli("ask", "--json", "--tool", "web_search", "search cats").stdout)
    assert [each["url"] for each in record["citations"]] == ["https://example.com/found"]
    assert "other" in {part["type"] for part in record["message"]["content"]}
    messages = [{"role": "user", "content": "search cats"}, record["message"]]
    more = daemon.cli(*("ask", "--tool", "web_search", "--messages", json.dumps(messages), "go on"))
    assert (more.returncode, more.stdout) == (0, "go on\n"), more.stderr
