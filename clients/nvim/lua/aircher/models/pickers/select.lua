--- The list of models by `vim.ui.select`, which every Neovim has and plugins replace.
---
--- Such a menu cannot change while it is open: it shows the states of the moment.
local M = {}

---@class aircher.PickerOptions
---@field title string
---@field rows aircher.ModelRow[]
---@field all fun()|nil shows all models instead
---@field follow fun(update: fun(rows: aircher.ModelRow[])): fun() calls `update` on changes, until what it returns is called
---@field on_choice fun(row: aircher.ModelRow)

---@param opts aircher.PickerOptions
function M.open(opts)
  local items = vim.list_extend({}, opts.rows)
  if opts.all then
    table.insert(items, { text = "… all models", open = opts.all })
  end
  local settings = { prompt = opts.title, kind = "aircher_model", format_item = function(row) return row.text end }
  vim.ui.select(items, settings, function(row)
    if not row then
      return
    end
    if row.open then
      return row.open()
    end
    opts.on_choice(row)
  end)
end

return M
