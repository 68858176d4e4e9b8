//! Amounts of memory and storage: Kubernetes quantities and Java heap sizes, in exact whole bytes.

/// A text that is not an amount of bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuantity {
    /// Not a Kubernetes quantity.
    #[error("{0:?} is not a quantity: write a number with a unit, such as 512Mi, 100Gi or 1.5G")]
    NotAQuantity(String),
    /// Less than nothing.
    #[error("{0:?} is negative: an amount of bytes is not")]
    Negative(String),
    /// More than 2^63 - 1, where Kubernetes ends.
    #[error("{0:?} is more bytes than Kubernetes can count")]
    TooLarge(String),
    /// Not a heap size.
    #[error("{0:?} is not a heap size: write a whole number with a unit, such as 512m, 4g or 4Gi")]
    NotAHeap(String),
}

/// The bytes of a Kubernetes quantity (`resource.Quantity`), rounded up as Kubernetes does: `1.5Gi`, `500M`, `1e9`, `100m`.
pub fn bytes_of_quantity(text: &str) -> Result<u64, InvalidQuantity> {
    let not_a_quantity = || InvalidQuantity::NotAQuantity(text.chars().take(40).collect());
    let too_large = || InvalidQuantity::TooLarge(text.chars().take(40).collect());
    let unsigned = match text.as_bytes().first() {
        Some(b'-') => return Err(InvalidQuantity::Negative(text.chars().take(40).collect())),
        Some(b'+') => &text[1..],
        _ => text,
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(not_a_quantity());
    }
    let scale = Scale::of_suffix(suffix).ok_or_else(not_a_quantity)?;
    // Digits that can no longer matter would overflow; Kubernetes knows no more than nano.
    let fraction = &fraction[..fraction.len().min(12)];
    let digits = format!("{whole}{fraction}");
    let value: u128 = digits
        .trim_start_matches('0')
        .parse()
        .or_else(|_| if digits.bytes().all(|b| b == b'0') { Ok(0) } else { Err(too_large()) })?;
    let exponent = scale.decimal_exponent - i32::try_from(fraction.len()).unwrap_or(0);
    let mut bytes = value.checked_mul(scale.factor).ok_or_else(too_large)?;
    for _ in 0..exponent.unsigned_abs() {
        bytes = if exponent > 0 { bytes.checked_mul(10).ok_or_else(too_large)? } else { bytes.div_ceil(10) };
        if bytes == 0 {
            break;
        }
    }
    match u64::try_from(bytes) {
        Ok(bytes) if i64::try_from(bytes).is_ok() => Ok(bytes),
        _ => Err(too_large()),
    }
}

/// The bytes of a heap: `512m`, `4G` as Java reads them, `4Gi` as Kubernetes does. All units are powers of 1024.
pub fn bytes_of_heap(text: &str) -> Result<u64, InvalidQuantity> {
    let not_a_heap = || InvalidQuantity::NotAHeap(text.chars().take(40).collect());
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let shift = match suffix.strip_suffix('i').unwrap_or(suffix) {
        "" if suffix.is_empty() => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        _ => return Err(not_a_heap()),
    };
    let value: u64 = number.parse().map_err(|_| not_a_heap())?;
    value
        .checked_mul(1 << shift)
        .filter(|bytes| *bytes > 0 && i64::try_from(*bytes).is_ok())
        .ok_or_else(|| InvalidQuantity::TooLarge(text.chars().take(40).collect()))
}

struct Scale {
    factor: u128,
    decimal_exponent: i32,
}

impl Scale {
    fn of_suffix(suffix: &str) -> Option<Self> {
        let decimal = |decimal_exponent| Some(Self { factor: 1, decimal_exponent });
        let binary = |shift: u32| Some(Self { factor: 1 << shift, decimal_exponent: 0 });
        match suffix {
            "" => decimal(0),
            "n" => decimal(-9),
            "u" => decimal(-6),
            "m" => decimal(-3),
            "k" => decimal(3),
            "M" => decimal(6),
            "G" => decimal(9),
            "T" => decimal(12),
            "P" => decimal(15),
            "E" => decimal(18),
            "Ki" => binary(10),
            "Mi" => binary(20),
            "Gi" => binary(30),
            "Ti" => binary(40),
            "Pi" => binary(50),
            "Ei" => binary(60),
            _ => {
                let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
                (-64..=64).contains(&exponent).then_some(Self { factor: 1, decimal_exponent: exponent })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantities_are_exact() {
        for (text, bytes) in [
            ("0", 0),
            ("512Mi", 512 << 20),
            ("1.5Gi", 3 << 29),
            ("100Gi", 100 << 30),
            ("500M", 500_000_000),
            ("1e9", 1_000_000_000),
            ("1E3", 1000),
            (".5Ki", 512),
            ("5.", 5),
            ("+7k", 7000),
            ("100m", 1),
            ("1500m", 2),
            ("0.1m", 1),
            ("007Ki", 7168),
            ("7Ei", 7 << 60),
        ] {
            assert_eq!(bytes_of_quantity(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_said_to_be_none() {
        for text in ["", "Gi", "1 Gi", "1GiB", "1.2.3", "abc", "1e", "1g", "1,5Gi", ".", "ä"] {
            assert!(matches!(bytes_of_quantity(text), Err(InvalidQuantity::NotAQuantity(_))), "{text}");
        }
        assert!(matches!(bytes_of_quantity("-1Gi"), Err(InvalidQuantity::Negative(_))));
        assert!(matches!(bytes_of_quantity("8Ei"), Err(InvalidQuantity::TooLarge(_))));
        assert!(matches!(bytes_of_quantity(&"9".repeat(60)), Err(InvalidQuantity::TooLarge(_))));
    }

    #[test]
    fn heaps_are_read_as_java_does() {
        assert_eq!(bytes_of_heap("256m"), Ok(256 << 20));
        assert_eq!(bytes_of_heap("256M"), bytes_of_heap("256Mi"));
        assert_eq!(bytes_of_heap("4g"), Ok(4 << 30));
        assert_eq!(bytes_of_heap("1048576"), Ok(1 << 20));
        for text in ["", "0", "-1g", "1.5g", "4gb", "i", "4i"] {
            assert!(bytes_of_heap(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,24}") {
            let _ = (bytes_of_quantity(&text), bytes_of_heap(&text));
        }

        #[test]
        fn whole_bytes_survive(bytes in 0..=i64::MAX.unsigned_abs()) {
            prop_assert_eq!(bytes_of_quantity(&bytes.to_string()), Ok(bytes));
        }
    }
}
