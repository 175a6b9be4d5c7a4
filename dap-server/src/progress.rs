//! Progress that a client shows: of what is over soon it hears nothing.

use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// What takes no longer than this is not worth showing.
const SOON: Duration = Duration::from_millis(300);

static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Something goes on until this is dropped.
pub(crate) struct Progress {
    over: Option<Sender<()>>,
    teller: Option<JoinHandle<()>>,
}

/// The request that a progress with this id is about, if it can be cancelled.
pub(crate) fn request_of(id: &str) -> Option<i64> {
    id.rsplit_once(" of ")?.1.parse().ok()
}

impl Progress {
    /// `request`: the number of the request that it is about, and that can be cancelled.
    pub(crate) fn new(
        title: String,
        request: Option<i64>,
        tell: impl Fn(&str, Value) + Send + 'static,
    ) -> Progress {
        let (over, waits) = channel::<()>();
        let work = move || {
            if waits.recv_timeout(SOON) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
            // Adapter and image show theirs in one session.
            let id = match request {
                Some(request) => format!("{} {number} of {request}", std::process::id()),
                None => format!("{} {number}", std::process::id()),
            };
            let cancellable = request.is_some();
            let mut body = json!({ "progressId": id, "title": title, "cancellable": cancellable });
            if let Some(request) = request {
                body["requestId"] = json!(request);
            }
            tell("progressStart", body);
            // It is an error, because nothing is sent: the other end is dropped.
            let _ = waits.recv();
            tell("progressEnd", json!({ "progressId": id }));
        };
        let teller = std::thread::Builder::new()
            .name("progress".into())
            .spawn(work);
        Progress {
            over: Some(over),
            // Without a thread nothing is shown, and nothing else is missing.
            teller: teller.ok(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(teller) = self.teller.take() {
            // The end is told before the answer is.
            let _ = teller.join();
        }
    }
}
