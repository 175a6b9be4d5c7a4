//! Lowers quotes: what stands between the brackets as text whose names are marked, cut at the splices.
//!
//! A name gets a mark without a content; which module it is of is filled in where the module is known, which expansion it is of when one is made.

use super::Lower;
use crate::raw::{Clause, Expr, ExprKind, Function, FunctionKind, QuotePart};
use nostos_syntax::ast;
use nostos_syntax::{Kind, MARK, MARK_END, Node};
use std::sync::Arc;

impl Lower {
    /// `macro`, `template`: a function on syntax.
    pub fn macro_item(self, def: ast::MacroDef<'_>) -> Function {
        let span = self.span(def.node());
        Function {
            name: super::text(def.name()),
            name_span: def.name().map_or(span, |token| self.span(token)),
            type_params: Vec::new(),
            signature: None,
            clauses: vec![Clause {
                params: def.params().map(|param| self.param(param)).collect(),
                guard: None,
                result: None,
                body: Some(Arc::new(
                    def.body()
                        .map_or_else(|| self.no_expr(def.node()), |body| self.expr(body)),
                )),
                span,
            }],
            kind: FunctionKind::Function,
            span,
            left_out: None,
        }
    }

    pub(super) fn quote(self, quote: ast::QuoteExpr<'_>) -> ExprKind {
        let Some(body) = quote.body() else {
            return ExprKind::Error;
        };
        let mut parts = Parts {
            lower: self,
            quote: quote.node(),
            out: Vec::new(),
        };
        parts.inside(body.node());
        ExprKind::Quote(parts.out)
    }
}

struct Parts<'t> {
    lower: Lower,
    /// What is being lowered.
    quote: Node<'t>,
    out: Vec<QuotePart>,
}

impl<'t> Parts<'t> {
    fn text(&mut self, text: &str) {
        match self.out.last_mut() {
            Some(QuotePart::Text(last)) => last.push_str(text),
            _ => self.out.push(QuotePart::Text(text.into())),
        }
    }

    /// What is between the brackets of a group; all of a node without brackets.
    fn inside(&mut self, node: Node<'t>) {
        let children: Vec<Node<'t>> = node.children().collect();
        let bracketed = matches!(node.kind(), Kind::Block | Kind::ParenExpr | Kind::TupleExpr)
            && children.len() > 1
            && children[0].kind().is_token();
        let children = match bracketed {
            true => &children[1..children.len() - 1],
            false => &children[..],
        };
        for child in children {
            self.node(*child, false);
        }
    }

    fn node(&mut self, node: Node<'t>, inner_quote: bool) {
        if node.kind().is_token() {
            return self.token(node);
        }
        match node.kind() {
            Kind::SpliceExpr | Kind::SplicePat | Kind::SpliceType if !inner_quote => {
                self.splice(node, place(node));
            }
            // `~~x` in a quote in this quote: `x` is known here, what it holds is spliced there.
            Kind::SpliceExpr if is_double(node) => {
                let inner = node.child_nodes().next().expect("looked at above");
                self.text("~(");
                self.splice(inner, 's');
                self.text(")");
            }
            Kind::SpliceExpr | Kind::SplicePat | Kind::SpliceType if self.is_ours(node) => {
                self.splice(node, place(node));
            }
            kind => {
                let inner_quote = inner_quote || kind == Kind::QuoteExpr;
                for child in node.children() {
                    self.node(child, inner_quote);
                }
            }
        }
    }

    /// Whether a splice of a quote in this quote mentions a name that only what is around this quote binds.
    fn is_ours(&self, splice: Node<'t>) -> bool {
        let name = splice.descendants().find(|n| n.kind() == Kind::Ident);
        let Some(name) = name.map(|name| name.text()) else {
            return false;
        };
        let binds = |within: Node<'t>, but: Option<Node<'t>>| {
            within.descendants().any(|n| {
                n.kind() == Kind::NamePat
                    && n.text() == name
                    && but.is_none_or(|but| !but.range().covers(n.range()))
            })
        };
        let around = std::iter::successors(self.quote.parent(), |node| node.parent())
            .find(|node| matches!(node.kind(), Kind::MacroDef | Kind::FnDef));
        around.is_some_and(|around| binds(around, Some(self.quote))) && !binds(self.quote, None)
    }

    fn token(&mut self, token: Node<'_>) {
        match token.kind() {
            Kind::LineComment => {}
            Kind::BlockComment => self.text(" "),
            _ => {
                self.text(token.text());
                // What a macro made a macro of has its marks already.
                if is_marked(token) && !token.text().ends_with(MARK_END) {
                    self.text(&format!("{MARK}{MARK_END}"));
                }
            }
        }
    }

    fn expr(&self, node: Node<'_>) -> Expr {
        match ast::Expr::cast(node) {
            Some(e) => self.lower.expr(e),
            None => self.lower.no_expr(node),
        }
    }

    fn splice(&mut self, node: Node<'t>, place: char) {
        let Some(operand) = node.child_nodes().next() else {
            return;
        };
        match ast::Expr::cast(operand) {
            Some(ast::Expr::If(choice)) => {
                let part = self.choice(choice, place);
                self.out.push(part);
            }
            Some(ast::Expr::Call(call)) => match call.callee() {
                Some(ast::Expr::Name(name))
                    if name.node().text() == "comptime" && call.args().count() == 1 =>
                {
                    let value = call.args().next().and_then(|arg| arg.value());
                    let value = value.map_or_else(
                        || self.lower.no_expr(operand),
                        |value| self.lower.expr(value),
                    );
                    self.out.push(QuotePart::Value(place, value));
                }
                // `~(name)(…)`: the call is in the quote, what is called is spliced.
                Some(ast::Expr::Paren(callee)) => {
                    let callee = callee.node();
                    let value = self.expr(callee);
                    self.out.push(QuotePart::Splice('n', value));
                    for rest in operand.children().filter(|child| child.id() > callee.id()) {
                        if !callee.range().covers(rest.range()) {
                            self.node(rest, false);
                        }
                    }
                }
                _ => {
                    let value = self.expr(operand);
                    self.out.push(QuotePart::Splice(place, value));
                }
            },
            // `~fn.name(…)`: a name is called, not a method of the compile time.
            Some(ast::Expr::MethodCall(call))
                if call.name().is_some_and(|name| name.text() == "name") =>
            {
                let name = call.name().expect("looked at above");
                let receiver = match call.receiver() {
                    Some(receiver) => self.lower.expr(receiver),
                    None => self.lower.no_expr(operand),
                };
                let span = self.lower.span(name);
                let field = Expr {
                    kind: ExprKind::Field(Box::new(receiver), "name".into(), span),
                    span,
                };
                self.out.push(QuotePart::Splice('n', field));
                for rest in operand.children().filter(|child| child.id() > name.id()) {
                    self.node(rest, false);
                }
            }
            _ => {
                let value = self.expr(operand);
                self.out.push(QuotePart::Splice(place, value));
            }
        }
    }

    /// `~if c { … } else { … }`
    fn choice(&self, choice: ast::IfExpr<'t>, place: char) -> QuotePart {
        let node = choice.node();
        let condition = choice
            .condition()
            .map_or_else(|| self.lower.no_expr(node), |e| self.lower.expr(e));
        let part = |branch: Option<ast::Expr<'t>>| match branch {
            // Nothing, also where a comma would be left over.
            None => vec![QuotePart::Text(format!(
                "\u{E005}{place}\u{E00B}\u{E00D}\u{E006}"
            ))],
            Some(ast::Expr::If(inner)) => vec![self.choice(inner, place)],
            Some(branch) => {
                let mut parts = Parts {
                    lower: self.lower,
                    quote: self.quote,
                    out: Vec::new(),
                };
                match branch {
                    ast::Expr::Block(_) => parts.inside(branch.node()),
                    _ => parts.node(branch.node(), false),
                }
                // What was chosen is one thing where it stands.
                let mut out = vec![QuotePart::Text(format!("\u{E005}{place}"))];
                out.extend(parts.out);
                out.push(QuotePart::Text("\u{E006}".into()));
                out
            }
        };
        QuotePart::If(
            Box::new(condition),
            part(choice.then_branch()),
            part(choice.else_branch()),
        )
    }
}

/// Whether a token is a name that hygiene concerns: one that is bound or looked up, not a field, label or definition of an item.
fn is_marked(token: Node<'_>) -> bool {
    if !matches!(token.kind(), Kind::Ident | Kind::UpperIdent) {
        return false;
    }
    let Some(parent) = token.parent() else {
        return false;
    };
    let first = || {
        parent
            .tokens()
            .find(|other| matches!(other.kind(), Kind::Ident | Kind::UpperIdent))
            == Some(token)
    };
    match parent.kind() {
        Kind::NameExpr | Kind::NamePat | Kind::PinPat | Kind::TypeParam => true,
        // Which function a dot call means.
        Kind::MethodCallExpr => true,
        Kind::AsPat => token.text() != "as",
        Kind::FieldPat => parent.child_nodes().next().is_none(),
        Kind::PathType | Kind::Path => first(),
        Kind::FnDef | Kind::Signature => {
            let outer = parent.parent().map(|outer| outer.kind());
            !matches!(outer, Some(Kind::TraitDef | Kind::ImplDef)) && first()
        }
        _ => false,
    }
}

/// `~~x`
fn is_double(node: Node<'_>) -> bool {
    let operand = node.child_nodes().next();
    operand.is_some_and(|operand| operand.kind() == Kind::SpliceExpr)
}

/// The kind of place a splice fills: see `expand::render`.
fn place(node: Node<'_>) -> char {
    let parent = node.parent();
    let kind = parent.map(|parent| parent.kind());
    match node.kind() {
        Kind::SpliceType => 't',
        Kind::SplicePat => match kind {
            Some(Kind::Param) => 'p',
            Some(Kind::BindExpr | Kind::ValueDef) => 'n',
            // Nothing behind it: arms are spliced.
            Some(Kind::Arm) if parent.is_some_and(|arm| arm.token(Kind::Arrow).is_none()) => 's',
            Some(Kind::CtorPat)
                if parent.and_then(|parent| parent.child_nodes().next()) == Some(node) =>
            {
                'n'
            }
            _ => 'm',
        },
        _ => match kind {
            Some(Kind::SpliceName) => 'n',
            Some(Kind::Block | Kind::SourceFile | Kind::ItemExpr) => 's',
            Some(Kind::Arg | Kind::ListExpr | Kind::SetExpr) => 'a',
            Some(Kind::TupleExpr) => 'a',
            Some(Kind::FieldExpr | Kind::MethodCallExpr) => {
                let first = parent.and_then(|parent| parent.child_nodes().next());
                if first == Some(node) { 'e' } else { 'n' }
            }
            Some(Kind::AssignExpr) => {
                let first = parent.and_then(|parent| parent.child_nodes().next());
                if first == Some(node) { 'n' } else { 'e' }
            }
            _ => 'e',
        },
    }
}
