-- Runs the cases of a Lua suite in a headless Neovim; tests/helpers/editors/neovim.py reads what it prints.
local t = {}

local PATIENCE_MS = 20000
local cases, questions = {}, 0

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
    error("waited in vain until " .. what, 2)
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

--- Asks the Python test for something, and returns its answer.
function t.please(what, value)
  questions = questions + 1
  print_line({ please = what, value = value == nil and vim.NIL or value, number = questions })
  local path = vim.env.AIRCHER_ANSWERS .. "/" .. questions
  t.wait("the test answers", function() return (vim.uv or vim.loop).fs_stat(path) end)
  return vim.fn.json_decode(vim.fn.readfile(path))
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
