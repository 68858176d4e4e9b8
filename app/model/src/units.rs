//! Numbers as people read them. The exact value belongs in a title beside it.

/// Bytes with a binary unit and at most three significant digits: `0 B`, `1.5 KiB`, `412 GiB`.
pub fn human_bytes(bytes: u64) -> String {
    scaled(bytes, 1024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// A count with a thousands separator (U+202F, narrow no-break space): `12 345`.
pub fn human_count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// A rate per second with a decimal unit: `98 rec/s`, `48.1 k rec/s`. Negative and non-finite rates read as zero.
pub fn human_rate(per_second: f64, unit: &str) -> String {
    let mut value = if per_second.is_finite() { per_second.max(0.0) } else { 0.0 };
    let mut prefix = "";
    for next in ["k ", "M ", "G "] {
        if value < 1000.0 {
            break;
        }
        value /= 1000.0;
        prefix = next;
    }
    let decimals = usize::from(value < 100.0 && (!prefix.is_empty() || (value < 10.0 && value > 0.0)));
    format!("{value:.decimals$} {prefix}{unit}/s")
}

/// How long something takes: `2 s`, `5 min`, `3 h`, `4 days`.
pub fn human_duration(seconds: u64) -> String {
    match seconds {
        s @ 0..=119 => format!("{s} s"),
        s @ 120..=7199 => format!("{} min", s / 60),
        s @ 7200..=172_799 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

fn scaled(value: u64, base: u64, units: &[&str]) -> String {
    let mut whole = value;
    let mut rest = 0;
    let mut unit = 0;
    while whole >= base && unit + 1 < units.len() {
        rest = whole % base;
        whole /= base;
        unit += 1;
    }
    let tenth = rest * 10 / base;
    let name = units.get(unit).copied().unwrap_or_default();
    if unit > 0 && whole < 100 && tenth > 0 { format!("{whole}.{tenth} {name}") } else { format!("{whole} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_as_people_say_them() {
        assert_eq!(human_bytes(0), "0 B");
        assert_eq!(human_bytes(1023), "1023 B");
        assert_eq!(human_bytes(1536), "1.5 KiB");
        assert_eq!(human_bytes(412 << 30), "412 GiB");
        assert_eq!(human_bytes(u64::MAX), "15.9 EiB");
    }

    #[test]
    fn counts_are_grouped_and_rates_scaled() {
        assert_eq!(human_count(999), "999");
        assert_eq!(human_count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(human_rate(98.0, "rec"), "98 rec/s");
        assert_eq!(human_rate(48_123.0, "rec"), "48.1 k rec/s");
        assert_eq!(human_rate(f64::NAN, "B"), "0 B/s");
    }
}
