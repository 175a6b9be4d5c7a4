//! Debug information: published code objects in, an ELF image in memory with `.debug_*` sections out.
//!
//! DWARF is the only format: our own debugger reads it with `gimli::read`, gdb and lldb get the same bytes through
//! the GDB JIT interface. It is made when somebody first asks, from what compilation left in the code object.
//! Absent: executable bytes (the sections of code are `NOBITS` at the addresses where the code already lies) and
//! anything the collector needs.
//!
//! Beyond the standard, attributes of our own say what a reader of Nostos values needs: [`AT_SHAPE`] and those after it.

use std::collections::BTreeMap;

use gimli::write::{
    Address, AttributeValue, CallFrameInstruction, CommonInformationEntry, Dwarf, EndianVec,
    Expression, FileId, FrameDescriptionEntry, FrameTable, LineProgram, LineString, Range,
    RangeList, Sections, Unit, UnitEntryId,
};
use gimli::{Encoding, Format, LineEncoding, LittleEndian, X86_64, constants as dw};
use nostos_abi::code::{Cfi, CodeObject, LocalVar};
use nostos_abi::desc::DescTable;

mod container;
mod types;

/// Vendor attribute of a variable: the index of its [`nostos_abi::desc::ShapeId`].
pub const AT_SHAPE: gimli::DwAt = gimli::DwAt(0x3a01);
/// Vendor flag of a variable: its slot holds the ref of a shared cell, and the value is the payload of that.
pub const AT_VAR_CELL: gimli::DwAt = gimli::DwAt(0x3a02);
/// Vendor attribute of a subprogram: how many parameters the function has in source.
pub const AT_ARITY: gimli::DwAt = gimli::DwAt(0x3a03);
/// A flag: a lambda has taken the variable along.
pub const AT_CAPTURED: gimli::DwAt = gimli::DwAt(0x3a04);
/// A flag: the code reads the variable where it is shown.
pub const AT_IN_PLACE: gimli::DwAt = gimli::DwAt(0x3a05);

/// A code object and where it was published.
#[derive(Clone, Copy)]
pub struct Placed<'a> {
    /// The inert object.
    pub code: &'a CodeObject,
    /// Address of its first byte.
    pub address: u64,
    /// Bytes of machine code; the object itself may have let go of them.
    pub len: u64,
}

/// The debug information of `objects` as an ELF executable without contents.
///
/// Files are told as below `root` (empty: as their objects name them). One compile unit per source file, in the order of first mention. Objects without a file (glue) get a symbol and
/// frame information, and no unit.
pub fn elf(objects: &[Placed<'_>], shapes: &DescTable, root: &str) -> Vec<u8> {
    let mut dwarf = Dwarf::new();
    for (file, members) in by_file(objects) {
        emit_unit(&mut dwarf, &below(root, file), &members, shapes);
    }
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    dwarf
        .write(&mut sections)
        .expect("the units name only their own entries");
    frames(objects)
        .write_debug_frame(&mut sections.debug_frame)
        .expect("prologues are encodable");
    container::emit(objects, &sections)
}

/// DWARF 4: understood alike by every gdb and lldb in use; nothing here needs 5.
const ENCODING: Encoding = Encoding {
    format: Format::Dwarf32,
    version: 4,
    address_size: 8,
};

fn below(root: &str, file: &str) -> String {
    match root {
        "" => file.to_owned(),
        root => format!("{}/{file}", root.trim_end_matches('/')),
    }
}

fn by_file<'a>(objects: &[Placed<'a>]) -> Vec<(&'a str, Vec<Placed<'a>>)> {
    let mut order: Vec<(&str, Vec<Placed>)> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for object in objects {
        let file = object.code.file.as_str();
        if file.is_empty() {
            continue;
        }
        let at = *index.entry(file).or_insert_with(|| {
            order.push((file, Vec::new()));
            order.len() - 1
        });
        order[at].1.push(*object);
    }
    order
}

fn emit_unit(dwarf: &mut Dwarf, file: &str, members: &[Placed<'_>], shapes: &DescTable) {
    let (dir, base) = match file.rsplit_once('/') {
        Some(("", base)) => ("/", base),
        Some((dir, base)) => (dir, base),
        None => (".", file),
    };
    let mut program = LineProgram::new(
        ENCODING,
        LineEncoding::default(),
        LineString::String(dir.into()),
        None,
        LineString::String(base.into()),
        None,
    );
    let dir_id = program.default_directory();
    let file_id = program.add_file(LineString::String(base.into()), dir_id, None);
    for member in members {
        emit_lines(&mut program, file_id, *member);
    }

    let mut unit = Unit::new(ENCODING, program);
    let ranges = members
        .iter()
        .map(|member| Range::StartLength {
            begin: Address::Constant(member.address),
            length: member.len,
        })
        .collect();
    let ranges = unit.ranges.add(RangeList(ranges));
    let root = unit.root();
    let entry = unit.get_mut(root);
    let text = |text: &str| AttributeValue::String(text.into());
    entry.set(dw::DW_AT_name, text(base));
    entry.set(dw::DW_AT_comp_dir, text(dir));
    entry.set(dw::DW_AT_producer, text("nostos"));
    // gdb prints structures and longs as in C, which is the nearest it knows.
    entry.set(
        dw::DW_AT_language,
        AttributeValue::Language(dw::DW_LANG_C99),
    );
    entry.set(
        dw::DW_AT_low_pc,
        AttributeValue::Address(Address::Constant(0)),
    );
    entry.set(dw::DW_AT_ranges, AttributeValue::RangeListRef(ranges));

    let mut types = types::Types::new(shapes);
    for member in members {
        emit_subprogram(&mut unit, &mut types, file_id, *member);
    }
    dwarf.units.add(unit);
}

/// One sequence per function. Statement rows are exactly the breakpoint sites, at the first byte of the site, and the
/// function's entry; so whoever sets a breakpoint by line lands where a site can be armed.
fn emit_lines(program: &mut LineProgram, file: FileId, member: Placed<'_>) {
    let code = member.code;
    // (offset, is statement) → line, column; a site wins over a plain row at its place.
    let mut rows: BTreeMap<u32, (u32, u32, bool)> = BTreeMap::new();
    let has_sites = code.sites.iter().any(|site| site.is_statement);
    for &(offset, line, column) in &code.lines {
        rows.insert(offset, (line, column, !has_sites));
    }
    for site in &code.sites {
        let start = site.ret - u32::from(site.len);
        rows.insert(start, (site.line, site.column, site.is_statement));
    }
    if let Some(row) = rows.get_mut(&0) {
        row.2 = true;
    } else {
        rows.insert(0, (code.line, 0, true));
    }

    program.begin_sequence(Some(Address::Constant(member.address)));
    let mut after_prologue = has_sites;
    for (offset, (line, column, is_statement)) in rows {
        let row = program.row();
        row.address_offset = u64::from(offset);
        row.file = file;
        row.line = u64::from(line);
        row.column = u64::from(column);
        row.is_statement = is_statement;
        row.prologue_end = after_prologue && is_statement && offset > 0;
        if row.prologue_end {
            after_prologue = false;
        }
        program.generate_row();
    }
    program.end_sequence(member.len);
}

fn emit_subprogram(
    unit: &mut Unit,
    types: &mut types::Types<'_>,
    file: FileId,
    member: Placed<'_>,
) {
    let code = member.code;
    let root = unit.root();
    let function = unit.add(root, dw::DW_TAG_subprogram);
    let entry = unit.get_mut(function);
    entry.set(
        dw::DW_AT_name,
        AttributeValue::String(code.name.as_bytes().to_vec()),
    );
    set_range(entry, member, (0, member.len as u32));
    entry.set(dw::DW_AT_decl_file, AttributeValue::FileIndex(Some(file)));
    entry.set(
        dw::DW_AT_decl_line,
        AttributeValue::Udata(u64::from(code.line)),
    );
    entry.set(dw::DW_AT_external, AttributeValue::Flag(true));
    entry.set(AT_ARITY, AttributeValue::Udata(u64::from(code.arity)));
    let mut base = Expression::new();
    base.op_breg(X86_64::RBP, 0);
    entry.set(dw::DW_AT_frame_base, AttributeValue::Exprloc(base));

    // Parameters stand directly below the function, where debuggers look for the signature: they live as long as it does.
    for param in code.locals.iter().filter(|local| local.is_param) {
        emit_local(unit, types, function, dw::DW_TAG_formal_parameter, param);
    }
    for scope in nest(&code.locals, member.len as u32) {
        emit_scope(unit, types, function, member, &scope);
    }
}

/// Variables that come and go together, and the scopes inside theirs.
#[derive(Debug, PartialEq)]
struct Scope<'a> {
    range: (u32, u32),
    locals: Vec<&'a LocalVar>,
    inner: Vec<Scope<'a>>,
}

/// Orders the locals' ranges into a proper tree. Ranges that overlap without nesting (a cold block moved to the end of
/// the function does that) are cut at the border of the outer one; the variable then appears in both parts.
fn nest(locals: &[LocalVar], end: u32) -> Vec<Scope<'_>> {
    let mut ranges: Vec<((u32, u32), &LocalVar)> = locals
        .iter()
        .filter(|local| !local.is_param)
        .map(|local| ((local.scope.0, local.scope.1.min(end)), local))
        .filter(|((start, end), _)| start < end)
        .collect();
    // Outer before inner; the sort is stable, so variables of one scope keep their order.
    ranges.sort_by_key(|((start, end), _)| (*start, std::cmp::Reverse(*end)));
    let mut roots = Vec::new();
    while !ranges.is_empty() {
        let (range, local) = ranges.remove(0);
        place(&mut roots, range, local, &mut ranges);
    }
    roots
}

fn place<'a>(
    level: &mut Vec<Scope<'a>>,
    range: (u32, u32),
    local: &'a LocalVar,
    rest: &mut Vec<((u32, u32), &'a LocalVar)>,
) {
    match level.last_mut() {
        Some(last) if last.range == range => last.locals.push(local),
        Some(last) if range.0 < last.range.1 && range.1 <= last.range.1 => {
            place(&mut last.inner, range, local, rest);
        }
        Some(last) if range.0 < last.range.1 => {
            let border = last.range.1;
            place(&mut last.inner, (range.0, border), local, rest);
            let tail = (border, range.1);
            let at = rest.partition_point(|((start, end), _)| {
                (*start, std::cmp::Reverse(*end)) <= (tail.0, std::cmp::Reverse(tail.1))
            });
            rest.insert(at, (tail, local));
        }
        _ => level.push(Scope {
            range,
            locals: vec![local],
            inner: Vec::new(),
        }),
    }
}

fn emit_scope(
    unit: &mut Unit,
    types: &mut types::Types<'_>,
    parent: UnitEntryId,
    member: Placed<'_>,
    scope: &Scope<'_>,
) {
    let block = unit.add(parent, dw::DW_TAG_lexical_block);
    set_range(unit.get_mut(block), member, scope.range);
    for local in &scope.locals {
        emit_local(unit, types, block, dw::DW_TAG_variable, local);
    }
    for inner in &scope.inner {
        emit_scope(unit, types, block, member, inner);
    }
}

fn emit_local(
    unit: &mut Unit,
    types: &mut types::Types<'_>,
    parent: UnitEntryId,
    tag: gimli::DwTag,
    local: &LocalVar,
) {
    let ty = if local.boxed_var {
        types.cell(unit, local.shape)
    } else {
        types.value(unit, local.shape)
    };
    let id = unit.add(parent, tag);
    let entry = unit.get_mut(id);
    entry.set(
        dw::DW_AT_name,
        AttributeValue::String(local.name.as_bytes().to_vec()),
    );
    entry.set(
        dw::DW_AT_decl_line,
        AttributeValue::Udata(u64::from(local.line)),
    );
    entry.set(dw::DW_AT_type, AttributeValue::UnitRef(ty));
    let mut place = Expression::new();
    place.op_fbreg(i64::from(local.fp_offset));
    entry.set(dw::DW_AT_location, AttributeValue::Exprloc(place));
    entry.set(AT_SHAPE, AttributeValue::Udata(u64::from(local.shape.0)));
    for (attribute, on) in [
        (AT_VAR_CELL, local.boxed_var),
        (AT_CAPTURED, local.is_captured),
        (AT_IN_PLACE, local.in_place),
    ] {
        if on {
            entry.set(attribute, AttributeValue::Flag(true));
        }
    }
}

fn set_range(
    entry: &mut gimli::write::DebuggingInformationEntry,
    member: Placed<'_>,
    range: (u32, u32),
) {
    entry.set(
        dw::DW_AT_low_pc,
        AttributeValue::Address(Address::Constant(member.address + u64::from(range.0))),
    );
    entry.set(
        dw::DW_AT_high_pc,
        AttributeValue::Udata(u64::from(range.1 - range.0)),
    );
}

fn frames(objects: &[Placed<'_>]) -> FrameTable {
    let mut table = FrameTable::default();
    let mut cie = CommonInformationEntry::new(ENCODING, 1, -8, X86_64::RA);
    cie.add_instruction(CallFrameInstruction::Cfa(X86_64::RSP, 8));
    cie.add_instruction(CallFrameInstruction::Offset(X86_64::RA, -8));
    let cie = table.add_cie(cie);
    for object in objects {
        let mut fde =
            FrameDescriptionEntry::new(Address::Constant(object.address), object.len as u32);
        for &(offset, step) in &object.code.cfi {
            let step = match step {
                Cfi::CfaStackPointer(distance) => CallFrameInstruction::Cfa(X86_64::RSP, distance),
                Cfi::CfaFramePointer(distance) => CallFrameInstruction::Cfa(X86_64::RBP, distance),
                Cfi::Saved(register, at) => {
                    CallFrameInstruction::Offset(gimli::Register(register), at)
                }
            };
            fde.add_instruction(offset, step);
        }
        table.add_fde(cie, fde);
    }
    table
}

#[cfg(test)]
mod tests;
