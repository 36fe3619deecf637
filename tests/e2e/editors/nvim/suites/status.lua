local t = dofile(vim.env.AIRCHER_SUITE)
local aircher = require("aircher")
local connections = require("aircher.connection")

t.listen()
local changes = 0
vim.g.connected = 0
vim.cmd("autocmd User AircherConnected let g:connected += 1")
vim.api.nvim_create_autocmd("User", { pattern = "AircherStatus", callback = function() changes = changes + 1 end })

local function wait_for_text(text)
  local shown
  local ok, err = pcall(t.wait, "the status is " .. text, function()
    shown = aircher.statusline()
    return shown:find(text, 1, true)
  end)
  if not ok then
    error(err .. "; it is " .. shown, 2)
  end
end

local function ask(model)
  return t.call(function(callback)
    local params = { model = model, messages = { { role = "user", content = "hi" } } }
    connections.get():chat(params, { on_done = callback })
  end)
end

t.case("before it is asked for, nothing is loaded and nothing is connected", function()
  t.eq(nil, package.loaded["aircher.status"])
  t.eq("closed", connections.get().state)
end)

t.case("without a daemon it says so, and starts none", function()
  t.please("stop the daemon")
  wait_for_text("· aircher not running")
  vim.cmd("checkhealth aircher")
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  t.has(text, "aircherd is not running")
  t.has(text, "It is started at the first need")
  t.eq(nil, text:find("ERROR", 1, true))
  t.please("start the daemon")
  wait_for_text("✓ work/gpt-5.5 $0")
  t.eq(1, vim.g.connected)
end)

t.case("a default chosen elsewhere is shown, and who answers for an alias", function()
  t.eq(nil, (ask("work/gpt-5.5"))) -- its cost is unknown, which a later case waits for
  t.please("choose", "chain")
  wait_for_text("✓ chain → work/gpt-5.5")
end)

t.case("a state that changes is shown with its word, and who answers instead", function()
  t.please("sign in to spare")
  t.please("sign out of work")
  wait_for_text("✓ chain → spare/claude-sonnet-5")
  vim.cmd("AircherModel! work/gpt-5.5")
  wait_for_text("○ work/gpt-5.5 not signed in")
  t.please("sign in to work")
  wait_for_text("✓ work/gpt-5.5")
end)

t.case("each change ran the autocommands", function() t.eq(true, changes >= 4) end)

t.case("a model for this Neovim only is shown", function()
  vim.cmd("AircherModel! work/o4-mini")
  wait_for_text("✓ work/o4-mini")
end)

t.case("it can be drawn by 'statusline'", function()
  vim.o.statusline = "%{v:lua.require'aircher'.statusline()}"
  vim.o.laststatus = 2
  vim.cmd("redraw!")
  local drawn = vim.api.nvim_eval_statusline(vim.o.statusline, {}).str
  t.has(drawn, "✓ work/o4-mini")
end)

t.case("nothing in a name is run by a status line, as plugins draw it", function()
  local mark = { symbol = "✓", answers = true }
  local text = require("aircher.status").text({ state = "open", mark = mark, model = "x/%{execute('let g:ran = 1')}%!" })
  vim.o.statusline = text
  local drawn = vim.api.nvim_eval_statusline(text, {}).str
  t.eq(nil, vim.g.ran)
  t.has(drawn, "execute")
end)

t.case("checkhealth finds everything in order", function()
  vim.cmd("checkhealth aircher")
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  for _, part in ipairs({
    "the kernel is asked",
    "its directory is yours alone",
    "runs as process",
    "the same version as this plugin",
    "work: ready",
    "default model: chain",
  }) do
    t.has(text, part)
  end
  t.eq(nil, text:find("ERROR", 1, true))
  t.eq(nil, text:find("canary", 1, true))
end)

t.case("checkhealth names a problem of the configuration, and its line", function()
  t.please("break the configuration")
  vim.cmd("checkhealth aircher")
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  t.has(text, "the configuration is invalid")
  t.has(text, "config.toml:1")
  t.please("restore the configuration")
end)

t.case("setup refuses an option that does not exist, and names the nearest", function()
  local is_fine, problem = pcall(aircher.setup, { comand = "x" })
  t.eq(false, is_fine)
  t.has(problem, "there is no option `comand`: did you mean `command`?")
end)

t.case("setup refuses a value of the wrong kind", function()
  local _, problem = pcall(aircher.setup, { autostart = "yes", picker = "menu" })
  t.has(problem, "the option `autostart` must be a boolean")
  t.has(problem, "the option `picker` must be one of 'select', 'telescope', 'fzf-lua', 'auto'")
end)

t.case("every problem of the options is named at once, tables included", function()
  local _, problem = pcall(aircher.setup, { nonsense = { a = 1 }, command = {} })
  t.has(problem, "there is no option `nonsense`")
  t.has(problem, "the option `command` must be a program")
end)

t.case("setup without options has the defaults", function()
  aircher.setup()
  t.eq("aircher-cli", require("aircher.options").get().command)
  t.eq(nil, require("aircher.options").get().model)
end)

t.case("codecompanion's adapter names the socket, the models and the default", function()
  local settings = require("aircher.codecompanion").settings()
  t.eq("--unix-socket", settings.raw[1])
  t.has(settings.raw[2], "/http.sock")
  local names = settings.schema.model.choices()
  t.eq("chain", names[1])
  t.eq(true, vim.tbl_contains(names, "work/gpt-5.5"))
  t.eq("chain", settings.schema.model.default())
end)

t.case("the adapter leads curl to no socket that another user could have made", function()
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder, "", 511) -- 0777
  vim.fn.setfperm(folder, "rwxrwxrwx")
  vim.env.AIRCHER_SOCKET = folder .. "/a.sock"
  local ok, problem = pcall(require("aircher.codecompanion").settings)
  vim.env.AIRCHER_SOCKET = nil
  t.eq(false, ok)
  t.has(problem, "is open to other users")
end)

t.case("curl with the adapter's flags streams an answer", function()
  local settings = require("aircher.codecompanion").settings()
  local body = vim.json.encode({
    model = settings.schema.model.default(),
    stream = true,
    messages = { { role = "user", content = "streamed to codecompanion" } },
  })
  local command = { "curl", "-sS", "--no-buffer" }
  vim.list_extend(command, settings.raw)
  for name, value in pairs(settings.headers) do
    vim.list_extend(command, { "--header", name .. ": " .. value })
  end
  vim.list_extend(command, { "--header", "Content-Type: application/json", "--data", body })
  table.insert(command, settings.env.url .. "/v1/chat/completions")
  local answer = t.call(function(callback)
    vim.fn.jobstart(command, { stdout_buffered = true, on_stdout = function(_, lines) callback(lines) end })
  end)
  local text, pieces = "", 0
  for _, line in ipairs(answer) do
    local data = line:match("^data: (%b{})")
    local choice = data and vim.json.decode(data).choices[1]
    if choice and type(choice.delta.content) == "string" and choice.delta.content ~= "" then
      text, pieces = text .. choice.delta.content, pieces + 1
    end
  end
  t.eq("streamed to codecompanion", text)
  t.eq(true, pieces > 1)
end)

t.case("its requests are counted for codecompanion and the project", function()
  local _, report = t.call(function(callback)
    connections.get():request("usage.report", { by = { "client", "project" } }, callback)
  end)
  local found = vim.tbl_filter(function(row) return row.client == "codecompanion" end, report.rows)
  t.eq(aircher.project(), found[1].project)
end)

t.case("what is spent is added without being asked for", function() wait_for_text("$0+") end)

t.run()
