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
--
-- Show errors with `explain`: where a key is missing, it adds the command that helps.
--   vim.notify(require("aircher").explain(err), vim.log.levels.ERROR)
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

-- The working directory, for [projects] of the configuration; nil if it is the project itself, or if
-- AIRCHER_PROJECT is a path, or empty.
function M.folder()
  local named = vim.env.AIRCHER_PROJECT
  if named and (named == "" or named:sub(1, 1) == "/") then return nil end
  local folder = uv.cwd()
  return folder ~= M.project() and folder or nil
end

-- The variables of this Neovim with keys that would help and that the daemon cannot see: names only.
-- Their values can be stored with auth.import, {variables = {NAME = value}}, if the user agrees.
function M.unseen_variables(err)
  local sign_in = type(err.data) == "table" and err.data.sign_in
  if type(sign_in) ~= "table" then return {} end
  local known = {}
  for _, row in ipairs(sign_in.providers or {}) do
    if row.masked then known[row.masked:sub(-4)] = true end
  end
  return vim.tbl_filter(function(name)
    local value = vim.trim(vim.env[name] or "")
    return value ~= "" and not (#value >= 16 and known[value:sub(-4)])
  end, sign_in.environment or {})
end

-- The message of an error, and if keys are missing the command to run and the page of keys.
function M.explain(err)
  local sign_in = type(err.data) == "table" and err.data.sign_in
  if type(sign_in) ~= "table" then return err.message end
  local unseen, needed = M.unseen_variables(err), {}
  for _, row in ipairs(sign_in.providers or {}) do
    if row.needed then table.insert(needed, row) end
  end
  for _, row in ipairs(needed) do
    for _, name in ipairs(row.env or {}) do
      if vim.tbl_contains(unseen, name) then
        return err.message .. "\nrun 'aircher-cli auth import' where " .. name .. " is set: the daemon cannot see it"
      end
    end
  end
  local first = needed[1] or {}
  local lines = { err.message }
  if first.command and not err.message:find(first.command, 1, true) then
    table.insert(lines, "run '" .. first.command .. "'")
  end
  if first.keys_page then table.insert(lines, "keys: " .. first.keys_page) end
  return table.concat(lines, "\n")
end

-- The user whose process listens at the other end of a connected pipe, from the kernel; nil without LuaJIT.
local function peer_uid(pipe)
  local found, ffi = pcall(require, "ffi")
  if not found then return nil end
  pcall(ffi.cdef, "int getsockopt(int fd, int level, int name, void *value, unsigned int *size);")
  local value, is_mac = ffi.new("unsigned int[19]"), ffi.os == "OSX"
  local size = ffi.new("unsigned int[1]", is_mac and 76 or 12)
  -- Linux: SOL_SOCKET, SO_PEERCRED. macOS: SOL_LOCAL, LOCAL_PEERCRED. The second number is the user in both.
  local failed = ffi.C.getsockopt(pipe:fileno(), is_mac and 0 or 1, is_mac and 1 or 17, value, size)
  return failed == 0 and tonumber(value[1]) or -1
end

function M.connect(on_notification, path)
  local pipe, session = uv.new_pipe(false), mpack.Session({ unpack = mpack.Unpacker() })
  local handle = vim.schedule_wrap(on_notification)
  local client, waiting = {}, {}
  -- Nothing is written before it is known who answers.
  local function send(head, method, params)
    local frame = head .. mpack.encode(method) .. mpack.encode({ params or {} })
    if waiting then table.insert(waiting, frame) else pipe:write(frame) end
  end
  local function value(item) return item ~= mpack.NIL and item or nil end
  function client.request(method, params, callback)
    if method == "hello" then
      params = vim.tbl_extend("keep", params or {}, { project = M.project(), folder = M.folder() })
    end
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
    local uid = peer_uid(pipe)
    if uid and uid ~= 0 and uid ~= uv.getuid() then
      return client.close("a process of another user (uid " .. uid .. ") answers at the socket: nothing was sent")
    end
    local frames = waiting
    waiting = nil
    pipe:write(frames)
    pipe:read_start(function(err, data)
      if data then receive(data) else client.close(err or "the daemon closed the connection") end
    end)
  end)
  client.request("hello", { client = { name = "nvim" } }, function() end)
  return client
end

return M
