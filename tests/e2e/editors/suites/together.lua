-- A Neovim beside an Emacs, on one daemon: each case has the Emacs do its part in the middle.
local t = dofile(vim.env.AIRCHER_SUITE)
local aircher = require("aircher")

local api = vim.api
t.listen()
vim.o.columns = 200

local function lines() return api.nvim_buf_get_lines(0, 0, -1, false) end

local function text() return table.concat(lines(), "\n") end

local function wait_for(part)
  t.wait("the buffer has " .. part, function() return text():find(part, 1, true) end)
end

t.case("a chat that is saved here goes on in Emacs, and then here again", function()
  vim.cmd("AircherChat a question of Neovim")
  wait_for("<!-- aircher: work/gpt-5.5")
  t.wait("it is my turn", function() return vim.endswith(text(), "\n## You\n\n") end)
  vim.cmd("silent write! talk.md")
  t.please("emacs", "goes on")
  vim.cmd("silent edit! talk.md")
  t.has(text(), "a question of Emacs")
  api.nvim_buf_set_lines(0, -2, -1, false, { "back in Neovim" })
  vim.cmd("AircherSend")
  t.wait("it is answered", function() return select(2, text():gsub("## Assistant", "")) == 3 and vim.endswith(text(), "## You\n\n") end)
  t.eq({
    { role = "user", content = "a question of Neovim" },
    { role = "assistant", content = "a question of Neovim" },
    { role = "user", content = "a question of Emacs" },
    { role = "assistant", content = "a question of Emacs" },
    { role = "user", content = "back in Neovim" },
  }, t.please("what was sent"))
  vim.cmd("silent write | silent only! | enew!")
end)

t.case("a model that Emacs chooses is shown here", function()
  t.wait("the status is there", function() return aircher.statusline():find("work/gpt-5.5", 1, true) end)
  t.please("emacs", "chooses")
  t.wait("the status follows", function() return aircher.statusline():find("chain", 1, true) end)
end)

t.case("an Emacs is answered, and another one killed, while an answer arrives here", function()
  t.please("slowly")
  vim.cmd("Aircher! ++model=work/gpt-5.5 count 100000")
  wait_for("3 ")
  t.please("emacs", "asks")
  local before = #text()
  t.please("kill an Emacs in mid-answer")
  t.wait("it goes on", function() return #text() > before end)
  vim.cmd("AircherStop")
  wait_for("<!-- aircher: ")
  local number = 0
  for found in text():match("^(.-)<!"):gmatch("%d+ ") do -- the last one may be cut
    number = number + 1
    t.eq(number, tonumber(found))
  end
end)

t.run()
