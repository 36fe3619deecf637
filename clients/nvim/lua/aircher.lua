-- A minimal aircher client for Neovim 0.7 or later: requests, notifications, nothing that blocks.
--
--   local aircher = require("aircher").connect(function(method, params) ... end)
--   aircher.request("chat.start", { messages = { { role = "user", content = "hi" } } }, function(err, result) end)
--   aircher.notify("$/cancel", { stream = 1 })
--
-- `connect` says hello as "nvim". A plugin with a name of its own says so once more:
--   aircher.request("hello", { client = { name = "my-plugin" } }, function(err, result) end)
--
-- Callbacks run on Neovim's main loop; `err` is a map {code, message, data} or nil. When the
-- connection ends, the handler is called once as ("closed", {message = why}).
local uv, mpack = vim.uv or vim.loop, vim.mpack
local M = {}

function M.socket_path()
  local runtime = vim.env.XDG_RUNTIME_DIR or ("/run/user/" .. uv.getuid())
  return vim.env.AIRCHER_SOCKET or (runtime .. "/aircher/aircher.sock")
end

-- Where we work, for the daemon's records: the nearest folder on the way up that holds a .git, nil
-- outside of any. AIRCHER_PROJECT names another project; set and empty, none.
function M.project()
  local place = vim.env.AIRCHER_PROJECT
  if place then return place ~= "" and place or nil end
  place = uv.cwd()
  while place and not uv.fs_lstat(place .. "/.git") do place = place:match("^(.*)/[^/]*$") end
  return place == "" and "/" or place
end

function M.connect(on_notification, path)
  local pipe, session = uv.new_pipe(false), mpack.Session({ unpack = mpack.Unpacker() })
  local handle = vim.schedule_wrap(on_notification)
  local client = {}
  local function send(head, method, params)
    pipe:write(head .. mpack.encode(method) .. mpack.encode({ params or {} }))
  end
  local function value(item) return item ~= mpack.NIL and item or nil end
  function client.request(method, params, callback)
    if method == "hello" then params = vim.tbl_extend("keep", params or {}, { project = M.project() }) end
    send(session:request(vim.schedule_wrap(callback)), method, params)
  end
  function client.notify(method, params) send(session:notify(), method, params) end
  function client.close(why)
    if not pipe:is_closing() then pipe:close() handle("closed", { message = why or "closed" }) end
  end
  local function receive(data)
    local position = 1
    while position <= #data do
      local kind, id, method, content
      kind, id, method, content, position = session:receive(data, position)
      if kind == "notification" then handle(method, content[1]) end
      if kind == "response" then id(value(method), value(content)) end
    end
  end
  pipe:connect(path or M.socket_path(), function(refused)
    if refused then return client.close(refused) end
    pipe:read_start(function(err, data)
      if data then receive(data) else client.close(err or "the daemon went away") end
    end)
  end)
  client.request("hello", { client = { name = "nvim" } }, function() end)
  return client
end

return M
