//! Descriptors: what the collector traces and what people are shown, one table for both.
//!
//! Every heap object's header holds the index of its descriptor. Indices are handed out by [`DescTable`] while compiling and never reused within an image,
//! so a message or an exception (always a *box* of some type, see [`Shape`]) is recognised by its descriptor index alone.

use crate::object::Lane;

/// How an object's payload is laid out.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Layout {
    /// A fixed number of lanes (≥ 1).
    Fixed(Vec<Lane>),
    /// Payload word 0 is the count of elements; then `count` groups of these lanes.
    Elements(Vec<Lane>),
    /// Payload word 0 is the length in bytes; then the bytes, padded to 8.
    Bytes,
    /// Payload word 0 is the address of the function's cell (raw); then the captured lanes.
    Closure(Vec<Lane>),
}

/// One descriptor.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Desc {
    /// What the collector follows.
    pub layout: Layout,
    /// What people see.
    pub view: View,
}

/// What an object stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum View {
    /// Constructor `ctor` of the boxed type `shape`.
    Ctor {
        /// The type.
        shape: ShapeId,
        /// Its constructor's index.
        ctor: u32,
    },
    /// A value of any type put into an object of its own, to be sent, thrown or shared: the payload is the value's lanes. There is exactly one such descriptor per type.
    /// A tuple or record that is boxed anyway is its own box: this is its object's descriptor ([`ShapeKind::Tuple`]'s or [`ShapeKind::Record`]'s `boxed` is its index), and the payload is its fields.
    Boxed(ShapeId),
    /// The shared cell of a captured `var` of this type.
    VarCell(ShapeId),
    /// An array with elements of this type.
    Array(ShapeId),
    /// Bytes of a long string.
    StringBytes,
    /// A closure; the name is the function's for people, the shapes those of the captured values.
    Closure {
        /// The function's name.
        name: String,
        /// Captured names and their types, in the order of the lanes.
        captured: Vec<(String, ShapeId)>,
    },
    /// The runtime's own.
    Internal(&'static str),
}

/// Index of a [`Shape`] in the [`DescTable`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ShapeId(pub u32);

/// A concrete type as the debugger, the heap view and DWARF see it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    /// As written in source: `Int`, `List[Int]`, `bank.Account`, `(Int, String)`.
    pub name: String,
    /// Which declared type it is an instance of, where it is one.
    pub instance: Option<Instance>,
    /// Lanes of a value of this type where it is stored inline (a boxed type has one `Ref`; unit has none).
    pub lanes: Vec<Lane>,
    /// What the lanes mean.
    pub kind: ShapeKind,
}

/// A declared type and its arguments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Instance {
    /// The type's number.
    pub declared: u32,
    /// What it is applied to.
    pub args: Vec<ShapeId>,
}

/// What the lanes of a value mean.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ShapeKind {
    /// No lanes.
    Unit,
    /// Signed integer of this many bits, sign-extended in one raw lane.
    Int(u8),
    /// Unsigned integer of this many bits, zero-extended in one raw lane.
    UInt(u8),
    /// f64 in a float lane.
    Float,
    /// f32, widened to f64 in a float lane.
    Float32,
    /// 0 or 1.
    Bool,
    /// Unicode scalar value.
    Char,
    /// See [`crate::object::STRING_LANES`].
    String,
    /// Index in the image's atom table ([`DescTable::atoms`]).
    Atom,
    /// Process number.
    Pid,
    /// Unique reference number.
    Ref,
    /// A closure object, or null never.
    Function,
    /// Fields one after the other, inline or boxed as `boxed` says.
    Tuple {
        /// Types of the parts.
        fields: Vec<ShapeId>,
        /// The object's descriptor when it is boxed.
        boxed: Option<u32>,
    },
    /// A record: one constructor with named fields.
    Record {
        /// Names and types of the fields.
        fields: Vec<(String, ShapeId)>,
        /// The object's descriptor when it is boxed.
        boxed: Option<u32>,
    },
    /// Constructors in order.
    ///
    /// Boxed (`boxed`): one ref lane; a constructor without fields is `immediate(index)`, others are objects whose descriptor says the constructor.
    /// Inline: lane 0 is the constructor's index (raw; there is no such lane when there is just one constructor) and each field's lanes sit at the places its [`Ctor`] names.
    Variant {
        /// The constructors, in order of their indices.
        ctors: Vec<Ctor>,
        /// See above.
        boxed: bool,
    },
    /// A mutable array object.
    Array(ShapeId),
    /// Anything else: shown by name only.
    Opaque,
}

/// One constructor of a variant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Ctor {
    /// Its name.
    pub name: String,
    /// Field names (empty string when positional) and shapes.
    pub fields: Vec<(String, ShapeId)>,
    /// For each field, for each of its lanes: which lane of the variant (inline) or which payload word of the object (boxed) holds it.
    pub places: Vec<Vec<u32>>,
    /// The object's descriptor when boxed and with fields.
    pub desc: Option<u32>,
}

/// The image's descriptors, shapes and atoms. Append-only: an index stays valid for the image's life.
#[derive(Clone, Default, Debug)]
pub struct DescTable {
    /// Descriptors by index.
    pub descs: Vec<Desc>,
    /// Shapes by [`ShapeId`].
    pub shapes: Vec<Shape>,
    /// Atom names by number.
    pub atoms: Vec<String>,
    /// How the runtime's own messages are laid out; `None` in a program without the library.
    pub signals: Option<Signals>,
}

/// Descriptors of the messages the runtime itself makes: the library's `Down(Ref, Pid, ExitReason)` and `Exit(Pid, ExitReason)`.
///
/// Both types are boxed: a message is a box of one ref to an object whose payload is the fields' lanes in a row. An `ExitReason` lies inline in four
/// lanes: the constructor's index (in the order of the runtime's reasons), then the lanes of the text that `Failed` and `Custom` have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signals {
    /// Box of a `Down`.
    pub down_box: u32,
    /// The object of a `Down`.
    pub down: u32,
    /// Box of an `Exit`.
    pub exit_box: u32,
    /// The object of an `Exit`.
    pub exit: u32,
    /// Box of an `ExitReason`.
    pub reason_box: u32,
}

/// Descriptors every image has, at fixed indices. [`DescTable::new`] puts them there.
pub mod fixed {
    /// Bytes of a long string.
    pub const STRING_BYTES: u32 = 0;
    /// Box of a `(String, String)`: what errors raised by the runtime are (six lanes).
    pub const ERROR_PAIR: u32 = 1;
    /// Box of a `String`.
    pub const BOXED_STRING: u32 = 2;
    /// Box of an `Int`.
    pub const BOXED_INT: u32 = 3;
    /// Box of unit: one raw word, always 0.
    pub const BOXED_UNIT: u32 = 4;
    /// The static closure the runtime makes of an entry cell: one raw word, the cell's address.
    pub const ENTRY_CLOSURE: u32 = 5;
    /// A handle of something the image owns (a channel, say): one raw word, the runtime's own.
    pub const HANDLE: u32 = 6;
    /// First index for the program's own.
    pub const FIRST_FREE: u32 = 16;

    /// Shape indices: unit, Int, Float, Bool, Char, String, `(String, String)`, `()` → `a` function.
    pub const SHAPE_UNIT: u32 = 0;
    /// `Int`.
    pub const SHAPE_INT: u32 = 1;
    /// `Float`.
    pub const SHAPE_FLOAT: u32 = 2;
    /// `Bool`.
    pub const SHAPE_BOOL: u32 = 3;
    /// `Char`.
    pub const SHAPE_CHAR: u32 = 4;
    /// `String`.
    pub const SHAPE_STRING: u32 = 5;
    /// `(String, String)`; boxed, its object is [`ERROR_PAIR`]'s layout.
    pub const SHAPE_ERROR_PAIR: u32 = 6;
    /// Any function value.
    pub const SHAPE_FUNCTION: u32 = 7;
    /// `Pid`.
    pub const SHAPE_PID: u32 = 8;
    /// `Atom`.
    pub const SHAPE_ATOM: u32 = 9;
    /// `Never`: what an arm does not look at.
    pub const SHAPE_NEVER: u32 = 10;
}

impl DescTable {
    /// A table with the fixed entries.
    pub fn new() -> Self {
        use Lane::{Float, Raw, Ref};
        let shape = |name: &str, lanes: &[Lane], kind| Shape {
            name: name.into(),
            instance: None,
            lanes: lanes.to_vec(),
            kind,
        };
        let string = ShapeId(fixed::SHAPE_STRING);
        let shapes = vec![
            shape("()", &[], ShapeKind::Unit),
            shape("Int", &[Raw], ShapeKind::Int(64)),
            shape("Float", &[Float], ShapeKind::Float),
            shape("Bool", &[Raw], ShapeKind::Bool),
            shape("Char", &[Raw], ShapeKind::Char),
            shape("String", &[Ref, Raw, Raw], ShapeKind::String),
            shape(
                "(String, String)",
                &[Ref],
                ShapeKind::Tuple {
                    fields: vec![string, string],
                    boxed: Some(fixed::ERROR_PAIR),
                },
            ),
            shape("Function", &[Ref], ShapeKind::Function),
            shape("Pid", &[Raw], ShapeKind::Pid),
            shape("Atom", &[Raw], ShapeKind::Atom),
            shape("Never", &[], ShapeKind::Opaque),
        ];
        let boxed = |lanes: &[Lane], shape: u32| Desc {
            layout: Layout::Fixed(lanes.to_vec()),
            view: View::Boxed(ShapeId(shape)),
        };
        let mut descs = vec![
            Desc {
                layout: Layout::Bytes,
                view: View::StringBytes,
            },
            // A `(String, String)` is boxed because it has six lanes; boxing it again to throw it adds nothing, so the two are one object.
            boxed(&[Ref, Raw, Raw, Ref, Raw, Raw], fixed::SHAPE_ERROR_PAIR),
            boxed(&[Ref, Raw, Raw], fixed::SHAPE_STRING),
            boxed(&[Raw], fixed::SHAPE_INT),
            boxed(&[Raw], fixed::SHAPE_UNIT),
            Desc {
                layout: Layout::Closure(Vec::new()),
                view: View::Closure {
                    name: "entry".into(),
                    captured: Vec::new(),
                },
            },
        ];
        descs.push(Desc {
            layout: Layout::Fixed(vec![Raw]),
            view: View::Internal("handle"),
        });
        while descs.len() < fixed::FIRST_FREE as usize {
            descs.push(Desc {
                layout: Layout::Fixed(vec![Raw]),
                view: View::Internal("reserved"),
            });
        }
        DescTable {
            descs,
            shapes,
            atoms: Vec::new(),
            signals: None,
        }
    }

    /// Adds a descriptor; the caller keeps it from being added twice.
    pub fn add(&mut self, desc: Desc) -> u32 {
        self.descs.push(desc);
        self.descs.len() as u32 - 1
    }

    /// The number of an atom, new or known.
    pub fn atom(&mut self, name: &str) -> u32 {
        if let Some(i) = self.atoms.iter().position(|known| known == name) {
            return i as u32;
        }
        self.atoms.push(name.into());
        self.atoms.len() as u32 - 1
    }
}
