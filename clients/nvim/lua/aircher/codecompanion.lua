--- An adapter for codecompanion.nvim: it talks to aircher over the daemon's private HTTP socket, by curl.
---
---   require("codecompanion").setup({
---     adapters = { http = { aircher = function() return require("aircher.codecompanion").adapter() end } },
---     interactions = { chat = { adapter = "aircher" }, inline = { adapter = "aircher" } },
---   })
---
--- The names of models are asked for over aircher's own connection, which starts the daemon, too.
local address = require("aircher.wire.address")
local connections = require("aircher.connection")
local hello = require("aircher.wire.hello")
local models = require("aircher.models")

local M = {}

local FIRST_LIST_MS = 1000

local names, default = {}, nil

local function take(list)
  names = vim.tbl_map(function(alias) return alias.name end, list.aliases or {})
  for _, model in ipairs(list.models or {}) do
    if model.chats ~= false then
      table.insert(names, model.provider .. "/" .. model.model)
    end
  end
  default = list.default
end

local function fetch()
  connections.get():request("models.list", { wait = false }, function(err, list)
    if err then
      return vim.notify("aircher: " .. err.message, vim.log.levels.ERROR)
    end
    take(list)
  end)
end

--- Returns the names known now, and asks for the current ones for the next time. codecompanion takes no
--- callback: for the very first list this waits, a second at most.
local function list_names()
  fetch()
  if #names == 0 then
    vim.wait(FIRST_LIST_MS, function() return #names > 0 end, 5)
  end
  return names
end

local function default_name()
  local found = models.current() or default
  if not found then
    list_names()
  end
  return found or default or names[1]
end

--- The project as a header, which is one line of ASCII; nil if it cannot be one.
local function project_header()
  local project = hello.project()
  return project and not project:find("[^ -~]") and project or nil
end

--- Returns what the adapter changes in codecompanion's `openai_compatible`.
function M.settings()
  local path, problem = address.socket_path()
  if path then
    problem = address.problem(path) -- curl does not look who could have put the socket there
  end
  if problem then
    error("aircher: " .. problem, 0)
  end
  return {
    name = "aircher",
    formatted_name = "aircher",
    env = {
      url = "http://localhost",
      api_key = function() return "dummy" end, -- the socket needs none
    },
    raw = { "--unix-socket", address.http_socket(path) },
    headers = {
      ["User-Agent"] = "codecompanion",
      ["x-aircher-project"] = project_header(),
    },
    schema = {
      model = {
        default = default_name,
        choices = list_names,
      },
    },
  }
end

--- Returns the adapter.
function M.adapter() return require("codecompanion.adapters").extend("openai_compatible", M.settings()) end

return M
