local t = dofile(vim.env.AIRCHER_SUITE)
local aircher = require("aircher")
local connections = require("aircher.connection")

t.listen()
local cli = vim.split(vim.env.AIRCHER_TEST_CLI, " ")

local function ping()
  return t.call(function(callback) connections.get():request("ping", {}, callback) end)
end

local function count(on_text)
  local params = { model = "work/m", messages = { { role = "user", content = "count 100000" } } }
  local stream = { text = 0 }
  stream.chat = connections.get():chat(params, {
    on_delta = function(delta)
      if delta.type == "text" then
        stream.text = stream.text + 1
      end
    end,
    on_done = function(err) stream.err = err end,
  })
  return stream
end

t.case("before the first daemon, checkhealth says that it is started, and what to do first", function()
  vim.cmd("silent checkhealth aircher")
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  t.has(text, "its directory does not exist yet")
  t.has(text, "It is started at the first need, for example by :AircherLogin")
end)

t.case("a missing aircher-cli gives a sentence that says how to install it", function()
  aircher.setup({ command = "no-such-aircher-cli" })
  local err = ping()
  t.eq("unreachable", err.code)
  t.has(err.message, "no-such-aircher-cli is not in PATH: install it with 'pipx install aircher'")
end)

t.case("no program of the working directory is started, whatever PATH says", function()
  local path, folder = vim.env.PATH, vim.fn.tempname()
  vim.fn.mkdir(folder)
  vim.fn.writefile({ "#!/bin/sh", "exit 3" }, folder .. "/some-aircher-cli")
  vim.fn.setfperm(folder .. "/some-aircher-cli", "rwx------")
  aircher.setup({ command = "some-aircher-cli" })
  vim.cmd("cd " .. folder)
  for _, way in ipairs({ ":/none", ".:/none", "/none:" }) do
    vim.env.PATH = way
    t.has(ping().message, "some-aircher-cli is not in PATH")
  end
  vim.env.PATH = folder
  t.has(ping().message, "aircherd could not be started (exit code 3)")
  vim.env.PATH = path
  vim.cmd("cd -")
end)

t.case("with the option off no daemon is started", function()
  aircher.setup({ command = cli, autostart = false })
  t.has(ping().message, "the option `autostart` is off")
end)

t.case("with AIRCHER_AUTOSTART=0 no daemon is started", function()
  aircher.setup({ command = cli })
  vim.env.AIRCHER_AUTOSTART = "0"
  t.has(ping().message, "AIRCHER_AUTOSTART is off")
  vim.env.AIRCHER_AUTOSTART = nil
end)

t.case("a daemon that cannot be started says why", function()
  aircher.setup({ command = { "sh", "-c", "echo the disk is full >&2; exit 1" } })
  t.has(ping().message, "the disk is full")
end)

t.case("the first requests start one daemon together", function()
  aircher.setup({ command = cli })
  local answers = {}
  for number = 1, 3 do
    connections.get():request("ping", {}, function(err) answers[number] = err or "pong" end)
  end
  t.wait("all are answered", function() return answers[1] and answers[2] and answers[3] end)
  t.eq({ "pong", "pong", "pong" }, answers)
  t.please("sign in")
end)

t.case("a cancelled chat ends here, too, if the daemon hangs", function()
  local _, status = t.call(function(callback) connections.get():request("status", { keyring = false }, callback) end)
  local stream = count()
  t.wait("text arrives", function() return stream.text > 0 end)
  t.please("freeze the daemon", status.pid)
  stream.chat:cancel()
  t.wait("the chat ends", function() return stream.err end)
  t.please("thaw the daemon", status.pid)
  t.eq("cancelled", stream.err.code)
  local text = stream.text
  t.eq(nil, (ping()))
  t.eq(text, stream.text)
end)

t.case("another editor changes the model, and streams beside this one", function()
  local stream = count()
  t.wait("text arrives", function() return stream.text > 0 end)
  t.wait("the status is known", function() return aircher.status().model end)
  t.please("another editor chooses", "chain")
  t.wait("this one shows it", function() return aircher.statusline():find("chain", 1, true) end)
  t.eq(nil, stream.err)
  stream.chat:cancel()
  t.wait("the stream ends", function() return stream.err end)
end)

t.case("an editor that is closed in mid-stream closes its upstream", function()
  t.eq(true, t.please("another editor quits in mid-stream"))
  t.eq(nil, (ping()))
end)

t.case("a daemon that is restarted is found again, and the status with it", function()
  local states = {}
  local remove = connections.get():on_state(function(state) table.insert(states, state) end)
  t.please("restart the daemon")
  t.wait("it is connected again", function() return states[#states] == "open" end)
  t.wait("the status is back", function() return aircher.statusline():find("chain", 1, true) end)
  t.eq("closed", states[1])
  remove()
end)

t.case("a daemon that was stopped stays stopped until something is asked", function()
  t.please("stop the daemon")
  t.wait("it is shown", function() return aircher.statusline():find("not running", 1, true) end)
  vim.wait(700) -- the connection is tried again twice meanwhile
  t.has(aircher.statusline(), "aircher") -- not running, or being tried
  t.eq(false, t.please("a daemon runs"))
  t.eq(nil, (ping()))
  t.eq(true, t.please("a daemon runs"))
end)

t.run()
