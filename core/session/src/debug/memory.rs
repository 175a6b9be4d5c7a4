//! Bytes of the image, read through the kernel: what is not mapped gives nothing, instead of a crash.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// Bytes from an address on, fewer where no more can be read.
pub(super) fn read(address: u64, count: usize) -> Vec<u8> {
    let Ok(memory) = File::open("/proc/self/mem") else {
        return Vec::new();
    };
    let mut bytes = vec![0; count];
    let mut done = 0;
    while done < count {
        match memory.read_at(&mut bytes[done..], address + done as u64) {
            Ok(0) | Err(_) => break,
            Ok(n) => done += n,
        }
    }
    bytes.truncate(done);
    bytes
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_is_there_is_read_and_what_is_not_is_not() {
        let text = String::from("here");
        assert_eq!(read(text.as_ptr() as u64, 4), b"here");
        assert_eq!(read(0, 100), b"");
    }
}
