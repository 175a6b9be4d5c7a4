//! What stands in brackets or between keywords: lists, blocks, arms, members, `if` and `try`.

use nostos_syntax::{Kind, Node};

use super::{Rules, kids};
use crate::doc::{Doc, Place};

const HARD: Doc<'static> = Doc::Hard { keep_blank: false };

/// One element of a list.
struct Piece<'t> {
    doc: Doc<'t>,
    /// What stands at the comma behind it.
    comments: Doc<'t>,
    /// A line ends before it.
    broken: bool,
}

/// One branch of an `if`.
struct Branch<'t> {
    /// The `if`, or the last `else`.
    keyword: Node<'t>,
    body: Node<'t>,
    /// A word and no brace stands before it.
    by_word: bool,
    /// Its `if`; none for what stands behind the last `else`.
    condition: Option<Node<'t>>,
}

fn is_number(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Comma => true,
        Kind::LiteralExpr => node.token(Kind::Int).is_some() || node.token(Kind::Float).is_some(),
        Kind::UnaryExpr | Kind::Arg => kids(node)
            .last()
            .is_some_and(|last| last.kind() != Kind::Comma && is_number(*last)),
        _ => false,
    }
}

fn is_open(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::MapOpen | Kind::SetOpen
    )
}

impl<'t> Rules<'t> {
    /// A list in brackets, with what stands before them.
    pub(super) fn bracketed(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        let open = all.iter().position(|kid| is_open(kid.kind()));
        let (Some(open), Some(close)) = (open, all.last().copied()) else {
            return self.seq(node, &all);
        };
        let inside = &all[open + 1..all.len() - 1];
        let mut parts = self.nodes(&all[..open]);
        parts.push(self.text(all[open]));
        let pieces = self.pieces(node, inside);
        if pieces.is_empty() {
            parts.push(self.comments_before(close).indent());
            for comma in inside {
                parts.push(self.comments_before(*comma));
            }
            if self.gaps.before(close).comments.iter().any(|c| c.ends_line) {
                parts.push(HARD);
            }
            parts.push(Doc::Text(close.text()));
            return Doc::Concat(parts);
        }
        let has_rest = inside.iter().any(|kid| kid.kind() == Kind::Pipe);
        let is_single = matches!(
            node.kind(),
            Kind::ParenExpr | Kind::ParenPat | Kind::ParenType | Kind::ListType
        );
        let comma = !has_rest && !is_single;
        let broken = self.gaps.is_broken(close) || pieces.iter().any(|piece| piece.broken);
        let padded = super::is_padded(node);
        let edge = || if padded { Doc::Line } else { Doc::Soft };
        if !broken && (is_single || self.hugs(inside)) {
            for piece in pieces {
                parts.extend([piece.doc, piece.comments]);
            }
            parts.push(self.comments_before(close));
            parts.push(Doc::Text(close.text()));
            return Doc::Concat(parts);
        }
        let count = pieces.len();
        // Rows that somebody has made, and numbers, fill their lines.
        let breaks = pieces.iter().filter(|piece| piece.broken).count();
        let fills = (broken && breaks > 1 && breaks < count)
            || (count > 1 && inside.iter().all(|kid| is_number(*kid)));
        let mut inner = vec![if broken { HARD } else { edge() }];
        let mut row = Vec::new();
        for (at, piece) in pieces.into_iter().enumerate() {
            if at > 0 && broken && piece.broken {
                inner.push(Doc::Concat(std::mem::take(&mut row)).group());
                inner.push(Doc::Hard { keep_blank: true });
            } else if at > 0 {
                row.push(if fills { Doc::Line.group() } else { Doc::Line });
            }
            row.push(piece.doc);
            if at + 1 < count || (broken && comma) {
                row.push(Doc::Text(","));
            }
            row.push(piece.comments);
        }
        let row = Doc::Concat(row);
        inner.push(if broken { row.group() } else { row });
        if !broken && comma {
            inner.push(Doc::IfBroken(","));
        }
        inner.push(self.comments_before(close));
        parts.push(Doc::IndentBroken(Box::new(Doc::Concat(inner))));
        parts.push(if broken { HARD } else { edge() });
        parts.push(Doc::Text(close.text()));
        Doc::Concat(parts).group_if(broken)
    }

    fn pieces(&self, node: Node<'t>, inside: &[Node<'t>]) -> Vec<Piece<'t>> {
        let mut pieces: Vec<Piece<'t>> = Vec::new();
        let mut commas = Vec::new();
        let mut broken = false;
        let mut tail = false;
        let mut at = 0;
        while at < inside.len() {
            let kid = inside[at];
            at += 1;
            broken |= self.gaps.is_broken(kid);
            if kid.kind() == Kind::Comma {
                commas.push(self.comments_before(kid));
                if let Some(last) = pieces.last_mut() {
                    last.comments = Doc::Concat(std::mem::take(&mut commas));
                }
                continue;
            }
            if kid.kind() == Kind::Pipe {
                tail = true;
                if let Some(last) = pieces.last_mut() {
                    let doc = std::mem::replace(&mut last.doc, Doc::nothing());
                    last.doc = Doc::Concat(vec![doc, Doc::Space, self.text(kid)]);
                }
                continue;
            }
            // Up to the next comma; more than one only where a name or word stands before it.
            let mut end = at;
            while inside
                .get(end)
                .is_some_and(|next| !matches!(next.kind(), Kind::Comma | Kind::Pipe))
                && !self.gaps.is_broken(inside[end])
                && kid.kind().is_token()
            {
                end += 1;
            }
            let doc = self.seq(node, &inside[at - 1..end]);
            at = end;
            if tail {
                if let Some(last) = pieces.last_mut() {
                    let before = std::mem::replace(&mut last.doc, Doc::nothing());
                    last.doc = Doc::Concat(vec![before, Doc::Space, doc]);
                    last.broken |= broken;
                }
                continue;
            }
            pieces.push(Piece {
                doc,
                comments: Doc::nothing(),
                broken,
            });
            broken = false;
        }
        pieces
    }

    /// A single argument that is a list itself needs no lines of its own.
    fn hugs(&self, inside: &[Node<'t>]) -> bool {
        let [one] = inside else {
            return false;
        };
        let inner = match (one.kind(), &kids(*one)[..]) {
            (Kind::Arg, [value]) => value.kind(),
            (kind, _) => kind,
        };
        matches!(
            inner,
            Kind::ListExpr
                | Kind::MapExpr
                | Kind::SetExpr
                | Kind::MatchExpr
                | Kind::TupleExpr
                | Kind::CallExpr
                | Kind::StringExpr
        )
    }

    /// `{ … }`, `do … end`, or statements between other keywords.
    pub(super) fn block(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        let broken = self.block_has_lines(&all);
        self.block_inside(&all, broken).group_if(broken)
    }

    fn is_bare(all: &[Node<'t>]) -> bool {
        !all.first()
            .is_some_and(|kid| matches!(kid.kind(), Kind::LBrace | Kind::DoKw))
    }

    fn block_has_lines(&self, all: &[Node<'t>]) -> bool {
        let from = usize::from(Self::is_bare(all) || !all.is_empty());
        all[from..].iter().any(|kid| self.gaps.is_broken(*kid))
    }

    /// A block without its group.
    fn block_inside(&self, all: &[Node<'t>], broken: bool) -> Doc<'t> {
        if Self::is_bare(all) {
            return self.separated(all, broken);
        }
        let (open, close) = (all[0], all[all.len() - 1]);
        self.between(open, &all[1..all.len() - 1], close, broken)
    }

    /// Statements or arms between an opening and a closing token.
    fn between(
        &self,
        open: Node<'t>,
        inside: &[Node<'t>],
        close: Node<'t>,
        broken: bool,
    ) -> Doc<'t> {
        let end_comments = self.comments_before(close);
        if inside.is_empty() {
            let gap = self.gaps.before(close);
            let is_word = close.kind() == Kind::EndKw;
            let line = match (gap.comments.is_empty(), is_word) {
                (false, _) => HARD,
                (true, true) => Doc::Space,
                (true, false) => Doc::nothing(),
            };
            return Doc::Concat(vec![
                self.text(open),
                end_comments.indent(),
                line,
                Doc::Text(close.text()),
            ]);
        }
        let line = || if broken { HARD } else { Doc::Line };
        let inner = vec![line(), self.separated(inside, broken), end_comments];
        Doc::Concat(vec![
            self.text(open),
            Doc::IndentBroken(Box::new(Doc::Concat(inner))),
            line(),
            Doc::Text(close.text()),
        ])
    }

    /// Statements or arms: each on its line, or on one line with `;` or `,` between them.
    fn separated(&self, inside: &[Node<'t>], broken: bool) -> Doc<'t> {
        let mut parts = Vec::new();
        let mut comments = Vec::new();
        let mut before = None;
        for kid in inside {
            if matches!(kid.kind(), Kind::Semicolon | Kind::Comma | Kind::Pipe) {
                comments.push(self.comments_before(*kid));
                continue;
            }
            if let Some(kind) = before {
                let mark = if matches!(kind, Kind::Arm | Kind::AfterClause) {
                    ","
                } else {
                    ";"
                };
                parts.push(Doc::IfFlat(mark));
                parts.append(&mut comments);
                parts.push(if broken {
                    Doc::Hard { keep_blank: true }
                } else {
                    Doc::Line
                });
            }
            before = Some(kid.kind());
            parts.append(&mut comments);
            parts.push(self.node(*kid));
        }
        parts.append(&mut comments);
        Doc::Concat(parts)
    }

    /// `match`, `receive`, `catch` with their arms.
    pub(super) fn match_like(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        let is_arm = |kid: &Node<'t>| {
            matches!(
                kid.kind(),
                Kind::Arm | Kind::AfterClause | Kind::LBrace | Kind::EndKw
            )
        };
        // The head of a `match` may be anything, but is one node.
        let start = if node.kind() == Kind::MatchExpr { 2 } else { 1 };
        let Some(found) = all[start..].iter().position(is_arm) else {
            return self.seq(node, &all);
        };
        let start = start + found;
        let head = Doc::Head(Box::new(self.seq(node, &all[..start])));
        let rest = &all[start..];
        let close = rest
            .iter()
            .position(|kid| matches!(kid.kind(), Kind::RBrace | Kind::EndKw));
        let mut parts = vec![head];
        let after = match close {
            Some(close) if rest[0].kind() == Kind::LBrace => {
                let inside = &rest[1..close];
                let broken = rest[1..=close].iter().any(|kid| self.gaps.is_broken(*kid));
                parts.push(Doc::Space);
                parts.push(
                    self.between(rest[0], inside, rest[close], broken)
                        .group_if(broken),
                );
                &rest[close + 1..]
            }
            Some(close) => {
                let broken = rest[..=close].iter().any(|kid| self.gaps.is_broken(*kid));
                let line = || if broken { HARD } else { Doc::Line };
                let inner = vec![
                    line(),
                    self.separated(&rest[..close], broken),
                    self.comments_before(rest[close]),
                ];
                let doc = vec![
                    Doc::IndentBroken(Box::new(Doc::Concat(inner))),
                    line(),
                    Doc::Text(rest[close].text()),
                ];
                parts.push(Doc::Concat(doc).group_if(broken));
                &rest[close + 1..]
            }
            None => {
                let broken = rest.iter().any(|kid| self.gaps.is_broken(*kid));
                let line = if broken { HARD } else { Doc::Space };
                let inner = Doc::Concat(vec![line, self.separated(rest, broken)]);
                parts.push(inner.indent().group_if(broken));
                &[]
            }
        };
        if !after.is_empty() {
            parts.push(Doc::Space);
            parts.push(self.seq(node, after));
        }
        Doc::Concat(parts)
    }

    pub(super) fn try_expr(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        let in_braces = all
            .get(1)
            .is_some_and(|block| !Self::is_bare(&kids(*block)));
        let clause_below = all[1..].iter().any(|kid| {
            matches!(kid.kind(), Kind::CatchClause | Kind::FinallyClause)
                && self.gaps.is_broken(*kid)
        });
        if in_braces
            && clause_below
            && all
                .iter()
                .all(|kid| self.ends_in_brace(*kid) || kid.kind() == Kind::TryKw)
        {
            return self.broken_try(&all);
        }
        let mut parts = Vec::new();
        for (at, kid) in all.iter().enumerate() {
            let is_bare = kid.kind() == Kind::Block && Self::is_bare(&kids(*kid));
            if at == 0 {
                parts.push(self.text(*kid));
            } else if is_bare {
                let statements = kids(*kid);
                let broken = statements.iter().any(|kid| self.gaps.is_broken(*kid));
                let line = match statements.first() {
                    Some(first) if self.gaps.is_broken(*first) => HARD,
                    _ => Doc::Space,
                };
                let inner = Doc::Concat(vec![line, self.separated(&statements, broken)]);
                parts.push(inner.group_if(broken).indent());
            } else {
                // Behind a brace, `catch` stays on its line.
                let behind_brace =
                    !matches!(kid.kind(), Kind::EndKw) && self.ends_in_brace(all[at - 1]);
                let line = self.gaps.is_broken(*kid) && !behind_brace;
                parts.push(if line { HARD } else { Doc::Space });
                parts.push(self.try_clause(*kid));
            }
        }
        Doc::Concat(parts)
    }

    /// `try { … } catch { … }` with every block broken.
    fn broken_try(&self, all: &[Node<'t>]) -> Doc<'t> {
        let mut parts = Vec::new();
        for (at, kid) in all.iter().enumerate() {
            if at > 0 {
                parts.push(Doc::Space);
            }
            let mut words = vec![*kid];
            if matches!(kid.kind(), Kind::CatchClause | Kind::FinallyClause) {
                words = kids(*kid);
            }
            if words[0].kind() == Kind::Block {
                parts.push(self.block_inside(&kids(words[0]), true));
                continue;
            }
            parts.push(self.text(words[0]));
            match &words[1..] {
                [] => {}
                [block] => {
                    parts.push(Doc::Space);
                    parts.push(self.block_inside(&kids(*block), true));
                }
                [open, inside @ .., close] => {
                    parts.push(Doc::Space);
                    parts.push(self.between(*open, inside, *close, true));
                }
            }
        }
        Doc::Concat(parts).group_if(true)
    }

    fn try_clause(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        match (node.kind(), &all[..]) {
            (Kind::FinallyClause, [keyword, block]) if Self::is_bare(&kids(*block)) => {
                let statements = kids(*block);
                let broken = statements.iter().any(|kid| self.gaps.is_broken(*kid));
                let line = if broken { HARD } else { Doc::Space };
                let inner = Doc::Concat(vec![line, self.separated(&statements, broken)]);
                Doc::Concat(vec![self.text(*keyword), inner.indent().group_if(broken)])
            }
            _ => self.node(node),
        }
    }

    fn ends_in_brace(&self, node: Node<'t>) -> bool {
        node.text().ends_with('}')
    }

    /// Items up to `end`.
    pub(super) fn members(&self, node: Node<'t>) -> Doc<'t> {
        let all = kids(node);
        let is_item = |kid: &Node<'t>| {
            matches!(
                kid.kind(),
                Kind::FnDef
                    | Kind::Signature
                    | Kind::TypeDef
                    | Kind::TraitDef
                    | Kind::ImplDef
                    | Kind::ModuleDef
                    | Kind::UseDecl
                    | Kind::ValueDef
                    | Kind::ConstDef
                    | Kind::MvarDef
                    | Kind::ExternDef
                    | Kind::TestDef
                    | Kind::MacroDef
                    | Kind::ItemExpr
                    | Kind::EndKw
                    | Kind::Semicolon
            )
        };
        let Some(start) = all.iter().position(is_item) else {
            return self.seq(node, &all);
        };
        let decorators = all
            .iter()
            .take_while(|kid| kid.kind() == Kind::Decorator)
            .count();
        let mut parts = Vec::new();
        for (at, decorator) in all[..decorators].iter().enumerate() {
            parts.push(self.node(*decorator));
            let line = self.gaps.is_broken(all[at + 1]);
            parts.push(if line { HARD } else { Doc::Space });
        }
        parts.push(self.seq(node, &all[decorators..start]));
        let (end, items) = (all[all.len() - 1], &all[start..all.len() - 1]);
        let items: Vec<_> = items.to_vec();
        if items.is_empty() && self.gaps.before(end).comments.is_empty() {
            let line = if self.gaps.is_broken(end) {
                HARD
            } else {
                Doc::Space
            };
            parts.extend([line, Doc::Text(end.text())]);
            return Doc::Concat(parts);
        }
        let mut inner = Vec::new();
        if !items.is_empty() {
            inner.push(HARD);
        }
        inner.push(self.separated(&items, true));
        inner.push(self.comments_before(end));
        parts.push(Doc::Concat(inner).group_if(true).indent());
        parts.push(HARD);
        parts.push(Doc::Text(end.text()));
        Doc::Concat(parts)
    }

    /// The parts of a chain of `if … else if … else …`.
    fn if_parts(&self, node: Node<'t>) -> Vec<Branch<'t>> {
        let mut parts = Vec::new();
        let mut current = node;
        loop {
            let all = kids(current);
            let then = all.iter().any(|kid| kid.kind() == Kind::ThenKw);
            let branch = if then { 3 } else { 2 };
            parts.push(Branch {
                keyword: all[0],
                body: all[branch],
                by_word: then,
                condition: Some(current),
            });
            match &all[branch + 1..] {
                [_, alternative] if alternative.kind() == Kind::IfExpr => current = *alternative,
                [keyword, alternative] => {
                    parts.push(Branch {
                        keyword: *keyword,
                        body: *alternative,
                        by_word: true,
                        condition: None,
                    });
                    return parts;
                }
                _ => return parts,
            }
        }
    }

    /// The `else` in front of a part.
    fn else_of(&self, part: &Branch<'t>) -> Option<Node<'t>> {
        match part.condition {
            None => Some(part.keyword),
            Some(inner) => inner.parent().and_then(|outer| {
                let is_alternative = outer.kind() == Kind::IfExpr
                    && kids(outer).last().is_some_and(|last| *last == inner);
                is_alternative.then(|| outer.token(Kind::ElseKw)).flatten()
            }),
        }
    }

    fn is_broken_block(&self, node: Node<'t>) -> bool {
        node.kind() == Kind::Block && self.block_has_lines(&kids(node))
    }

    /// Whether an `if` with `then` stands on several lines that are not those of a block.
    pub(super) fn has_lines(&self, node: Node<'t>) -> bool {
        let parts = self.if_parts(node);
        let below = parts
            .iter()
            .any(|part| part.by_word && self.place(part.body) == Place::Below);
        below
            || parts.windows(2).any(|pair| {
                pair[0].by_word
                    && self
                        .else_of(&pair[1])
                        .is_some_and(|word| self.gaps.is_broken(word))
            })
    }

    pub(super) fn if_chain(&self, node: Node<'t>) -> Doc<'t> {
        let parts = self.if_parts(node);
        let has_then = parts
            .iter()
            .any(|part| part.by_word && part.condition.is_some());
        let braces_broken = parts.iter().any(|part| self.is_broken_block(part.body));
        let lines_broken = has_then
            && parts.windows(2).any(|pair| {
                !self.is_broken_block(pair[0].body)
                    && self
                        .else_of(&pair[1])
                        .is_some_and(|word| self.gaps.is_broken(word))
            });
        let below = has_then
            && parts
                .iter()
                .any(|part| part.by_word && self.place(part.body) == Place::Below);
        let mut docs = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let (branch, inner) = (part.body, part.condition);
            if at > 0 {
                let before = parts[at - 1].body;
                let word = self.else_of(part);
                let newline = word.is_some_and(|word| self.gaps.is_broken(word));
                docs.push(if !has_then {
                    Doc::Space
                } else if self.is_broken_block(before) {
                    if newline { HARD } else { Doc::Space }
                } else {
                    Doc::Line
                });
                if let Some(word) = word {
                    docs.push(self.text(word));
                }
            }
            if let Some(inner) = inner {
                if at > 0 {
                    docs.push(Doc::Space);
                }
                let all = kids(inner);
                let branch_at = if part.by_word { 3 } else { 2 };
                docs.push(self.text(part.keyword));
                docs.push(Doc::Space);
                docs.push(if all[1].kind() == Kind::BinaryExpr {
                    self.binary(all[1], super::Chain::Twice)
                } else {
                    self.node(all[1])
                });
                for word in &all[2..branch_at] {
                    docs.extend([Doc::Space, self.text(*word)]);
                }
            }
            if !has_then && branch.kind() == Kind::Block {
                docs.push(Doc::Space);
                docs.push(self.block_inside(&kids(branch), braces_broken));
            } else {
                docs.push(self.after(branch));
            }
        }
        let broken = if has_then {
            lines_broken || below
        } else {
            braces_broken
        };
        Doc::Concat(docs).group_if(broken)
    }
}
