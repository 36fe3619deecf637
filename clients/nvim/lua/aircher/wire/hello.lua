--- What this Neovim tells the daemon about itself: its name, the project, the folder, the session's bus.
local uv = vim.uv or vim.loop
local M = {}

local MAX_LENGTH = 4096 -- characters that the daemon accepts
--- A little less than a turn of the stream's writer: it draws what the daemon has joined.
local PACE_MS = 25

local function sendable(text)
  return text ~= nil and text ~= "" and vim.fn.strchars(text) <= MAX_LENGTH and text or nil
end

--- AIRCHER_PROJECT, also where it is empty: `vim.env` does not tell that from a variable that is not set.
local function named_project()
  local named = uv.os_getenv("AIRCHER_PROJECT")
  return named and vim.trim(named)
end

--- The project that requests are attributed to: the nearest parent folder that contains .git, or nil.
--- AIRCHER_PROJECT overrides it; an empty value means no project.
function M.project()
  local named = named_project()
  if named then
    return sendable(named)
  end
  local folder = uv.cwd()
  while folder and not uv.fs_lstat(folder .. "/.git") do
    folder = folder:match("^(.*)/[^/]*$")
  end
  return sendable(folder == "" and "/" or folder)
end

--- The working directory, for [projects] of the configuration; nil if it is the project itself, or if
--- AIRCHER_PROJECT is a path, or empty.
function M.folder()
  local named = named_project()
  if named and (named == "" or named:sub(1, 1) == "/") then
    return nil
  end
  local folder = sendable(uv.cwd())
  return folder ~= M.project() and folder or nil
end

--- The session's bus, on which the daemon looks for the keyring, too; nil if it looks there anyway.
local function session_bus()
  local named = vim.env.DBUS_SESSION_BUS_ADDRESS or ""
  local is_usual = named == ("unix:path=/run/user/%d/bus"):format(uv.getuid())
  if named == "" or is_usual or #named > MAX_LENGTH or named:find("[\128-\255]") then
    return nil
  end
  return named
end

--- The parameters of `hello`.
---@param client {name: string, version: string}
function M.params(client)
  return {
    protocol = 1,
    client = client,
    project = M.project(),
    folder = M.folder(),
    session_bus = session_bus(),
    shows_notices = true,
    pace_ms = PACE_MS,
    host = sendable(uv.os_gethostname()), -- the daemon may be on another machine
  }
end

return M
