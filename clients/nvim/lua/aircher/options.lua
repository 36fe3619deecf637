--- The options of `setup`: one table with names, defaults and checks. All of them are optional.
---
--- A module that needs an option adds a row to SPEC, and reads it with `require("aircher.options").get()`.
local M = {}

---@class aircher.OptionSpec
---@field default any
---@field check fun(value: any): string|nil says what the value must be, nil if it is valid

--- Checks that a value has one of these types.
local function a(...)
  local types = { ... }
  return function(value)
    if not vim.tbl_contains(types, type(value)) then
      return "must be a " .. table.concat(types, " or a ")
    end
  end
end

local function one_of(...)
  local values = { ... }
  return function(value)
    if not vim.tbl_contains(values, value) then
      return "must be one of '" .. table.concat(values, "', '") .. "'"
    end
  end
end

local function command(value)
  local first = type(value) == "table" and value[1] or value
  if type(first) ~= "string" or first == "" then
    return "must be a program, or a list of a program and its arguments"
  end
end

local function text(value)
  if type(value) ~= "string" or value == "" then
    return "must be a text that is not empty"
  end
end

local function positive(value)
  if type(value) ~= "number" or value < 1 or value % 1 ~= 0 then
    return "must be a whole number above 0"
  end
end

local function lines(value)
  if type(value) ~= "number" or value < 0 or value % 1 ~= 0 then
    return "must be a number of lines, 0 or more"
  end
end

--- Every option, by its name; a name with a dot is in a table of `setup`.
---@type table<string, aircher.OptionSpec>
M.SPEC = {
  -- The program with which the daemon is started.
  command = { default = "aircher-cli", check = command },
  -- Start the daemon where none answers.
  autostart = { default = true, check = a("boolean") },
  -- The model of this Neovim's requests; nil: the default model of the daemon.
  model = { default = nil, check = text },
  -- Map keys in the buffers of chats, answers and edits.
  keys = { default = true, check = a("boolean") },
  -- Where the answer of :Aircher is shown; 'here' is in the buffer, below the lines.
  ["ask.show"] = { default = "split", check = one_of("split", "vsplit", "tab", "float", "current", "here") },
  -- Where a new chat is shown.
  ["chat.show"] = { default = "vsplit", check = one_of("split", "vsplit", "tab", "float", "current") },
  -- The model's thinking: not shown, or folded above its answer.
  reasoning = { default = "hidden", check = one_of("hidden", "folded") },
  -- Lines before and after the range that :AircherEdit sends with it.
  ["edit.context_lines"] = { default = 0, check = lines },
  -- The most text of a buffer that is sent.
  max_request_bytes = { default = 1024 * 1024, check = positive },
  -- An answer that gets longer is stopped.
  max_reply_bytes = { default = 4 * 1024 * 1024, check = positive },
  -- What shows lists of models: 'auto' takes Telescope or fzf-lua if one is installed.
  picker = { default = "select", check = one_of("select", "telescope", "fzf-lua", "auto") },
}

local chosen

--- Counts the changes of letters that make one name of the other.
local function distance(one, other)
  local row = {}
  for column = 0, #other do
    row[column] = column
  end
  for line = 1, #one do
    local corner = row[0]
    row[0] = line
    for column = 1, #other do
      local above = row[column]
      local is_same = one:sub(line, line) == other:sub(column, column)
      row[column] = math.min(above + 1, row[column - 1] + 1, corner + (is_same and 0 or 1))
      corner = above
    end
  end
  return row[#other]
end

local function nearest(name)
  local best, least
  for known in pairs(M.SPEC) do
    local changes = distance(name, known)
    if not least or changes < least or (changes == least and known < best) then
      best, least = known, changes
    end
  end
  return best
end

local function is_group(name)
  for known in pairs(M.SPEC) do
    if vim.startswith(known, name .. ".") then
      return true
    end
  end
  return false
end

--- Lists the options in `given` by their names: {ask = {window = "float"}} has `ask.window`.
local function flatten(given, prefix, into)
  for key, value in pairs(given) do
    local name = prefix .. tostring(key)
    if type(value) == "table" and not M.SPEC[name] and is_group(name) then
      flatten(value, name .. ".", into)
    else
      into[name] = value
    end
  end
  return into
end

--- Says what is wrong with the options of `setup`, a sentence each.
---@param given table|nil
---@return string[]
function M.problems(given)
  local found = {}
  for name, value in pairs(flatten(given or {}, "", {})) do
    local spec = M.SPEC[name]
    local fault = spec and spec.check(value)
    if not spec then
      table.insert(found, ("there is no option `%s`: did you mean `%s`?"):format(name, nearest(name)))
    elseif fault then
      table.insert(found, ("the option `%s` %s"):format(name, fault))
    end
  end
  table.sort(found)
  return found
end

local function put(into, name, value)
  local group, rest = name:match("^(.-)%.(.*)$")
  if not group then
    into[name] = value
    return
  end
  into[group] = into[group] or {}
  put(into[group], rest, value)
end

local function with_defaults(given)
  local result, set = {}, flatten(given, "", {})
  for name, spec in pairs(M.SPEC) do
    local value = set[name]
    if value == nil then
      value = vim.deepcopy(spec.default)
    end
    put(result, name, value)
  end
  return result
end

--- Sets all options; those that are not given have their defaults again.
---@param given table|nil
function M.set(given)
  if given ~= nil and type(given) ~= "table" then
    error("aircher.setup: the options must be a table. See :help aircher-options", 0)
  end
  local problems = M.problems(given)
  if #problems > 0 then
    error("aircher.setup: " .. table.concat(problems, "; ") .. ". See :help aircher-options", 0)
  end
  chosen = with_defaults(given or {})
end

--- Returns the options in effect.
function M.get()
  chosen = chosen or with_defaults({})
  return chosen
end

return M
