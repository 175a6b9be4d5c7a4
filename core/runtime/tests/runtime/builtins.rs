//! Ops and leaves of the builtin table: question and answer, one a line. Programs are made of one call each.

use crate::jit::{Fun, function};
use crate::world::{CONS, MODES, World};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};
use nostos_abi::builtin::Op;
use nostos_abi::code::{CellId, StaticWord, Symbol};
use nostos_abi::desc::fixed;
use nostos_abi::object::Lane::{self, Raw, Ref};
use nostos_abi::object::{HEADER_STATIC, header, inline_string};
use std::time::Duration;

/// An argument.
#[derive(Clone, Copy, Debug)]
enum Arg {
    Text(&'static str),
    Int(i64),
    Float(f64),
    Char(char),
}
use Arg::{Char, Float, Int, Text};

/// Op, arguments, the answer as text (`error: …` when it throws).
const ROWS: &[(Op, &[Arg], &str)] = &[
    (Op::StringConcat, &[Text("ab"), Text("cd")], "abcd"),
    (
        Op::StringConcat,
        &[Text(""), Text("a text of more than 22 bytes")],
        "a text of more than 22 bytes",
    ),
    (
        Op::StringConcat,
        &[Text("exactly eleven"), Text(" and eight")],
        "exactly eleven and eight",
    ),
    (
        Op::StringConcat,
        &[Text("a text of more than 22 bytes"), Text("ä")],
        "a text of more than 22 bytesä",
    ),
    (
        Op::StringSlice,
        &[Text("a text of more than 22 bytes"), Int(2), Int(6)],
        "text",
    ),
    (
        Op::StringSlice,
        &[Text("a text of more than 22 bytes"), Int(1), Int(28)],
        " text of more than 22 bytes",
    ),
    (
        Op::StringSlice,
        &[Text("ä"), Int(1), Int(2)],
        "error: Panic: bytes 1 to 2 of a string cut a character",
    ),
    (Op::StringSubstring, &[Text("äöü"), Int(1), Int(2)], "ö"),
    (Op::StringSubstring, &[Text("äöü"), Int(2), Int(99)], "ü"),
    (Op::StringSubstring, &[Text("abc"), Int(2), Int(1)], ""),
    (Op::StringSubstring, &[Text("abc"), Int(-5), Int(2)], "ab"),
    (Op::IntToString, &[Int(-42)], "-42"),
    (Op::IntToString, &[Int(i64::MIN)], "-9223372036854775808"),
    (Op::UIntToString, &[Int(-1)], "18446744073709551615"),
    (Op::FloatToString, &[Float(1.0)], "1.0"),
    (
        Op::FloatToString,
        &[Float(0.1 + 0.2)],
        "0.30000000000000004",
    ),
    (Op::FloatToString, &[Float(1e20)], "1e20"),
    (Op::FloatToString, &[Float(-1.5e-7)], "-1.5e-7"),
    (Op::FloatToString, &[Float(f64::INFINITY)], "inf"),
    (Op::FloatToString, &[Float(f64::NAN)], "NaN"),
    (Op::FloatToFixed, &[Float(2.0 / 3.0), Int(3)], "0.667"),
    (Op::FloatToFixed, &[Float(2.5), Int(-1)], "2"),
    (Op::CharToString, &[Char('é')], "é"),
    (Op::CharQuote, &[Char('\'')], "'\\''"),
    (
        Op::StringQuote,
        &[Text("a\"b\\\n\u{1}")],
        "\"a\\\"b\\\\\\n\\u{1}\"",
    ),
    (Op::StringToUpper, &[Text("straße")], "STRASSE"),
    (Op::StringToLower, &[Text("ÄB")], "äb"),
    (Op::StringTrim, &[Text(" \t x y \n")], "x y"),
    (Op::StringTrimStart, &[Text("  x ")], "x "),
    (Op::StringTrimEnd, &[Text("  x ")], "  x"),
    (
        Op::StringReplaceAll,
        &[Text("a-b-c"), Text("-"), Text(" and then ")],
        "a and then b and then c",
    ),
    (
        Op::StringReplaceAll,
        &[Text("abc"), Text(""), Text("x")],
        "abc",
    ),
    (
        Op::StringRepeat,
        &[Text("ab"), Int(15)],
        "ababababababababababababababab",
    ),
    (Op::StringRepeat, &[Text("ab"), Int(-1)], ""),
    (
        Op::StringRepeat,
        &[Text("ab"), Int(i64::MAX)],
        "error: Panic: the string is too long",
    ),
    (Op::StringReverse, &[Text("añb")], "bña"),
    (
        Op::FileReadAll,
        &[Text("/there/is/no/such/file")],
        "error: io_error: /there/is/no/such/file: No such file or directory",
    ),
    (Op::ArgGet, &[Int(1)], "second"),
    (Op::ArgGet, &[Int(99)], ""),
];

/// The lanes of an argument; long texts are constants of the code object.
fn lanes(f: &mut Fun, arg: Arg, long: &mut u32) -> Vec<Value> {
    match arg {
        Int(n) => vec![f.int(n)],
        Char(c) => vec![f.int(i64::from(u32::from(c)))],
        Float(x) => vec![f.b.ins().f64const(x)],
        Text(text) => match inline_string(text) {
            Some(words) => words.iter().map(|w| f.int(*w as i64)).collect(),
            None => {
                let object = f.address(Symbol::Static(*long));
                *long += 1;
                vec![object, f.int(0), f.int(text.len() as i64)]
            }
        },
    }
}

fn constant(text: &str) -> Vec<StaticWord> {
    let mut words = vec![
        StaticWord::Bits(header(fixed::STRING_BYTES) | HEADER_STATIC),
        StaticWord::Bits(text.len() as u64),
    ];
    for chunk in text.as_bytes().chunks(8) {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        words.push(StaticWord::Bits(u64::from_le_bytes(bytes)));
    }
    words
}

/// What a closed function that gives a boxed string answers.
fn answer(world: &World, cell: u32) -> String {
    let (_, answer) = world.image.call(CellId(cell)).unwrap();
    let finished = answer.recv_timeout(Duration::from_secs(60)).unwrap();
    match world.image.render_result(&finished, true) {
        Some(text) => text,
        None => format!("error: {}", finished.reason),
    }
}

#[test]
fn texts() {
    for mode in MODES {
        let world = World::with(mode, |c| c.args = vec!["first".into(), "second".into()]);
        for (i, (op, args, expected)) in ROWS.iter().enumerate() {
            let long = args.iter().filter_map(|a| match a {
                Text(text) if inline_string(text).is_none() => Some(constant(text)),
                Text(_) | Int(_) | Float(_) | Char(_) => None,
            });
            let main = function("main", &[], &[Ref], long.collect(), |f, _| {
                let mut long = 0;
                let args: Vec<Value> = args.iter().flat_map(|a| lanes(f, *a, &mut long)).collect();
                let text = f.op(*op, &args);
                let boxed = f.alloc(fixed::BOXED_STRING, &text);
                f.b.ins().return_(&[boxed]);
            });
            world.publish(vec![(i as u32, main)]);
            assert_eq!(
                answer(&world, i as u32),
                *expected,
                "{op:?} {args:?} {mode:?}"
            );
        }
    }
}

/// Builders nest, and one that an exception left open is dropped with those around it.
#[test]
fn builders() {
    for mode in MODES {
        let world = World::new(mode);
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let outer = f.op(Op::BuilderStart, &[])[0];
            let n = f.int(-7);
            f.op(Op::BuilderPushInt, &[n]);
            let inner = f.op(Op::BuilderStart, &[])[0];
            let c = f.int('x' as i64);
            f.op(Op::BuilderPushChar, &[c]);
            let text = f.op(Op::BuilderFinish, &[inner]);
            f.op(Op::BuilderPushQuoted, &text);
            f.op(Op::BuilderStart, &[]);
            f.op(Op::BuilderPush, &text);
            let x = f.b.ins().f64const(0.5);
            f.op(Op::BuilderPushFloat, &[x]);
            let text = f.op(Op::BuilderFinish, &[outer]);
            let boxed = f.alloc(fixed::BOXED_STRING, &text);
            f.b.ins().return_(&[boxed]);
        });
        world.publish(vec![(0, main)]);
        assert_eq!(answer(&world, 0), "-7\"x\"", "{mode:?}");
    }
}

/// A list of a hundred thousand cells, each holding the same object, is sent: it arrives whole, with the object still one, and nothing recurses.
#[test]
fn long_lists_are_copied_with_sharing() {
    for mode in MODES {
        let world = World::new(mode);
        let n = if mode.gc_stress { 300 } else { 100_000 };
        let main = function("main", &[], &[Ref], vec![], move |f, _| {
            let (count, null) = (f.int(n), f.int(1));
            let shared = f.alloc(fixed::BOXED_INT, &[count]);
            let pair_of = |f: &mut Fun, a: Value, b: Value| f.alloc(PAIR, &[a, b]);
            let list = f.fold(count, null, Ref, |f, acc, _| pair_of(f, shared, acc));
            let me = f.op(Op::SelfPid, &[])[0];
            f.op(Op::Send, &[me, list]);
            let list = crate::processes::receive(f, -1);
            let first = f.field(list, 0, Ref);
            // How many cells hold the very object the first one holds.
            let zero = f.int(0);
            let (head, more, done) = (f.b.create_block(), f.b.create_block(), f.b.create_block());
            let at =
                f.b.append_block_param(head, cranelift_codegen::ir::types::I64);
            f.b.declare_value_needs_stack_map(at);
            let same =
                f.b.append_block_param(head, cranelift_codegen::ir::types::I64);
            f.b.ins().jump(head, &[list.into(), zero.into()]);
            f.b.switch_to_block(head);
            let end = f.b.ins().icmp_imm_s(IntCC::Equal, at, 1);
            f.b.ins().brif(end, done, &[], more, &[]);
            f.b.switch_to_block(more);
            let held = f.field(at, 0, Ref);
            let next = f.field(at, 1, Ref);
            let is_same = f.b.ins().icmp(IntCC::Equal, held, first);
            let is_same =
                f.b.ins()
                    .uextend(cranelift_codegen::ir::types::I64, is_same);
            let so_far = f.b.ins().iadd(same, is_same);
            f.b.ins().jump(head, &[next.into(), so_far.into()]);
            f.b.switch_to_block(done);
            let boxed = f.alloc(fixed::BOXED_INT, &[same]);
            f.b.ins().return_(&[boxed]);
        });
        let mut table = crate::world::descs();
        let desc = nostos_abi::desc::Desc {
            layout: nostos_abi::desc::Layout::Fixed(vec![Lane::Ref, Lane::Ref]),
            view: nostos_abi::desc::View::Internal("pair"),
        };
        assert_eq!(table.add(desc), PAIR);
        world.image.add_descs(&table);
        world.publish(vec![(0, main)]);
        assert_eq!(world.run(0), Ok(n), "{mode:?}");
    }
}

const PAIR: u32 = crate::world::OTHER + 1;

/// A module-level value is made once and seen by all processes.
#[test]
fn the_first_to_set_a_global_wins() {
    for mode in MODES {
        let world = World::new(mode);
        let main = function("main", &[], &[Ref], vec![], |f, _| {
            let (number, null) = (f.int(3), f.int(1));
            let before = f.op(Op::GlobalGet, &[number])[0];
            for n in [5, 6] {
                let n = f.int(n);
                let cell = f.alloc(CONS, &[n, null]);
                f.op(Op::GlobalSet, &[number, cell]);
            }
            let set = f.op(Op::GlobalGet, &[number])[0];
            let value = f.field(set, 0, Raw);
            let sum = f.b.ins().iadd(value, before);
            let boxed = f.alloc(fixed::BOXED_INT, &[sum]);
            f.b.ins().return_(&[boxed]);
        });
        world.publish(vec![(0, main)]);
        assert_eq!(world.run(0), Ok(5), "{mode:?}");
    }
}
