local t = dofile(vim.env.AIRCHER_SUITE)
local connections = require("aircher.connection")
local models = require("aircher.models")
local model_rows = require("aircher.models.rows")
local sign_in = require("aircher.sign_in")

local SPARE_KEY = "canary-spare-fedcba9876543210"
local said = t.listen()

local function all_said() return table.concat(said, "\n") end

--- Asks; with `offers` an error about keys is offered to be fixed, as the commands do.
local function ask(model, offers)
  return t.call(function(callback)
    local params = { model = model, messages = { { role = "user", content = "hi" } } }
    local function send(change)
      connections.get():chat(vim.tbl_extend("force", params, change), {
        on_done = function(err, result)
          if not (err and offers and sign_in.offer(err, send, function() callback("left") end)) then
            callback(err, result)
          end
        end,
      })
    end
    send({})
  end)
end

local function keep_no_key()
  t.eq(nil, t.traces():find("canary", 1, true))
  t.eq(nil, all_said():find("canary", 1, true))
end

local function rows()
  local err, found = t.call(function(callback) models.fetch(false, callback) end)
  t.eq(nil, err)
  return vim.tbl_map(function(row) return row.text end, found)
end

t.case("rows have the mark, the name, the provider, window, price and a word, aliases first", function()
  local found = rows()
  t.has(found[1], "✓ chain")
  t.has(found[2], "✓ gpt-5.5")
  t.has(found[2], "work")
  t.has(found[2], "ready, the default")
end)

local function row_of(model, limits, lists, keys)
  local full = vim.tbl_extend("keep", model, { provider = "p", model = "m", state = "authenticated" })
  local aliases = { { name = "nick", routes = { "gone/x", "p/m" } } }
  return model_rows.of({ models = { full }, aliases = aliases, lists = lists or {} }, limits, keys)
end

local function find(found, name)
  return vim.tbl_filter(function(row) return row.name == name end, found)[1]
end

t.case("windows and prices are short", function()
  local prices = { input = "0.075", output = "1814.9999999", tiers = { {} } }
  local row = find(row_of({ window = 1050000, prices = prices }), "p/m")
  t.eq({ "1.05M", "$0.075/$1815+" }, { row.window, row.price })
  t.eq({ "8.2k", "200k", "999", "?" }, vim.tbl_map(model_rows.tokens, { 8200, 200000, 999, "many" }))
  t.eq({ "free", "$3/$0.30", "?" }, {
    model_rows.price({ input = "0", output = "0.00" }),
    model_rows.price({ input = "3", output = "0.3" }),
    model_rows.price({}),
  })
end)

t.case("a state has its mark and its word, also one of a newer daemon", function()
  local function state(model, limits, lists)
    local mark = find(row_of(model, limits, lists), "p/m").mark
    return mark.symbol .. " " .. mark.word
  end
  t.eq("⚠ cooling", state({ health = "cooling" }))
  t.eq("⚠ no credit", state({ health = "quota_exhausted" }))
  t.eq("✗ refused", state({ state = "rejected", health = "cooling" }))
  t.eq("⌂ local", state({ state = "not_required" }))
  t.eq("⌂ not running", state({ state = "not_required" }, {}, { { provider = "p", is_absent = true } }))
  t.eq("⚠ limited", state({}, { { provider = "p", share = 1 } }))
  t.eq("✓ ready", state({}, { { provider = "p", share = 1, client = "script" }, { share = 0.9 } }))
  t.eq("· unknown", state({ state = "meditating" }))
end)

t.case("an alias has the state of the route that would answer, or of its first one", function()
  t.eq({ "p", "ready" }, { find(row_of({}), "nick").provider, find(row_of({}), "nick").mark.word })
  local keys = { { provider = "gone", state = "not_configured" } }
  local row = find(row_of({ health = "cooling" }, {}, {}, keys), "nick")
  t.eq({ "gone", "not signed in" }, { row.provider, row.mark.word })
end)

t.case("a model that does not chat is no row", function()
  t.eq(nil, find(row_of({ chats = false }), "p/m"))
end)

t.case("no question opens while text is typed, and it comes after a pause or when Insert mode is left", function()
  local child = vim.fn.jobstart({ vim.v.progpath, "--embed", "--headless", "-u", "NONE", "-i", "NONE", "-n" }, { rpc = true })
  local function lua(code, ...) return vim.rpcrequest(child, "nvim_exec_lua", code, { ... }) end
  lua("vim.opt.runtimepath:append(...)", vim.fn.fnamemodify(vim.api.nvim_get_runtime_file("lua/aircher", false)[1], ":h:h"))
  local function ask_with_pause(milliseconds)
    lua([[
      local typing = require("aircher.view.typing")
      typing.pause, opened = ..., false
      typing.after_pause(function() opened = true end)
    ]], milliseconds)
  end
  local function is_opened() return lua("return opened") end
  ask_with_pause(600000)
  t.eq(true, is_opened()) -- nothing is typed
  vim.rpcrequest(child, "nvim_input", "isome")
  t.wait("text is typed", function() return vim.rpcrequest(child, "nvim_get_mode").mode == "i" end)
  ask_with_pause(600000)
  vim.rpcrequest(child, "nvim_input", " text")
  t.wait("it is there", function() return vim.rpcrequest(child, "nvim_get_current_line") == "some text" end)
  t.eq(false, is_opened())
  vim.rpcrequest(child, "nvim_input", "<Esc>")
  t.wait("the question opens", is_opened)
  vim.rpcrequest(child, "nvim_input", "a!")
  t.wait("text is typed again", function() return vim.rpcrequest(child, "nvim_get_mode").mode == "i" end)
  ask_with_pause(1)
  t.wait("the question opens after the pause", is_opened)
  vim.fn.jobstop(child)
end)

t.case("an error that is not about keys is not offered", function()
  t.eq(false, sign_in.offer({ code = "network", message = "no way", data = {} }, function() end))
end)

t.case("an error of several lines is one above the choices", function()
  local shown = t.choose(nil)
  local row = { provider = "spare", needed = true, command = "aircher-cli auth login spare" }
  local err = { code = "auth_rejected", message = "no\n1: paste your key here", data = { sign_in = { providers = { row } } } }
  t.eq(true, sign_in.offer(err, function() end, function() end))
  t.eq("no; 1: paste your key here", shown[1].prompt)
end)

t.case("leaving the offer is left to the caller, who shows the error", function()
  local shown = t.choose(nil)
  t.eq("left", (ask("spare/m", true)))
  t.has(shown[1].texts[1], "sign in to spare")
  t.eq("", all_said())
end)

t.case("without a caller who shows it, the error is shown with what helps", function()
  t.choose(nil)
  local err = ask("spare/m", false)
  t.eq(true, sign_in.offer(err, function() end))
  t.has(all_said(), ":AircherLogin spare")
end)

t.case("another model can be asked instead", function()
  t.choose("instead")
  local err, result = ask("spare/m", true)
  t.eq(nil, err)
  t.eq("work", result.provider)
end)

t.case("a key that the provider refuses is not stored, and is asked for again", function()
  t.choose("sign in to spare")
  t.type("canary-wrong-0123456789abcdef<CR>")
  t.type("<CR>")
  t.eq("left", (ask("spare/m", true)))
  t.has(all_said(), "nothing was stored")
  keep_no_key()
end)

t.case("after signing in, the same request goes on", function()
  t.choose("sign in to spare")
  t.type(SPARE_KEY .. "<CR>")
  local err, result = ask("spare/claude-sonnet-5", true)
  t.eq(nil, err)
  t.eq("spare", result.provider)
  t.has(all_said(), "signed in to spare")
  keep_no_key()
end)

t.case("a refused key replaces nothing", function()
  t.choose("spare")
  t.type("canary-wrong-0123456789abcdef<CR>")
  t.type("<CR>")
  t.eq(false, (t.call(function(callback) sign_in.login(nil, callback) end)))
  t.has(all_said(), "the old key is kept")
  t.eq(nil, (ask("spare/claude-sonnet-5", false)))
  keep_no_key()
end)

t.case("a key in a variable of this Neovim is offered and stored", function()
  t.please("sign out of spare")
  vim.env.SPARE_KEY = SPARE_KEY
  local shown = t.choose("SPARE_KEY")
  t.eq(true, (t.call(function(callback) sign_in.login(nil, callback) end)))
  t.has(shown[1].texts[1], "use the key in SPARE_KEY, which the daemon cannot see")
  vim.env.SPARE_KEY = nil
  t.eq(nil, (ask("spare/claude-sonnet-5", false)))
  keep_no_key()
end)

t.case("no key is asked for while a macro is recorded, which would keep it", function()
  vim.api.nvim_feedkeys("qa", "xt", false)
  t.eq("a", vim.fn.reg_recording())
  t.eq(false, (t.call(function(callback) sign_in.login("spare", callback) end)))
  t.has(all_said(), "a macro is being recorded")
  vim.api.nvim_feedkeys("q", "xt", false)
end)

t.case("an unknown provider is said to be unknown", function()
  t.eq(false, (t.call(function(callback) sign_in.login("nonsense", callback) end)))
  t.has(all_said(), "there is no provider nonsense")
end)

t.case("a key that was typed as an argument is not repeated, and leaves the history", function()
  for _, typed in ipairs({ "canary-key-0123456789", "spare canary\\two" }) do
    vim.fn.histadd(":", "AircherLogin " .. typed)
    vim.cmd("AircherLogin " .. typed)
    t.wait("it is refused", function() return (table.remove(said) or ""):find("A key is no argument", 1, true) end)
    keep_no_key()
  end
end)

t.case("choosing a model sets the default, and is announced", function()
  vim.cmd("autocmd User AircherModelChanged let g:changed = get(g:, 'changed', 0) + 1")
  t.choose("gpt%-5.5%-mini")
  vim.cmd("AircherModel")
  t.wait("the default is changed", function() return all_said():find("the default model is work/gpt-5.5-mini", 1, true) end)
  t.eq(1, vim.g.changed)
  local _, result = ask(nil, false)
  t.eq("gpt-5.5-mini", result.model)
end)

t.case("with ! a model is for this Neovim only", function()
  vim.cmd("AircherModel! chain")
  t.wait("it is chosen", function() return models.current() == "chain" end)
  t.has(all_said(), "chain answers in this Neovim")
end)

t.case("an unknown model is none for this Neovim, either", function()
  vim.cmd("AircherModel! nothing")
  t.wait("the error is shown", function() return all_said():find("unknown model 'nothing'", 1, true) end)
  t.eq("chain", models.current())
end)

t.case("an unknown model is refused with the daemon's message", function()
  vim.cmd("AircherModel nonsense/none")
  t.wait("the error is shown", function() return all_said():find("nonsense", 1, true) end)
  t.eq("chain", models.current())
end)

t.case("names are completed from what is known", function()
  t.eq(true, vim.tbl_contains(models.complete("chai"), "chain"))
end)

t.case("names of providers are completed, from the second time on", function()
  vim.fn.getcompletion("AircherLogin sp", "cmdline")
  t.wait("they are known", function()
    return vim.deep_equal({ "spare" }, vim.fn.getcompletion("AircherLogin sp", "cmdline"))
  end)
end)

t.case("choosing a model whose key is refused asks for a new key first", function()
  vim.cmd("AircherModel! chain")
  t.please("revoke the key of spare")
  t.eq("auth_rejected", ask("spare/claude-sonnet-5", false).code)
  local shown = t.choose("claude%-sonnet%-5 +spare")
  t.type("canary-second-0123456789abcd77<CR>")
  models.pick({ all = true, on_choice = function(name) models.use(name, true) end })
  t.wait("it is chosen", function() return models.current() == "spare/claude-sonnet-5" end)
  local row = table.concat(shown[1].texts, "\n"):match("[^\n]*claude%-sonnet%-5 +spare[^\n]*")
  t.has(row, "✗ claude-sonnet-5")
  t.has(row, "refused")
  t.eq(nil, (ask(models.current(), false)))
  keep_no_key()
end)

-- Telescope and fzf-lua cannot be installed in CI: tables with the functions that are called stand for them.

--- Opens the list of models with a picker of a plugin, and waits for what it shows.
local function open_with(picker, seen)
  require("aircher").setup({ picker = picker })
  vim.cmd("AircherModel")
  return t.wait("the list is shown", function() return seen.rows end)
end

local function row_with(found, part)
  return t.wait("there is a row with " .. part, function()
    return vim.tbl_filter(function(row) return (row.display or row):find(part, 1, true) end, found)[1]
  end)
end

t.case("fzf-lua shows the models, Enter chooses one, and a key shows all", function()
  local seen = {}
  package.loaded["fzf-lua"] = {
    fzf_exec = function(rows, opts) seen.rows, seen.actions = rows, opts.actions end,
  }
  local few = #open_with("fzf-lua", seen)
  seen.actions.default({ row_with(seen.rows, "gpt-5.5-mini") })
  t.wait("the default is changed", function() return said[#said]:find("the default model is work/gpt-5.5-mini", 1, true) end)
  seen.actions.default({}) -- it was left
  seen.rows = nil
  seen.actions["ctrl-a"]()
  t.wait("all are shown", function() return seen.rows and #seen.rows > few end)
  t.eq(nil, seen.actions["ctrl-a"])
end)

--- Makes modules that stand for Telescope; `seen` has the rows, the entry under the cursor, and the keys.
local function stand_for_telescope(seen)
  local function open(picker, opts)
    picker.prompt_bufnr = vim.api.nvim_create_buf(false, true)
    seen.rows = opts.finder
    opts.attach_mappings(picker.prompt_bufnr, function(_, key, run) seen[key] = run end)
  end
  local function rows_one_by_one()
    local at = 0
    return function()
      at = at + 1
      return seen.rows[at]
    end
  end
  local modules = {
    actions = {
      close = function(prompt) vim.api.nvim_buf_delete(prompt, { force = true }) end,
      select_default = { replace = function(_, run) seen.enter = run end },
    },
    ["actions.state"] = { get_selected_entry = function() return seen.entry end },
    config = { values = { generic_sorter = function() end } },
    finders = { new_table = function(given) return vim.tbl_map(given.entry_maker, given.results) end },
    pickers = {
      new = function(_, opts)
        return {
          find = function(picker) open(picker, opts) end,
          get_row = function(_, index) return index end,
          get_selection = function() return seen.entry end,
          manager = { iter = rows_one_by_one },
          refresh = function(_, rows)
            seen.rows, seen.is_new, seen.selected = rows, true, 1
            opts.on_complete[1]()
          end,
          set_selection = function(_, row) seen.selected = row end,
        }
      end,
    },
  }
  for name, module in pairs(modules) do
    package.loaded["telescope." .. name] = module
  end
end

t.case("Telescope's list follows what changes while it is open, with the cursor on the same model", function()
  local seen, following = {}, #connections.get()._subscriptions.list
  stand_for_telescope(seen)
  row_with(open_with("telescope", seen), "claude-sonnet-5")
  seen.entry = row_with(seen.rows, "gpt-5.5-mini")
  t.please("sign out of spare")
  t.wait("the list has changed", function() return seen.is_new end)
  t.wait("its models are gone", function() return not vim.inspect(seen.rows):find("spare/claude", 1, true) end)
  t.eq("work/gpt-5.5-mini", seen.rows[seen.selected].value.name)
  seen.entry = row_with(seen.rows, "gpt-5.5  ")
  seen.enter()
  t.wait("the default is changed", function() return said[#said]:find("the default model is work/gpt-5.5", 1, true) end)
  t.eq(following, #connections.get()._subscriptions.list)
end)

t.case("a picker that is not installed is said to be missing, and the menu is there", function()
  package.loaded["fzf-lua"], package.loaded["aircher.models.pickers.fzf_lua"] = nil, nil
  t.choose("gpt%-5%.5%-mini")
  require("aircher").setup({ picker = "fzf-lua" })
  vim.cmd("AircherModel")
  t.wait("the default is changed", function() return all_said():find("fzf-lua is not installed", 1, true) end)
end)

t.run()
