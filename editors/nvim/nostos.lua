-- Nostos in Neovim (0.7 and later): file type, language server, debugger (with nvim-dap). Put it on 'runtimepath' as lua/nostos.lua and call
-- require("nostos").setup() in your init.lua. `nostos-lsp` and `nostos-dap` must be on PATH, or be named in the options: { lsp = …, dap = … }.
local M = {}

local function directory(path)
  return vim.fn.fnamemodify(path, ":p:h")
end

--- The nearest directory above a file that holds a main.nos; nil when there is none.
function M.project(file)
  local main = vim.fn.findfile("main.nos", vim.fn.escape(directory(file), " ,;") .. ";")
  return main ~= "" and directory(main) or nil
end

--- What a file's program is: its project, or the file alone.
function M.program(file)
  return M.project(file) or vim.fn.fnamemodify(file, ":p")
end

--- Where running images have their sockets, and those that are there: { socket, pid } each.
function M.images()
  local runtime = vim.env.XDG_RUNTIME_DIR
  local sockets = runtime and runtime:sub(1, 1) == "/" and runtime .. "/nostos"
    or (vim.env.TMPDIR or "/tmp") .. "/nostos-" .. vim.loop.getuid()
  local found = {}
  for _, socket in ipairs(vim.fn.glob(sockets .. "/*.sock", true, true)) do
    table.insert(found, { socket = socket, pid = tonumber(socket:match("(%d+)%.sock$")) })
  end
  return found
end

--- Asks which image to attach to; its socket.
local function pick()
  local images = M.images()
  local lines = { "Attach to:" }
  for i, image in ipairs(images) do
    table.insert(lines, i .. ". " .. image.socket)
  end
  local choice = #images > 0 and images[vim.fn.inputlist(lines)]
  return choice and choice.socket or vim.fn.input("Socket: ", "", "file")
end

local clients = {}

local function attach(buffer, file, command)
  local config = { name = "nostos", cmd = { command }, root_dir = M.project(file) or directory(file) }
  -- Since 0.8 Neovim itself looks for a client of the same project.
  if vim.lsp.start then return vim.lsp.start(config, { bufnr = buffer }) end
  local known = clients[config.root_dir]
  if not known or vim.lsp.client_is_stopped(known) then
    known = vim.lsp.start_client(config)
    clients[config.root_dir] = known
  end
  if known then vim.lsp.buf_attach_client(buffer, known) end
end

local function debugger(command)
  local ok, dap = pcall(require, "dap")
  if not ok then return end
  dap.adapters.nostos = { type = "executable", command = command }
  local program = function() return M.program(vim.fn.expand("%:p")) end
  dap.configurations.nostos = {
    { type = "nostos", request = "launch", name = "Run this program", program = program },
    { type = "nostos", request = "launch", name = "Run this program, stop in main", program = program, stopOnEntry = true },
    {
      type = "nostos",
      request = "launch",
      name = "Run this program with arguments",
      program = program,
      args = function() return vim.split(vim.fn.input("Arguments: "), " +", { trimempty = true }) end,
    },
    { type = "nostos", request = "attach", name = "Attach to a running image", socket = pick },
  }
  -- Lets the stopped process go on to the next message it receives.
  vim.api.nvim_create_user_command("NostosNextMessage", function()
    local session = dap.session()
    if not session or not session.stopped_thread_id then return vim.notify("No process stands still.") end
    session:request("nostos/nextMessage", { threadId = session.stopped_thread_id }, function(problem)
      if problem then vim.notify(problem.message or tostring(problem)) end
    end)
  end, { desc = "Nostos: go on to the next message" })
end

function M.setup(options)
  options = options or {}
  local group = vim.api.nvim_create_augroup("nostos", { clear = true })
  vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
    group = group,
    pattern = "*.nos",
    callback = function() vim.bo.filetype = "nostos" end,
  })
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    pattern = "nostos",
    callback = function(event)
      vim.bo[event.buf].commentstring = "# %s"
      attach(event.buf, vim.api.nvim_buf_get_name(event.buf), options.lsp or "nostos-lsp")
    end,
  })
  debugger(options.dap or "nostos-dap")
end

return M
