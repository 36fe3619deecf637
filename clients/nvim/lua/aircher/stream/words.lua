--- Sentences about an answer: a fallback while it happens, and which model answered. Pure.
local M = {}

--- What a failed attempt's code says about its provider, as the end of a sentence.
local REASONS = {
  rate_limited = "is rate limited",
  quota_exhausted = "has no credit left",
  limit_reached = "has reached a limit of yours",
  not_authenticated = "has no key",
  auth_rejected = "refused the key",
  keyring_locked = "has its key in a locked keyring",
  unknown_model = "does not know the model",
  context_too_long = "has too small a window",
  content_policy = "refused the content",
  overloaded = "is overloaded",
  network = "cannot be reached",
  timeout = "took too long",
  truncated = "broke off",
  empty_reply = "answered with nothing",
  too_expensive = "is too expensive",
  price_unknown = "has no known price",
}

--- Says in a few words what a failed attempt means; a code of a later version is "failed".
---@param attempt table an `attempt` delta, or one of a result's `attempts`
---@return string
function M.failure(attempt)
  if attempt.outcome == "skipped" then
    return ("%s is skipped until %s"):format(attempt.provider, os.date("%H:%M", attempt["until"]))
  end
  return ("%s %s"):format(attempt.provider, REASONS[attempt.outcome] or "failed")
end

--- What answers after the failures: another provider, or another model or key of the same one.
local function answering(failed, trying)
  for _, attempt in ipairs(failed) do
    if attempt.provider == trying.provider then
      local is_same = attempt.model == trying.model
      return is_same and "another key of it" or ("%s/%s"):format(trying.provider, trying.model)
    end
  end
  return trying.provider
end

--- Says that another candidate answers.
---@param failed table[] the `attempt` deltas of those that failed since the last one of these lines
---@param trying table|nil the one of the candidate that answers
---@return string
function M.fallback(failed, trying)
  local said, parts = {}, {}
  for _, attempt in ipairs(failed) do
    local words = M.failure(attempt)
    if not said[words] then
      said[words] = true
      table.insert(parts, words)
    end
  end
  local line = table.concat(parts, ", ")
  return trying and ("%s; %s answers"):format(line, answering(failed, trying)) or line
end

--- A number with commas: 1,204.
---@param number integer
---@return string
function M.count(number)
  local text, found = ("%d"):format(number), 1
  while found > 0 do
    text, found = text:gsub("^(%d+)(%d%d%d)", "%1,%2")
  end
  return text
end

--- A cost in USD, from the daemon's decimal string: two digits, or two that are not 0 for less than a cent.
---@param cost string|nil
---@return string
function M.cost(cost)
  local amount = tonumber(cost)
  if not amount then
    return "unknown cost"
  elseif amount == 0 then
    return "free"
  elseif amount >= 0.01 then
    return ("$%.2f"):format(amount)
  end
  local digits = 2
  while amount * 10 ^ digits < 10 and digits < 9 do
    digits = digits + 1
  end
  return ("$%." .. digits .. "f"):format(amount)
end

local FINISHES = {
  length = "cut at its maximum length",
  refusal = "the model does not answer this",
  content_filter = "the provider withheld the answer",
}

--- Says which model answered, with tokens and cost.
---@param result table of a chat
---@return string
function M.answered(result)
  local parts = { ("%s/%s"):format(result.provider, result.model) }
  if type(result.usage) == "table" then
    table.insert(parts, M.count(result.usage.input_tokens) .. " in")
    table.insert(parts, M.count(result.usage.output_tokens) .. " out")
  end
  table.insert(parts, M.cost(type(result.cost) == "string" and result.cost or nil))
  if result.empty then
    table.insert(parts, "the answer is empty")
  end
  table.insert(parts, FINISHES[result.finish])
  return table.concat(parts, ", ")
end

--- A size in bytes for people.
---@param bytes integer
---@return string
function M.size(bytes)
  if bytes < 1024 then
    return bytes .. " bytes"
  elseif bytes < 1024 * 1024 then
    return ("%.0f kB"):format(bytes / 1024)
  end
  return ("%.1f MB"):format(bytes / 1024 / 1024)
end

return M
