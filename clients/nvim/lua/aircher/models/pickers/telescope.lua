--- The list of models in Telescope: it changes while it is open. Ctrl-A shows all models.
local actions = require("telescope.actions")
local action_state = require("telescope.actions.state")
local finders = require("telescope.finders")
local pickers = require("telescope.pickers")
local values = require("telescope.config").values

local M = {}

local function new_finder(rows)
  return finders.new_table({
    results = rows,
    entry_maker = function(row)
      return { value = row, display = row.text, ordinal = row.provider .. "/" .. row.name .. " " .. row.mark.word }
    end,
  })
end

--- Puts the cursor back on a model, wherever it is in the list now: Telescope goes to the first row of a new one.
local function select_again(picker, name)
  local index = 0
  for entry in picker.manager:iter() do
    index = index + 1
    if entry.value.name == name then
      return picker:set_selection(picker:get_row(index))
    end
  end
end

---@param opts aircher.PickerOptions
function M.open(opts)
  local picker, stop, selected
  picker = pickers.new({}, {
    prompt_title = opts.title,
    finder = new_finder(opts.rows),
    sorter = values.generic_sorter({}),
    on_complete = {
      function()
        if selected then
          select_again(picker, selected)
          selected = nil
        end
      end,
    },
    attach_mappings = function(prompt, map)
      actions.select_default:replace(function()
        local entry = action_state.get_selected_entry()
        actions.close(prompt)
        if entry then
          opts.on_choice(entry.value)
        end
      end)
      if opts.all then
        map({ "i", "n" }, "<C-a>", function()
          actions.close(prompt)
          opts.all()
        end)
      end
      vim.api.nvim_create_autocmd("BufWipeout", { buffer = prompt, once = true, callback = function() stop() end })
      return true
    end,
  })
  stop = opts.follow(function(rows)
    if picker.prompt_bufnr and vim.api.nvim_buf_is_valid(picker.prompt_bufnr) then
      local entry = picker:get_selection()
      selected = entry and entry.value.name
      picker:refresh(new_finder(rows), { reset_prompt = false })
    end
  end)
  picker:find()
end

return M
