//! Types of generated programs, and the declarations they refer to.

/// A type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum T {
    /// `Int`
    Int,
    /// `Bool`
    Bool,
    /// `String`
    Str,
    /// `Float`
    Float,
    /// `Char`
    Char,
    /// `Atom`
    Atom,
    /// An integer of another width, by its index in [`SIZED`].
    Sized(usize),
    /// `List[T]`
    List(Box<T>),
    /// Two or more.
    Tuple(Vec<T>),
    /// `Option[T]`
    Opt(Box<T>),
    /// `Result[T, String]`
    Res(Box<T>),
    /// `Map[K, V]`
    Map(Box<T>, Box<T>),
    /// `Set[T]`
    Set(Box<T>),
    /// A declared type, by its number, with its argument if it has a parameter.
    Adt(usize, Option<Box<T>>),
    /// `BigInt`
    Big,
    /// `Decimal`
    Dec,
    /// `Float32`
    F32,
    /// A type parameter of the function at hand.
    Var(usize),
    /// The parameter of the declaration at hand.
    Param,
}

/// Sized integers: type, suffix, conversion.
pub const SIZED: [(&str, &str, &str); 7] = [
    ("Int8", "i8", "asInt8"),
    ("Int16", "i16", "asInt16"),
    ("Int32", "i32", "asInt32"),
    ("UInt8", "u8", "asUInt8"),
    ("UInt16", "u16", "asUInt16"),
    ("UInt32", "u32", "asUInt32"),
    ("UInt64", "u64", "asUInt64"),
];

/// A declared type.
#[derive(Clone, Debug)]
pub struct Adt {
    /// Its name.
    pub name: String,
    /// It has one parameter.
    pub generic: bool,
    /// It is a record: one constructor of its own name, with named fields.
    pub record: bool,
    /// Its fields may be assigned.
    pub mutable: bool,
    /// It contains itself.
    pub recursive: bool,
    /// Constructors: name, fields; a field has a name in records and in some variants.
    pub ctors: Vec<Ctor>,
}

/// A constructor.
#[derive(Clone, Debug)]
pub struct Ctor {
    /// Its name.
    pub name: String,
    /// Its fields' names, if they have some.
    pub named: bool,
    /// Field names and types.
    pub fields: Vec<(String, T)>,
}

/// A function that expressions may call.
#[derive(Clone, Debug)]
pub struct Fun {
    /// Its name.
    pub name: String,
    /// Parameters: name, type, default.
    pub params: Vec<(String, T, Option<String>)>,
    /// Result.
    pub result: T,
}

impl T {
    /// As written in source.
    pub fn text(&self, adts: &[Adt]) -> String {
        match self {
            T::Int => "Int".into(),
            T::Bool => "Bool".into(),
            T::Str => "String".into(),
            T::Float => "Float".into(),
            T::Char => "Char".into(),
            T::Atom => "Atom".into(),
            T::Sized(i) => SIZED[*i].0.into(),
            T::List(item) => format!("List[{}]", item.text(adts)),
            T::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|t| t.text(adts)).collect();
                format!("({})", items.join(", "))
            }
            T::Opt(item) => format!("Option[{}]", item.text(adts)),
            T::Res(item) => format!("Result[{}, String]", item.text(adts)),
            T::Map(key, value) => format!("Map[{}, {}]", key.text(adts), value.text(adts)),
            T::Set(item) => format!("Set[{}]", item.text(adts)),
            T::Adt(i, None) => adts[*i].name.clone(),
            T::Adt(i, Some(arg)) => format!("{}[{}]", adts[*i].name, arg.text(adts)),
            T::Big => "BigInt".into(),
            T::Dec => "Decimal".into(),
            T::F32 => "Float32".into(),
            T::Var(0) => "A".into(),
            T::Var(_) => "B".into(),
            T::Param => "T".into(),
        }
    }

    /// With this type for the parameter of a declaration.
    pub fn with(&self, arg: Option<&T>) -> T {
        self.replaced(&|ty| match ty {
            T::Param => Some(arg.expect("only generic types have a parameter").clone()),
            _ => None,
        })
    }

    /// With these types for the parameters of a function.
    pub fn instance(&self, args: &[T]) -> T {
        self.replaced(&|ty| match ty {
            T::Var(i) => Some(args[*i].clone()),
            _ => None,
        })
    }

    fn replaced(&self, by: &dyn Fn(&T) -> Option<T>) -> T {
        if let Some(other) = by(self) {
            return other;
        }
        let boxed = |t: &T| Box::new(t.replaced(by));
        match self {
            T::List(t) => T::List(boxed(t)),
            T::Opt(t) => T::Opt(boxed(t)),
            T::Res(t) => T::Res(boxed(t)),
            T::Set(t) => T::Set(boxed(t)),
            T::Map(k, v) => T::Map(boxed(k), boxed(v)),
            T::Tuple(items) => T::Tuple(items.iter().map(|t| t.replaced(by)).collect()),
            T::Adt(i, inner) => T::Adt(*i, inner.as_ref().map(|t| boxed(t))),
            _ => self.clone(),
        }
    }

    /// Can values of it grow without end, or be changed?
    pub fn grows(&self, adts: &[Adt]) -> bool {
        match self {
            T::Var(_) | T::Big | T::Dec => true,
            T::List(t) | T::Opt(t) | T::Res(t) | T::Set(t) => t.grows(adts),
            T::Map(k, v) => k.grows(adts) || v.grows(adts),
            T::Tuple(items) => items.iter().any(|t| t.grows(adts)),
            T::Adt(i, arg) => {
                adts[*i].recursive
                    || adts[*i].mutable
                    || arg.as_ref().is_some_and(|t| t.grows(adts))
                    || adts[*i]
                        .ctors
                        .iter()
                        .flat_map(|c| &c.fields)
                        .any(|(_, t)| *t != T::Param && t.grows(adts))
            }
            _ => false,
        }
    }

    /// May it be compared with `<`?
    pub fn ordered(&self, adts: &[Adt]) -> bool {
        match self {
            T::List(t) | T::Opt(t) | T::Res(t) => t.ordered(adts),
            T::Map(..) | T::Set(_) | T::Atom => false,
            T::Tuple(items) => items.iter().all(|t| t.ordered(adts)),
            T::Adt(i, arg) => {
                let own = adts[*i].ctors.iter().flat_map(|c| &c.fields);
                let mut own = own.filter(|(_, t)| !matches!(t, T::Adt(j, _) if j == i));
                own.all(|(_, t)| *t == T::Param || t.ordered(adts))
                    && arg.as_ref().is_none_or(|t| t.ordered(adts))
            }
            _ => true,
        }
    }
}
