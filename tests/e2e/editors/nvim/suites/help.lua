-- Every command, option, event and function has a tag in the help, and the defaults shown there are true.
local t = dofile(vim.env.AIRCHER_SUITE)
local options = require("aircher.options")

local DOC = vim.env.AIRCHER_DOC

local function tags()
  local found = {}
  for _, line in ipairs(vim.fn.readfile(DOC .. "/tags")) do
    found[line:match("^[^\t]+")] = true
  end
  return found
end

local function missing(names)
  local known = tags()
  return vim.tbl_filter(function(name) return not known[name] end, names)
end

local function public_names(of, pattern)
  local found = {}
  for name in pairs(of) do
    if type(of[name]) == "function" and not vim.startswith(name, "_") then
      table.insert(found, pattern:format(name))
    end
  end
  return found
end

t.case("helptags has nothing to say", function()
  t.eq("", vim.fn.execute("helptags " .. DOC))
end)

t.case("every command has a tag", function()
  local commands = vim.tbl_filter(function(name)
    return vim.startswith(name, "Aircher")
  end, vim.tbl_keys(vim.api.nvim_get_commands({})))
  t.eq(true, #commands >= 2)
  t.eq({}, missing(vim.tbl_map(function(name) return ":" .. name end, commands)))
end)

t.case("every map has a tag", function()
  local maps = vim.tbl_map(function(map) return map.lhs end, vim.api.nvim_get_keymap("n"))
  maps = vim.tbl_filter(function(lhs) return vim.startswith(lhs, "<Plug>(aircher") end, maps)
  t.eq(true, #maps >= 10)
  t.eq({}, missing(maps))
end)

t.case("every option has a tag", function()
  local known = tags()
  for name in pairs(options.SPEC) do
    t.eq(true, known["aircher-" .. name] or known["aircher-" .. name .. "-option"] or name .. " has no tag")
  end
end)

t.case("every function has a tag", function()
  t.eq({}, missing(public_names(require("aircher"), "aircher.%s()")))
end)

t.case("every method of the connection has a tag", function()
  t.eq({}, missing(public_names(getmetatable(require("aircher").connection()), "aircher-connection:%s()")))
end)

t.case("the defaults in the help are the defaults", function()
  local text = table.concat(vim.fn.readfile(DOC .. "/aircher.txt"), "\n")
  local shown = text:match("These are the defaults: >\n\n    require%(\"aircher\"%)%.setup(%b())")
  local given = assert(load("return " .. shown))()
  t.eq({}, options.problems(given))
  local defaults = vim.deepcopy(options.get())
  require("aircher").setup(given)
  t.eq(defaults, options.get())
  for name in pairs(options.SPEC) do
    t.has(shown, name:match("[^.]+$") .. " = ")
  end
end)

t.case("the lines are as wide as a help window", function()
  for _, file in ipairs(vim.fn.glob(DOC .. "/*.txt", false, true)) do
    for _, line in ipairs(vim.fn.readfile(file)) do
      if vim.fn.strdisplaywidth(line) > 80 then
        error("a line is too long: " .. line)
      end
    end
  end
end)

t.run()
