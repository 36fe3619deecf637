-- Replays the transcripts and cases of tests/protocol; the README there says what each step means.
local t = dofile(vim.env.AIRCHER_SUITE)
local address = require("aircher.wire.address")
local connections = require("aircher.connection")
local directory = require("aircher.wire.directory")
local version = require("aircher.wire.version")
local versions = require("aircher.wire.versions")

local uv = vim.uv or vim.loop
local noticed = {}
local FOLDER, CASES = vim.env.AIRCHER_TRANSCRIPTS, vim.env.AIRCHER_CASES
local PATIENCE_MS = 5000

local function read_json(path) return vim.json.decode(table.concat(vim.fn.readfile(path), "\n")) end

local function is_missing(value)
  return value == nil or value == vim.NIL or (type(value) == "table" and next(value) == nil)
end

--- Says where `got` differs from what a step expects; nil if it does not.
local function difference(expected, got, path)
  if expected == "$any" or (is_missing(expected) and is_missing(got)) then
    return nil
  end
  if type(expected) ~= "table" or type(got) ~= "table" then
    return expected ~= got and ("%s: expected %s, got %s"):format(path, vim.inspect(expected), vim.inspect(got)) or nil
  end
  if #expected > 0 and #expected ~= #got then
    return ("%s: expected %d elements, got %d"):format(path, #expected, #got)
  end
  for key, value in pairs(expected) do
    local found = difference(value, got[key], path .. "." .. key)
    if found then
      return found
    end
  end
end

local Replay = {}
Replay.__index = Replay

local function new_replay(name)
  local self = setmetatable({ ids = {}, answers = {}, notifications = {}, ends = {} }, Replay)
  self.connection = connections.new({ path = FOLDER .. "/" .. name .. ".sock", autostart = false })
  self.connection:on_notices(function(notices) noticed[name] = notices[#notices] end)
  self.connection:on_notification(function(method, params)
    self.notifications[method] = self.notifications[method] or {}
    table.insert(self.notifications[method], params)
  end)
  self.connection:on_state(function(state, err)
    if state == "closed" then
      table.insert(self.ends, err)
    end
  end)
  return self
end

--- Returns the value with the ids of this client's requests for their names.
function Replay:filled(value)
  if type(value) == "string" and value:sub(1, 1) == "#" and self.ids[value:sub(2)] then
    return self.ids[value:sub(2)]
  elseif type(value) == "table" then
    return vim.tbl_map(function(each) return self:filled(each) end, value)
  end
  return value
end

function Replay:expect(expected, got, what)
  local found = difference(self:filled(expected), got, what)
  if found then
    error(found, 0)
  end
end

local function wait(what, is_so) return t.wait(what, is_so, PATIENCE_MS) end

local STEPS = {}

function STEPS.request(self, step)
  local name = step.as
  self.ids[name] = self.connection:request(step.request, self:filled(step.params or {}), function(err, result)
    self.answers[name] = { err = err, result = result }
  end)
end

function STEPS.notify(self, step) self.connection:notify(step.notify, self:filled(step.params or {})) end

function STEPS.connect(self) self.connection:connect() end

function STEPS.close(self) self.connection:close() end

function STEPS.result(self, step)
  local answer = wait("there is a result", function() return self.answers[step.result] end)
  t.eq(nil, answer.err)
  self:expect(step.value, answer.result, "result")
end

function STEPS.error(self, step)
  local answer = wait("there is an error", function() return self.answers[step.error] end)
  t.eq("table", type(answer.err))
  self:expect(step.value, answer.err, "error")
end

function STEPS.notification(self, step)
  local params = wait("there is a notification", function()
    return table.remove(self.notifications[step.notification] or {}, 1)
  end)
  self:expect(step.params, params, step.notification)
end

function STEPS.hello(self, step)
  wait("the daemon has answered", function() return self.connection.state == "open" end)
  self:expect(step.hello, self.connection.server, "hello")
end

function STEPS.closed(self, step)
  local err = wait("the connection ends", function() return table.remove(self.ends, 1) end)
  if step.code then
    t.eq(step.code, err.code)
  end
end

local function run_step(self, step)
  for key in pairs(step) do
    if vim.startswith(key, "daemon_") then
      return
    elseif STEPS[key] then
      return STEPS[key](self, step)
    end
  end
  error("a step that this replayer does not know: " .. vim.inspect(step))
end

local function replay(name)
  local self = new_replay(name)
  for _, step in ipairs(read_json(FOLDER .. "/" .. name .. ".json").steps) do
    run_step(self, step)
  end
  self.connection:close()
end

for _, path in ipairs(vim.fn.glob(FOLDER .. "/*.json", false, true)) do
  local name = vim.fn.fnamemodify(path, ":t:r")
  t.case("transcript " .. name, function() replay(name) end)
end

t.case("versions", function()
  t.eq("version_differs", noticed["hello-newer"].code)
  t.has(noticed["hello-newer"].message, "aircherd 99.1.0 is running")
  t.has(noticed["hello-newer"].message, "which is older: update it")
  local refused = { code = "unknown_method", message = "unknown method 'future.method'", data = {} }
  local explained = versions.explain(refused, "0.0.9")
  t.has(explained.message, "unknown method 'future.method'; aircherd 0.0.9 is running")
  t.has(explained.message, "run 'aircher-cli daemon restart' to start the new version")
  t.eq(refused, versions.explain(refused, version))
  t.eq(vim.env.AIRCHER_VERSION, version)
end)

t.case("addresses", function()
  for _, case in ipairs(read_json(CASES .. "/addresses.json")) do
    local function is_private(path) return vim.tbl_contains(case.private, path) end
    local found = address.find_socket(case.environ, case.uid, case.hostname, is_private)
    t.eq({ case.about, case.socket }, { case.about, found })
  end
end)

t.case("directories", function()
  for _, case in ipairs(read_json(CASES .. "/directories.json")) do
    local problem, is_gone = directory.problem(case.directory, uv.getuid())
    local judged = problem or (is_gone and "missing" or "ok")
    if not judged:find(case.result, 1, true) then
      error(("%s: expected %s, got %s"):format(case.about, case.result, judged))
    end
  end
end)

t.run()
