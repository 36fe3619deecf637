-- A minimal aircher client for Neovim 0.7 or later: requests and notifications, never blocking.
--
--   local aircher = require("aircher").connect(function(method, params) ... end)
--   aircher.request("chat.start", { messages = { { role = "user", content = "hi" } } }, function(err, result) end)
--   aircher.notify("$/cancel", { stream = 1 })
--
-- `connect` sends hello with the client name "nvim". A plugin can send it again with its own name:
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

-- The project that requests are attributed to: the nearest parent folder that contains .git, or nil.
-- AIRCHER_PROJECT overrides it; an empty value means no project.
function M.project()
  local folder = vim.env.AIRCHER_PROJECT
  if folder then return folder ~= "" and folder or nil end
  folder = uv.cwd()
  while folder and not uv.fs_lstat(folder .. "/.git") do folder = folder:match("^(.*)/[^/]*$") end
  return folder == "" and "/" or folder
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
      if data then receive(data) else client.close(err or "the daemon closed the connection") end
    end)
  end)
  client.request("hello", { client = { name = "nvim" } }, function() end)
  return client
end

return M
