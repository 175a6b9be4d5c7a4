// What nostos-lsp knows besides mistakes, hovers and definitions, as VS Code's providers. In: `vscode` itself and `ask(method, document, params)`, which
// gives the server's answer or nothing; out: what is to be disposed of. Only forms are changed here: LSP's numbers and names into VS Code's.
"use strict";

function register(vscode, ask) {
  const { languages } = vscode;
  const toRange = ({ start, end }) => new vscode.Range(start.line, start.character, end.line, end.character);
  const place = ({ uri, range }) => new vscode.Location(vscode.Uri.parse(uri), toRange(range));
  const point = ({ line, character }) => ({ line, character });
  const span = ({ start, end }) => ({ start: point(start), end: point(end) });
  const text = (markup) => (markup ? new vscode.MarkdownString(markup.value ?? markup) : undefined);
  // LSP counts kinds of symbols and completions from 1, VS Code from 0; a completion without a kind is plain text in both.
  const kind = (number) => (number ?? 1) - 1;
  const many = (answer, change) => (answer ?? []).map(change);

  const symbol = (each) => {
    const row = new vscode.DocumentSymbol(each.name, each.detail ?? "", kind(each.kind), toRange(each.range), toRange(each.selectionRange));
    row.children = many(each.children, symbol);
    return row;
  };
  const completion = (each) => {
    const row = new vscode.CompletionItem(each.label, kind(each.kind));
    row.detail = each.detail;
    row.documentation = text(each.documentation);
    row.sortText = each.sortText;
    row.filterText = each.filterText;
    if (each.textEdit) {
      row.insertText = each.textEdit.newText;
      row.range = toRange(each.textEdit.range);
    }
    return row;
  };
  const edits = ({ changes = {} }) => {
    const out = new vscode.WorkspaceEdit();
    for (const [uri, rows] of Object.entries(changes)) for (const { range, newText } of rows) out.replace(vscode.Uri.parse(uri), toRange(range), newText);
    return out;
  };
  const around = ({ range, parent }) => new vscode.SelectionRange(toRange(range), parent && around(parent));

  return [
    languages.registerDocumentSymbolProvider("nostos", {
      provideDocumentSymbols: async (document) => many(await ask("textDocument/documentSymbol", document), symbol),
    }),
    languages.registerWorkspaceSymbolProvider({
      provideWorkspaceSymbols: async (query) =>
        many(await ask("workspace/symbol", undefined, { query }), (each) => new vscode.SymbolInformation(each.name, kind(each.kind), each.containerName ?? "", place(each.location))),
    }),
    languages.registerReferenceProvider("nostos", {
      provideReferences: async (document, position, context) =>
        many(await ask("textDocument/references", document, { position: point(position), context: { includeDeclaration: context.includeDeclaration } }), place),
    }),
    languages.registerDocumentHighlightProvider("nostos", {
      provideDocumentHighlights: async (document, position) =>
        many(await ask("textDocument/documentHighlight", document, { position: point(position) }), ({ range }) => new vscode.DocumentHighlight(toRange(range))),
    }),
    languages.registerRenameProvider("nostos", {
      // A refusal comes as an error with a sentence, which VS Code shows.
      async prepareRename(document, position) {
        const found = await ask("textDocument/prepareRename", document, { position: point(position) });
        return found && { range: toRange(found.range), placeholder: found.placeholder };
      },
      async provideRenameEdits(document, position, newName) {
        const found = await ask("textDocument/rename", document, { position: point(position), newName });
        return found && edits(found);
      },
    }),
    languages.registerCompletionItemProvider(
      "nostos",
      {
        async provideCompletionItems(document, position) {
          const found = await ask("textDocument/completion", document, { position: point(position) });
          return many(found?.items ?? found, completion);
        },
      },
      ".",
    ),
    languages.registerSignatureHelpProvider(
      "nostos",
      {
        async provideSignatureHelp(document, position) {
          const found = await ask("textDocument/signatureHelp", document, { position: point(position) });
          if (!found) return undefined;
          const help = new vscode.SignatureHelp();
          help.signatures = found.signatures.map((each) => {
            const row = new vscode.SignatureInformation(each.label, text(each.documentation));
            row.parameters = each.parameters.map(({ label }) => new vscode.ParameterInformation(label));
            return row;
          });
          help.activeSignature = found.activeSignature;
          help.activeParameter = found.activeParameter;
          return help;
        },
      },
      "(",
      ",",
    ),
    languages.registerInlayHintsProvider("nostos", {
      provideInlayHints: async (document, range) =>
        many(await ask("textDocument/inlayHint", document, { range: span(range) }), ({ position, label, kind }) => new vscode.InlayHint(new vscode.Position(position.line, position.character), label, kind)),
    }),
    languages.registerCodeActionsProvider(
      "nostos",
      {
        provideCodeActions: async (document, range) =>
          many(await ask("textDocument/codeAction", document, { range: span(range), context: { diagnostics: [] } }), ({ title, edit, isPreferred }) => {
            const row = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
            row.edit = edits(edit);
            row.isPreferred = isPreferred;
            return row;
          }),
      },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
    languages.registerFoldingRangeProvider("nostos", {
      provideFoldingRanges: async (document) => many(await ask("textDocument/foldingRange", document), ({ startLine, endLine }) => new vscode.FoldingRange(startLine, endLine)),
    }),
    languages.registerSelectionRangeProvider("nostos", {
      provideSelectionRanges: async (document, positions) => many(await ask("textDocument/selectionRange", document, { positions: positions.map(point) }), around),
    }),
  ];
}

module.exports = { register };
