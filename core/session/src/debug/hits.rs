//! Which hits of a breakpoint count: `5` (from the fifth on), `== 5`, `>= 5`, `> 5`, `<= 5`, `< 5`, `% 5` (every fifth).

/// Does this hit, counted from 1, count? A text that says nothing sensible counts every hit.
pub fn counts(spec: &str, hit: u64) -> bool {
    understood(spec, hit).unwrap_or(true)
}

/// Why a text is none of these.
pub fn complaint(spec: &str) -> Option<String> {
    let told = || format!("`{spec}` is no count of hits (`5`, `== 5`, `> 5`, `% 5`): all count");
    understood(spec, 1).is_none().then(told)
}

fn understood(spec: &str, hit: u64) -> Option<bool> {
    let spec = spec.trim();
    let digits = spec.find(|c: char| c.is_ascii_digit())?;
    let (operator, number) = spec.split_at(digits);
    let number = number.trim().parse::<u64>().ok()?;
    Some(match operator.trim() {
        "" | ">=" => hit >= number,
        "=" | "==" => hit == number,
        ">" => hit > number,
        "<" => hit < number,
        "<=" => hit <= number,
        "%" => number != 0 && hit.is_multiple_of(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{complaint, counts};

    #[test]
    fn each_form_counts_its_hits() {
        for (spec, expected) in [
            ("3", "3456"),
            (">= 3", "3456"),
            ("== 3", "3"),
            ("=3", "3"),
            (">3", "456"),
            ("< 3", "12"),
            ("<=3", "123"),
            ("% 2", "246"),
            ("%0", ""),
            ("nonsense", "123456"),
        ] {
            let got: String = (1..=6)
                .filter(|hit| counts(spec, *hit))
                .map(|hit| hit.to_string())
                .collect();
            assert_eq!(got, expected, "{spec}");
            assert_eq!(complaint(spec).is_some(), spec == "nonsense", "{spec}");
        }
    }
}
