//! Views of items and their parts.

use super::{
    ArgList, BinaryOp, Expr, Pat, PathType, SpliceExpr, StringExpr, Token, TypeExpr, View, choices,
    doc_above, is_word, many, many_in, name_token, one, one_after, views,
};
use crate::kind::Kind;
use crate::tree::Node;

choices! {
    /// What may stand at the top of a file, in a module, trait or implementation.
    Item {
        Fn(FnDef),
        Signature(Signature),
        Type(TypeDef),
        Trait(TraitDef),
        Impl(ImplDef),
        Module(ModuleDef),
        Use(UseDecl),
        Value(ValueDef),
        Const(ConstDef),
        Mvar(MvarDef),
        Extern(ExternDef),
        Test(TestDef),
        Macro(MacroDef),
        Expr(ItemExpr),
    }
}

views! {
    /// One clause of a function, or a method signature when it has no body.
    FnDef = FnDef;
    /// `name : Type`, the type of the next definition of that name.
    Signature = Signature;
    /// `type`, `var type`.
    TypeDef = TypeDef;
    /// `trait … end`.
    TraitDef = TraitDef;
    /// `Type: Trait … end`.
    ImplDef = ImplDef;
    /// `module M … end`.
    ModuleDef = ModuleDef;
    /// `use m.*` and the other forms.
    UseDecl = UseDecl;
    /// `name = e` at item level.
    ValueDef = ValueDef;
    /// `const NAME = literal`.
    ConstDef = ConstDef;
    /// `mvar n: Int = 0`.
    MvarDef = MvarDef;
    /// `extern name(x: T) -> U from "lib"`.
    ExternDef = ExternDef;
    /// `test "name" = { … }`.
    TestDef = TestDef;
    /// `macro name(…) = …`, `template name(…) = …`.
    MacroDef = MacroDef;
    /// An expression where an item may stand: a macro's call or a splice.
    ItemExpr = ItemExpr;
    /// `@name`, `@name(args)`.
    Decorator = Decorator;
    /// `T`, `T: Ord + Show`.
    TypeParam = TypeParam;
    /// A parameter of a function, lambda or macro.
    Param = Param;
    /// `when e`.
    Guard = Guard;
    /// `{ x: Int, y: Int }` in a type definition.
    FieldList = FieldList;
    /// A field of a record or variant; without a name when positional.
    Field = Field;
    /// `A(T) | B{…} | C`.
    VariantList = VariantList;
    /// One constructor.
    Variant = Variant;
    /// `a.b.C`.
    Path = Path;
    /// `b as c` in a list of imports.
    UseName = UseName;
    /// `~name` where the name of a definition stands.
    SpliceName = SpliceName;
}

/// The right side of a type definition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeBody<'t> {
    /// `{ x: Int }`.
    Record(FieldList<'t>),
    /// Constructors. A single one without fields may be an alias: only names tell.
    Variants(VariantList<'t>),
    /// A type expression that is not just a name.
    Alias(TypeExpr<'t>),
    /// Nothing: no value has this type.
    Empty,
}

/// Accessors that every item has.
macro_rules! item {
    ($($name:ident),*) => {$(
        impl<'t> $name<'t> {
            /// The `##` lines above it.
            pub fn doc(self) -> Option<String> {
                doc_above(self.node())
            }
            /// `@…` in front, top one first.
            pub fn decorators(self) -> impl Iterator<Item = Decorator<'t>> {
                many(self.node())
            }
            /// `pub`.
            pub fn is_pub(self) -> bool {
                self.node().token(Kind::PubKw).is_some()
            }
            /// `private`, said explicitly.
            pub fn is_private(self) -> bool {
                self.node().token(Kind::PrivateKw).is_some()
            }
        }
    )*};
}

item!(
    Item, FnDef, Signature, TypeDef, TraitDef, ImplDef, ModuleDef, UseDecl, ValueDef, ConstDef,
    MvarDef, ExternDef, TestDef, MacroDef, ItemExpr
);

impl<'t> Item<'t> {
    /// The name that it defines, where it defines exactly one.
    pub fn name(self) -> Option<Token<'t>> {
        match self {
            Item::Fn(item) => item.name(),
            Item::Signature(item) => item.name(),
            Item::Type(item) => item.name(),
            Item::Trait(item) => item.name(),
            Item::Module(item) => item.path()?.segments().last(),
            Item::Value(item) => match item.pattern()? {
                Pat::Name(pattern) => pattern.name(),
                _ => None,
            },
            Item::Const(item) => item.name(),
            Item::Mvar(item) => item.name(),
            Item::Extern(item) => item.name(),
            Item::Macro(item) => item.name(),
            Item::Impl(_) | Item::Use(_) | Item::Test(_) | Item::Expr(_) => None,
        }
    }
}

impl<'t> FnDef<'t> {
    /// The name; none when it is spliced in.
    pub fn name(self) -> Option<Token<'t>> {
        definition_name(self.node())
    }

    /// `~name(…) = …`.
    pub fn name_splice(self) -> Option<SpliceName<'t>> {
        one(self.node())
    }

    /// `[A, B: Eq]`.
    pub fn type_params(self) -> impl Iterator<Item = TypeParam<'t>> {
        many_in(self.node(), Kind::TypeParamList)
    }

    /// The parameters.
    pub fn params(self) -> impl Iterator<Item = Param<'t>> {
        many_in(self.node(), Kind::ParamList)
    }

    /// The `when` in front of the result type or body.
    pub fn guard(self) -> Option<Guard<'t>> {
        one(self.node())
    }

    /// The annotated type of the result.
    pub fn return_type(self) -> Option<TypeExpr<'t>> {
        one(self.node().child(Kind::RetType)?)
    }

    /// What stands behind `=`.
    pub fn body(self) -> Option<Expr<'t>> {
        one_after(self.node(), Kind::Eq)
    }
}

impl<'t> Signature<'t> {
    /// The name whose type it gives.
    pub fn name(self) -> Option<Token<'t>> {
        definition_name(self.node())
    }

    /// The type.
    pub fn ty(self) -> Option<TypeExpr<'t>> {
        one(self.node())
    }
}

impl<'t> TypeDef<'t> {
    /// The type's name.
    pub fn name(self) -> Option<Token<'t>> {
        name_token(self.node())
    }

    /// `var type`: its fields may be assigned.
    pub fn is_var(self) -> bool {
        self.node().token(Kind::VarKw).is_some()
    }

    /// `[T, U]`.
    pub fn type_params(self) -> impl Iterator<Item = TypeParam<'t>> {
        many_in(self.node(), Kind::TypeParamList)
    }

    /// The right side.
    pub fn body(self) -> TypeBody<'t> {
        let node = self.node();
        if let Some(fields) = one(node) {
            TypeBody::Record(fields)
        } else if let Some(variants) = one(node) {
            TypeBody::Variants(variants)
        } else if let Some(alias) = one_after(node, Kind::Eq) {
            TypeBody::Alias(alias)
        } else {
            TypeBody::Empty
        }
    }
}

impl<'t> Field<'t> {
    /// The `##` lines above it.
    pub fn doc(self) -> Option<String> {
        doc_above(self.node())
    }
}

impl<'t> Variant<'t> {
    /// The `##` lines above it.
    pub fn doc(self) -> Option<String> {
        doc_above(self.node())
    }
}

impl<'t> FieldList<'t> {
    /// The fields in order.
    pub fn fields(self) -> impl Iterator<Item = Field<'t>> {
        many(self.node())
    }
}

impl<'t> Field<'t> {
    /// The name; none when positional.
    pub fn name(self) -> Option<Token<'t>> {
        self.node().token(Kind::Colon)?;
        self.node()
            .tokens()
            .filter(|token| is_word(*token))
            .take_while(|token| token.kind() != Kind::Colon)
            .last()
    }

    /// The type.
    pub fn ty(self) -> Option<TypeExpr<'t>> {
        one(self.node())
    }

    /// Behind `=`: what a construction that leaves the field out gets.
    pub fn default(self) -> Option<Expr<'t>> {
        one(self.node().child(Kind::Default)?)
    }

    /// `private`.
    pub fn is_private(self) -> bool {
        self.node()
            .tokens()
            .any(|token| token.kind() == Kind::PrivateKw)
            && self
                .name()
                .is_some_and(|name| name.kind() != Kind::PrivateKw)
    }
}

impl<'t> VariantList<'t> {
    /// The constructors in order.
    pub fn variants(self) -> impl Iterator<Item = Variant<'t>> {
        many(self.node())
    }
}

impl<'t> Variant<'t> {
    /// The constructor's name.
    pub fn name(self) -> Option<Token<'t>> {
        name_token(self.node())
    }

    /// Its fields, named or positional.
    pub fn fields(self) -> impl Iterator<Item = Field<'t>> {
        many_in(self.node(), Kind::FieldList)
    }

    /// `Sq{side: Float}`.
    pub fn has_braces(self) -> bool {
        self.node()
            .child(Kind::FieldList)
            .is_some_and(|list| list.token(Kind::LBrace).is_some())
    }

    /// `Circle(Float)`, `None()`.
    pub fn has_parens(self) -> bool {
        self.node()
            .child(Kind::FieldList)
            .is_some_and(|list| list.token(Kind::LParen).is_some())
    }
}

impl<'t> TraitDef<'t> {
    /// The trait's name.
    pub fn name(self) -> Option<Token<'t>> {
        name_token(self.node())
    }

    /// `[T]`.
    pub fn type_params(self) -> impl Iterator<Item = TypeParam<'t>> {
        many_in(self.node(), Kind::TypeParamList)
    }

    /// The traits behind the colon.
    pub fn supertraits(self) -> impl Iterator<Item = PathType<'t>> {
        many_in(self.node(), Kind::BoundList)
    }

    /// Methods with and without default bodies.
    pub fn members(self) -> impl Iterator<Item = Item<'t>> {
        many(self.node())
    }
}

impl<'t> ImplDef<'t> {
    /// The type that implements.
    pub fn target(self) -> Option<TypeExpr<'t>> {
        one(self.node())
    }

    /// The traits behind the colon, usually one.
    pub fn traits(self) -> impl Iterator<Item = PathType<'t>> {
        many_in(self.node(), Kind::BoundList)
    }

    /// `when T: Show, U: Eq`.
    pub fn conditions(self) -> impl Iterator<Item = TypeParam<'t>> {
        many_in(self.node(), Kind::TypeParamList)
    }

    /// The methods.
    pub fn members(self) -> impl Iterator<Item = Item<'t>> {
        many(self.node())
    }
}

impl<'t> ModuleDef<'t> {
    /// The module's name.
    pub fn path(self) -> Option<Path<'t>> {
        one(self.node())
    }

    /// What it contains.
    pub fn items(self) -> impl Iterator<Item = Item<'t>> {
        many(self.node())
    }
}

impl<'t> UseDecl<'t> {
    /// The module, or the module and one name in it: only names tell.
    pub fn path(self) -> Option<Path<'t>> {
        one(self.node())
    }

    /// `use m.*`.
    pub fn is_all(self) -> bool {
        self.node().token(Kind::Star).is_some()
    }

    /// `use m.{…}`, even if nothing is in the braces.
    pub fn has_list(self) -> bool {
        self.node().child(Kind::UseList).is_some()
    }

    /// The names in braces.
    pub fn names(self) -> impl Iterator<Item = UseName<'t>> {
        many_in(self.node(), Kind::UseList)
    }

    /// `use m.name as x`.
    pub fn alias(self) -> Option<Token<'t>> {
        alias(self.node())
    }
}

impl<'t> Path<'t> {
    /// The names between the dots.
    pub fn segments(self) -> impl Iterator<Item = Token<'t>> {
        self.node().tokens().filter(|token| is_word(*token))
    }
}

impl<'t> ValueDef<'t> {
    /// What is bound; a bare name nearly always.
    pub fn pattern(self) -> Option<Pat<'t>> {
        one(self.node())
    }

    /// The annotated type.
    pub fn ty(self) -> Option<TypeExpr<'t>> {
        annotation(self.node())
    }

    /// The value.
    pub fn value(self) -> Option<Expr<'t>> {
        one_after(self.node(), Kind::Eq)
    }

    /// `var x = e`, which items may not be.
    pub fn is_var(self) -> bool {
        self.node().token(Kind::VarKw).is_some()
    }
}

impl<'t> ConstDef<'t> {
    /// The name.
    pub fn name(self) -> Option<Token<'t>> {
        name_token(self.node())
    }

    /// The annotated type.
    pub fn ty(self) -> Option<TypeExpr<'t>> {
        annotation(self.node())
    }

    /// The value.
    pub fn value(self) -> Option<Expr<'t>> {
        one_after(self.node(), Kind::Eq)
    }
}

impl<'t> MvarDef<'t> {
    /// The name.
    pub fn name(self) -> Option<Token<'t>> {
        name_token(self.node())
    }

    /// The annotated type.
    pub fn ty(self) -> Option<TypeExpr<'t>> {
        annotation(self.node())
    }

    /// The value at the start.
    pub fn value(self) -> Option<Expr<'t>> {
        one_after(self.node(), Kind::Eq)
    }
}

impl<'t> ExternDef<'t> {
    /// The C function's name.
    pub fn name(self) -> Option<Token<'t>> {
        definition_name(self.node())
    }

    /// The parameters.
    pub fn params(self) -> impl Iterator<Item = Param<'t>> {
        many_in(self.node(), Kind::ParamList)
    }

    /// The type of the result.
    pub fn return_type(self) -> Option<TypeExpr<'t>> {
        one(self.node().child(Kind::RetType)?)
    }

    /// The library behind `from`.
    pub fn library(self) -> Option<StringExpr<'t>> {
        one(self.node())
    }
}

impl<'t> TestDef<'t> {
    /// What it is called.
    pub fn title(self) -> Option<StringExpr<'t>> {
        one(self.node())
    }

    /// What it runs.
    pub fn body(self) -> Option<Expr<'t>> {
        super::nth(self.node(), 1)
    }
}

impl<'t> MacroDef<'t> {
    /// The name.
    pub fn name(self) -> Option<Token<'t>> {
        definition_name(self.node())
    }

    /// `template` rather than `macro`.
    pub fn is_template(self) -> bool {
        self.node().token(Kind::TemplateKw).is_some()
    }

    /// The parameters.
    pub fn params(self) -> impl Iterator<Item = Param<'t>> {
        many_in(self.node(), Kind::ParamList)
    }

    /// What it expands to.
    pub fn body(self) -> Option<Expr<'t>> {
        one_after(self.node(), Kind::Eq)
    }
}

impl<'t> ItemExpr<'t> {
    /// The expression.
    pub fn expr(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> Decorator<'t> {
    /// The template's name.
    pub fn path(self) -> Option<Path<'t>> {
        one(self.node())
    }

    /// `@name(args)`.
    pub fn arg_list(self) -> Option<ArgList<'t>> {
        one(self.node())
    }
}

impl<'t> TypeParam<'t> {
    /// The variable.
    pub fn name(self) -> Option<Token<'t>> {
        name_token(self.node())
    }

    /// The traits it must implement.
    pub fn bounds(self) -> impl Iterator<Item = PathType<'t>> {
        many_in(self.node(), Kind::BoundList)
    }
}

impl<'t> Param<'t> {
    /// What it is bound to.
    pub fn pattern(self) -> Option<Pat<'t>> {
        one(self.node())
    }

    /// The annotated type.
    pub fn ty(self) -> Option<TypeExpr<'t>> {
        annotation(self.node())
    }

    /// The value when the caller gives none.
    pub fn default(self) -> Option<Expr<'t>> {
        one(self.node().child(Kind::Default)?)
    }
}

impl<'t> Guard<'t> {
    /// The condition.
    pub fn expr(self) -> Option<Expr<'t>> {
        one(self.node())
    }
}

impl<'t> SpliceName<'t> {
    /// What gives the name.
    pub fn splice(self) -> Option<SpliceExpr<'t>> {
        one(self.node())
    }
}

/// The token before parameters or colon that is the defined name; `self`, `to`, `from`, `test` and operators may be one.
fn definition_name(node: Node<'_>) -> Option<Token<'_>> {
    node.tokens().find(|token| {
        let kind = token.kind();
        matches!(
            kind,
            Kind::Ident
                | Kind::UpperIdent
                | Kind::SelfKw
                | Kind::ToKw
                | Kind::FromKw
                | Kind::TestKw
        ) || BinaryOp::from_kind(kind).is_some()
    })
}

/// The type behind a direct colon.
pub(super) fn annotation(node: Node<'_>) -> Option<TypeExpr<'_>> {
    let colon = node.token(Kind::Colon)?;
    node.child_nodes()
        .filter(|child| child.id() > colon.id())
        .take_while(|child| child.kind() != Kind::Default)
        .find_map(View::cast)
}

/// The name behind a direct `as`.
pub(super) fn alias(node: Node<'_>) -> Option<Token<'_>> {
    node.tokens()
        .skip_while(|token| !(token.kind() == Kind::Ident && token.text() == "as"))
        .nth(1)
        .filter(|token| is_word(*token))
}
