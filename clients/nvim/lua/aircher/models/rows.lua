--- The rows of the model picker, as plain data: aliases first, and what can answer now before the rest.
local marks = require("aircher.marks")

local M = {}

---@class aircher.ModelRow
---@field name string what a request takes: an alias, or provider/model
---@field provider string
---@field mark aircher.Mark
---@field window string
---@field price string
---@field is_alias boolean
---@field is_default boolean
---@field text string the row as it is shown

--- Returns a number of tokens in about three digits: 8.2k, 200k, 1.05M.
function M.tokens(value)
  if type(value) ~= "number" then
    return "?"
  elseif value < 1000 then
    return ("%d"):format(value)
  elseif value < 9950 then
    return (("%.1fk"):format(value / 1000):gsub("%.0k", "k"))
  elseif value < 999500 then
    return ("%.0fk"):format(value / 1000)
  end
  return ("%.3gM"):format(value / 1e6)
end

--- Returns a price in USD: $3, $0.30, $0.075.
local function dollars(text)
  local amount = tonumber(text)
  if not amount then
    return "?"
  end
  local digits = ("%.4g"):format(amount)
  if digits:find("e") then
    digits = ("%.6f"):format(amount):gsub("0+$", ""):gsub("%.$", "")
  end
  local whole, cents = digits:match("^(%d+)%.(%d+)$")
  return "$" .. (whole and (whole .. "." .. cents .. (#cents == 1 and "0" or "")) or digits)
end

--- Returns the prices per million tokens of input and output: "$3/$15", "free", "?".
function M.price(prices)
  if type(prices) ~= "table" then
    return "?"
  end
  local into, out = tonumber(prices.input), tonumber(prices.output)
  if not into and not out then
    return "?"
  elseif into == 0 and out == 0 then
    return "free"
  end
  return dollars(prices.input) .. "/" .. dollars(prices.output) .. (prices.tiers and "+" or "")
end

local function absent_providers(lists)
  local absent = {}
  for _, list in ipairs(lists or {}) do
    absent[list.provider] = list.is_absent or nil
  end
  return absent
end

--- Whether one of the user's limits that are full concerns this model for every request.
local function is_limited(model, limits)
  for _, limit in ipairs(limits or {}) do
    local is_full = (tonumber(limit.share) or 0) >= 1 or limit.refuses
    local is_ours = not (limit.client or limit.project or limit.key)
    local concerns = (not limit.provider or limit.provider == model.provider)
      and (not limit.model or limit.model == model.model or limit.model == model.provider .. "/" .. model.model)
    if is_full and is_ours and concerns then
      return true
    end
  end
  return false
end

local function model_row(model, absent, limits)
  local mark = marks.of({ state = model.state, health = model.health, absent = absent[model.provider] })
  if mark.answers and is_limited(model, limits) then
    mark = marks.LIMITED
  end
  return {
    name = model.provider .. "/" .. model.model,
    label = model.model,
    provider = model.provider,
    mark = mark,
    window = M.tokens(model.window),
    price = M.price(model.prices),
    is_alias = false,
    is_default = model.is_default or false,
    aliases = model.aliases or {},
  }
end

--- A route whose model is on no list, as those of providers that are not signed in, has the provider's mark.
local function unlisted_row(route, provider_marks)
  local provider = route:match("^[^/@]*")
  return { provider = provider, mark = provider_marks[provider] or marks.UNKNOWN, window = "?", price = "?" }
end

--- An alias has the state and the facts of the route that would answer now, or else of its first one.
local function alias_row(alias, by_name, default, provider_marks)
  local best
  for _, route in ipairs(alias.routes) do
    local row = by_name[route] or unlisted_row(route, provider_marks)
    if not best or (row.mark.answers and not best.mark.answers) then
      best = row
    end
  end
  return {
    name = alias.name,
    label = alias.name,
    provider = best.provider,
    mark = best.mark,
    window = best.window,
    price = best.price,
    is_alias = true,
    is_default = alias.name == default,
  }
end

local function group(row)
  local rank = row.mark.answers and 0 or 2
  return rank + (row.is_alias and 0 or 1)
end

--- Asks Neovim only for text that is not ASCII: thousands of models have four columns each.
local function width_of(text) return text:find("[\128-\255\t]") and vim.fn.strdisplaywidth(text) or #text end

local function pad(text, width) return text .. (" "):rep(width - width_of(text)) end

local function add_texts(rows)
  local widths = { label = 0, provider = 0, window = 0, price = 0 }
  for _, row in ipairs(rows) do
    for field, width in pairs(widths) do
      widths[field] = math.max(width, width_of(row[field]))
    end
  end
  for _, row in ipairs(rows) do
    row.text = table.concat({
      row.mark.symbol .. " " .. pad(row.label, widths.label),
      pad(row.provider, widths.provider),
      pad(row.window, widths.window),
      pad(row.price, widths.price),
      row.mark.word .. (row.is_default and ", the default" or ""),
    }, "  ")
  end
end

--- The mark of each provider: that of its best key.
local function marks_of_providers(keys)
  local found = {}
  for _, row in ipairs(keys or {}) do
    found[row.provider] = marks.best(marks.of(row), found[row.provider])
  end
  return found
end

--- Returns the rows of a result of `models.list`.
---@param list table
---@param limits table[]|nil as in `limits.status`
---@param keys table[]|nil rows of `auth.status`
---@return aircher.ModelRow[]
function M.of(list, limits, keys)
  local absent, by_name, rows, place = absent_providers(list.lists), {}, {}, {}
  for _, model in ipairs(list.models or {}) do
    if model.chats ~= false then
      local row = model_row(model, absent, limits)
      by_name[row.name] = row
      table.insert(rows, row)
    end
  end
  for index, alias in ipairs(list.aliases or {}) do
    table.insert(rows, index, alias_row(alias, by_name, list.default, marks_of_providers(keys)))
  end
  for index, row in ipairs(rows) do
    place[row] = index
  end
  table.sort(rows, function(one, other)
    if group(one) ~= group(other) then
      return group(one) < group(other)
    end
    return place[one] < place[other]
  end)
  add_texts(rows)
  return rows
end

return M
