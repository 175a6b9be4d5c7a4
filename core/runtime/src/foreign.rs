//! C libraries, opened when first asked for and kept.

use crate::mutex::Mutex;
use rustc_hash::FxHashMap;
use std::ffi::{CStr, CString};

/// See the module.
#[derive(Default)]
pub(crate) struct Foreign {
    libraries: Mutex<FxHashMap<String, usize>>,
    symbols: Mutex<FxHashMap<(String, String), usize>>,
}

impl Foreign {
    /// The address of a function, or a sentence.
    pub(crate) fn find(&self, library: &str, symbol: &str) -> Result<usize, String> {
        let key = (library.to_string(), symbol.to_string());
        if let Some(address) = self.symbols.lock().get(&key) {
            return Ok(*address);
        }
        let handle = self.open(library)?;
        let name = CString::new(symbol).map_err(|_| format!("no function `{symbol}`"))?;
        // SAFETY: the handle is one that dlopen gave and nobody closes; the name ends in NUL.
        let address = unsafe { libc::dlsym(handle as *mut libc::c_void, name.as_ptr()) } as usize;
        if address == 0 {
            return Err(format!("{library}: no function `{symbol}`"));
        }
        self.symbols.lock().insert(key, address);
        Ok(address)
    }

    fn open(&self, library: &str) -> Result<usize, String> {
        if let Some(handle) = self.libraries.lock().get(library) {
            return Ok(*handle);
        }
        let mut why = String::new();
        for name in candidates(library) {
            match open(name.as_deref()) {
                Ok(handle) => {
                    self.libraries.lock().insert(library.to_string(), handle);
                    return Ok(handle);
                }
                Err(e) => why = e,
            }
        }
        Err(why)
    }
}

/// File names a library may have. `None` is the program itself, which has the C library in it.
fn candidates(library: &str) -> Vec<Option<String>> {
    match library {
        "" => vec![None],
        "c" | "libc" => vec![Some("libc.so.6".into()), None],
        "m" | "libm" => vec![Some("libm.so.6".into())],
        name if name.contains('/') || name.contains(".so") => vec![Some(name.into())],
        name => [
            format!("lib{name}.so"),
            format!("{name}.so"),
            name.to_string(),
        ]
        .map(Some)
        .into(),
    }
}

fn open(name: Option<&str>) -> Result<usize, String> {
    let text = name.map(CString::new).transpose();
    let text = text.map_err(|_| "a library's name with a NUL in it".to_string())?;
    let at = text.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
    // SAFETY: null or a C string; a library's initialisers run, which is what the program asked for.
    let handle = unsafe { libc::dlopen(at, libc::RTLD_NOW | libc::RTLD_LOCAL) };
    if !handle.is_null() {
        return Ok(handle as usize);
    }
    // SAFETY: after a failure there is a C string, valid until this thread's next call of the kind.
    let why = unsafe {
        let why = libc::dlerror();
        if why.is_null() {
            String::new()
        } else {
            CStr::from_ptr(why).to_string_lossy().into_owned()
        }
    };
    Err(if why.is_empty() {
        format!("cannot open {}", name.unwrap_or("the program"))
    } else {
        why
    })
}
