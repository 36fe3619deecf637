--- Finds the daemon's socket, by the rules in docs/protocol.md, "Connecting".
local directory = require("aircher.wire.directory")

local uv = vim.uv or vim.loop
local M = {}

local MAX_PATH = 107 -- bytes that the system takes
local MAX_LINKS = 40

local function is_absolute(path) return path ~= nil and path:sub(1, 1) == "/" end

--- Returns the path without `.`, `..` and doubled slashes; a relative one begins at the working directory.
local function absolute(path)
  if not is_absolute(path) then
    path = uv.cwd() .. "/" .. path
  end
  local names = {}
  for name in path:gmatch("[^/]+") do
    if name == ".." then
      table.remove(names)
    elseif name ~= "." then
      table.insert(names, name)
    end
  end
  return "/" .. table.concat(names, "/")
end

--- Returns the absolute path without symlinks; what does not exist is kept as it is.
local function real(path)
  local current, links, left = "", 0, {}
  local function push(text)
    local names = vim.split(text, "/", { plain = true })
    for index = #names, 1, -1 do
      table.insert(left, names[index])
    end
  end
  push(absolute(path))
  while #left > 0 do
    local name = table.remove(left)
    if name == ".." then
      current = current:match("^(.*)/[^/]*$") or ""
    elseif name ~= "" and name ~= "." then
      local here = current .. "/" .. name
      local target = links < MAX_LINKS and uv.fs_readlink(here)
      if target then
        links = links + 1
        current = is_absolute(target) and "" or current
        push(target)
      else
        current = here
      end
    end
  end
  return current == "" and "/" or current
end

local function short_hash(text) return vim.fn.sha256(text):sub(1, 8) end

local function user_home(environ)
  local home = environ.HOME
  if not is_absolute(home) then
    home = uv.os_get_passwd().homedir
  end
  if not is_absolute(home) then
    error("no home directory can be found: set HOME to a directory of your own", 0)
  end
  return (home:gsub("/+$", ""))
end

local function expand(path, environ)
  if path == "~" or path:sub(1, 2) == "~/" then
    path = user_home(environ) .. path:sub(2)
  end
  return absolute(path)
end

local function named(environ, variable)
  local value = environ[variable]
  return value ~= "" and value or nil
end

local function aircher_home(environ)
  local home = named(environ, "AIRCHER_HOME")
  return home and expand(home, environ) or user_home(environ) .. "/.aircher"
end

--- Returns the 8 digits that identify a home other than ~/.aircher; nil for that one.
local function home_hash(environ)
  if not named(environ, "AIRCHER_HOME") then
    return nil
  end
  local home = real(aircher_home(environ))
  return home ~= real(user_home(environ) .. "/.aircher") and short_hash(home) or nil
end

local function runtime_directory(environ, uid, is_private)
  local runtime = (environ.XDG_RUNTIME_DIR or ""):gsub("/+$", "")
  if is_absolute(runtime) then
    return runtime -- the XDG specification ignores relative paths
  end
  local default = "/run/user/" .. uid
  return is_private(default, uid) and default or nil
end

--- Returns the absolute path of the socket. Raises a sentence if there is no home.
---@param environ table<string, string>
---@param uid integer
---@param hostname string
---@param is_private fun(directory: string, uid: integer): boolean whether /run/user/UID may be used
---@return string
function M.find_socket(environ, uid, hostname, is_private)
  local socket = named(environ, "AIRCHER_SOCKET")
  if socket then
    return expand(socket, environ)
  end
  local runtime = runtime_directory(environ, uid, is_private)
  if runtime then
    return ("%s/aircher/%s.sock"):format(runtime, home_hash(environ) or "aircher")
  end
  return ("%s/run/%s.sock"):format(aircher_home(environ), short_hash(hostname))
end

--- Returns the path of the socket for this Neovim.
---@return string|nil path
---@return string|nil problem
function M.socket_path()
  local ok, found =
    pcall(M.find_socket, vim.fn.environ(), uv.getuid(), uv.os_gethostname(), directory.is_private)
  if not ok then
    return nil, found
  end
  return found
end

--- Returns the path of the socket for HTTP clients, which is beside that of the daemon.
function M.http_socket(path)
  local folder, name = path:match("^(.*)/([^/]*)$")
  name = name == "aircher.sock" and "http.sock" or name:gsub("%.sock$", "") .. ".http.sock"
  return folder .. "/" .. name
end

--- Says why a path must not be connected to; nil if it may.
---@return string|nil problem
---@return boolean|nil is_missing its directory does not exist, so no daemon listens there
function M.problem(path)
  if #path > MAX_PATH then
    return ("the socket's path has %d bytes, and the system takes at most %d: %s. Set AIRCHER_SOCKET to a shorter path"):format(
      #path,
      MAX_PATH,
      path
    )
  end
  local folder = path:match("^(.*)/[^/]*$")
  return directory.problem(folder == "" and "/" or folder, uv.getuid())
end

return M
