-- A new user's way through docs/editors/neovim.md, by commands and keys alone, in one Neovim.
local t = dofile(vim.env.AIRCHER_SUITE)

local api = vim.api
local said = t.listen()
local OLD, NEW = { "local x = 1", "print(x)" }, "local x = 2\nprint(x)"

vim.o.columns = 200

local function lines() return api.nvim_buf_get_lines(0, 0, -1, false) end

local function text() return table.concat(lines(), "\n") end

local function press(keys) api.nvim_feedkeys(api.nvim_replace_termcodes(keys, true, false, true), "x", false) end

--- Waits until the buffer has a text, and then until its answer is complete: who answered is its last line.
local function wait_for(part)
  local ok, failure = pcall(t.wait, "the buffer has " .. part, function() return text():find(part, 1, true) end)
  if not ok then
    error(failure .. "\nthe buffer:\n" .. text(), 2)
  end
end

local function wait_for_answer(part, who)
  wait_for(part)
  wait_for("<!-- aircher: " .. who .. ", ")
end

--- A file, alone in its window.
local function open_file()
  vim.cmd("silent! tabonly! | silent! only! | enew!")
  vim.bo.filetype = "lua"
  api.nvim_buf_set_lines(0, 0, -1, false, OLD)
  vim.cmd("let &undolevels = &undolevels")
end

--- Chooses the first of each menu, and types the key of a provider where a secret is asked for.
local function sign_in_when_asked(provider)
  local key, menus = t.please("the key", provider), {}
  vim.ui.select = function(items, opts, choose) -- luacheck: ignore 122
    table.insert(menus, (opts.prompt or "") .. " " .. (opts.format_item or tostring)(items[1]))
    choose(items[1], 1)
  end
  vim.fn.inputsecret = function() return key end
  return menus
end

t.case("the first question starts the daemon, offers to sign in, and is answered", function()
  local menus = sign_in_when_asked("work")
  vim.cmd("Aircher! Why is the sky blue?")
  wait_for_answer("Why is the sky blue?", "work/gpt-5.5")
  t.has(table.concat(menus, "\n"), "work")
  t.eq(nil, (t.traces() .. table.concat(said)):find("canary", 1, true))
end)

t.case("a question about lines sends these lines and their type", function()
  open_file()
  vim.cmd("1Aircher what is this?")
  wait_for_answer("local x = 1", "work/gpt-5.5")
  local sent = vim.inspect(t.please("what was sent"))
  t.has(sent, "lua")
  t.eq(nil, sent:find("print", 1, true))
end)

t.case("a chat goes on, and sends what is in it", function()
  open_file()
  vim.cmd("AircherChat hello")
  wait_for_answer("hello", "work/gpt-5.5")
  t.wait("it is my turn", function() return vim.endswith(text(), "\n## You\n\n") end)
  api.nvim_buf_set_lines(0, -2, -1, false, { "and again" })
  press("<CR>")
  t.wait("there are two answers", function() return select(2, text():gsub("## Assistant\n\n[^\n]+\n\n<!%-%-", "")) == 2 end)
  t.eq({ "hello", "hello", "and again" }, vim.tbl_map(function(m) return m.content end, t.please("what was sent")))
end)

t.case("lines are edited, and one undo takes it back", function()
  t.please("answer", NEW)
  open_file()
  vim.cmd("%AircherEdit use two")
  t.wait("there are hunks", function() return vim.fn.maparg("gA", "n") ~= "" end)
  t.eq(OLD, lines())
  press("gA")
  t.eq(vim.split(NEW, "\n"), lines())
  vim.cmd("silent undo")
  t.eq(OLD, lines())
  t.please("answer")
end)

t.case("a second provider is signed in to, and a chain becomes the default of all clients", function()
  sign_in_when_asked("spare")
  vim.cmd("AircherLogin spare")
  t.wait("the key is stored", function() return table.concat(said, "\n"):find("spare", 1, true) end)
  vim.cmd("AircherModel chain")
  t.wait("it is the default", function() return t.please("the default model") == "chain" end)
end)

t.case("the next provider answers while the first limits the rate, and it is shown", function()
  t.please("limit the rate")
  vim.cmd("Aircher! hello")
  wait_for_answer("hello", "spare/claude-sonnet-5")
  t.eq("<!-- aircher: work is rate limited; spare answers -->", lines()[1])
end)

t.case("so it does when the first refuses the key", function()
  t.please("refuse the key")
  vim.cmd("silent! only! | Aircher! hello")
  wait_for_answer("hello", "spare/claude-sonnet-5")
  t.has(lines()[1], "work")
  t.has(lines()[1], "spare answers")
end)

t.case("a daemon that was killed is started again by the next question", function()
  t.please("kill the daemon")
  t.wait("its end is seen", function() return require("aircher").connection().state == "closed" end)
  vim.cmd("silent! only! | Aircher! are you there")
  wait_for_answer("are you there", "spare/claude-sonnet-5")
end)

t.case("after a restart the next question is answered", function()
  t.please("restart the daemon")
  t.wait("its end is seen", function() return require("aircher").connection().state == "closed" end)
  vim.cmd("silent! only! | Aircher! and now")
  wait_for_answer("and now", "spare/claude-sonnet-5")
end)

t.case("checkhealth and the help are there", function()
  vim.cmd("silent helptags ALL | silent help aircher")
  t.has(vim.fn.expand("%:p"), "/pack/aircher/start/aircher.nvim/doc/aircher.txt")
  vim.cmd("silent checkhealth aircher")
  wait_for("aircher")
  t.eq(nil, text():find("ERROR", 1, true))
  t.eq(nil, t.traces():find("canary", 1, true))
end)

t.run()
