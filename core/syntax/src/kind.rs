//! Every kind of token and node, in one flat enum.
//! Tokens come first, nodes after `SourceFile`; the order inside each group is free.

macro_rules! kinds {
    (
        trivia { $($trivia:ident $trivia_doc:literal,)* }
        tokens { $($token:ident $token_text:literal,)* }
        keywords { $($keyword:ident $keyword_text:literal,)* }
        nodes { $($node:ident,)* }
    ) => {
        /// The kind of a token or node.
        #[allow(missing_docs, reason = "each name is the construct it stands for")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum Kind {
            $($trivia,)* $($token,)* $($keyword,)* $($node,)*
        }

        impl Kind {
            /// The keyword that this word is, if it is one.
            pub fn keyword(word: &str) -> Option<Kind> {
                match word {
                    $($keyword_text => Some(Kind::$keyword),)*
                    _ => None,
                }
            }

            /// How a person would name this kind: the token's text, or words for it.
            pub fn describe(self) -> &'static str {
                match self {
                    $(Kind::$trivia => $trivia_doc,)*
                    $(Kind::$token => $token_text,)*
                    $(Kind::$keyword => concat!("`", $keyword_text, "`"),)*
                    $(Kind::$node => stringify!($node),)*
                }
            }
        }

        /// All keywords with their kinds, for highlighters and completion.
        pub const KEYWORDS: &[(&str, Kind)] = &[$(($keyword_text, Kind::$keyword),)*];
    };
}

kinds! {
    trivia {
        Whitespace "white space",
        Newline "a new line",
        LineComment "a comment",
        DocComment "a documentation comment",
        BlockComment "a comment",
    }
    tokens {
        Eof "the end of the file",
        Unknown "a character that has no meaning here",
        Ident "a name",
        UpperIdent "a capitalised name",
        Underscore "`_`",
        Int "a number",
        Float "a number",
        Char "a character",
        // A single-quoted string: one token, no interpolation.
        RawString "a string",
        // `"` at either end of a string; between them `StringText`, `${` expression `}`.
        StringOpen "a string",
        StringClose "the end of a string",
        StringText "text of a string",
        InterpOpen "`${`",
        InterpClose "`}`",
        LParen "`(`",
        RParen "`)`",
        LBracket "`[`",
        RBracket "`]`",
        LBrace "`{`",
        RBrace "`}`",
        MapOpen "`%{`",
        SetOpen "`#{`",
        Comma "`,`",
        Semicolon "`;`",
        Colon "`:`",
        ColonColon "`::`",
        Dot "`.`",
        DotDot "`..`",
        DotDotEq "`..=`",
        Eq "`=`",
        EqEq "`==`",
        NotEq "`!=`",
        Lt "`<`",
        Gt "`>`",
        LtEq "`<=`",
        GtEq "`>=`",
        Arrow "`->`",
        FatArrow "`=>`",
        SendArrow "`<-`",
        PipeGt "`|>`",
        Pipe "`|`",
        PipePipe "`||`",
        AmpAmp "`&&`",
        Plus "`+`",
        PlusPlus "`++`",
        Minus "`-`",
        Star "`*`",
        StarStar "`**`",
        Slash "`/`",
        Percent "`%`",
        PlusEq "`+=`",
        MinusEq "`-=`",
        StarEq "`*=`",
        SlashEq "`/=`",
        Bang "`!`",
        Question "`?`",
        Tilde "`~`",
        At "`@`",
        Caret "`^`",
    }
    keywords {
        TypeKw "type",
        VarKw "var",
        MvarKw "mvar",
        ConstKw "const",
        IfKw "if",
        ThenKw "then",
        ElseKw "else",
        MatchKw "match",
        WhenKw "when",
        TraitKw "trait",
        ModuleKw "module",
        EndKw "end",
        UseKw "use",
        ImportKw "import",
        PubKw "pub",
        PrivateKw "private",
        SelfKw "self",
        SelfTypeKw "Self",
        TryKw "try",
        CatchKw "catch",
        FinallyKw "finally",
        DoKw "do",
        WhileKw "while",
        ForKw "for",
        ToKw "to",
        BreakKw "break",
        ContinueKw "continue",
        ReturnKw "return",
        SpawnKw "spawn",
        SpawnLinkKw "spawn_link",
        SpawnMonitorKw "spawn_monitor",
        ReceiveKw "receive",
        AfterKw "after",
        NotKw "not",
        ExternKw "extern",
        UnsafeKw "unsafe",
        FromKw "from",
        TestKw "test",
        QuoteKw "quote",
        MacroKw "macro",
        TemplateKw "template",
        TrueKw "true",
        FalseKw "false",
    }
    nodes {
        // Keep first: everything from here on is a node.
        SourceFile,
        // Items.
        FnDef,
        Signature,
        TypeDef,
        TraitDef,
        ImplDef,
        ModuleDef,
        UseDecl,
        ValueDef,
        ConstDef,
        MvarDef,
        ExternDef,
        TestDef,
        MacroDef,
        ItemExpr,
        // Parts of items.
        Decorator,
        TypeParamList,
        TypeParam,
        ParamList,
        Param,
        Guard,
        RetType,
        Default,
        FieldList,
        Field,
        VariantList,
        Variant,
        BoundList,
        Path,
        UseList,
        UseName,
        SpliceName,
        // Type expressions.
        PathType,
        TypeArgList,
        ListType,
        TupleType,
        ParenType,
        FnType,
        SpliceType,
        // Patterns.
        WildPat,
        NamePat,
        LiteralPat,
        AtomPat,
        RangePat,
        TuplePat,
        ParenPat,
        ListPat,
        CtorPat,
        RecordPat,
        FieldPat,
        RestPat,
        MapPat,
        MapPatEntry,
        SetPat,
        OrPat,
        PinPat,
        AsPat,
        TypedPat,
        SplicePat,
        // Expressions.
        NameExpr,
        LiteralExpr,
        StringExpr,
        AtomExpr,
        ParenExpr,
        TupleExpr,
        ListExpr,
        RangeExpr,
        MapExpr,
        MapEntry,
        SetExpr,
        Block,
        IfExpr,
        MatchExpr,
        Arm,
        ReceiveExpr,
        AfterClause,
        TryExpr,
        CatchClause,
        FinallyClause,
        LambdaExpr,
        WhileExpr,
        ForExpr,
        BreakExpr,
        ContinueExpr,
        ReturnExpr,
        SpawnExpr,
        AsyncExpr,
        UnsafeExpr,
        UnaryExpr,
        BinaryExpr,
        CallExpr,
        MethodCallExpr,
        ArgList,
        Arg,
        FieldExpr,
        TupleFieldExpr,
        IndexExpr,
        TypeAppExpr,
        QuestionExpr,
        QuoteExpr,
        SpliceExpr,
        BindExpr,
        AssignExpr,
        // What could not be understood; its tokens are kept.
        Error,
    }
}

impl Kind {
    /// White space, new lines and comments: what the grammar does not see.
    pub fn is_trivia(self) -> bool {
        self <= Kind::BlockComment
    }

    /// A leaf of the tree, with text of its own.
    pub fn is_token(self) -> bool {
        self < Kind::SourceFile
    }

    /// A reserved word, or a contextual one that is in the list of keywords (`self`, `to`, …).
    pub fn is_keyword(self) -> bool {
        self >= Kind::TypeKw && self <= Kind::FalseKw
    }
}
