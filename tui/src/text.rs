//! Numbers as people read them: short, aligned, with units.

/// `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

fn scaled(n: f64, unit: &str) -> String {
    if n < 10.0 {
        format!("{n:.1}{unit}")
    } else {
        format!("{n:.0}{unit}")
    }
}

/// `940`, `1.2k`, `48M`.
pub fn short(n: u64) -> String {
    match n {
        0..1_000 => n.to_string(),
        1_000..1_000_000 => scaled(n as f64 / 1e3, "k"),
        1_000_000..1_000_000_000 => scaled(n as f64 / 1e6, "M"),
        _ => scaled(n as f64 / 1e9, "G"),
    }
}

/// `940 B`, `1.2 KB`, `38 MB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_024 => format!("{n} B"),
        1_024..1_048_576 => scaled(n as f64 / 1024.0, " KB"),
        1_048_576..1_073_741_824 => scaled(n as f64 / 1_048_576.0, " MB"),
        _ => scaled(n as f64 / 1_073_741_824.0, " GB"),
    }
}

/// A duration given in microseconds.
pub fn micros(n: u64) -> String {
    nanos(n.saturating_mul(1000))
}

/// A duration given in nanoseconds.
pub fn nanos(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} ns"),
        1_000..999_500 => scaled(n as f64 / 1e3, " µs"),
        999_500..999_500_000 => scaled(n as f64 / 1e6, " ms"),
        _ => seconds(n / 1_000_000),
    }
}

/// A duration given in milliseconds: `41 s`, `3m12s`, `2h05m`.
pub fn seconds(ms: u64) -> String {
    let s = ms / 1000;
    match s {
        0..10 => format!("{}.{} s", s, ms % 1000 / 100),
        10..60 => format!("{s} s"),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        _ => format!("{}h{:02}m", s / 3600, s / 60 % 60),
    }
}

/// `1 message`, `2 messages`.
pub fn count(n: u64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(grouped(48_112), "48,112");
        assert_eq!(grouped(7), "7");
        assert_eq!(short(1_204), "1.2k");
        assert_eq!(bytes(39_845_888), "38 MB");
        assert_eq!(bytes(9_318), "9.1 KB");
        assert_eq!(micros(400), "400 µs");
        assert_eq!(nanos(1_900_000), "1.9 ms");
        assert_eq!(nanos(999_700), "1.0 ms");
        assert_eq!(seconds(11_520_000), "3h12m");
        assert_eq!(count(1, "frame"), "1 frame");
    }
}
