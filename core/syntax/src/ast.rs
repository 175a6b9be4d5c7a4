//! Typed views of the tree: what a node of each kind has, by name. Views are made from nodes and hold nothing but the
//! node; they are `Copy`, and never fail: a piece that the programmer left out is `None` or an `Expr::Error`.
//!
//! The list below is the whole shape of the language. `'x'` is a token, `X?` optional, `X*` any number, `name:X` what the
//! accessor `name()` gives. Separators (`,` `;` new lines) and trivia stand between the pieces and are left out.
//! A missing operand is an empty `Error` node, so that the pieces after it keep their places.
//!
//! ```text
//! SourceFile    = items:Item*                                   doc(): the documentation of the file
//! every item has doc(): the `##` lines above it; decorators(); is_pub(); is_private()
//!
//! Item = FnDef | Signature | TypeDef | TraitDef | ImplDef | ModuleDef | UseDecl | ValueDef | ConstDef | MvarDef
//!      | ExternDef | TestDef | MacroDef | ItemExpr
//! FnDef         = Decorator* 'pub'? (name | name_splice:SpliceName) TypeParamList? ParamList guard:Guard? return_type:RetType?
//!                 ('=' body:Expr)?                              one clause; without a body a signature in a trait.
//!                                                               The name may be an operator in traits and implementations
//!                 type_params(): TypeParam*   params(): Param*
//! Signature     = name ':' ty:TypeExpr                          pmap : (List[a], a -> b) -> List[b]
//! TypeDef       = 'var'? 'type' name TypeParamList? '=' body(): TypeBody
//!                 TypeBody::Record(fields) { … } | Variants(variants) A(T) | B{..} | C | Alias(TypeExpr) | Empty
//!                 `type A = B` is Variants of one bare variant: only names tell whether it is an alias
//! Variant       = name fields:Field*                            has_braces(), has_parens()
//! Field         = 'private'? (name ':')? ty:TypeExpr
//! TraitDef      = 'trait' name TypeParamList? (':' supertraits:PathType*)? members:Item* 'end'
//! ImplDef       = target:TypeExpr ':' traits:PathType* ('when' conditions:TypeParam*)? members:Item* 'end'
//! ModuleDef     = 'module' path:Path items:Item* 'end'
//! UseDecl       = ('use' | 'import') path:Path ('.' '*' | '.' '{' names:UseName* '}' | 'as' alias)?   is_all(), has_list()
//! UseName       = name ('as' alias)?
//! Path          = segments:name*
//! ValueDef      = 'var'? pattern:Pat (':' ty:TypeExpr)? '=' value:Expr
//! ConstDef      = 'const' name (':' ty:TypeExpr)? '=' value:Expr
//! MvarDef       = 'mvar' name (':' ty:TypeExpr)? '=' value:Expr
//! ExternDef     = 'extern' name TypeParamList? ParamList return_type:RetType? 'from' library:StringExpr
//! TestDef       = 'test' title:StringExpr '=' body:Expr
//! MacroDef      = ('macro' | 'template') name ParamList '=' body:Expr            is_template()
//! ItemExpr      = expr:Expr                                     a call or splice where an item may stand
//! Decorator     = '@' path:Path args:ArgList?
//! TypeParam     = name (':' bounds:PathType*)?                  T: Ord + Show
//! Param         = pattern:Pat (':' ty:TypeExpr)? default:Expr?
//! Guard         = 'when' expr:Expr
//! RetType       = ('->' | ':') ty:TypeExpr                      accessors return the type directly
//!
//! TypeExpr = PathType | ListType | TupleType | ParenType | FnType | SpliceType | Error
//! PathType      = segments:name* args:TypeExpr*                 List[Int], M.T, a, Self; is_variable(), is_self()
//! ListType      = '[' element:TypeExpr ']'
//! TupleType     = '(' elements:TypeExpr* ')'                    two or more, or none: unit
//! ParenType     = '(' inner:TypeExpr ')'
//! FnType        = params:TypeExpr* '->' result:TypeExpr         parentheses right before the arrow are the parameter list
//! SpliceType    = '~' operand:Expr
//!
//! Pat = WildPat | NamePat | LiteralPat | AtomPat | RangePat | TuplePat | ParenPat | ListPat | CtorPat | RecordPat | MapPat
//!     | SetPat | OrPat | PinPat | AsPat | TypedPat | SplicePat | Error
//! WildPat       = '_'
//! NamePat       = name                                          also `self`
//! LiteralPat    = '-'? number | string | char | bool            value(), is_negative(); see literal.rs
//! AtomPat       = ':' name
//! RangePat      = start:Pat ('..' | '..=') end:Pat              is_inclusive()
//! TuplePat      = '(' elements:Pat* ')' | '{' elements:Pat* '}'  is_brace(); no elements: unit
//! ParenPat      = '(' inner:Pat ')'
//! ListPat       = '[' elements:Pat* ('|' tail:Pat)? ']'
//! CtorPat       = path:Path ( '(' args ')' | '{' args '}' )?    elements:Pat* (positional), fields:FieldPat*, is_open(): has `_` in braces
//! RecordPat     = '{' fields:FieldPat* '_'? '}'                 is_open()
//! FieldPat      = name (':' pattern:Pat)?                       without a pattern binds the field's own name
//! MapPat        = '%{' entries:MapPatEntry* '}'
//! MapPatEntry   = key:Pat ':' value:Pat                         keys are literals, atoms, pins or names
//! SetPat        = '#{' elements:Pat* '}'
//! OrPat         = alternatives:Pat*
//! PinPat        = '^' name
//! AsPat         = pattern:Pat '@' name                          either side may be the name
//! TypedPat      = pattern:Pat ':' ty:TypeExpr
//! SplicePat     = '~' operand:Expr
//!
//! Stmt = Fn(FnDef) | Item(Item: anything else that only items are) | Expr(Expr)
//! Expr = Name | Literal | String | Atom | Paren | Tuple | List | Range | Map | Set | Block | If | Match | Receive | Try | Lambda
//!      | While | For | Break | Continue | Return | Spawn | Async | Unsafe | Unary | Binary | Call | MethodCall | Field
//!      | TupleField | Index | TypeApp | Question | Quote | Splice | Bind | Assign | Error
//! NameExpr      = name                                          values, constructors, modules, types; is_upper()
//! LiteralExpr   = number | char | bool                          value()
//! StringExpr    = '"' (text | '${' Expr '}')* '"' | '…'         parts(): StringPart::Text(Token) | Interp(Expr); plain_value()
//! AtomExpr      = ':' name                                      name() without the colon
//! ParenExpr     = '(' inner:Expr ')'
//! TupleExpr     = '(' elements:Expr* ')' | '{' elements:Expr* '}'   is_brace(); no elements: unit
//! ListExpr      = '[' elements:Expr* ('|' tail:Expr)? ']'       an element may be a RangeExpr
//! RangeExpr     = start:Expr ('..' | '..=') end:Expr
//! MapExpr       = '%{' entries:MapEntry* '}'
//! MapEntry      = key:Expr ':' value:Expr
//! SetExpr       = '#{' elements:Expr* '}'
//! Block         = '{' stmts:Stmt* '}' | 'do' stmts:Stmt* 'end' | stmts:Stmt*     (bare only inside try … end)
//! IfExpr        = 'if' condition:Expr then_branch:Expr ('else' else_branch:Expr)?    else if: an IfExpr in else_branch
//! MatchExpr     = 'match' scrutinee:Expr arms:Arm*
//! Arm           = pattern:Pat guard:Guard? '->' body:Expr
//! ReceiveExpr   = 'receive' arms:Arm* after:AfterClause?
//! AfterClause   = 'after' timeout:Expr '->' body:Expr
//! TryExpr       = 'try' body:Block catch:CatchClause? finally:FinallyClause?
//! CatchClause   = 'catch' arms:Arm*
//! FinallyClause = 'finally' body:Block
//! LambdaExpr    = params:Param* return_type:RetType? ('=>' | '->') body:Expr
//! WhileExpr     = 'while' condition:Expr body:Block
//! ForExpr       = 'for' pattern:Pat ('=' from:Expr 'to' to:Expr | 'in' iterable:Expr) body:Block    head(): ForHead
//! BreakExpr     = 'break' value:Expr?
//! ContinueExpr  = 'continue'
//! ReturnExpr    = 'return' value:Expr?
//! SpawnExpr     = ('spawn' | 'spawn_link' | 'spawn_monitor') (block:Block | arg_list:ArgList)?    how(): SpawnKind
//! AsyncExpr     = 'async' operand:Expr
//! UnsafeExpr    = 'unsafe' body:Block
//! UnaryExpr     = op() operand:Expr                             - ! not
//! BinaryExpr    = lhs:Expr op():BinaryOp rhs:Expr               with `<-` (Send) and `|>` (Pipe)
//! CallExpr      = callee:Expr type_args:TypeExpr* args:Arg*     also S{side: 1.0}: has_braces()
//! MethodCallExpr= receiver:Expr '.' name type_args:TypeExpr* args:Arg*         x.f(a), m.f(a), Chan.new()
//! Arg           = (name ':')? value:Expr
//! FieldExpr     = receiver:Expr '.' name
//! TupleFieldExpr= receiver:Expr '.' index()
//! IndexExpr     = base:Expr '[' index:Expr ']'
//! TypeAppExpr   = base:Expr type_args:TypeExpr*                 f[Int], where no call follows: Array[Int].make(3)
//! QuestionExpr  = operand:Expr '?'
//! QuoteExpr     = 'quote' body:Expr                             a ParenExpr or a Block (whose stmts may be items)
//! SpliceExpr    = '~' operand:Expr
//! BindExpr      = 'var'? pattern:Pat (':' ty:TypeExpr)? '=' value:Expr    also an assignment to a var or mvar: names decide
//! AssignExpr    = target:Expr op():AssignOp value:Expr          xs[i] = e, p.x = e, n += 1
//! Error         = anything                                      reported already; give it a type that fits all
//! ```

use crate::kind::Kind;
use crate::tree::Node;

mod exprs;
mod items;
mod ops;
mod patterns;
mod types;

pub use exprs::*;
pub use items::*;
pub use ops::*;
pub use patterns::*;
pub use types::*;

/// A leaf of the tree, given where the interest is in its text and place.
pub type Token<'t> = Node<'t>;

/// A typed view of a node.
pub trait View<'t>: Copy {
    /// The view, if the node is of this kind.
    fn cast(node: Node<'t>) -> Option<Self>;
    /// The node behind the view.
    fn node(self) -> Node<'t>;
}

/// Defines view structs, one per kind.
macro_rules! views {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name<'t>(crate::tree::Node<'t>);

        impl<'t> crate::ast::View<'t> for $name<'t> {
            fn cast(node: crate::tree::Node<'t>) -> Option<Self> {
                (node.kind() == crate::kind::Kind::$kind).then_some($name(node))
            }
            fn node(self) -> crate::tree::Node<'t> {
                self.0
            }
        }
        crate::ast::common!($name);
    )*};
}

/// Defines an enum over views.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident($view:ident),)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "each variant is documented on its view")]
        pub enum $name<'t> { $($variant($view<'t>),)* }

        impl<'t> crate::ast::View<'t> for $name<'t> {
            fn cast(node: crate::tree::Node<'t>) -> Option<Self> {
                $(if let Some(view) = <$view<'t> as crate::ast::View<'t>>::cast(node) {
                    return Some($name::$variant(view));
                })*
                None
            }
            fn node(self) -> crate::tree::Node<'t> {
                match self { $($name::$variant(view) => crate::ast::View::node(view),)* }
            }
        }
        crate::ast::common!($name);
    };
}

/// What all views share, callable without importing the trait.
macro_rules! common {
    ($name:ident) => {
        impl<'t> $name<'t> {
            /// The view, if the node is of this kind.
            pub fn cast(node: crate::tree::Node<'t>) -> Option<Self> {
                <Self as crate::ast::View<'t>>::cast(node)
            }
            /// The node behind the view.
            pub fn node(self) -> crate::tree::Node<'t> {
                <Self as crate::ast::View<'t>>::node(self)
            }
            /// Its place in the tree, to come back to it with [`crate::Tree::node`].
            pub fn id(self) -> crate::tree::NodeId {
                self.node().id()
            }
            /// Its bytes in the file, without the trivia around it.
            pub fn range(self) -> crate::tree::TextRange {
                self.node().range()
            }
            /// Its source text.
            pub fn text(self) -> &'t str {
                self.node().text()
            }
        }
    };
}

pub(crate) use {choices, common, views};

views! {
    /// A whole file.
    SourceFile = SourceFile;
    /// What could not be understood. Always comes with an error of the parse.
    ErrorNode = Error;
}

impl<'t> SourceFile<'t> {
    /// Its items, in order.
    pub fn items(self) -> impl Iterator<Item = Item<'t>> {
        many(self.0)
    }

    /// The documentation of the file itself: `##` lines at its very start that a blank line sets off from the first item.
    pub fn doc(self) -> Option<String> {
        let mut lines = Vec::new();
        let mut blank = false;
        let mut newlines = 0;
        for leaf in self.0.children() {
            match leaf.kind() {
                Kind::DocComment if !blank => {
                    lines.push(doc_line(leaf.text()));
                    newlines = 0;
                }
                Kind::Newline => {
                    newlines += leaf.text().matches('\n').count();
                    blank |= newlines > 1 && !lines.is_empty();
                }
                Kind::Whitespace => {}
                _ => break,
            }
        }
        (blank && !lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// The `##` lines right above a node, without a blank line between.
pub(crate) fn doc_above(node: Node<'_>) -> Option<String> {
    let mut lines = Vec::new();
    let mut newlines = 0;
    let mut leaf = node.previous();
    while let Some(current) = leaf {
        match current.kind() {
            Kind::DocComment => {
                lines.push(doc_line(current.text()));
                newlines = 0;
            }
            Kind::Newline => {
                newlines += current.text().matches('\n').count();
                if newlines > 1 {
                    break;
                }
            }
            Kind::Whitespace => {}
            _ => break,
        }
        leaf = current.previous();
    }
    lines.reverse();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn doc_line(text: &str) -> &str {
    let text = text.trim_start_matches('#');
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}

/// The first child that is a `T`.
pub(crate) fn one<'t, T: View<'t>>(node: Node<'t>) -> Option<T> {
    node.child_nodes().find_map(T::cast)
}

/// The child number `index` among those that are a `T`.
pub(crate) fn nth<'t, T: View<'t>>(node: Node<'t>, index: usize) -> Option<T> {
    node.child_nodes().filter_map(T::cast).nth(index)
}

/// All children that are a `T`.
pub(crate) fn many<'t, T: View<'t> + 't>(node: Node<'t>) -> impl Iterator<Item = T> + 't {
    node.child_nodes().filter_map(T::cast)
}

/// The first child that is a `T` behind the direct token of kind `after`.
pub(crate) fn one_after<'t, T: View<'t>>(node: Node<'t>, after: Kind) -> Option<T> {
    node.children()
        .skip_while(|child| child.kind() != after)
        .find_map(T::cast)
}

/// All children that are a `T` behind a child node of kind `list`, or nothing.
pub(crate) fn many_in<'t, T: View<'t> + 't>(
    node: Node<'t>,
    list: Kind,
) -> impl Iterator<Item = T> + 't {
    node.child(list).into_iter().flat_map(many)
}

/// The first direct token that can be a name: keywords count, where the parser has put one as a name it is the only one left.
pub(crate) fn name_token(node: Node<'_>) -> Option<Token<'_>> {
    node.tokens()
        .find(|token| matches!(token.kind(), Kind::Ident | Kind::UpperIdent))
}

/// Whether `token` can stand for a name in the places where keywords may (after a dot, before a field's colon).
pub(crate) fn is_word(token: Node<'_>) -> bool {
    matches!(token.kind(), Kind::Ident | Kind::UpperIdent) || token.kind().is_keyword()
}
