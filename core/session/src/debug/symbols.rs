//! The debugger's reader of DWARF: ELF images as `codegen::dwarf` makes them in; lines to addresses, addresses to functions, lines and variables out.
//!
//! Everything is read when an image is added, so that questions afterwards are look-ups. Code that was replaced stays known by
//! address, because frames may still be in it; lines lead to the newest code only.

use super::expansions::{Spot, number_of};
use gimli::{AttributeValue, EndianSlice, LittleEndian, Reader as _, constants as dw};
use nostos_codegen::dwarf::{AT_ARITY, AT_CAPTURED, AT_IN_PLACE, AT_SHAPE, AT_VAR_CELL};
use object::{Object as _, ObjectSection as _};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// All debug information of an image.
#[derive(Default)]
pub struct Symbols {
    /// By first address.
    functions: BTreeMap<u64, Function>,
}

/// A function's code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// For people.
    pub name: String,
    /// Path as the project knows it.
    pub file: String,
    /// Line of its definition.
    pub line: u32,
    /// Parameters in source.
    pub arity: u32,
    /// Its code.
    pub code: Range<u64>,
    /// By address.
    pub rows: Vec<Row>,
    /// Parameters first, then outer before inner.
    pub variables: Vec<Variable>,
    /// Newer code, with statements elsewhere, has taken its place.
    pub replaced: bool,
    /// What is left of a function, for a frame that was sent to a statement: the function itself has other code.
    pub rest: bool,
    /// What is of texts that macros made, from each address on.
    pub expanded: Vec<(u64, Option<Spot>)>,
    /// How many lines its definition has moved down since it was compiled: a definition that only moved is not compiled again.
    pub moved: i64,
}

/// From this address on, the code belongs to this place in the source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// First address.
    pub address: u64,
    /// From 1.
    pub line: u32,
    /// From 1; 0: not known.
    pub column: u32,
    /// A statement starts here.
    pub statement: bool,
}

/// Where a named value lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Index of its shape.
    pub shape: u32,
    /// Offset of its first lane from the frame pointer.
    pub fp_offset: i64,
    /// The slot holds a shared cell.
    pub in_cell: bool,
    /// A parameter.
    pub is_param: bool,
    /// A lambda has taken it along.
    pub is_captured: bool,
    /// What is written there is what the program sees.
    pub in_place: bool,
    /// Addresses where it may be read.
    pub scope: Range<u64>,
}

impl Function {
    /// The row an address belongs to.
    pub fn row(&self, address: u64) -> Option<Row> {
        let after = self.rows.partition_point(|row| row.address <= address);
        after.checked_sub(1).map(|i| self.now(self.rows[i]))
    }

    /// Where a line of the compiled text is now; `None`: it is no line.
    pub fn moved_to(&self, line: u32) -> Option<u32> {
        (line > 0).then(|| (i64::from(line) + self.moved).max(1) as u32)
    }

    fn now(&self, row: Row) -> Row {
        let line = self.moved_to(row.line).unwrap_or(1);
        Row { line, ..row }
    }

    /// Places where a breakpoint can be: statements that have a site. The entry is none, it only names the definition's line.
    pub fn sites(&self) -> impl Iterator<Item = Row> + '_ {
        let start = self.code.start;
        self.rows
            .iter()
            .copied()
            .filter(move |row| row.statement && row.address != start)
            .map(|row| self.now(row))
    }

    /// The place in a text that a macro made, if the code at an address is of one.
    pub fn spot(&self, address: u64) -> Option<Spot> {
        let after = self.expanded.partition_point(|row| row.0 <= address);
        self.expanded[after.checked_sub(1)?].1
    }

    /// The places where a breakpoint of a source can be. Of what a macro made of a call, the source with the call has the first.
    fn sites_in(&self, file: &str) -> Vec<Row> {
        let text = number_of(file);
        if text.is_none() && self.file != file {
            return Vec::new();
        }
        let mut calls: Vec<(u32, u32)> = Vec::new();
        let mut out = Vec::new();
        for row in self.sites() {
            match (self.spot(row.address), text) {
                (None, None) => out.push(row),
                (Some(_), None) => {
                    let call = (row.line, row.column);
                    if !calls.contains(&call) {
                        calls.push(call);
                        out.push(row);
                    }
                }
                (Some(spot), Some(text)) if spot.text == text => out.push(Row {
                    line: spot.line,
                    column: spot.column,
                    ..row
                }),
                (_, Some(_)) => {}
            }
        }
        out
    }

    /// The variables that can be read at an address. Of equal names only the innermost.
    pub fn visible(&self, address: u64) -> Vec<&Variable> {
        let mut out: Vec<&Variable> = Vec::new();
        for variable in self.variables.iter().filter(|v| v.scope.contains(&address)) {
            // Inner ones come later and hide outer ones, in their place.
            match out.iter().position(|known| known.name == variable.name) {
                Some(at) => out[at] = variable,
                None => out.push(variable),
            }
        }
        out
    }

    /// Has newer code its statements where this has them? Then the lines of both count from the same.
    fn stands_as(&mut self, newer: &Function) -> bool {
        let moved = |line: u32, by: i64| i64::from(line) + by;
        let places = |function: &Function| -> BTreeSet<(i64, u32)> {
            let rows = function.rows.iter().filter(|row| row.statement);
            rows.map(|row| (moved(row.line, function.moved), row.column))
                .collect()
        };
        if self.arity != newer.arity || places(self) != places(newer) {
            return false;
        }
        let by = std::mem::take(&mut self.moved);
        let lines = self.rows.iter_mut().map(|row| &mut row.line);
        for line in lines.chain([&mut self.line]) {
            *line = u32::try_from(moved(*line, by)).unwrap_or(*line);
        }
        true
    }
}

impl Symbols {
    /// Reads one image. Functions that were known by the same name and file count as replaced, and so do the lambdas in them, unless their statements stand
    /// where they stood: a hot function is compiled again while calls of the old code go on, and a breakpoint holds for both.
    ///
    /// # Errors
    /// When the bytes are not what `codegen::dwarf` writes.
    pub fn add(&mut self, elf: &[u8]) -> Result<(), String> {
        self.add_with(elf, &|_| false)
    }

    /// The same, where some addresses are those of what is left of functions.
    ///
    /// # Errors
    /// When the bytes are not what `codegen::dwarf` writes.
    pub fn add_with(&mut self, elf: &[u8], is_rest: &dyn Fn(u64) -> bool) -> Result<(), String> {
        let mut new = read(elf)?;
        for function in &mut new {
            function.rest = is_rest(function.code.start);
        }
        for function in new.iter().filter(|function| !function.rest) {
            let mut as_it_was = false;
            let whole = |old: &&mut Function| !old.replaced && !old.rest;
            for old in self.functions.values_mut().filter(whole) {
                if old.name == function.name && old.file == function.file {
                    old.replaced = !old.stands_as(function);
                    as_it_was |= !old.replaced;
                }
            }
            if as_it_was {
                continue;
            }
            // A lambda's name begins with its owner's: it is replaced together with it.
            for old in self.functions.values_mut() {
                let rest = old.name.strip_prefix(function.name.as_str());
                let is_inside = rest.is_some_and(|rest| match rest {
                    "" => old.rest,
                    rest => rest.starts_with('.'),
                });
                old.replaced |= is_inside && old.file == function.file;
            }
        }
        self.functions.extend(
            new.into_iter()
                .map(|function| (function.code.start, function)),
        );
        Ok(())
    }

    /// What in the code at this address is of texts that macros made, from each offset on.
    pub fn expand(&mut self, address: u64, spots: &[(u32, Option<Spot>)]) {
        if let Some(function) = self.functions.get_mut(&address) {
            let each = spots.iter();
            let each = each.map(|(offset, spot)| (address + u64::from(*offset), *spot));
            function.expanded = each.collect();
        }
    }

    /// Definitions stand at these lines now, by file and name. What is inside of them moves with them.
    pub fn move_to(&mut self, lines: &BTreeMap<(String, String), (u32, u32)>) {
        let compiled: BTreeMap<(String, String), u32> = self
            .functions
            .values()
            .filter(|function| !function.replaced && !function.rest)
            .map(|f| ((f.file.clone(), f.name.clone()), f.line))
            .collect();
        for function in self.functions.values_mut().filter(|f| !f.replaced) {
            // The longest name that is a definition's: a lambda has its owner's before its own, an instance its types behind.
            let mut name = function.name.as_str();
            loop {
                let key = (function.file.clone(), name.to_owned());
                if let Some((now, _)) = lines.get(&key) {
                    let then = match function.rest {
                        true => function.line,
                        false => compiled.get(&key).copied().unwrap_or(function.line),
                    };
                    function.moved = i64::from(*now) - i64::from(then);
                    break;
                }
                match name.rfind(['.', '[']) {
                    Some(end) => name = &name[..end],
                    None => break,
                }
            }
        }
    }

    /// The texts that macros made and that some code is of, by their numbers.
    pub fn expansions(&self) -> BTreeSet<u32> {
        let all = self.functions.values().flat_map(|f| &f.expanded);
        all.filter_map(|(_, spot)| Some(spot.as_ref()?.text))
            .collect()
    }

    /// Code at these addresses is gone.
    pub fn remove(&mut self, code: Range<u64>) {
        let gone: Vec<u64> = self
            .functions
            .range(code)
            .map(|(start, _)| *start)
            .collect();
        for start in gone {
            self.functions.remove(&start);
        }
    }

    /// The function an address lies in.
    pub fn function(&self, address: u64) -> Option<&Function> {
        let (_, function) = self.functions.range(..=address).next_back()?;
        function.code.contains(&address).then_some(function)
    }

    /// The newest code by name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Function> {
        self.functions
            .values()
            .filter(move |function| !function.replaced && !function.rest && function.name == name)
    }

    /// The places in these lines of a file where a breakpoint can be, in order.
    pub fn places(&self, file: &str, lines: (u32, u32)) -> BTreeSet<(u32, u32)> {
        let newest = self.functions.values();
        newest
            .filter(|function| !function.replaced)
            .flat_map(|function| function.sites_in(file))
            .filter(|row| (lines.0..=lines.1).contains(&row.line))
            .map(|row| (row.line, row.column))
            .collect()
    }

    /// The sites of a line, or of the next line with code: the line and the addresses. `None`: there is no code from there on.
    pub fn sites(&self, file: &str, line: u32) -> Option<(Row, Vec<u64>)> {
        self.sites_at(file, line, None)
    }

    /// Of these, when a column of the line is meant: those of the first statement from there on, or of the last one.
    pub fn sites_at(&self, file: &str, line: u32, column: Option<u32>) -> Option<(Row, Vec<u64>)> {
        let newest = || {
            let functions = self.functions.values();
            functions
                .filter(|function| !function.replaced)
                .flat_map(|function| function.sites_in(file))
        };
        let found = newest()
            .filter(|row| row.line >= line)
            .map(|row| row.line)
            .min()?;
        let mut rows: Vec<Row> = newest().filter(|row| row.line == found).collect();
        if let Some(wanted) = column.filter(|_| found == line) {
            let columns = || rows.iter().map(|row| row.column);
            let from = columns().filter(|column| *column >= wanted).min();
            let meant = from.or_else(|| columns().max())?;
            rows.retain(|row| row.column == meant);
        }
        Some((rows[0], rows.iter().map(|row| row.address).collect()))
    }
}

type Slice<'a> = EndianSlice<'a, LittleEndian>;

fn read(elf: &[u8]) -> Result<Vec<Function>, String> {
    let file = object::File::parse(elf).map_err(|error| error.to_string())?;
    let dwarf = gimli::Dwarf::load(|id| {
        let section = file.section_by_name(id.name());
        let bytes = section.and_then(|section| section.data().ok());
        Ok::<_, gimli::Error>(Slice::new(bytes.unwrap_or_default(), LittleEndian))
    })
    .map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next().map_err(|error| error.to_string())? {
        let unit = dwarf.unit(header).map_err(|error| error.to_string())?;
        read_unit(&dwarf, &unit, &mut out).map_err(|error| error.to_string())?;
    }
    Ok(out)
}

fn read_unit<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &gimli::Unit<Slice<'a>>,
    out: &mut Vec<Function>,
) -> gimli::Result<()> {
    let text = |slice: Option<Slice<'a>>| slice.map(|s| s.to_string_lossy().into_owned());
    let name = text(unit.name).unwrap_or_default();
    let file = match text(unit.comp_dir).as_deref() {
        None | Some(".") => name,
        Some("/") => format!("/{name}"),
        Some(dir) => format!("{dir}/{name}"),
    };
    let rows = read_rows(unit)?;
    let mut tree = unit.entries_tree(None)?;
    let mut children = tree.root()?.children();
    while let Some(node) = children.next()? {
        if node.entry().tag() != dw::DW_TAG_subprogram {
            continue;
        }
        let Some(code) = range_of(dwarf, unit, node.entry())? else {
            continue;
        };
        let entry = node.entry();
        let number = |name| entry.attr_value(name).and_then(|value| value.udata_value());
        let mut function = Function {
            name: name_of(dwarf, unit, entry)?,
            file: file.clone(),
            line: number(dw::DW_AT_decl_line).unwrap_or(0) as u32,
            arity: number(AT_ARITY).unwrap_or(0) as u32,
            rows: rows
                .iter()
                .filter(|row| code.contains(&row.address))
                .copied()
                .collect(),
            variables: Vec::new(),
            replaced: false,
            rest: false,
            expanded: Vec::new(),
            moved: 0,
            code: code.clone(),
        };
        read_scope(dwarf, unit, node, &code, &mut function.variables)?;
        out.push(function);
    }
    Ok(())
}

fn read_scope<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &gimli::Unit<Slice<'a>>,
    node: gimli::EntriesTreeNode<'_, '_, Slice<'a>>,
    scope: &Range<u64>,
    out: &mut Vec<Variable>,
) -> gimli::Result<()> {
    let mut children = node.children();
    while let Some(child) = children.next()? {
        let entry = child.entry();
        match entry.tag() {
            dw::DW_TAG_lexical_block => {
                if let Some(inner) = range_of(dwarf, unit, entry)? {
                    read_scope(dwarf, unit, child, &inner, out)?;
                }
            }
            tag @ (dw::DW_TAG_formal_parameter | dw::DW_TAG_variable) => {
                let Some(AttributeValue::Exprloc(place)) = entry.attr_value(dw::DW_AT_location)
                else {
                    continue;
                };
                let mut bytes = place.0;
                if bytes.read_u8()? != dw::DW_OP_fbreg.0 {
                    continue;
                }
                let shape = entry.attr_value(AT_SHAPE).and_then(|v| v.udata_value());
                out.push(Variable {
                    name: name_of(dwarf, unit, entry)?,
                    shape: shape.unwrap_or(0) as u32,
                    fp_offset: bytes.read_sleb128()?,
                    in_cell: entry.attr_value(AT_VAR_CELL).is_some(),
                    is_param: tag == dw::DW_TAG_formal_parameter,
                    is_captured: entry.attr_value(AT_CAPTURED).is_some(),
                    in_place: entry.attr_value(AT_IN_PLACE).is_some(),
                    scope: scope.clone(),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

fn read_rows(unit: &gimli::Unit<Slice<'_>>) -> gimli::Result<Vec<Row>> {
    let mut out = Vec::new();
    let Some(program) = unit.line_program.clone() else {
        return Ok(out);
    };
    let mut rows = program.rows();
    while let Some((_, row)) = rows.next_row()? {
        if row.end_sequence() {
            continue;
        }
        out.push(Row {
            address: row.address(),
            line: row.line().map_or(0, |line| line.get() as u32),
            column: match row.column() {
                gimli::ColumnType::LeftEdge => 0,
                gimli::ColumnType::Column(column) => column.get() as u32,
            },
            statement: row.is_stmt(),
        });
    }
    Ok(out)
}

fn name_of<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &gimli::Unit<Slice<'a>>,
    entry: &gimli::DebuggingInformationEntry<Slice<'a>>,
) -> gimli::Result<String> {
    Ok(match entry.attr_value(dw::DW_AT_name) {
        Some(value) => dwarf
            .attr_string(unit, value)?
            .to_string_lossy()
            .into_owned(),
        None => String::new(),
    })
}

fn range_of<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &gimli::Unit<Slice<'a>>,
    entry: &gimli::DebuggingInformationEntry<Slice<'a>>,
) -> gimli::Result<Option<Range<u64>>> {
    let mut ranges = dwarf.die_ranges(unit, entry)?;
    Ok(ranges.next()?.map(|range| range.begin..range.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nostos_abi::code::{CodeObject, LocalVar, Site};
    use nostos_abi::desc::{DescTable, ShapeId, fixed};
    use nostos_codegen::dwarf::{Placed, elf};

    fn local(name: &str, shape: u32, scope: (u32, u32), is_param: bool) -> LocalVar {
        LocalVar {
            name: name.into(),
            shape: ShapeId(shape),
            fp_offset: -(scope.0 as i32) - 8,
            boxed_var: false,
            scope,
            is_param,
            is_captured: false,
            in_place: false,
            line: 1,
            at: 0,
        }
    }

    fn code(name: &str, sites: &[(u32, u32)]) -> CodeObject {
        let site = |&(ret, line): &(u32, u32)| Site {
            ret,
            len: 5,
            line,
            column: 1,
            is_statement: true,
        };
        CodeObject {
            name: name.into(),
            file: "src/main.nos".into(),
            line: 3,
            arity: 1,
            sites: sites.iter().map(site).collect(),
            locals: vec![
                local("n", fixed::SHAPE_INT, (4, 100), true),
                local("x", fixed::SHAPE_INT, (20, 90), false),
                local("x", fixed::SHAPE_STRING, (40, 60), false),
            ],
            ..CodeObject::default()
        }
    }

    fn add(symbols: &mut Symbols, objects: &[(&CodeObject, u64)]) {
        let placed: Vec<Placed> = objects
            .iter()
            .map(|&(code, address)| Placed {
                code,
                address,
                len: 100,
            })
            .collect();
        symbols
            .add(&elf(&placed, &DescTable::new(), ""))
            .expect("our own format");
    }

    #[test]
    fn a_line_leads_to_the_sites_of_the_next_line_with_code() {
        let mut symbols = Symbols::default();
        let (f, g) = (
            code("main.f", &[(10, 4), (30, 6)]),
            code("main.g", &[(10, 6), (30, 9)]),
        );
        add(&mut symbols, &[(&f, 0x1000), (&g, 0x2000)]);
        let sites = |line| {
            symbols
                .sites("src/main.nos", line)
                .map(|(row, at)| (row.line, at))
        };
        assert_eq!(sites(1), Some((4, vec![0x1005])));
        assert_eq!(sites(5), Some((6, vec![0x1019, 0x2005])));
        assert_eq!(sites(7), Some((9, vec![0x2019])));
        assert_eq!(sites(10), None);
        assert_eq!(symbols.sites("src/other.nos", 1), None);
    }

    #[test]
    fn an_address_leads_to_its_function_line_and_variables() {
        let mut symbols = Symbols::default();
        let f = code("main.f", &[(10, 4), (30, 6)]);
        add(&mut symbols, &[(&f, 0x1000)]);
        assert_eq!(symbols.function(0xfff), None);
        assert_eq!(symbols.function(0x1064), None);
        let function = symbols.function(0x1063).expect("its last byte");
        assert_eq!(function.row(0x1002).map(|row| row.line), Some(3));
        assert_eq!(function.row(0x1020).map(|row| row.line), Some(6));
        let names = |offset: u64| -> Vec<(String, u32)> {
            let at = function.visible(0x1000 + offset);
            at.iter().map(|v| (v.name.clone(), v.shape)).collect()
        };
        let n = ("n".to_owned(), fixed::SHAPE_INT);
        assert_eq!(names(10), std::slice::from_ref(&n));
        assert_eq!(names(20), [n.clone(), ("x".to_owned(), fixed::SHAPE_INT)]);
        assert_eq!(names(50), [n, ("x".to_owned(), fixed::SHAPE_STRING)]);
    }

    #[test]
    fn newer_code_takes_over_the_lines_and_the_old_stays_known_by_address() {
        let mut symbols = Symbols::default();
        let f = code("main.f", &[(10, 4)]);
        let lambda = code("main.f.lambda@5", &[(10, 5)]);
        let fg = code("main.fg", &[(10, 7)]);
        add(
            &mut symbols,
            &[(&f, 0x1000), (&lambda, 0x2000), (&fg, 0x3000)],
        );
        let new = code("main.f", &[(10, 4), (20, 8)]);
        add(&mut symbols, &[(&new, 0x4000)]);
        let sites = |line| symbols.sites("src/main.nos", line).map(|(_, at)| at);
        assert_eq!(sites(4), Some(vec![0x4005]));
        assert_eq!(
            sites(5),
            Some(vec![0x3005]),
            "the lambda went with its owner"
        );
        assert!(symbols.function(0x1005).is_some_and(|old| old.replaced));
        assert_eq!(symbols.named("main.f").count(), 1);
    }

    #[test]
    fn code_with_the_same_statements_counts_beside_the_old() {
        let mut symbols = Symbols::default();
        let f = code("main.f", &[(10, 4), (30, 6)]);
        let lambda = code("main.f.lambda@5", &[(10, 5)]);
        add(&mut symbols, &[(&f, 0x1000), (&lambda, 0x2000)]);
        let better = code("main.f", &[(8, 4), (50, 6)]);
        add(&mut symbols, &[(&better, 0x4000)]);
        let sites = |line| symbols.sites("src/main.nos", line).map(|(_, at)| at);
        assert_eq!(sites(4), Some(vec![0x1005, 0x4003]));
        assert_eq!(sites(5), Some(vec![0x2005]));
        assert_eq!(symbols.named("main.f").count(), 2);
    }
}
