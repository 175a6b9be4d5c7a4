-- Neovim with editors/nvim/nostos.lua: its own client on nostos-lsp, and the tables that nvim-dap is given (nvim-dap itself stands in as a table).
-- Environment: BIN, where nostos-lsp and nostos-dap are; BANK, a copy of examples/bank; OUT, where the answer goes: "ok", or what is wrong.
local function check()
  local bin, bank = vim.env.BIN, vim.env.BANK
  local dap = { adapters = {}, configurations = {}, session = function() return nil end }
  package.preload["dap"] = function() return dap end
  local nostos = require("nostos")
  nostos.setup({ lsp = bin .. "/nostos-lsp", dap = bin .. "/nostos-dap" })

  local function eventually(what, condition)
    assert(vim.wait(60000, condition, 20), "not seen: " .. what)
  end

  -- The language server.
  vim.cmd("edit " .. vim.fn.fnameescape(bank .. "/account.nos"))
  assert(vim.bo.filetype == "nostos", vim.bo.filetype)
  assert(vim.bo.commentstring == "# %s")
  eventually("the server", function() return #vim.lsp.buf_get_clients(0) == 1 end)
  local client = vim.tbl_values(vim.lsp.buf_get_clients(0))[1]
  eventually("its answer", function() return client.initialized and client.server_capabilities.hoverProvider end)
  assert(client.config.root_dir == bank, client.config.root_dir)
  local function ask(method, text, inner)
    for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
      local column = line:find(text, 1, true)
      if column then
        local position = { line = number - 1, character = column - 1 + inner }
        local answers = vim.lsp.buf_request_sync(0, method, { textDocument = { uri = vim.uri_from_bufnr(0) }, position = position }, 30000)
        for _, answer in pairs(answers or {}) do return answer.result end
      end
    end
  end
  local hover = ask("textDocument/hover", "serve(name, balance + amount)", 1)
  assert(hover and hover.contents.value:find("String", 1, true), vim.inspect(hover))
  local place = ask("textDocument/definition", "ledger.record(name, amount", 8)
  assert(place and place.uri:find("ledger.nos", 1, true), vim.inspect(place))
  assert(#vim.diagnostic.get(0) == 0, vim.inspect(vim.diagnostic.get(0)))
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'wrong() = 1 + "x"' })
  eventually("the mistake", function() return #vim.diagnostic.get(0) > 0 end)
  vim.cmd("undo")
  eventually("that it has gone", function() return #vim.diagnostic.get(0) == 0 end)

  -- A second file of the project has the same client; a file elsewhere another.
  vim.cmd("edit " .. vim.fn.fnameescape(bank .. "/teller.nos"))
  eventually("the same server", function() return vim.tbl_values(vim.lsp.buf_get_clients(0))[1] == client end)

  -- What nvim-dap is told.
  assert(dap.adapters.nostos.type == "executable" and vim.fn.executable(dap.adapters.nostos.command) == 1)
  local seen = {}
  for _, configuration in ipairs(dap.configurations.nostos) do
    assert(configuration.type == "nostos" and configuration.name)
    seen[configuration.request] = true
    if configuration.request == "launch" then assert(configuration.program() == bank, configuration.program()) end
  end
  assert(seen.launch and seen.attach)
  assert(vim.fn.exists(":NostosNextMessage") == 2)
  -- A socket at the usual place is an image.
  local runtime = vim.fn.tempname()
  vim.fn.mkdir(runtime .. "/nostos", "p")
  vim.fn.writefile({}, runtime .. "/nostos/4711.sock")
  vim.env.XDG_RUNTIME_DIR = runtime
  local images = nostos.images()
  assert(#images == 1 and images[1].pid == 4711, vim.inspect(images))
end

local fine, problem = xpcall(check, debug.traceback)
vim.fn.writefile(fine and { "ok" } or vim.split(problem, "\n"), vim.env.OUT)
vim.cmd("qall!")
