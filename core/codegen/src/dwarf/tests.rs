//! Reads back what was written, with the readers that gdb's side and our own debugger use.

use super::*;
use gimli::Reader as _;
use nostos_abi::code::Site;
use nostos_abi::desc::{Ctor, Shape, ShapeId, ShapeKind, fixed};
use nostos_abi::object::Lane;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

type Slice<'a> = gimli::EndianSlice<'a, LittleEndian>;

fn local(name: &str, shape: u32, fp_offset: i32, scope: (u32, u32)) -> LocalVar {
    LocalVar {
        name: name.into(),
        shape: ShapeId(shape),
        fp_offset,
        boxed_var: false,
        scope,
        is_param: false,
        is_captured: false,
        in_place: false,
        line: 4,
        at: 0,
    }
}

fn site(ret: u32, line: u32) -> Site {
    Site {
        ret,
        len: 5,
        line,
        column: 3,
        is_statement: true,
    }
}

fn sample() -> (CodeObject, CodeObject, DescTable) {
    let mut table = DescTable::new();
    let list = ShapeId(table.shapes.len() as u32);
    let int = ShapeId(fixed::SHAPE_INT);
    table.shapes.push(Shape {
        name: "List[Int]".into(),
        instance: None,
        lanes: vec![Lane::Ref],
        kind: ShapeKind::Variant {
            ctors: vec![
                Ctor {
                    name: "Nil".into(),
                    fields: vec![],
                    places: vec![],
                    desc: None,
                },
                Ctor {
                    name: "Cons".into(),
                    fields: vec![(String::new(), int), (String::new(), list)],
                    places: vec![vec![0], vec![1]],
                    desc: Some(16),
                },
            ],
            boxed: true,
        },
    });
    table.shapes.push(Shape {
        name: "Account".into(),
        instance: None,
        lanes: vec![Lane::Raw, Lane::Ref],
        kind: ShapeKind::Record {
            fields: vec![("balance".into(), int), ("history".into(), list)],
            boxed: None,
        },
    });
    let mut param = local("n", fixed::SHAPE_INT, -8, (4, 100));
    param.is_param = true;
    let mut shared = local("total", fixed::SHAPE_FLOAT, -48, (30, 60));
    shared.boxed_var = true;
    let account = CodeObject {
        name: "bank.account".into(),
        file: "examples/bank/bank.nos".into(),
        line: 3,
        arity: 1,
        align: 16,
        sites: vec![site(15, 4), site(40, 5), site(80, 4)],
        cfi: vec![
            (1, Cfi::CfaStackPointer(16)),
            (1, Cfi::Saved(6, -16)),
            (4, Cfi::CfaFramePointer(16)),
        ],
        lines: vec![(4, 3, 1), (45, 6, 2)],
        locals: vec![
            param,
            local("state", list.0 + 1, -24, (20, 90)),
            shared,
            local("late", fixed::SHAPE_STRING, -72, (50, 95)),
        ],
        ..CodeObject::default()
    };
    let glue = CodeObject {
        name: "thunk".into(),
        align: 16,
        ..CodeObject::default()
    };
    (account, glue, table)
}

fn read(bytes: &[u8]) -> gimli::Dwarf<Slice<'_>> {
    let file = object::File::parse(bytes).expect("an ELF file");
    gimli::Dwarf::load(|id| {
        let data = file
            .section_by_name(id.name())
            .map_or(&[][..], |section| section.data().expect("section bytes"));
        Ok::<_, gimli::Error>(Slice::new(data, LittleEndian))
    })
    .expect("sections load")
}

fn placed<'a>(account: &'a CodeObject, glue: &'a CodeObject) -> [Placed<'a>; 2] {
    [
        Placed {
            code: account,
            address: 0x7000_0000,
            len: 100,
        },
        Placed {
            code: glue,
            address: 0x7000_1000,
            len: 20,
        },
    ]
}

#[test]
fn the_container_is_an_executable_with_symbols_and_bare_code_sections() {
    let (account, glue, table) = sample();
    let bytes = elf(&placed(&account, &glue), &table, "");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    assert_eq!(file.kind(), object::ObjectKind::Executable);
    let texts: Vec<_> = file
        .sections()
        .filter(|section| section.name() == Ok(".text"))
        .map(|section| (section.address(), section.size()))
        .collect();
    assert_eq!(texts, [(0x7000_0000, 100), (0x7000_1000, 20)]);
    let symbols: Vec<_> = file
        .symbols()
        .map(|symbol| (symbol.name().expect("a name").to_owned(), symbol.address()))
        .collect();
    assert_eq!(
        symbols,
        [
            ("bank.account".to_owned(), 0x7000_0000),
            ("thunk".to_owned(), 0x7000_1000)
        ]
    );
}

#[test]
fn statement_rows_are_the_sites_and_the_entry() {
    let (account, glue, table) = sample();
    let bytes = elf(&placed(&account, &glue), &table, "");
    let dwarf = read(&bytes);
    let header = dwarf.units().next().expect("readable").expect("one unit");
    let unit = dwarf.unit(header).expect("a unit");
    let program = unit.line_program.clone().expect("lines");
    let mut rows = program.rows();
    let mut seen = Vec::new();
    while let Some((header, row)) = rows.next_row().expect("a row") {
        if row.end_sequence() {
            seen.push((row.address() - 0x7000_0000, 0, false));
            continue;
        }
        let name = row.file(header).expect("a file").path_name();
        let name = dwarf.attr_string(&unit, name).expect("a string");
        assert_eq!(name.to_string_lossy(), "bank.nos");
        let line = row.line().map_or(0, std::num::NonZero::get);
        seen.push((row.address() - 0x7000_0000, line, row.is_stmt()));
    }
    assert_eq!(
        seen,
        [
            (0, 3, true),
            (4, 3, false),
            (10, 4, true),
            (35, 5, true),
            (45, 6, false),
            (75, 4, true),
            (100, 0, false),
        ]
    );
}

#[test]
fn variables_have_scopes_places_types_and_shapes() {
    let (account, glue, table) = sample();
    let bytes = elf(&placed(&account, &glue), &table, "");
    let dwarf = read(&bytes);
    let header = dwarf.units().next().expect("readable").expect("one unit");
    let unit = dwarf.unit(header).expect("a unit");
    let mut out = String::new();
    let mut tree = unit.entries_tree(None).expect("entries");
    let root = tree.root().expect("a root");
    walk(&dwarf, &unit, root, 0, &mut out);
    let expected = "\
subprogram bank.account
  param n Int shape 1 at -8
  block 14..5a
    var state Account shape 12 at -24
    block 1e..3c
      var total pointer shape 2 at -48 cell
      block 32..3c
        var late String shape 5 at -72
    block 3c..5a
      var late String shape 5 at -72
  block 5a..5f
    var late String shape 5 at -72
";
    assert_eq!(out, expected);
}

fn walk<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &gimli::Unit<Slice<'a>>,
    node: gimli::EntriesTreeNode<'_, '_, Slice<'a>>,
    depth: usize,
    out: &mut String,
) {
    let entry = node.entry();
    let name = |entry: &gimli::DebuggingInformationEntry<Slice<'_>>| {
        entry.attr_value(dw::DW_AT_name).map(|value| {
            dwarf
                .attr_string(unit, value)
                .expect("a string")
                .to_string_lossy()
                .into_owned()
        })
    };
    let indent = "  ".repeat(depth.saturating_sub(1));
    match entry.tag() {
        dw::DW_TAG_subprogram => {
            *out += &format!("{indent}subprogram {}\n", name(entry).expect("a name"));
        }
        dw::DW_TAG_lexical_block => {
            let mut ranges = dwarf.die_ranges(unit, entry).expect("ranges");
            let range = ranges.next().expect("readable").expect("one range");
            *out += &format!(
                "{indent}block {:x}..{:x}\n",
                range.begin - 0x7000_0000,
                range.end - 0x7000_0000
            );
        }
        dw::DW_TAG_variable | dw::DW_TAG_formal_parameter => {
            let Some(gimli::AttributeValue::UnitRef(ty)) = entry.attr_value(dw::DW_AT_type) else {
                panic!("a variable has a type");
            };
            let ty = unit.entry(ty).expect("its entry");
            let Some(gimli::AttributeValue::Exprloc(place)) = entry.attr_value(dw::DW_AT_location)
            else {
                panic!("a variable has a place");
            };
            let mut bytes = place.0;
            assert_eq!(bytes.read_u8(), Ok(dw::DW_OP_fbreg.0));
            let offset = bytes.read_sleb128().expect("an offset");
            let shape = entry
                .attr_value(AT_SHAPE)
                .and_then(|value| value.udata_value())
                .expect("a shape");
            *out += &format!(
                "{indent}{} {} {} shape {shape} at {offset}{}\n",
                if entry.tag() == dw::DW_TAG_variable {
                    "var"
                } else {
                    "param"
                },
                name(entry).expect("a name"),
                name(&ty).unwrap_or_else(|| "pointer".into()),
                if entry.attr_value(AT_VAR_CELL).is_some() {
                    " cell"
                } else {
                    ""
                }
            );
        }
        _ => {}
    }
    let mut children = node.children();
    while let Some(child) = children.next().expect("children") {
        walk(dwarf, unit, child, depth + 1, out);
    }
}

#[test]
fn frames_unwind_by_the_frame_pointer_after_the_prologue() {
    use gimli::UnwindSection as _;
    let (account, glue, table) = sample();
    let bytes = elf(&placed(&account, &glue), &table, "");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let section = file.section_by_name(".debug_frame").expect("frames");
    let mut frames = gimli::DebugFrame::new(section.data().expect("bytes"), LittleEndian);
    frames.set_address_size(8);
    let bases = gimli::BaseAddresses::default();
    let mut context = gimli::UnwindContext::new();
    for (offset, register, cfa) in [
        (0, X86_64::RSP, 8),
        (1, X86_64::RSP, 16),
        (50, X86_64::RBP, 16),
    ] {
        let row = frames
            .unwind_info_for_address(
                &bases,
                &mut context,
                0x7000_0000 + offset,
                gimli::DebugFrame::cie_from_offset,
            )
            .expect("a row");
        assert_eq!(
            row.cfa(),
            &gimli::CfaRule::RegisterAndOffset {
                register,
                offset: cfa
            }
        );
    }
}
