//! Rows by question and answer; what programs see of them is in `tests/lang/library`.
#![forbid(unsafe_code)]

use nostos_abi::builtin::Op;
use nostos_abi::object::Lane;
use nostos_host::Value::{Int, Text};
use nostos_host::{Outcome, Value, Waits, attempt, waits};

/// However long a text is.
fn call(op: Op, args: &[Value]) -> Outcome {
    nostos_host::call(op, args, usize::MAX)
}

fn text(s: &str) -> Value {
    Text(s.into())
}

#[test]
fn every_row_that_is_said_to_be_here_is_here() {
    let ours: Vec<Op> = Op::ALL
        .iter()
        .copied()
        .filter(|op| waits(*op).is_some())
        .collect();
    assert!(ours.len() > 20);
    for op in ours {
        // Arguments that name nothing: an answer or an error of the row's own, but never that there is no such row.
        let args: Vec<Value> = nostos_host::values_of(op.info().args)
            .map(|(_, lane)| match lane {
                Lane::Ref => text("/nonexistent/nothing"),
                Lane::Raw | Lane::Float => Int(-1),
            })
            .collect();
        let failure = match waits(op) {
            Some(Waits::Long) => attempt(op, -1, &[], &mut 0, usize::MAX).err(),
            _ => call(op, &args).err(),
        };
        if let Some(failure) = failure {
            assert_ne!(
                failure.kind,
                "Panic",
                "{}: {}",
                op.info().name,
                failure.message
            );
        }
    }
}

#[test]
fn patterns() {
    let spans = |pattern: &str, subject: &str, limit: i64| {
        call(Op::RegexSpans, &[text(pattern), text(subject), Int(limit)])
    };
    assert_eq!(spans("b+", "abbab", -1), Ok(vec![text("1,3;4,5")]));
    assert_eq!(spans("b+", "abbab", 1), Ok(vec![text("1,3")]));
    assert_eq!(spans("(x)|(é)", "é", -1), Ok(vec![text("0,2,-1,-1,0,2")]));
    assert_eq!(spans("z", "ab", -1), Ok(vec![text("")]));
    assert_eq!(spans("(", "ab", -1).unwrap_err().kind, "RegexError");
    let problem = call(Op::RegexProblem, &[text("a{2,1}")]);
    assert_ne!(problem, Ok(vec![text("")]));
}

#[test]
fn handles_are_not_used_twice() {
    let path = std::env::temp_dir().join(format!("nostos-host-{}", std::process::id()));
    let path = text(&path.to_string_lossy());
    let open = |mode: &str| match call(Op::FileOpen, &[path.clone(), text(mode)]) {
        Ok(values) => values[0].clone(),
        Err(failure) => panic!("{failure:?}"),
    };
    let first = open("w");
    assert_eq!(
        call(Op::FileWrite, &[first.clone(), text("aé\nb")]),
        Ok(vec![])
    );
    assert_eq!(
        call(Op::FileClose, std::slice::from_ref(&first)),
        Ok(vec![])
    );
    let second = open("r");
    assert_ne!(first, second);
    let gone = call(Op::FileReadLine, &[first]).unwrap_err();
    assert_eq!(gone.message, "the file is closed");
    // A character is not cut, and one at least is read.
    assert_eq!(
        call(Op::FileRead, &[second.clone(), Int(2)]),
        Ok(vec![text("a")])
    );
    assert_eq!(
        call(Op::FileRead, &[second.clone(), Int(1)]),
        Ok(vec![text("é")])
    );
    assert_eq!(
        call(Op::FileReadLine, std::slice::from_ref(&second)),
        Ok(vec![Int(1), text("")])
    );
    assert_eq!(
        call(Op::FileReadLine, std::slice::from_ref(&second)),
        Ok(vec![Int(1), text("b")])
    );
    assert_eq!(
        call(Op::FileReadLine, std::slice::from_ref(&second)),
        Ok(vec![Int(0), text("")])
    );
    assert_eq!(
        call(Op::FileSeek, &[second.clone(), Int(1), Int(0)]),
        Ok(vec![Int(1)])
    );
    assert_eq!(
        call(Op::FileRead, &[second, Int(100)]),
        Ok(vec![text("é\nb")])
    );
    if let Text(path) = path {
        std::fs::remove_file(path).expect("it is there");
    }
}
