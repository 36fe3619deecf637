--- The list of models in fzf-lua. Ctrl-A shows all models. It shows the states of the moment.
local fzf = require("fzf-lua")

local M = {}

---@param opts aircher.PickerOptions
function M.open(opts)
  local by_text, lines = {}, {}
  for _, row in ipairs(opts.rows) do
    by_text[row.text] = row
    table.insert(lines, row.text)
  end
  local actions = {
    ["default"] = function(selected)
      local row = by_text[selected[1]]
      if row then
        opts.on_choice(row)
      end
    end,
  }
  if opts.all then
    actions["ctrl-a"] = function() opts.all() end
  end
  fzf.fzf_exec(lines, { prompt = opts.title .. "> ", actions = actions, fzf_opts = { ["--no-multi"] = "", ["--no-sort"] = "" } })
end

return M
