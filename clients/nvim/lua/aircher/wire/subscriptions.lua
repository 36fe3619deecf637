--- The subscriptions of one connection: made again after each reconnection, fetched again after lost events.
local M = {}

---@class aircher.Subscription
---@field topics string[]
local Subscription = {}
Subscription.__index = Subscription

---@class aircher.Subscriptions
---@field list aircher.Subscription[]
local Subscriptions = {}
Subscriptions.__index = Subscriptions

--- `request(method, params, callback)` sends a request for which no daemon is started.
---@param request fun(method: string, params: table, callback: aircher.Callback)
---@return aircher.Subscriptions
function M.new(request) return setmetatable({ list = {}, _request = request }, Subscriptions) end

---@return boolean
function Subscriptions:is_empty() return #self.list == 0 end

--- Adds one, and asks for the state of its topics.
---@return aircher.Subscription
function Subscriptions:add(topics, handlers)
  local subscription = setmetatable({ topics = topics, _handlers = handlers, _owner = self }, Subscription)
  table.insert(self.list, subscription)
  self:_fetch(subscription, topics)
  return subscription
end

--- Ends it; its handlers are not called any more.
function Subscription:close()
  local owner = self._owner
  if not owner then
    return
  end
  self._owner = nil
  owner.list = vim.tbl_filter(function(each) return each ~= self end, owner.list)
  local unused = vim.tbl_filter(function(topic) return not owner:_is_watched(topic) end, self.topics)
  if #unused > 0 and self._is_asked then
    owner._request("events.unsubscribe", { topics = unused }, function() end)
  end
end

function Subscriptions:_is_watched(topic)
  for _, subscription in ipairs(self.list) do
    if vim.tbl_contains(subscription.topics, topic) then
      return true
    end
  end
  return false
end

function Subscriptions:_fetch(subscription, topics)
  local handlers = subscription._handlers
  subscription._is_asked = true
  self._request("events.subscribe", { topics = topics }, function(err, result)
    if not subscription._owner then
      return
    elseif not err then
      return handlers.on_snapshot and handlers.on_snapshot(result.snapshot)
    elseif err.code == "connection_lost" or err.code == "unreachable" then
      return -- it is fetched again with the next connection
    elseif #topics > 1 then
      -- An older daemon knows only some of them, and refuses all of them together.
      for _, topic in ipairs(topics) do
        self:_fetch(subscription, { topic })
      end
    elseif handlers.on_error then
      handlers.on_error(err, topics[1])
    end
  end)
end

--- Asks for those that were not asked for over this connection yet.
function Subscriptions:resume()
  for _, subscription in ipairs(self.list) do
    if not subscription._is_asked then
      self:_fetch(subscription, subscription.topics)
    end
  end
end

--- The connection has ended.
function Subscriptions:suspend()
  for _, subscription in ipairs(self.list) do
    subscription._is_asked = false
  end
end

--- Ends all of them, with the connection.
function Subscriptions:clear()
  for _, subscription in ipairs(self.list) do
    subscription._owner = nil
  end
  self.list = {}
end

--- Passes an event on; after lost ones everything is fetched again.
function Subscriptions:take(event)
  for _, subscription in ipairs(vim.list_extend({}, self.list)) do
    local handlers = subscription._handlers
    if event.topic == "lagged" then
      self:_fetch(subscription, subscription.topics)
    elseif handlers.on_event and vim.tbl_contains(subscription.topics, event.topic) then
      handlers.on_event(event)
    end
  end
end

return M
