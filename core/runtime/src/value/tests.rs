//! Values laid out by hand, and what people see of them.

use super::{Lanes, Lists, Memory, Value, children, render};
use nostos_abi::desc::{Ctor, Desc, DescTable, Layout, Shape, ShapeId, ShapeKind, View, fixed};
use nostos_abi::object::{Lane, header, immediate, inline_string};

const INT: ShapeId = ShapeId(fixed::SHAPE_INT);
const STRING: ShapeId = ShapeId(fixed::SHAPE_STRING);

fn shape(table: &mut DescTable, name: &str, lanes: &[Lane], kind: ShapeKind) -> ShapeId {
    table.shapes.push(Shape {
        name: name.into(),
        instance: None,
        lanes: lanes.to_vec(),
        kind,
    });
    ShapeId(table.shapes.len() as u32 - 1)
}

fn ctor(name: &str, fields: &[(&str, ShapeId)], places: &[&[u32]], desc: Option<u32>) -> Ctor {
    Ctor {
        name: name.into(),
        fields: fields.iter().map(|(n, s)| ((*n).into(), *s)).collect(),
        places: places.iter().map(|p| p.to_vec()).collect(),
        desc,
    }
}

fn object(table: &mut DescTable, of: ShapeId, index: u32, lanes: &[Lane]) -> u32 {
    table.add(Desc {
        layout: Layout::Fixed(lanes.to_vec()),
        view: View::Ctor {
            shape: of,
            ctor: index,
        },
    })
}

/// An object that lives as long as the test.
fn make(desc: u32, payload: &[u64]) -> u64 {
    let mut words = vec![header(desc)];
    words.extend_from_slice(payload);
    Vec::leak(words).as_ptr() as u64
}

fn text(words: &str) -> [u64; 3] {
    inline_string(words).unwrap()
}

fn list_of(table: &mut DescTable, element: ShapeId, name: &str, width: u32) -> (ShapeId, u32) {
    let id = ShapeId(table.shapes.len() as u32);
    let mut lanes = vec![Lane::Raw; width as usize];
    lanes.push(Lane::Ref);
    let cons = object(table, id, 1, &lanes);
    let places: Vec<u32> = (0..width).collect();
    let ctors = vec![
        ctor("Nil", &[], &[], None),
        ctor(
            "Cons",
            &[("", element), ("", id)],
            &[&places, &[width]],
            Some(cons),
        ),
    ];
    let kind = ShapeKind::Variant { ctors, boxed: true };
    (shape(table, name, &[Lane::Ref], kind), cons)
}

fn shown(table: &DescTable, shape: ShapeId, lanes: &[u64]) -> String {
    render(table, Memory::Live, shape, Lanes(lanes))
}

#[test]
fn simple_values() {
    let mut table = DescTable::new();
    let atom = u64::from(table.atom("ok"));
    for (shape, lanes, expected) in [
        (fixed::SHAPE_UNIT, &[][..], "()"),
        (fixed::SHAPE_INT, &[(-3i64) as u64], "-3"),
        (fixed::SHAPE_FLOAT, &[2.0f64.to_bits()], "2.0"),
        (fixed::SHAPE_BOOL, &[1], "true"),
        (fixed::SHAPE_CHAR, &[0x27], "'\\''"),
        (fixed::SHAPE_STRING, &text("a\"b"), "\"a\\\"b\""),
        (fixed::SHAPE_ATOM, &[atom], ":ok"),
        (fixed::SHAPE_PID, &[7], "<pid 7>"),
        // Wrong words give a question mark, not a crash.
        (fixed::SHAPE_STRING, &[8, 0, 100], "?"),
        (fixed::SHAPE_INT, &[], "?"),
        (99, &[1], "?"),
    ] {
        assert_eq!(shown(&table, ShapeId(shape), lanes), expected);
    }
}

#[test]
fn lists_variants_and_records() {
    let mut table = DescTable::new();
    let (ints, cons) = list_of(&mut table, INT, "List[Int]", 1);
    let mut list = immediate(0);
    for n in (1..=3).rev() {
        list = make(cons, &[n, list]);
    }
    assert_eq!(shown(&table, ints, &[immediate(0)]), "[]");
    assert_eq!(shown(&table, ints, &[list]), "[1, 2, 3]");
    let value = Value {
        shape: ints,
        lanes: vec![list],
    };
    let (total, page) = children(&table, Memory::Live, &super::Lists::default(), &value, 1, 1);
    assert_eq!(
        (total, page[0].name.as_str(), page[0].value.lanes[0]),
        (3, "1", 2)
    );

    // Inline: lane 0 says which; the two constructors share a lane.
    let ctors = vec![
        ctor("None", &[], &[], None),
        ctor("Some", &[("", INT)], &[&[1]], None),
    ];
    let kind = ShapeKind::Variant {
        ctors,
        boxed: false,
    };
    let option = shape(&mut table, "Option[Int]", &[Lane::Raw, Lane::Raw], kind);
    assert_eq!(shown(&table, option, &[0, 0]), "None");
    assert_eq!(shown(&table, option, &[1, 5]), "Some(5)");

    let fields = vec![("name".to_string(), STRING), ("age".to_string(), INT)];
    let kind = ShapeKind::Record {
        fields,
        boxed: None,
    };
    let lanes = [Lane::Ref, Lane::Raw, Lane::Raw, Lane::Raw];
    let record = shape(&mut table, "zoo.Animal", &lanes, kind);
    let [a, b, c] = text("ape");
    assert_eq!(
        shown(&table, record, &[a, b, c, 9]),
        "Animal{name: \"ape\", age: 9}"
    );
}

#[test]
fn long_lists_are_cut() {
    let mut table = DescTable::new();
    let (ints, cons) = list_of(&mut table, INT, "List[Int]", 1);
    let list = (0..100_000).fold(immediate(0), |list, _| make(cons, &[1, list]));
    let text = shown(&table, ints, &[list]);
    assert!(
        text.starts_with("[1, 1, ") && text.ends_with(", …]"),
        "{text}"
    );
    assert!(text.len() < 500);
}

/// A list whose cells lie in this order in memory, with nothing that can be read before and behind them.
fn list_in(order: impl Iterator<Item = usize>, cons: u32) -> u64 {
    const PAGE: usize = 4096;
    let order: Vec<usize> = order.collect();
    let bytes = (order.len() * 24).next_multiple_of(PAGE);
    let all = bytes + 2 * PAGE;
    // SAFETY: a mapping at an address of the kernel's choice, of which the middle is written: a header and two words for each cell.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let at = libc::mmap(std::ptr::null_mut(), all, libc::PROT_NONE, flags, -1, 0);
        assert_ne!(at, libc::MAP_FAILED);
        let start = at.cast::<u8>().add(PAGE);
        let access = libc::PROT_READ | libc::PROT_WRITE;
        assert_eq!(libc::mprotect(start.cast(), bytes, access), 0);
        // The last cell ends where the memory does.
        let end = start.add(bytes);
        let cell = |i: usize| end.sub((order.len() - i) * 24).cast::<u64>();
        let mut list = immediate(0);
        for (n, &place) in order.iter().enumerate().rev() {
            let words = [header(cons), n as u64, list];
            cell(place).cast::<[u64; 3]>().write(words);
            list = cell(place) as u64;
        }
        list
    }
}

#[test]
fn a_page_of_a_long_list_is_found_wherever_its_cells_are() {
    let mut table = DescTable::new();
    let (ints, cons) = list_of(&mut table, INT, "List[Int]", 1);
    let len = 20_000;
    // Upwards, downwards, two halves in turns, and all over the place: 7 and 20,000 have no divisor in common.
    let orders: [&dyn Fn(usize) -> usize; 4] = [
        &|i| i,
        &|i| len - 1 - i,
        &|i| i / 2 + i % 2 * (len / 2),
        &|i| i * 7_777 % len,
    ];
    for order in orders {
        let list = Value {
            shape: ints,
            lanes: vec![list_in((0..len).map(order), cons)],
        };
        let lists = Lists::default();
        for start in [0, len / 2, len - 3, len, 1] {
            let (total, page) = children(&table, Memory::Live, &lists, &list, start, 5);
            assert_eq!(total, len);
            let found: Vec<u64> = page.iter().map(|child| child.value.lanes[0]).collect();
            let expected: Vec<u64> = (start..len.min(start + 5)).map(|n| n as u64).collect();
            assert_eq!(found, expected);
        }
    }
}

/// A map of two entries as the library lays it out: shown by its keys' order.
#[test]
fn maps_are_shown_as_maps() {
    use Lane::{Raw, Ref};
    let mut table = DescTable::new();
    let fields = vec![INT, STRING];
    let kind = ShapeKind::Tuple {
        fields,
        boxed: None,
    };
    let lanes = [Raw, Ref, Raw, Raw];
    let pair = shape(&mut table, "(Int, String)", &lanes, kind);
    let pairs = array(&mut table, pair, "Array[(Int, String)]", &lanes);
    let node = ShapeId(table.shapes.len() as u32 + 1);
    let nodes = array(&mut table, node, "Array[Node[Int, String]]", &[Ref]);
    let branch = object(&mut table, node, 0, &[Raw, Raw, Ref, Ref]);
    let ctors = vec![
        ctor(
            "Branch",
            &[("", INT), ("", INT), ("", pairs.0), ("", nodes.0)],
            &[&[0], &[1], &[2], &[3]],
            Some(branch),
        ),
        ctor("Clash", &[], &[], None),
    ];
    let kind = ShapeKind::Variant { ctors, boxed: true };
    shape(&mut table, "Node[Int, String]", &[Ref], kind);
    let fields = vec![("entries".to_string(), INT), ("root".to_string(), node)];
    let kind = ShapeKind::Record {
        fields,
        boxed: None,
    };
    let map = shape(&mut table, "Map[Int, String]", &[Raw, Ref], kind);
    let entry = |key: u64, value: &str| {
        let [a, b, c] = text(value);
        make(pairs.1, &[1, key, a, b, c])
    };
    let (no_pairs, no_nodes) = (make(pairs.1, &[0]), make(nodes.1, &[0]));
    let below = make(branch, &[1, 0, entry(10, "ten"), no_nodes]);
    let root = make(
        branch,
        &[1, 2, entry(9, "nine"), make(nodes.1, &[1, below])],
    );
    assert_eq!(
        shown(&table, map, &[2, root]),
        "%{9: \"nine\", 10: \"ten\"}"
    );
    let empty = make(branch, &[0, 0, no_pairs, no_nodes]);
    assert_eq!(shown(&table, map, &[0, empty]), "%{}");
}

/// An array's shape and its objects' descriptor.
fn array(table: &mut DescTable, item: ShapeId, name: &str, lanes: &[Lane]) -> (ShapeId, u32) {
    let desc = table.add(Desc {
        layout: Layout::Elements(lanes.to_vec()),
        view: View::Array(item),
    });
    let made = shape(table, name, &[Lane::Ref], ShapeKind::Array(item));
    (made, desc)
}
