--- Choosing a model: a list with live states, the daemon's default, or a model for this Neovim only.
local connections = require("aircher.connection")
local errors = require("aircher.errors")
local marks = require("aircher.marks")
local messages = require("aircher.view.messages")
local model_rows = require("aircher.models.rows")
local options = require("aircher.options")

local M = {}

local TOPICS = { "models", "auth", "provider", "usage", "config" }
local QUIET_MS = 200 -- events that come together cause one request

local PICKERS = {
  select = "aircher.models.pickers.select",
  telescope = "aircher.models.pickers.telescope",
  ["fzf-lua"] = "aircher.models.pickers.fzf_lua",
}

local known_names = {}

local function say(text, is_whole) messages.tell(text, vim.log.levels.INFO, is_whole) end

local function complain(text) vim.notify("aircher: " .. text, vim.log.levels.ERROR) end

--- The model of this Neovim's requests; nil means the daemon's default.
---@return string|nil
function M.current() return options.get().model end

--- Calls several methods at once, and calls back with their results by method. One that failed, as an older
--- daemon or another role may refuse it, is left out.
local function fetch_together(methods, callback)
  local results, left = {}, #methods
  for _, method in ipairs(methods) do
    connections.get():request(method, {}, function(_, result)
      results[method] = result
      left = left - 1
      if left == 0 then
        callback(results)
      end
    end)
  end
end

--- Fetches the rows of the picker.
---@param all boolean models of providers that are not signed in, too
---@param callback fun(err: aircher.Error|nil, rows: aircher.ModelRow[]|nil)
function M.fetch(all, callback)
  fetch_together({ "limits.status", "auth.status" }, function(about)
    connections.get():request("models.list", { all = all }, function(err, list)
      if err then
        return callback(err)
      end
      local limits, keys = about["limits.status"] or {}, about["auth.status"] or {}
      local rows = model_rows.of(list, limits.limits, keys.rows)
      known_names = vim.tbl_map(function(row) return row.name end, rows)
      callback(nil, rows)
    end)
  end)
end

--- Makes a model that of a chat, or of this Neovim, unless the daemon does not know it. Where that cannot be
--- asked, the first question says what is wrong.
local function use_here(name, callback)
  local buf = vim.api.nvim_get_current_buf()
  local is_chat = vim.b[buf].aircher_chat
  connections.get():request("route.explain", { model = name }, function(err)
    if err and err.code == "unknown_model" then
      complain(err.message)
      return callback(err)
    elseif not is_chat then
      options.get().model = name
      say(name .. " answers in this Neovim")
      M._announce(name)
    elseif vim.api.nvim_buf_is_loaded(buf) then
      require("aircher.chat").set_model(buf, name)
      say(name .. " answers in this chat")
    end
    callback()
  end)
end

--- Makes a model the default of all clients, or with `is_local` that of this chat, or of this Neovim alone.
---@param name string any name that a chat accepts
---@param is_local boolean|nil
---@param callback fun(err: aircher.Error|nil)|nil
function M.use(name, is_local, callback)
  callback = callback or function() end
  if is_local then
    return use_here(name, callback)
  end
  connections.get():request("models.use", { model = name }, function(err, result)
    if err then
      complain(errors.explain(err))
      return callback(err)
    end
    options.get().model = nil -- what was chosen last is in effect
    local meant = result.nearest and ("; did you mean " .. result.nearest .. "?") or ""
    local unlisted = result.unlisted and (", which its provider does not list" .. meant) or ""
    say("the default model is " .. result.model .. unlisted, result.unlisted)
    M._announce(result.model)
    callback()
  end)
end

function M._announce(name) require("aircher.status.events").emit("AircherModelChanged", { model = name }) end

local function picker_name()
  local chosen = options.get().picker
  if chosen ~= "auto" then
    return chosen
  end
  for _, pair in ipairs({ { "telescope", "telescope" }, { "fzf-lua", "fzf-lua" } }) do
    if pcall(require, pair[2]) then
      return pair[1]
    end
  end
  return "select"
end

local function load_picker()
  local name = picker_name()
  local ok, picker = pcall(require, PICKERS[name])
  if ok then
    return picker
  end
  complain(name .. " is not installed: see the option `picker`")
  return require(PICKERS.select)
end

--- Calls `update(rows)` with new rows whenever a state changes; returns what ends that.
local function follow(all, update)
  local timer = (vim.uv or vim.loop).new_timer()
  local is_closed = false
  local function refetch()
    if connections.get().state ~= "open" then
      return -- the daemon was stopped since the event: what only looks does not start it again
    end
    M.fetch(all, function(err, rows)
      if not err and not is_closed then
        update(rows)
      end
    end)
  end
  local subscription = connections.get():subscribe(TOPICS, {
    on_event = function() timer:start(QUIET_MS, 0, vim.schedule_wrap(refetch)) end,
  })
  return function()
    if not is_closed then
      is_closed = true
      timer:close()
      subscription:close()
    end
  end
end

--- Goes on with a row that was chosen: signs in first, where a key is needed.
local function take(row, on_choice)
  if row.mark ~= marks.NOT_CONFIGURED and row.mark ~= marks.REJECTED then
    return on_choice(row.name)
  end
  require("aircher.sign_in").login(row.provider, function(is_signed_in)
    if is_signed_in then
      on_choice(row.name)
    end
  end)
end

--- Shows the models, and calls back with the name of the chosen one.
---@param opts {title: string|nil, all: boolean|nil, on_choice: fun(name: string)}
function M.pick(opts)
  M.fetch(opts.all or false, function(err, rows)
    if err then
      return complain(errors.explain(err))
    end
    load_picker().open({
      title = opts.title or "Model",
      rows = rows,
      all = not opts.all and function() M.pick(vim.tbl_extend("force", opts, { all = true })) end or nil,
      follow = function(update) return follow(opts.all or false, update) end,
      on_choice = function(row) take(row, opts.on_choice) end,
    })
  end)
end

--- `:AircherModel`: a picker, or the model that is named.
---@param name string empty for the picker
---@param is_local boolean for this chat or this Neovim only
function M.command(name, is_local)
  if name ~= "" then
    return M.use(name, is_local)
  end
  local here = vim.b.aircher_chat and "Model of this chat" or "Model of this Neovim"
  local title = is_local and here or "Default model"
  M.pick({ title = title, on_choice = function(chosen) M.use(chosen, is_local) end })
end

--- Completes names that are known already, and fetches them in the background: it never waits.
---@param lead string
---@return string[]
function M.complete(lead)
  if #known_names == 0 then
    M.fetch(false, function() end)
  end
  return vim.tbl_filter(function(name) return name:find(lead, 1, true) ~= nil end, known_names)
end

return M
