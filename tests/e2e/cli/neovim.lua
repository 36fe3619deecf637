-- Run by test_neovim.py in a headless Neovim; prints one JSON line for each thing that happened.
local seen = {}
local function note(what, value)
  table.insert(seen, what)
  io.stdout:write(vim.fn.json_encode({ what, value or vim.NIL }), "\n")
  io.stdout:flush()
end

local text, cancelled = {}, nil
local client
client = require("aircher").connect(function(method, params)
  if method == "chat.delta" and params.type == "text" then
    table.insert(text, params.text)
    if params.stream == cancelled then client.notify("$/cancel", { stream = params.stream }) end
  else
    note(method, params)
  end
end)

local function wait_for(what)
  if not vim.wait(15000, function() return vim.tbl_contains(seen, what) end, 5) then
    io.stdout:write(vim.fn.json_encode({ "waited in vain for " .. what }), "\n")
    vim.cmd("cquit 1")
  end
  seen = {}
end

local function ask(prompt) return { model = "work/m", messages = { { role = "user", content = prompt } } } end

client.request("events.subscribe", { topics = { "auth" } }, function(err, result)
  note("subscribed", err or #result.snapshot.auth)
end)
wait_for("subscribed")

client.request("chat.start", ask("streamed to an editor"), function(err, result)
  note("started", err or result.stream)
end)
wait_for("chat.done")
note("text", table.concat(text, "|"))

client.request("hello", { client = { name = "my-plugin", version = "1" } }, function(err, result)
  note("hello", err or result.server.name)
end)
wait_for("hello")

client.request("chat.start", ask("count 100000"), function(err, result)
  cancelled = result.stream
  note("started", err or result.stream)
end)
wait_for("chat.done")

client.request("chat", { model = "spare/m", messages = { { role = "user", content = "hi" } } }, function(err)
  local aircher = require("aircher")
  note("without a key", { aircher.explain(err), aircher.unseen_variables(err), err.code })
end)
wait_for("without a key")
vim.env.SPARE_KEY = "canary-spare-of-neovim-0123"
client.request("chat", { model = "spare/m", messages = { { role = "user", content = "hi" } } }, function(err)
  local aircher = require("aircher")
  note("with a variable", { aircher.explain(err), aircher.unseen_variables(err) })
end)
wait_for("with a variable")

client.request("nonsense", {}, function(err)
  note("refused", err.code)
  note("explained", require("aircher").explain(err) == err.message)
end)
wait_for("refused")

note("ready for an event")
wait_for("event")
client.close()
wait_for("closed")
vim.cmd("qall!")
