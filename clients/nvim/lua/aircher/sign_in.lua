--- Signing in: a key is typed hidden, or taken from a variable of this Neovim, and checked by the daemon.
---
--- A key is never in a buffer, a register, the history, a message or a variable that stays: it is a local
--- of the function that hands it to the connection.
local connections = require("aircher.connection")
local errors = require("aircher.errors")
local marks = require("aircher.marks")
local messages = require("aircher.view.messages")

local M = {}

local MAX_MODELS = 3
local MIN_KEY = 16 -- characters

local function say(text) messages.tell(text, vim.log.levels.INFO) end

local function complain(text) messages.tell(text, vim.log.levels.ERROR, true) end

--- Asks for a key without showing it; nil if none was typed. Ctrl-C leaves, too.
---
--- While a macro is recorded, Neovim would put what is typed into its register.
---@return string|nil
local function ask_key(prompt)
  if vim.fn.reg_recording() ~= "" then
    return complain("a macro is being recorded, and the key would be in its register: end it with q, and try again")
  end
  local ok, typed = pcall(vim.fn.inputsecret, prompt)
  vim.api.nvim_echo({ { "" } }, false, {}) -- the prompt goes
  typed = ok and vim.trim(typed) or ""
  return typed ~= "" and typed or nil
end

--- Has the daemon check a key and store it; asks again until one works.
---@param target {provider: string, label: string|nil, keys_page: string|nil}
---@param callback fun(is_signed_in: boolean)
local function ask_and_store(target, callback)
  local where = target.keys_page and (" (keys: " .. target.keys_page .. ")") or ""
  local key = ask_key("Key for " .. target.provider .. ", not shown" .. where .. ": ")
  if not key then
    return callback(false)
  end
  local params = { provider = target.provider, label = target.label, key = key }
  connections.get():request("auth.login", params, function(err, row)
    if not err then
      say(("signed in to %s; the key is stored: %s"):format(target.provider, row.source or "yes"))
      return callback(true)
    end
    complain(err.message)
    if err.code == "auth_rejected" then
      return ask_and_store(target, callback)
    end
    callback(false)
  end)
end

--- Stores the keys in variables of this Neovim.
---@param names string[]
---@param callback fun(is_signed_in: boolean)
local function import(names, callback)
  local variables = {}
  for _, name in ipairs(names) do
    variables[name] = vim.trim(vim.env[name] or "")
  end
  connections.get():request("auth.import", { variables = variables }, function(err, result)
    if err then
      complain(err.message)
      return callback(false)
    end
    local is_stored = false
    for _, each in ipairs(result.outcomes) do
      if each.outcome == "stored" or each.outcome == "already" then
        is_stored = true
        say(("signed in to %s with the key in %s"):format(each.provider or "it", each.variable))
      elseif each.message then
        complain(each.variable .. ": " .. each.message)
      end
    end
    callback(is_stored)
  end)
end

--- The label of the key that the daemon's own command would replace.
local function label_in(command) return command and command:match(" %-%-label (%S+)$") end

---@class aircher.SignInChoice
---@field title string
---@field act fun(callback: fun(change: table|nil)) calls back with what changes in the request, nil if nothing can be done

local function import_choice(names)
  local what = #names > 1 and "keys" or "key"
  return {
    title = ("use the %s in %s, which the daemon cannot see"):format(what, table.concat(names, ", ")),
    act = function(callback)
      import(names, function(is_stored) callback(is_stored and {} or nil) end)
    end,
  }
end

local function login_choice(row)
  local verb = row.state == "rejected" and "replace the key of " or "sign in to "
  local target = { provider = row.provider, label = label_in(row.command), keys_page = row.keys_page }
  return {
    title = verb .. row.provider,
    act = function(callback)
      ask_and_store(target, function(is_signed_in) callback(is_signed_in and {} or nil) end)
    end,
  }
end

local function model_choice(model)
  return {
    title = "ask " .. model .. " instead",
    act = function(callback) callback({ model = model }) end,
  }
end

--- Lists what would help a request that failed because of keys, the best first.
---@param err aircher.Error
---@return aircher.SignInChoice[]
function M.choices(err)
  local found, choices, models = errors.sign_in(err), {}, {}
  if not found then
    return choices
  end
  local unseen, wanted = errors.unseen_variables(err), {}
  for _, row in ipairs(found.providers or {}) do
    if row.needed then
      vim.list_extend(wanted, row.env or {})
      if row.command then
        table.insert(choices, login_choice(row))
      end
    elseif row.model and marks.of(row).answers and #models < MAX_MODELS then
      table.insert(models, model_choice(row.model))
    end
  end
  local names = vim.tbl_filter(function(name) return vim.tbl_contains(wanted, name) end, unseen)
  if #names > 0 then
    table.insert(choices, 1, import_choice(names))
  end
  return vim.list_extend(choices, models)
end

--- Offers to sign in after a request failed because of keys, and then goes on with the same request.
---
--- Returns false, and does nothing, if the error has another reason: then it is the caller's to show.
--- Otherwise `retry` is called with what changes in the request, usually nothing, {}; or `cancel`, if the user
--- does not want to, which shows the error. Without `cancel` it is shown here.
---@param err aircher.Error
---@param retry fun(change: table)
---@param cancel fun()|nil
---@return boolean is_offered
function M.offer(err, retry, cancel)
  local choices = M.choices(err)
  if #choices == 0 then
    return false
  end
  local prompt = err.message:gsub("%s*\n%s*", "; ") -- a line of a provider's would look like a choice
  local options = { prompt = prompt, kind = "aircher_sign_in", format_item = function(each) return each.title end }
  vim.ui.select(choices, options, function(choice)
    local function refuse()
      if cancel then
        return cancel()
      end
      complain(errors.explain(err))
    end
    if not choice then
      return refuse()
    end
    choice.act(function(change)
      if change then
        return retry(change)
      end
      refuse()
    end)
  end)
  return true
end

local function describe(row)
  local mark = marks.of(row)
  local about = { mark.symbol .. " " .. row.provider, mark.word }
  for _, part in ipairs({ row.key or false, row.masked or false, row.reason or row.health_reason or false }) do
    if part then
      table.insert(about, part)
    end
  end
  return table.concat(about, "  ")
end

--- Sorts the rows of auth.status: what needs a key first, as that is what this is for.
local function in_order(rows)
  local sorted = vim.tbl_filter(function(row) return row.state ~= "not_required" end, rows)
  local place = {}
  for index, row in ipairs(sorted) do
    place[row] = index
  end
  local function weight(row) return row.state == "not_configured" and row.builtin and 1 or 0 end
  table.sort(sorted, function(one, other)
    if weight(one) ~= weight(other) then
      return weight(one) < weight(other)
    end
    return place[one] < place[other]
  end)
  return sorted
end

local function is_stored(row) return row.source ~= nil and (row.source:find("^keyring") or row.source:find("^file")) end

local function login_row(row, callback)
  local label = is_stored(row) and row.key ~= "default" and row.key or nil
  local target = { provider = row.provider, label = label, keys_page = row.keys_page }
  ask_and_store(target, callback)
end

--- Whether the name of a provider may be a key, which stands where it must not be.
local function may_be_key(name) return #name >= MIN_KEY or name:find("%s") ~= nil end

--- Says that a provider is unknown. What may be a key is not repeated.
local function complain_of_provider(name)
  if not may_be_key(name) then
    return complain("there is no provider " .. name)
  end
  complain("there is no provider of that name. A key is no argument: :AircherLogin asks for it, and hides it")
end

--- Removes the commands from the history that have this text.
local function forget(text) vim.fn.histdel(":", "\\C\\V" .. vim.fn.escape(text, "\\")) end

--- Shows the providers with their states, and signs in to the chosen one; `:AircherLogin`.
---
--- Keys in variables of this Neovim that the daemon cannot see are offered first.
---@param provider string|nil a provider to sign in to without asking which
---@param callback fun(is_signed_in: boolean)|nil
function M.login(provider, callback)
  callback = callback or function() end
  if provider and may_be_key(provider) then
    forget(provider)
  end
  connections.get():request("auth.status", {}, function(err, status)
    if err then
      complain(errors.explain(err))
      return callback(false)
    end
    if (status.config or {}).file == "" then -- a forward: it takes no keys
      complain("aircherd is on another machine, and takes no keys from this one: sign in there")
      return callback(false)
    end
    if provider then
      for _, row in ipairs(status.rows) do
        if row.provider == provider then
          return login_row(row, callback)
        end
      end
      complain_of_provider(provider)
      return callback(false)
    end
    M._choose(status, callback)
  end)
end

local known_providers = {}

--- Completes names of providers that are known already, and asks for them in the background: it never waits.
---@param lead string
---@return string[]
function M.complete(lead)
  if #known_providers == 0 then
    connections.get():request("auth.status", {}, function(err, status)
      if not err then
        local by_name = {}
        for _, row in ipairs(in_order(status.rows)) do
          by_name[row.provider] = true
        end
        known_providers = vim.tbl_keys(by_name)
        table.sort(known_providers)
      end
    end)
  end
  return vim.tbl_filter(function(name) return vim.startswith(name, lead) end, known_providers)
end

function M._choose(status, callback)
  local choices = {}
  local unseen = errors.unseen_among(status.environment or {}, status.rows)
  if #unseen > 0 then
    local choice = import_choice(unseen)
    table.insert(choices, {
      title = choice.title,
      act = function() choice.act(function(change) callback(change ~= nil) end) end,
    })
  end
  for _, row in ipairs(in_order(status.rows)) do
    table.insert(choices, { title = describe(row), act = function() login_row(row, callback) end })
  end
  local options = { prompt = "Sign in to", kind = "aircher_provider", format_item = function(each) return each.title end }
  vim.ui.select(choices, options, function(choice)
    if choice then
      return choice.act()
    end
    callback(false)
  end)
end

return M
