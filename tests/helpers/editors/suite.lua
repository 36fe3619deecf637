-- Runs the cases of a Lua suite in a headless Neovim; tests/helpers/editors/neovim.py reads what it prints.
local t = {}

local PATIENCE_MS = 15000
local cases, questions, all_said = {}, 0, {}

local function print_line(line)
  io.stdout:write(vim.fn.json_encode(line), "\n")
  io.stdout:flush()
end

--- Adds a case: a name that says what is so, and a function that raises an error if it is not.
function t.case(name, run) table.insert(cases, { name = name, run = run }) end

--- Waits until `is_so()` returns something true, and returns it.
function t.wait(what, is_so, patience_ms)
  local found
  local is_there = vim.wait(patience_ms or PATIENCE_MS, function()
    found = is_so()
    return found
  end, 2)
  if not is_there then
    error(("waited in vain until %s; messages: %s; said: %s"):format(what, vim.fn.execute("messages"), table.concat(all_said, " | ")), 2)
  end
  return found
end

--- Calls `start(callback)`, waits for the callback, and returns its arguments.
function t.call(start)
  local arguments
  start(function(...) arguments = { n = select("#", ...), ... } end)
  t.wait("the callback is called", function() return arguments end)
  return unpack(arguments, 1, arguments.n)
end

function t.eq(expected, actual)
  if not vim.deep_equal(expected, actual) then
    error(("expected %s, got %s"):format(vim.inspect(expected), vim.inspect(actual)), 2)
  end
end

function t.has(text, part)
  if type(text) ~= "string" or not text:find(part, 1, true) then
    error(("%s does not contain %s"):format(vim.inspect(text), vim.inspect(part)), 2)
  end
end

--- Chooses the first item that matches the pattern `part` in the next menus, in order; nil leaves one. Returns what the menus showed.
function t.choose(...)
  local parts, count, shown = { ... }, select("#", ...), {}
  local next_part = 0
  vim.ui.select = function(items, opts, callback) -- luacheck: ignore 122
    next_part = next_part + 1
    assert(next_part <= count, "one menu more than expected: " .. tostring(opts.prompt))
    local texts = vim.tbl_map(opts.format_item or tostring, items)
    table.insert(shown, { prompt = opts.prompt, texts = texts })
    local part = parts[next_part]
    if part == nil then
      return callback(nil)
    end
    for index, text in ipairs(texts) do
      if text:find(part) then
        return callback(items[index], index)
      end
    end
    error(("no item with %s in %s"):format(part, table.concat(texts, "; ", 1, math.min(#texts, 20))))
  end
  return shown
end

--- Types keys, such as "text<CR>", for what reads them next.
function t.type(keys) vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(keys, true, false, true), "t", false) end

--- Collects what `vim.notify` says from now on.
function t.listen()
  vim.notify = function(text) table.insert(all_said, text) end -- luacheck: ignore 122
  return all_said
end

--- Returns all that a user or a plugin could find of what was typed: registers, histories, messages, buffers.
function t.traces()
  local found = {}
  for _, command in ipairs({ "registers", "history all", "messages", "let v:", "let g:", "marks" }) do
    table.insert(found, vim.fn.execute(command))
  end
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    vim.list_extend(found, vim.api.nvim_buf_get_lines(buffer, 0, -1, false))
  end
  return table.concat(found, "\n")
end

--- Asks the Python test for something, and returns its answer.
function t.please(what, value)
  questions = questions + 1
  print_line({ please = what, value = value == nil and vim.NIL or value, number = questions })
  local path = vim.env.AIRCHER_ANSWERS .. "/" .. questions
  t.wait("the test answers", function() return (vim.uv or vim.loop).fs_stat(path) end)
  local answer = vim.fn.json_decode(vim.fn.readfile(path))
  if answer.error then
    error(what .. ": " .. answer.error, 2)
  end
  return answer.is
end

--- Runs the cases in their order, and ends Neovim.
function t.run()
  for _, case in ipairs(cases) do
    local ok, failure = xpcall(case.run, function(err) return debug.traceback(tostring(err), 2) end)
    print_line({ case = case.name, failure = ok and vim.NIL or failure })
  end
  vim.cmd("qall!")
end

return t
