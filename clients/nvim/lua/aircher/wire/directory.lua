--- Checks the directory of the socket: prompts are private, so no other user may read in it, own it, or
--- replace it by another one.
local uv = vim.uv or vim.loop
local M = {}

local MAX_LINKS = 40 -- the kernel follows no more

local function octal(mode) return ("%04o"):format(mode % 4096) end

--- Whether any of the bits in the octal number `bits` are set in `mode`.
local function has(mode, bits)
  bits = tonumber(bits, 8)
  while bits > 0 do
    if bits % 2 == 1 and mode % 2 == 1 then
      return true
    end
    bits, mode = math.floor(bits / 2), math.floor(mode / 2)
  end
  return false
end

local function read(path)
  local file = io.open(path, "r")
  if not file then
    return nil
  end
  local text = file:read("*a")
  file:close()
  return text
end

--- Whether `owner` may be root in a user namespace that has no root, where a hardened service runs:
--- there, files of all other users belong to the overflow user.
local function is_unmapped_root(owner)
  local map, overflow = read("/proc/self/uid_map"), read("/proc/sys/kernel/overflowuid")
  if not map or not overflow then
    return false -- not Linux
  end
  for first in map:gmatch("(%d+)%s+%d+%s+%d+") do
    if tonumber(first) == 0 then
      return false
    end
  end
  return owner == tonumber(overflow)
end

local function is_trusted(owner, uid)
  return owner == uid or owner == 0 or is_unmapped_root(owner)
end

--- Whether the user is alone in the group, as in the private groups of most systems.
local function is_own_group(gid, uid)
  local name
  for user, id in (read("/etc/passwd") or ""):gmatch("([^:\n]+):[^:\n]*:(%d+):[^\n]*") do
    if tonumber(id) == uid then
      name = user
      break
    end
  end
  for group, id, members in (read("/etc/group") or ""):gmatch("([^:\n]+):[^:\n]*:(%d+):([^\n]*)") do
    if tonumber(id) == gid then
      return name ~= nil and group == name and (members == "" or members == name)
    end
  end
  return false
end

local function foreign(path, owner)
  return ("%s belongs to another user (uid %d)"):format(path, owner), "choose a place that is yours alone"
end

local function parent_fault(path, found, uid)
  if not is_trusted(found.uid, uid) then
    return foreign(path, found.uid)
  end
  if not has(found.mode, "22") or has(found.mode, "1000") then
    return nil
  end
  if not has(found.mode, "2") and is_own_group(found.gid, found.uid) then
    return nil
  end
  local sudo = found.uid == uid and "" or "sudo "
  return ("other users may write in %s (mode %s)"):format(path, octal(found.mode)), "run: " .. sudo .. "chmod go-w " .. path
end

local function push_parts(stack, path)
  local names = vim.split(path, "/", { plain = true })
  for index = #names, 1, -1 do
    if names[index] ~= "" and names[index] ~= "." then
      table.insert(stack, names[index])
    end
  end
end

--- Says why other users could replace what is at `path`, and what to do; nil if none can.
---
--- Every directory above it is checked, and those above the target of each symlink on the way. They
--- belong to the user or root, and no other user may write in them, except where the sticky bit keeps
--- what is in them, as in /tmp.
---@return string|nil why
---@return string|nil cure
function M.open_parent(path, uid)
  local current, links, left = "/", 0, {}
  push_parts(left, path)
  local root = uv.fs_lstat("/")
  local why, cure = parent_fault("/", root, uid)
  while #left > 0 and not why do
    local name = table.remove(left)
    local here = (current == "/" and "" or current) .. "/" .. name
    local found = name ~= ".." and uv.fs_lstat(here)
    if name == ".." then
      current = current:match("^(.+)/[^/]*$") or "/"
    elseif not found then
      return nil -- it does not exist
    elseif found.type == "link" then
      if not is_trusted(found.uid, uid) then
        why, cure = foreign(here, found.uid)
      end
      local target = uv.fs_readlink(here)
      links = links + 1
      if not target or links > MAX_LINKS then
        return nil -- it cannot be opened by any user
      end
      current = target:sub(1, 1) == "/" and "/" or current
      push_parts(left, target)
    elseif #left > 0 then
      why, cure = parent_fault(here, found, uid)
      current = here
    end
  end
  return why, cure
end

local function own_fault(path, found, uid)
  local prefix = "the socket's directory " .. path
  if found.type == "link" then
    return prefix .. " is a symlink: put a real directory there"
  elseif found.type ~= "directory" then
    return prefix .. " is not a directory: move it away"
  elseif found.uid ~= uid then
    local how = uid ~= 0 and "move it away" or "run this as that user, or unset XDG_RUNTIME_DIR"
    return ("%s belongs to user %d, not to you (%d): %s"):format(prefix, found.uid, uid, how)
  elseif has(found.mode, "77") then
    return ("%s is open to other users (mode %s): run chmod 700 on it"):format(prefix, octal(found.mode))
  end
end

--- Whether a directory exists, belongs to the user and is closed to others.
function M.is_private(path, uid)
  local found = uv.fs_lstat(path)
  return found ~= nil and own_fault(path, found, uid) == nil
end

--- Says why the directory of a socket must not be used, and what to do; nil if it may.
---@return string|nil problem
---@return boolean|nil is_missing the directory does not exist, so no daemon listens there
function M.problem(path, uid)
  local found, err, code = uv.fs_lstat(path)
  if not found then
    if code == "ENOENT" then
      return nil, true
    end
    return ("cannot use the socket's directory %s (%s): set AIRCHER_SOCKET or XDG_RUNTIME_DIR to what you own"):format(path, err)
  end
  local fault = own_fault(path, found, uid)
  if fault then
    return fault .. "; or set AIRCHER_SOCKET elsewhere"
  end
  local why, cure = M.open_parent(path, uid)
  if why then
    return ("other users could replace the socket's directory %s: %s. Set AIRCHER_SOCKET elsewhere, or %s"):format(path, why, cure)
  end
end

--- Says what is wrong with the socket itself, where the kernel cannot be asked which process answers.
function M.socket_problem(path, uid)
  local found = uv.fs_lstat(path)
  if found and found.type == "socket" and (found.uid == uid or found.uid == 0) and not has(found.mode, "22") then
    return nil
  end
  return path .. " is not a socket of yours alone: nothing was sent. Remove it, or set AIRCHER_SOCKET elsewhere"
end

return M
