//! An image for one test, and what the tests have in common.

use nostos_abi::code::{CellId, CodeObject};
use nostos_abi::desc::{Desc, DescTable, Layout, ShapeId, View, fixed};
use nostos_abi::object::Lane;
use nostos_runtime::{Config, ExitReason, Image, Stream};
use std::sync::{Arc, Mutex};

/// Descriptors of the tests' own types.
pub const CONS: u32 = fixed::FIRST_FREE;
/// (pid, number): a message.
pub const MESSAGE: u32 = CONS + 1;
/// A closure that captures a ref.
pub const CLOSURE: u32 = CONS + 2;
/// Array of refs.
pub const ARRAY: u32 = CONS + 3;
/// Another message: (number).
pub const OTHER: u32 = CONS + 4;

pub fn descs() -> DescTable {
    use Lane::{Raw, Ref};
    let mut table = DescTable::new();
    let plain = |layout| Desc {
        layout,
        view: View::Internal("test"),
    };
    assert_eq!(table.add(plain(Layout::Fixed(vec![Raw, Ref]))), CONS);
    assert_eq!(table.add(plain(Layout::Fixed(vec![Raw, Raw]))), MESSAGE);
    assert_eq!(table.add(plain(Layout::Closure(vec![Ref, Raw]))), CLOSURE);
    assert_eq!(table.add(plain(Layout::Elements(vec![Ref]))), ARRAY);
    let boxed_int = View::Boxed(ShapeId(fixed::SHAPE_INT));
    let other = Desc {
        layout: Layout::Fixed(vec![Raw]),
        view: boxed_int,
    };
    assert_eq!(table.add(other), OTHER);
    table
}

/// A way to run a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    pub workers: usize,
    pub gc_stress: bool,
    pub stack_stress: bool,
}

/// Plain, and under each stress switch, on one worker and on two.
pub const MODES: [Mode; 5] = [
    mode(1, false, false),
    mode(2, false, false),
    mode(1, true, false),
    mode(2, false, true),
    mode(2, true, true),
];

const fn mode(workers: usize, gc_stress: bool, stack_stress: bool) -> Mode {
    Mode {
        workers,
        gc_stress,
        stack_stress,
    }
}

impl Mode {
    pub fn stressed(self) -> bool {
        self.gc_stress || self.stack_stress
    }
}

/// An image and what it has written.
pub struct World {
    pub image: Arc<Image>,
    pub output: Arc<Mutex<Vec<(Stream, String)>>>,
}

impl World {
    pub fn new(mode: Mode) -> World {
        World::with(mode, |_| {})
    }

    pub fn with(mode: Mode, change: impl FnOnce(&mut Config)) -> World {
        let output = Arc::new(Mutex::new(Vec::new()));
        let sink = output.clone();
        let mut config = Config::from_env();
        config.workers = mode.workers;
        config.gc_stress = mode.gc_stress;
        config.stack_stress = mode.stack_stress;
        config.inspect = true;
        config.output = Arc::new(move |stream, text| {
            sink.lock().unwrap().push((stream, text.to_string()));
        });
        change(&mut config);
        let image = Image::new(config).unwrap();
        image.add_descs(&descs());
        World { image, output }
    }

    pub fn publish(&self, batch: Vec<(u32, CodeObject)>) {
        let batch = batch.into_iter().map(|(c, o)| (CellId(c), o)).collect();
        self.image.publish(batch).unwrap();
    }

    /// Runs a closed function that gives a boxed Int.
    pub fn run(&self, cell: u32) -> Result<i64, String> {
        let (_, answer) = self.image.call(CellId(cell)).unwrap();
        let finished = answer
            .recv_timeout(std::time::Duration::from_secs(60))
            .expect("the program ends");
        match &finished.reason {
            ExitReason::Normal => Ok(self
                .image
                .render_result(&finished, true)
                .unwrap()
                .parse()
                .unwrap()),
            other => Err(other.to_string()),
        }
    }

    pub fn errors(&self) -> String {
        let output = self.output.lock().unwrap();
        let errors = output.iter().filter(|o| o.0 == Stream::Err);
        errors.map(|o| o.1.as_str()).collect()
    }
}
