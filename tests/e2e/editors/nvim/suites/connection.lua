local t = dofile(vim.env.AIRCHER_SUITE)
local connections = require("aircher.connection")
local aircher = require("aircher")

local function ask(prompt) return { model = "work/m", messages = { { role = "user", content = prompt } } } end

local function request(connection, method, params)
  return t.call(function(callback) connection:request(method, params, callback) end)
end

local function chat(connection, params, on_delta)
  return t.call(function(callback) connection:chat(params, { on_delta = on_delta, on_done = callback }) end)
end

t.case("nothing is connected before the first request", function()
  t.eq("closed", connections.get().state)
  t.eq(true, connections.get() == aircher.connection())
end)

t.case("a chat streams its deltas and then ends", function()
  local text = {}
  local err, result = chat(connections.get(), ask("streamed to an editor"), function(delta)
    if delta.type == "text" then
      table.insert(text, delta.text)
    end
  end)
  t.eq(nil, err)
  t.eq("streamed to an editor", table.concat(text))
  t.eq("streamed to an editor", result.message.content[1].text)
  t.eq("open", connections.get().state)
  t.eq("aircherd", connections.get().server.server.name)
end)

t.case("cancelling a chat closes the upstream", function()
  local err
  local handle
  handle = connections.get():chat(ask("count 100000"), {
    on_delta = function(delta)
      if delta.type == "text" then
        handle:cancel()
      end
    end,
    on_done = function(why) err = why end,
  })
  t.wait("the chat ends", function() return err end)
  t.eq("cancelled", err.code)
  t.eq(true, handle.is_done)
  t.eq(true, t.please("the last upstream was closed"))
end)

t.case("an error is the daemon's own", function()
  local err = request(connections.get(), "nonsense", {})
  t.eq("unknown_method", err.code)
  t.eq(err.message, aircher.explain(err))
end)

t.case("an error without a key says how to sign in", function()
  local err = chat(connections.get(), { model = "spare/m", messages = ask("hi").messages })
  t.eq("not_authenticated", err.code)
  t.eq({}, aircher.unseen_variables(err))
  t.has(aircher.explain(err), ":AircherLogin spare")
end)

t.case("a variable that the daemon cannot see is found, and its value never shown", function()
  vim.env.SPARE_KEY = "canary-spare-of-neovim-0123"
  local err = chat(connections.get(), { model = "spare/m", messages = ask("hi").messages })
  t.eq({ "SPARE_KEY" }, aircher.unseen_variables(err))
  t.has(aircher.explain(err), "SPARE_KEY, which the daemon cannot see")
  t.eq(nil, aircher.explain(err):find("canary", 1, true))
  vim.env.SPARE_KEY = nil
end)

t.case("a subscription gets a snapshot and then events", function()
  local snapshot, event
  local subscription = connections.get():subscribe({ "auth" }, {
    on_snapshot = function(found) snapshot = found end,
    on_event = function(found) event = found end,
  })
  t.wait("the snapshot arrives", function() return snapshot end)
  t.eq(true, #snapshot.auth >= 2)
  t.please("sign in")
  t.wait("the event arrives", function() return event end)
  t.eq({ "auth", "spare", "authenticated" }, { event.topic, event.provider, event.state })
  subscription:close()
end)

t.case("a topic that the daemon does not know leaves the others working", function()
  local snapshot, refused
  local subscription = connections.get():subscribe({ "auth", "weather" }, {
    on_snapshot = function(found) snapshot = found.auth or snapshot end,
    on_error = function(err, topic) refused = { topic, err.code } end,
  })
  t.wait("both are answered", function() return snapshot and refused end)
  t.eq({ "weather", "bad_request" }, refused)
  subscription:close()
end)

t.case("a plugin can connect with its own name", function()
  local own = connections.new({ name = "my-plugin", version = "1" })
  t.eq(nil, (chat(own, ask("hi"))))
  own:close()
  t.eq("closed", own.state)
end)

t.case("a listener with an error of its own does no harm, and the error is shown", function()
  local own = connections.new({ name = "my-plugin", version = "1" })
  own:on_state(function() error("a mistake of the plugin") end)
  t.eq(nil, (request(own, "ping")))
  own:close()
  t.wait("the error is shown", function() return vim.fn.execute("messages"):find("a mistake of the plugin", 1, true) end)
  vim.cmd("messages clear")
end)

t.case("usage is attributed to the project of each", function()
  local _, report = request(connections.get(), "usage.report", { by = { "client", "project" } })
  local who = {}
  for _, row in ipairs(report.rows) do
    who[row.client] = row.project
  end
  t.eq({ nvim = aircher.project(), ["my-plugin"] = aircher.project() }, who)
  t.eq(vim.fn.getcwd(), aircher.folder())
end)

t.case("a changed working directory is passed on before the next chat", function()
  local first = aircher.project()
  vim.cmd("cd ../other")
  t.eq(vim.fn.getcwd(), aircher.project())
  t.eq(nil, (chat(connections.get(), ask("hi"))))
  vim.env.AIRCHER_PROJECT = ""
  t.eq(nil, (chat(connections.get(), ask("hi"))))
  vim.env.AIRCHER_PROJECT = nil
  local err, report = request(connections.get(), "usage.report", { by = { "project" } })
  t.eq(nil, err)
  local requests = {}
  for _, row in ipairs(report.rows) do
    requests[row.project or "none"] = row.requests
  end
  t.eq({ [first] = requests[first], [vim.fn.getcwd()] = 1, none = 1 }, requests)
end)

t.case("a request under way fails when the daemon ends, and the next one opens a new connection", function()
  local connection, err, done = connections.get(), nil, nil
  connection:chat(ask("count 100000"), {
    on_delta = function(delta)
      if delta.type == "text" and not done then
        done = true
      end
    end,
    on_done = function(why) err = why end,
  })
  t.wait("text arrives", function() return done end)
  t.please("kill the daemon")
  t.wait("the chat ends", function() return err end)
  t.eq("connection_lost", err.code)
  t.eq("closed", connection.state)
  local unreachable = request(connection, "ping")
  t.eq("unreachable", unreachable.code)
  t.please("start the daemon")
  t.eq(nil, (request(connection, "ping")))
end)

t.case("a subscription is made again after a restart", function()
  local snapshots, states = 0, {}
  local connection = connections.get()
  local remove = connection:on_state(function(state) table.insert(states, state) end)
  local subscription = connection:subscribe({ "config" }, { on_snapshot = function() snapshots = snapshots + 1 end })
  t.wait("the first snapshot arrives", function() return snapshots == 1 end)
  t.please("kill the daemon")
  t.wait("the connection is closed", function() return connection.state == "closed" end)
  t.please("start the daemon")
  t.wait("the second snapshot arrives", function() return snapshots == 2 end)
  t.eq({ "closed", "open" }, { states[1], states[#states] })
  remove()
  subscription:close()
end)

t.case("a frame that never ends closes the connection, and is not kept", function()
  local uv, folder = vim.uv or vim.loop, vim.fn.tempname()
  vim.fn.mkdir(folder, "", 448) -- 0700
  local server, client = uv.new_pipe(false), uv.new_pipe(false)
  server:bind(folder .. "/a.sock")
  server:listen(1, function()
    server:accept(client)
    client:write("\147\2\161x\219\255\255\255\255") -- a text of 4 GB
    for _ = 1, 33 do
      client:write(("x"):rep(1024 * 1024))
    end
  end)
  local connection = connections.new({ path = folder .. "/a.sock", autostart = false })
  local err = t.call(function(callback) connection:request("ping", {}, callback) end)
  t.eq("connection_lost", err.code)
  t.has(err.message, "it has more than 33554432 bytes")
  client:close()
  server:close()
end)

t.case("a request beyond the frame's limit is refused here", function()
  local err = request(connections.get(), "chat", ask(("x"):rep(32 * 1024 * 1024)))
  t.eq("bad_request", err.code)
  t.eq(nil, (request(connections.get(), "ping")))
end)

t.run()
