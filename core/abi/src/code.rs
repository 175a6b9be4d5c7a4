//! The inert code object: what `codegen` hands over and `runtime` publishes. Nothing here runs.

use crate::builtin::{Leaf, Op};

/// A function's cell, numbered by the image. The cell lives in the runtime at a fixed address for as long as the image does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct CellId(pub u32);

/// What generated code asks the address of; the publisher answers with a constant or, in an object file, a symbol.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Symbol {
    /// Address of the cell (the word to load the code address from).
    Cell(CellId),
    /// A constant object of this code object, by index in [`CodeObject::statics`]; the address of its header.
    Static(u32),
    /// The one shim through which helpers that may suspend, collect, throw or grow the stack are entered. Tail convention, `rdi` = [`Op`] as a number; arguments and results in the process's argument area.
    Shim,
    /// The target of breakpoint sites (must be within reach of a rel32: the runtime puts a stub into the code arena).
    DebugHook,
    /// A helper that does none of that, called directly with the SystemV convention.
    Leaf(Leaf),
    /// This code object itself, plus the addend.
    Own,
}

/// How to write a symbol's address into the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RelocKind {
    /// Eight bytes, absolute.
    Abs8,
    /// Four bytes, relative to their own address (the addend carries the −4).
    PcRel4,
}

/// A place to patch when publishing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reloc {
    /// Byte offset in [`CodeObject::bytes`].
    pub offset: u32,
    /// How.
    pub kind: RelocKind,
    /// Whose address.
    pub symbol: Symbol,
    /// Added to it.
    pub addend: i64,
}

/// Where the roots of a frame are at one return address.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CallSite {
    /// Offset of the return address from the start of the code.
    pub ret: u32,
    /// Distance from the frame's stack pointer to its frame pointer (sp = caller_fp − span as the walker counts, see jit-findings 1).
    pub span: u32,
    /// Stack-pointer-relative offsets of the ref lanes that are alive here, sorted.
    pub roots: Vec<u32>,
    /// Code offset of the handler when the call may throw into one.
    pub handler: Option<u32>,
    /// 1-based line of the call in [`CodeObject::file`], for traces; 0 for glue.
    pub line: u32,
}

/// A breakpoint site: a call to [`Symbol::DebugHook`] that the publisher turns into a NOP of `len` bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Site {
    /// Offset of the return address (= end of the site).
    pub ret: u32,
    /// Length of the patchable instruction in bytes (5 on x86-64).
    pub len: u8,
    /// 1-based line.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
    /// The bytes of the real call, after relocation, are what arming writes back; the publisher keeps them.
    pub is_statement: bool,
}

/// A named local and where it lives.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LocalVar {
    /// Source name.
    pub name: String,
    /// Its type.
    pub shape: crate::desc::ShapeId,
    /// Frame-pointer-relative offset of its first lane (negative); lanes follow upwards, 8 bytes each. For a captured `var` the slot holds the ref of its cell and `boxed_var` is set.
    pub fp_offset: i32,
    /// The slot holds the ref of a `VarCell` object.
    pub boxed_var: bool,
    /// Code range (start, end offsets) in which the name is in scope and the slot initialised.
    pub scope: (u32, u32),
    /// A parameter of the function.
    pub is_param: bool,
    /// A lambda has taken it along.
    pub is_captured: bool,
    /// The code reads it where it is shown: what is written there is what the program sees.
    pub in_place: bool,
    /// Line of its definition.
    pub line: u32,
    /// Where it is bound, in bytes from the start of the definition it is in.
    pub at: u32,
}

/// A text that a macro made of a call, or of an item.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Expansion {
    /// The macro.
    pub by: String,
    /// The definition it is in.
    pub of: String,
    /// How many texts of this definition stand before it.
    pub number: u32,
    /// The text as it came; names in it may be marked.
    pub text: String,
    /// The names whose marks tell them apart.
    pub kept: Vec<String>,
    /// Line of the call.
    pub line: u32,
}

/// Code from an offset on is of this byte of an expansion, by its number in the list; `None`: of the file, or of nothing.
pub type Expanded = (u32, Option<(u32, u32)>);

/// Which text a code object was made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Made {
    /// The number of the definition's body, which is another whenever the body is; 0: of none.
    pub version: u32,
    /// Where the body of the function, lambda or local function starts, in bytes from the start of the definition.
    pub root: u32,
    /// Of what is left of a function from a statement on, for a frame to go there.
    pub rest: bool,
}

/// One compiled function, inert.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CodeObject {
    /// For people: `bank.account`, `bank.account.lambda@12`, `std.list.map[Int, Int]`.
    pub name: String,
    /// Source file path as the project knows it (empty for glue).
    pub file: String,
    /// Line of the definition.
    pub line: u32,
    /// Number of parameters, for `name/arity`.
    pub arity: u32,
    /// Made by the optimising back end: `JITModule` relocates it.
    pub optimised: bool,
    /// Machine code.
    pub bytes: Vec<u8>,
    /// Alignment of its start.
    pub align: u32,
    /// Places to patch.
    pub relocs: Vec<Reloc>,
    /// Every call's return address, sorted by `ret`: an unknown return address is an error.
    pub calls: Vec<CallSite>,
    /// Breakpoint sites, sorted by `ret`.
    pub sites: Vec<Site>,
    /// (code offset, line, column), sorted by offset; for DWARF's line program.
    pub lines: Vec<(u32, u32, u32)>,
    /// What macros made of calls in it.
    pub expansions: Vec<std::sync::Arc<Expansion>>,
    /// Which code is of those, sorted by offset.
    pub expanded: Vec<Expanded>,
    /// Named locals.
    pub locals: Vec<LocalVar>,
    /// The parameters in order, with their first lanes' distances from the frame pointer; none: it takes something that is not kept there.
    pub params: Option<Vec<(crate::desc::ShapeId, i32)>>,
    /// Bytes of arguments on the stack when it is called.
    pub takes: u32,
    /// What it was made of.
    pub made: Made,
    /// Constant objects: header word, then payload words, 8-byte aligned. Headers carry [`crate::object::HEADER_STATIC`]; see [`StaticWord`].
    pub statics: Vec<Vec<StaticWord>>,
    /// Distance from the stack pointer after the prologue to the frame pointer.
    pub frame_size: u32,
    /// Call-frame information: what changes from this code offset on, sorted. Before the first entry the canonical frame address is `rsp + 8`.
    pub cfi: Vec<(u32, Cfi)>,
    /// The cells this code calls or takes the address of (for the dependency report and for freeing).
    pub uses: Vec<CellId>,
}

/// A step of the call-frame information.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cfi {
    /// The canonical frame address is the stack pointer plus this.
    CfaStackPointer(i32),
    /// The canonical frame address is the frame pointer plus this.
    CfaFramePointer(i32),
    /// The caller's value of this register (DWARF number) is at the canonical frame address plus this.
    Saved(u16, i32),
}

/// A word of a constant object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum StaticWord {
    /// These bits.
    Bits(u64),
    /// The address of a cell (closures of named functions).
    Cell(CellId),
    /// The address of another constant object of the same code object.
    Static(u32),
}

/// Names the shim's operation for people.
pub fn op_name(op: Op) -> &'static str {
    op.info().name
}
