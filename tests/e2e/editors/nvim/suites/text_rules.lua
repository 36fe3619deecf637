-- What decides about text, without a daemon.
local t = dofile(vim.env.AIRCHER_SUITE)
local answer_text = require("aircher.edit.answer_text")
local ask = require("aircher.ask")
local escaper = require("aircher.chat.escaper")
local format = require("aircher.chat.format")
local hunks = require("aircher.edit.hunks")
local messages = require("aircher.view.messages")
local options = require("aircher.options")
local pieces = require("aircher.stream.pieces")
local words = require("aircher.stream.words")

local function read(path)
  local file = assert(io.open(vim.env.AIRCHER_CHATS .. "/" .. path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function lines(text) return vim.split(text, "\n", { plain = true }) end

t.case("every sample of a chat means what it should", function()
  local names = vim.fn.glob(vim.env.AIRCHER_CHATS .. "/*.json", false, true)
  t.eq(true, #names > 5)
  for _, path in ipairs(names) do
    local name = vim.fn.fnamemodify(path, ":t:r")
    if name ~= "answers" then
      local turns, settings = format.parse(lines((read(name .. ".md"):gsub("\r\n", "\n"))))
      local expected = vim.fn.json_decode(read(name .. ".json"))
      t.eq({ name, expected.messages }, { name, format.messages(turns) })
      t.eq({ name, vim.tbl_count(expected.settings) }, { name, vim.tbl_count(settings) })
      t.eq(expected.settings.model, settings.model)
    end
  end
end)

t.case("files that usually have secrets are known by their names", function()
  local cases = vim.fn.json_decode(read("../private_files.json"))
  local is_private = require("aircher.private").is_private
  for _, path in ipairs(cases.private) do
    t.eq({ path, true }, { path, is_private(path) })
  end
  for _, path in ipairs(cases.others) do
    t.eq({ path, false }, { path, is_private(path) or false })
  end
end)

t.case("an answer is escaped as it should, wherever it is cut", function()
  for _, sample in ipairs(vim.fn.json_decode(read("answers.json"))) do
    for size = 1, #sample.text do
      local made, written = escaper.new(), ""
      for at = 1, #sample.text, size do
        written = written .. made:feed(sample.text:sub(at, at + size - 1))
      end
      t.eq({ sample.about, size, sample.written }, { sample.about, size, written .. made:finish() })
    end
  end
end)

t.case("what is written can be read again", function()
  local text = "a\n## You\n\\<!-- aircher: x -->\n```\n## You\n```"
  local made = escaper.new()
  local written = "## You\n\nq\n\n## Assistant\n\n" .. made:feed(text) .. made:finish()
  t.eq(text, format.messages(format.parse(lines(written)))[2].content)
end)

t.case("an answer at the end of a chat is not sent", function()
  local turns = format.parse({ "## You", "q", "## Assistant", "a" })
  local request, problem = format.request(turns, {})
  t.eq(nil, request)
  t.has(problem, ":AircherRetry")
end)

t.case("pieces come out bounded, in order, and with whole characters", function()
  local queue, out = pieces.new(), {}
  for _ = 1, 100 do
    queue:push("日本語\r")
    queue:push("\nx")
  end
  queue:push("\r")
  queue:finish()
  while queue.bytes > 0 do
    local text = queue:take(16, 2)
    t.eq(true, #text <= 16 and select(2, text:gsub("\n", "")) <= 2)
    t.eq(nil, text:find("^[\128-\191]"))
    table.insert(out, text)
  end
  t.eq(("日本語\nx"):rep(100) .. "\r", table.concat(out))
end)

t.case("bytes that are no characters are cut anywhere", function()
  local queue = pieces.new()
  queue:push(("\128"):rep(50))
  t.eq(("\128"):rep(20), queue:take(20, 5))
  t.eq(("\128"):rep(30), queue:take(100, 5))
  t.eq(nil, queue:take(20, 5))
end)

t.case("fences and sentences around code are left out", function()
  local function code(text, old) return table.concat(answer_text.lines(text, old or { "x" }), "\n") end
  t.eq("a\nb", code("```lua\na\nb\n```"))
  t.eq("a\nb", code("Here it is:\n\n~~~\na\nb\n~~~\n\nThat is all.\n"))
  t.eq("  a\n", code("  a\n\n"))
  t.eq("```\nnot closed", code("```\nnot closed"))
  t.eq("```\na\n```\nor\n```\nb\n```", code("```\na\n```\nor\n```\nb\n```"))
  t.eq("```\na\n```", code("```\na\n```", { "```", "b", "```" }))
  t.eq("```\na\n```", code("````md\n```\na\n```\n````", { "```", "b", "```" }))
end)

t.case("hunks name their rows", function()
  local found = hunks.between({ "a", "b", "c" }, { "a", "B", "c", "d" })
  t.eq({ { row = 1, old = { "b" }, new = { "B" } }, { row = 3, old = {}, new = { "d" } } }, found)
  t.eq({ { row = 0, old = {}, new = { "x" } } }, hunks.between({ "a" }, { "x", "a" }))
end)

t.case("a fallback takes one line", function()
  local one = { provider = "openai", model = "m", outcome = "rate_limited" }
  t.eq("openai is rate limited; anthropic answers", words.fallback({ one, one }, { provider = "anthropic", model = "m" }))
  t.eq("openai is rate limited; another key of it answers", words.fallback({ one }, { provider = "openai", model = "m" }))
  t.eq("openai is rate limited; openai/mini answers", words.fallback({ one }, { provider = "openai", model = "mini" }))
  t.eq("work failed", words.failure({ provider = "work", outcome = "a_code_of_a_later_version" }))
end)

t.case("tokens and costs are written for people", function()
  local result = { provider = "p", model = "m", usage = { input_tokens = 1204, output_tokens = 3 }, cost = "0.00420" }
  t.eq("p/m, 1,204 in, 3 out, $0.0042", words.answered(result))
  t.eq("p/m, unknown cost, cut at its maximum length", words.answered({ provider = "p", model = "m", finish = "length" }))
  t.eq({ "$1.50", "$0.01", "free" }, { words.cost("1.5"), words.cost("0.012"), words.cost("0") })
end)

t.case("options before a question are read, and wrong ones are named", function()
  t.eq({ show = "float", model = "a/b", text = "why ++this" }, ask.parse(" ++float ++model=a/b  why ++this "))
  local _, problem = ask.parse("++flaot why")
  t.has(problem, "there is no ++flaot")
  t.eq({ "++float" }, ask.complete("++f"))
end)

t.case("a message fits into the command line", function()
  t.eq("one; two", messages.fit("one\n  two", 80))
  t.eq("日…", messages.fit("日本語", 2))
end)

t.case("a wrong option is an error that names it", function()
  local ok, problem = pcall(options.set, { max_reply_bytes = 0, edit = { context_lines = 1.5 } })
  t.eq(false, ok)
  t.has(problem, "the option `max_reply_bytes` must be a whole number above 0")
  t.has(problem, "`edit.context_lines` must be a number of lines")
end)

t.run()
