//! Help while a call is written: the signatures of what is called, and which parameter comes next.

use crate::ask::{Ask, ends};
use crate::complete::Found;
use crate::names::{Names, Symbol, dotted};
use crate::{Analysis, Position};
use nostos_check::db::{self, fn_place};
use nostos_check::query;
use nostos_check::raw::Name;
use nostos_check::resolve;
use nostos_check::ty::{FileId, FnId};
use nostos_syntax::{Kind, Node, ast};

/// One way to call.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    /// All of it.
    pub label: String,
    /// Its parameters, as they stand in the label.
    pub params: Vec<String>,
    /// The `##` lines of its definition.
    pub documentation: Option<String>,
}

/// The call around a place.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SignatureHelp {
    /// The functions it may be.
    pub signatures: Vec<Signature>,
    /// Which of them fits so far.
    pub active: usize,
    /// Which parameter the place is in, from 0.
    pub param: usize,
}

/// A call, as far as its tree tells.
struct Call {
    ids: Vec<FnId>,
    /// What a constructor takes.
    other: Vec<Signature>,
    param: usize,
    name: String,
    /// The name behind a dot, when the receiver's type has to tell.
    word: Option<(usize, usize)>,
}

impl Analysis {
    pub(crate) fn signatures(&mut self, path: &str, at: Position) -> Option<SignatureHelp> {
        let mut call = self.ask(path, |ask, file| ask.call_at(file, at))?;
        let mut receiver = 0;
        if let (Some((start, end)), true) = (call.word, call.ids.is_empty()) {
            let text = self.text(path)?;
            let name = call.name.clone();
            call.ids = self
                .probed(path, &text, start..end, |ask, file, at| {
                    let mut found: Vec<Found> = Vec::new();
                    ask.receiver_members(file, at, &mut found);
                    found.retain(|found| found.label == name);
                    Some(found.iter().filter_map(|found| found.of).collect())
                })
                .unwrap_or_default();
        }
        if call.word.is_some() {
            receiver = 1;
        }
        let db = &self.db;
        let mut signatures: Vec<Signature> = Vec::new();
        for id in call.ids {
            let label = query::render_signature(db, id);
            let doc = fn_place(db, db.project(), id).and_then(|place| place.doc);
            signatures.push(Signature {
                params: params_of(&label),
                label,
                documentation: doc.map(|doc| doc.to_string()),
            });
        }
        if !signatures.is_empty() {
            call.param += receiver;
        }
        signatures.extend(call.other);
        signatures.dedup();
        if signatures.is_empty() {
            return None;
        }
        let fits = signatures.iter().position(|s| s.params.len() > call.param);
        Some(SignatureHelp {
            active: fits.unwrap_or(0),
            param: call.param,
            signatures,
        })
    }
}

impl Ask<'_> {
    fn call_at(&self, file: FileId, at: Position) -> Option<Call> {
        let offset = self.offset(file, at)?;
        let mut names = Names::new(self, file)?;
        let parse = names.parse.clone();
        let list = argument_list(parse.tree().root(), offset)?;
        let commas = list.tokens().filter(|token| token.kind() == Kind::Comma);
        let param = commas.filter(|comma| comma.range().end <= offset).count();
        let call = list.parent()?;
        let (token, word) = match call.kind() {
            Kind::MethodCallExpr => {
                let token = ast::MethodCallExpr::cast(call)?.name()?;
                (
                    token,
                    Some((token.range().start as usize, token.range().end as usize)),
                )
            }
            Kind::CallExpr => match ast::CallExpr::cast(call)?.callee()?.without_parens() {
                ast::Expr::Name(name) => (name.name()?, None),
                ast::Expr::Field(field) => (field.name()?, None),
                _ => return None,
            },
            _ => return None,
        };
        let module = names.module_at(token)?;
        let name: Name = token.text().into();
        // `m.f(` names a module before the dot: nothing is given yet.
        let of_module = word.is_some()
            && dotted(call, token).is_some_and(|path| {
                path.split_last().is_some_and(|(_, of)| {
                    !names.module_named(module, of).is_empty()
                        || resolve::find_module(self.db, self.db.project(), module, of).is_some()
                })
            });
        let found = names.resolve(token);
        let (mut ids, mut other) = (Vec::new(), Vec::new());
        for symbol in &found {
            match symbol {
                Symbol::Fn(id) => ids.push(*id),
                Symbol::Ctor(ty, at) => other.extend(self.constructor_call(*ty, *at)),
                Symbol::Type(ty) => other.extend(self.constructor_call(*ty, 0)),
                _ => {}
            }
        }
        if found.is_empty() {
            let project = self.db.project();
            if word.is_none() {
                let levels = resolve::values(self.db, project, module, name.clone());
                ids.extend(levels.iter().flatten().map(|head| head.id));
            } else if of_module
                && let Some(path) = dotted(call, token)
                && let Some((_, of)) = path.split_last()
                && let Some(target) = resolve::find_module(self.db, project, module, of)
            {
                let found = names.members_named(target, &name);
                ids.extend(found.into_iter().filter_map(|symbol| match symbol {
                    Symbol::Fn(id) => Some(id),
                    _ => None,
                }));
            }
        }
        Some(Call {
            ids,
            other,
            param,
            name: name.to_string(),
            word: word.filter(|_| !of_module),
        })
    }

    /// The names of parameters that take literals, in front of these: where, and what.
    pub fn parameter_hints(
        &self,
        file: FileId,
        lines: &std::ops::Range<u32>,
    ) -> Vec<(u32, String)> {
        let mut out = Vec::new();
        let Some(mut names) = Names::new(self, file) else {
            return out;
        };
        let parse = names.parse.clone();
        for list in parse.tree().root().descendants() {
            if list.kind() != Kind::ArgList || list.token(Kind::LBrace).is_some() {
                continue;
            }
            let args: Vec<ast::Arg<'_>> = list.child_nodes().filter_map(ast::Arg::cast).collect();
            let plain = args.iter().all(|arg| arg.name().is_none());
            let literal = |arg: &ast::Arg<'_>| {
                let mut parts = arg.node().child_nodes();
                parts.any(|e| matches!(e.kind(), Kind::LiteralExpr | Kind::StringExpr))
            };
            let start = self.range(file, &ends(list)).start.line;
            if !plain || !lines.contains(&start) || !args.iter().any(literal) {
                continue;
            }
            let Some(call) = list.parent() else { continue };
            let (token, method) = match call.kind() {
                Kind::MethodCallExpr => {
                    (ast::MethodCallExpr::cast(call).and_then(|c| c.name()), true)
                }
                Kind::CallExpr => match ast::CallExpr::cast(call).and_then(|c| c.callee()) {
                    Some(ast::Expr::Name(name)) => (name.name(), false),
                    Some(ast::Expr::Field(field)) => (field.name(), false),
                    _ => continue,
                },
                _ => continue,
            };
            let Some(token) = token else { continue };
            let mut found: Vec<Vec<String>> = Vec::new();
            for symbol in names.resolve(token) {
                let Symbol::Fn(id) = symbol else { continue };
                let mut params = params_of(&query::render_signature(self.db, id));
                // Behind a value the first parameter is that.
                if method && params.len() == args.len() + 1 {
                    params.remove(0);
                }
                if params.len() == args.len() && !found.contains(&params) {
                    found.push(params);
                }
            }
            // One argument needs no name, and several functions have not the same ones.
            let ([params], true) = (found.as_slice(), args.len() > 1) else {
                continue;
            };
            for (arg, param) in args.iter().zip(params).filter(|(arg, _)| literal(arg)) {
                // A letter says nothing that the function's name does not.
                if let Some((name, _)) = param.split_once(':').filter(|(name, _)| name.len() > 1) {
                    out.push((ends(arg.node()).start, format!("{name}: ")));
                }
            }
        }
        out
    }

    fn constructor_call(&self, ty: nostos_check::ty::TypeId, at: u32) -> Option<Signature> {
        let def = query::type_def(self.db, ty);
        let ctor = def.ctors.get(at as usize)?;
        let fields = ctor.fields.iter().map(|(name, ty)| match name.is_empty() {
            true => query::render_ty(self.db, ty),
            false => format!("{name}: {}", query::render_ty(self.db, ty)),
        });
        let params: Vec<String> = fields.collect();
        let doc = db::type_place(self.db, self.db.project(), ty).and_then(|place| place.doc);
        Some(Signature {
            label: format!("{}({}) -> {}", ctor.name, params.join(", "), def.name),
            params,
            documentation: doc.map(|doc| doc.to_string()),
        })
    }
}

/// The innermost argument list that is open at an offset.
fn argument_list(root: Node<'_>, offset: u32) -> Option<Node<'_>> {
    let lists = root.descendants().filter(|node| {
        if node.kind() != Kind::ArgList {
            return false;
        }
        let open = node.tokens().find(|token| token.kind() == Kind::LParen);
        let close = node
            .tokens()
            .filter(|token| token.kind() == Kind::RParen)
            .last();
        open.is_some_and(|open| open.range().end <= offset)
            && match close {
                Some(close) => offset <= close.range().start,
                // Not closed: as far as the next thing.
                None => {
                    let rest = node
                        .tree()
                        .text()
                        .get(node.range().end as usize..offset as usize);
                    rest.is_none_or(|rest| rest.trim_matches([' ', '\t']).is_empty())
                }
            }
    });
    lists.last()
}

/// The parameters in a signature's text.
fn params_of(label: &str) -> Vec<String> {
    let mut out = Vec::new();
    let Some(open) = label.find('(') else {
        return out;
    };
    let (mut depth, mut from) = (0, open + 1);
    for (at, c) in label.char_indices().skip_while(|(at, _)| *at < open) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if (depth == 1 && c == ',') || depth == 0 {
            let param = label[from..at].trim();
            if !param.is_empty() {
                out.push(param.to_owned());
            }
            from = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    out
}
