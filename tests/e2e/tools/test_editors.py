"""`aircher-cli editors` with a real daemon: the settings of each editor lead a request to it.

They are read with a parser of their language, or by the editor itself, and what they say (URL,
socket, token, model) is then used to ask.
"""

import json
import re
import shutil
import subprocess
import tomllib

import httpx
import pytest
import yaml

from helpers.editors.emacs import find_emacs
from helpers.editors.neovim import find_neovim
from helpers.http_api.served import free_port, open_served
from helpers.required import missing

ALIAS, MODEL = "chain", "chat/gpt-5.5"
CATALOG = """
[catalog."chat/gpt-5.5"]
window = 400000
max_output = 128000
tools = true
images = true

[catalog."claude/claude-opus-4-8"]
window = 200000
max_output = 64000
tools = true
images = false
"""
PLUGINS = """\
local got = {}
local function tool(name)
  return { setup = function(given) got[name] = given end }
end
for _, name in ipairs({ "codecompanion", "avante", "CopilotChat", "gp" }) do
  package.loaded[name] = tool(name)
end
package.loaded["codecompanion.adapters"] = {
  extend = function(from, given) return vim.tbl_extend("error", given, { from = from }) end,
}
package.loaded["avante.providers.openai"] = {
  parse_curl_args = function(self) return { url = self.endpoint } end,
}
local function pass() end
package.loaded["CopilotChat.config.providers"] = {
  copilot = { prepare_input = pass, prepare_output = pass },
}
package.loaded["gp.defaults"] = { chat_system_prompt = "c", code_system_prompt = "d" }
for _, path in ipairs(arg) do
  assert(loadfile(path))()
end
local companion = got.codecompanion.adapters.http.aircher()
local chat = got.CopilotChat.providers.aircher
assert(chat.prepare_input == pass and chat.prepare_output == pass)
local provider = got.avante.providers[got.avante.provider]
local parsed = provider.parse_curl_args(provider, {})
provider.parse_curl_args = nil
companion.env.api_key = companion.env.api_key()
print(vim.json.encode({
  codecompanion = { companion, got.codecompanion.interactions.chat.adapter },
  avante = { provider, parsed, got.avante.provider },
  copilotchat = { chat.get_url(), chat.get_headers(), chat.get_models(), got.CopilotChat.model },
  gp = got.gp,
}))
"""


@pytest.fixture(scope="module")
def served():
    with open_served(config=f"\n{CATALOG}") as running:
        yield running


def settings(served, editor, *options):
    """Return the settings of an editor, and what is said beside them."""
    done = served.home.cli("editors", editor, "--models", f"{ALIAS},{MODEL}", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def ask(served, url, token, model, curl=()):
    """Ask as the editor would, with its arguments of curl; return the model that answered."""
    given = dict(zip(curl[::2], curl[1::2], strict=True))
    headers = {"authorization": f"Bearer {token}"}
    if given:
        headers["user-agent"] = given["--user-agent"]
    transport = httpx.HTTPTransport(uds=given.get("--unix-socket"))
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    with httpx.Client(transport=transport, trust_env=False) as client:
        answer = client.post(url, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-aircher-model"]


def clients(served):
    done = served.home.cli("usage", "--by", "client", "--json")
    return {row["client"] for row in json.loads(done.stdout)["rows"]}


# ------------------------------------------------------------------ files of data


def test_zed(served):
    """Its token is no part of the file, so it is said beside it."""
    text, said = settings(served, "zed")
    [token] = re.findall(r"ak-air-\w+", said)
    assert token not in text
    found = json.loads(text)
    provider = found["language_models"]["openai_compatible"]["aircher"]
    first, second = provider["available_models"]
    assert (first["name"], first["max_tokens"], first["max_output_tokens"]) == (
        ALIAS,
        200_000,
        64_000,
    )
    assert (second["name"], second["max_tokens"]) == (MODEL, 400_000)
    assert [each["capabilities"]["images"] for each in (first, second)] == [False, True]
    assert found["agent"]["default_model"] == {"provider": "aircher", "model": ALIAS}
    assert ask(served, f"{provider['api_url']}/chat/completions", token, MODEL) == "gpt-5.5"
    assert "zed" in clients(served)


def test_vscode(served):
    """Its list of models for custom endpoints has the whole URL for each."""
    text, said = settings(served, "vscode")
    [group] = json.loads(text)
    assert group["apiKey"] not in said
    for model in group["models"]:
        assert model["maxInputTokens"] + model["maxOutputTokens"] <= 400_000
        assert ask(served, model["url"], group["apiKey"], model["id"]) == "gpt-5.5"


def test_continue(served):
    """YAML."""
    found = yaml.safe_load(settings(served, "continue")[0])
    first, second = found["models"]
    assert (first["model"], second["capabilities"]) == (ALIAS, ["tool_use", "image_input"])
    assert second["defaultCompletionOptions"]["contextLength"] == 400_000
    url = f"{second['apiBase']}/chat/completions"
    assert ask(served, url, second["apiKey"], second["model"]) == "gpt-5.5"


def test_lsp_ai_in_helix(served):
    """TOML."""
    found = tomllib.loads(settings(served, "lsp-ai")[0])
    config = found["language-server"]["lsp-ai"]["config"]
    model = config["models"]["aircher"]
    assert config["chats"][0]["model"] == "aircher"
    assert ask(served, model["chat_endpoint"], model["auth_token"], model["model"]) == "gpt-5.5"


def test_sublime(served):
    """JSON, an assistant for each model."""
    for each in json.loads(settings(served, "sublime")[0])["assistants"]:
        assert ask(served, each["url"], each["token"], each["chat_model"]) == "gpt-5.5"


@pytest.mark.parametrize(("editor", "url"), [("jetbrains", "URL"), ("cline", "Base URL")])
def test_what_is_typed(served, editor, url):
    """In a form: a line for each field."""
    rows = dict(
        re.split(r"  +", line, maxsplit=1)
        for line in settings(served, editor)[0].splitlines()
        if re.search(r"\S  +\S", line)
    )
    fields = {name.casefold(): value for name, value in rows.items()}
    model = fields.get("model") or fields["model id"]
    assert ask(served, f"{rows[url]}/chat/completions", fields["api key"], model) == "gpt-5.5"


# ------------------------------------------------------------------ editors themselves


@pytest.mark.neovim
def test_plugins_of_neovim(served, tmp_path):
    """Neovim runs what they are given; two of them come by the private socket, without a token."""
    nvim = find_neovim("wheel")
    files = []
    for editor in ("codecompanion", "avante", "copilotchat", "gp"):
        (tmp_path / f"{editor}.lua").write_text(settings(served, editor)[0])
        files.append(str(tmp_path / f"{editor}.lua"))
    (tmp_path / "plugins.lua").write_text(PLUGINS)
    done = subprocess.run(
        [nvim, "-u", "NONE", "-l", str(tmp_path / "plugins.lua"), *files],
        env=served.home.environ,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout or done.stderr)
    adapter, chosen = got["codecompanion"]
    assert (adapter["from"], adapter["raw"][0], chosen) == (
        "openai_compatible",
        "--unix-socket",
        "aircher",
    )
    url = f"{adapter['env']['url']}/v1/chat/completions"
    default = adapter["schema"]["model"]["default"]
    assert ask(served, url, adapter["env"]["api_key"], default, adapter["raw"]) == "gpt-5.5"
    provider, arguments, chosen = got["avante"]
    assert (provider["__inherited_from"], chosen) == ("openai", "aircher")
    url = f"{arguments['url']}/chat/completions"
    assert ask(served, url, "none", provider["model"], arguments["rawArgs"]) == "gpt-5.5"
    url, headers, models, default = got["copilotchat"]
    token = headers["Authorization"].removeprefix("Bearer ")
    assert [model["id"] for model in models] == [default, MODEL] == [ALIAS, MODEL]
    assert ask(served, url, token, default) == "gpt-5.5"
    provider = got["gp"]["providers"]["aircher"]
    agents = {agent["name"]: agent for agent in got["gp"]["agents"]}
    model = agents[got["gp"]["default_chat_agent"]]["model"]["model"]
    assert ask(served, provider["endpoint"], provider["secret"], model) == "gpt-5.5"
    assert {"codecompanion", "avante", "copilotchat", "gp"} <= clients(served)


@pytest.mark.emacs
def test_gptel(served, tmp_path):
    """Emacs runs it, with a package in gptel's place."""
    emacs = find_emacs()
    (tmp_path / "gptel.el").write_text(
        "(defun gptel-make-openai (name &rest given) (plist-put given :name name))\n"
        "(provide 'gptel)\n(provide 'gptel-openai)\n"
    )
    (tmp_path / "init.el").write_text(settings(served, "gptel")[0])
    show = (
        "(princ (json-encode (list :args (plist-get gptel-backend :curl-args)"
        " :end (plist-get gptel-backend :endpoint) :key (plist-get gptel-backend :key)"
        " :names (mapcar (lambda (it) (symbol-name (car it))) (plist-get gptel-backend :models))"
        " :default (symbol-name gptel-model))))"
    )
    done = subprocess.run(
        [
            emacs,
            "-Q",
            "--batch",
            "-L",
            str(tmp_path),
            "-l",
            "json",
            "-l",
            str(tmp_path / "init.el"),
            "--eval",
            show,
        ],
        env=served.home.environ,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert (got["names"], got["default"]) == ([ALIAS, MODEL], ALIAS)
    url = f"http://localhost{got['end']}"
    assert ask(served, url, got["key"], got["default"], got["args"]) == "gpt-5.5"
    assert "gptel" in clients(served)


def test_vim_rewrites_lines(served, tmp_path):
    """As one step of undo; the lines stay if there is no answer."""
    vim = shutil.which("vim")
    if vim is None:
        missing("Vim", "apt-get install vim")
    done = served.home.cli("editors", "vim")
    (tmp_path / "settings.vim").write_text(done.stdout)
    (tmp_path / "text").write_text("one\ntwo\nthree\nfour\n")
    rewrite = "2,3AircherRewrite say it's shorter"
    commands = ["source settings.vim", rewrite, "w! answered", "undo", "w! undone"]

    def run(*lines, **more):
        (tmp_path / "commands.vim").write_text("\n".join([*lines, "qall!"]))
        subprocess.run(
            [vim, "-u", "NONE", "-N", "-es", "-S", "commands.vim", "text"],
            env={**served.home.environ, **more},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
        )

    run(*commands)
    # The simulated model says what it was asked.
    answer = "say it's shorter\n\ntwo\nthree"
    assert (tmp_path / "answered").read_text() == f"one\n{answer}\nfour\n"
    assert (tmp_path / "undone").read_text() == "one\ntwo\nthree\nfour\n"
    run("source settings.vim", rewrite, "w! kept", AIRCHER_SOCKET="/nowhere/aircher.sock")
    assert (tmp_path / "kept").read_text() == "one\ntwo\nthree\nfour\n"


# ------------------------------------------------------------------ tokens and ports


def test_a_token_in_use_is_replaced_only_by_an_option(served):
    """And is shown once."""
    first = json.loads(served.home.cli("editors", "cline", "--new-token", "--json").stdout)["token"]
    again = served.home.cli("editors", "cline")
    assert (again.returncode, "PASTE-THE-TOKEN-HERE" in again.stdout) == (0, True)
    assert "aircher-cli editors cline --new-token" in again.stderr
    assert (
        served._replace(token=first)
        .post({"model": MODEL, "messages": [{"role": "user", "content": "hi"}]})
        .status_code
        == 200
    )
    second = json.loads(served.home.cli("editors", "cline", "--new-token", "--json").stdout)[
        "token"
    ]
    assert second != first
    assert served._replace(token=first).post({"model": MODEL, "messages": []}).status_code == 401


def test_a_port_is_opened_with_the_first_settings(world):
    """Without it there is no token either; the way to both is said, and works."""
    asked = world.cli("editors", "gp", "--models", ALIAS)
    assert (asked.returncode, "PASTE-THE-TOKEN-HERE" in asked.stdout) == (0, True)
    assert "aircher-cli editors gp --port 8137" in asked.stderr
    port = free_port()
    done = world.cli("editors", "gp", "--models", ALIAS, "--port", str(port), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["url"] == f"http://127.0.0.1:{port}"
    body = {"model": ALIAS, "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
    headers = {"authorization": f"Bearer {found['token']}"}
    url = f"{found['url']}/v1/chat/completions"
    assert httpx.post(url, json=body, headers=headers, trust_env=False).status_code == 200
    assert world.usage()["gp"] == 1


def test_another_port_is_not_opened(served):
    """Other programs use the one that is there."""
    refused = served.home.cli("editors", "zed", "--port", "1", "--no-token")
    assert (refused.returncode, served.url in refused.stderr) == (2, True)
    assert (
        served.home.cli("editors", "zed", "--port", str(served.port), "--no-token").returncode == 0
    )
