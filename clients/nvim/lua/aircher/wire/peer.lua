--- Checks which process answers at the socket, before anything is sent to it.
---
--- 1. It runs as this user or as root.
--- 2. It is the daemon: the process that the lock file beside the socket names, or the service manager
---    that listens for it. This stops mistakes and simple tricks: a hostile program of the same user
---    can write the lock file, too.
---
--- Neovim built without LuaJIT cannot ask the kernel. Then the owner and the mode of the socket and its
--- directory have to do (`aircher.wire.directory`), and `:checkhealth aircher` says so.
local directory = require("aircher.wire.directory")

local uv = vim.uv or vim.loop
local M = {}

local has_ffi, ffi = pcall(require, "ffi")

--- Whether this Neovim can ask the kernel which process answers.
M.can_ask_kernel = has_ffi

if has_ffi then
  pcall(ffi.cdef, "int getsockopt(int fd, int level, int name, void *value, unsigned int *size);")
end

---@return integer|nil pid 0 if it is not known
---@return integer uid -1 if the kernel gave no answer
local function ask_kernel(socket)
  local is_mac = ffi.os == "OSX"
  local value = ffi.new("unsigned int[19]")
  local size = ffi.new("unsigned int[1]", is_mac and 76 or 12)
  -- Linux: SOL_SOCKET, SO_PEERCRED: pid, uid, gid. macOS: SOL_LOCAL, LOCAL_PEERCRED: version, uid, groups.
  if ffi.C.getsockopt(socket:fileno(), is_mac and 0 or 1, is_mac and 1 or 17, value, size) ~= 0 then
    return 0, -1
  end
  return is_mac and 0 or tonumber(value[0]), tonumber(value[1])
end

---@return string|nil the first bytes of a file that is no symlink
local function read(path, limit)
  local found = uv.fs_lstat(path)
  if not found or found.type ~= "file" then
    return nil
  end
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read(limit)
  file:close()
  return text
end

--- Whether a process is a systemd, which listens for the daemon.
function M.is_systemd(pid)
  return vim.trim(read("/proc/" .. pid .. "/comm", 16) or "") == "systemd"
end

--- Whether the kernel says that `pid` holds a lock on the file. A daemon in a container writes the
--- process id that it has there; the kernel translates it.
local function holds_lock(pid, path)
  local found = uv.fs_stat(path)
  for line in (read("/proc/locks", 1024 * 1024) or ""):gmatch("[^\n]+") do
    local holder, inode = line:match("%s(%d+)%s+%x+:%x+:(%d+)%s")
    if found and tonumber(holder) == pid and tonumber(inode) == found.ino then
      return true
    end
  end
  return false
end

local function is_gone(pid)
  return not uv.fs_stat("/proc/" .. pid)
end

---@return string|nil problem
local function check_process(pid, path)
  local lines = vim.split(read(path .. ".lock", 512) or "", "\n", { plain = true })
  local named = { tonumber(lines[1] or ""), tonumber(lines[3] or "") }
  local daemon = tonumber(lines[1] or "")
  if not daemon or pid == 0 or pid == 1 or named[1] == pid or named[2] == pid then
    return nil
  end
  if M.is_systemd(pid) or holds_lock(pid, path .. ".lock") or is_gone(pid) then
    return nil
  end
  return ("process %d answers at %s, and it is not aircherd: nothing was sent. End it (kill %d), then run "):format(
    pid,
    path,
    pid
  ) .. "'aircher-cli daemon restart'"
end

--- Checks the process at the other end of a connected socket. May be called in a fast context.
---@return string|nil problem what is wrong, in a sentence
---@return integer|nil pid
function M.check(socket, path)
  if not has_ffi then
    return directory.socket_problem(path, uv.getuid())
  end
  local pid, uid = ask_kernel(socket)
  if uid ~= 0 and uid ~= uv.getuid() then
    local who = uid == -1 and "the kernel does not say which process answers at "
      or ("a process of another user (uid %d) answers at "):format(uid)
    return who .. path .. ": nothing was sent. Remove that file, or set AIRCHER_SOCKET to a path that only you can write"
  end
  return check_process(pid, path), pid
end

return M
