//! Kubernetes quantities (`500m`, `64Mi`, `1e3`) as numbers.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Thousandths, rounded up: fine enough for processors, wide enough for bytes.
pub(super) fn milli(quantity: &Quantity) -> Option<i128> {
    let text = quantity.0.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 18 || (whole.trim_start_matches(['+', '-']).is_empty() && fraction.is_empty()) {
        return None;
    }
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (multiply, divide) = scale(suffix)?;
    let divide = divide.checked_mul(10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)?;
    let value = mantissa.checked_mul(multiply)?.checked_mul(1000)?;
    Some(value.div_euclid(divide) + i128::from(value.rem_euclid(divide) != 0))
}

/// Whole units, rounded up: bytes.
pub(super) fn whole(quantity: &Quantity) -> Option<i128> {
    milli(quantity).map(|milli| milli.div_euclid(1000) + i128::from(milli.rem_euclid(1000) != 0))
}

fn scale(suffix: &str) -> Option<(i128, i128)> {
    let power = |base: i128, exponent: u32| base.checked_pow(exponent).map(|value| (value, 1));
    match suffix {
        "" => Some((1, 1)),
        "n" => Some((1, 1_000_000_000)),
        "u" => Some((1, 1_000_000)),
        "m" => Some((1, 1_000)),
        "k" => power(1000, 1),
        "M" => power(1000, 2),
        "G" => power(1000, 3),
        "T" => power(1000, 4),
        "P" => power(1000, 5),
        "E" => power(1000, 6),
        "Ki" => power(1024, 1),
        "Mi" => power(1024, 2),
        "Gi" => power(1024, 3),
        "Ti" => power(1024, 4),
        "Pi" => power(1024, 5),
        "Ei" => power(1024, 6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let value = 10_i128.checked_pow(exponent.unsigned_abs())?;
            Some(if exponent < 0 { (1, value) } else { (value, 1) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity(text.to_owned())
    }

    #[test]
    fn every_suffix_means_what_kubernetes_says() {
        for (text, expected) in [
            ("1", 1000),
            ("500m", 500),
            ("0.1", 100),
            ("1.5Gi", 1_610_612_736_000),
            ("64Mi", 67_108_864_000),
            ("1e3", 1_000_000),
            ("2E", 2_000_000_000_000_000_000_000),
            ("1E2", 100_000),
            ("100n", 1),
            ("12k", 12_000_000),
        ] {
            assert_eq!(milli(&quantity(text)), Some(expected), "{text}");
        }
        assert_eq!(whole(&quantity("1500m")), Some(2), "bytes are rounded up");
    }

    #[test]
    fn what_is_no_quantity_is_none() {
        for text in ["", "Mi", "1x", "1..2", "-", "1eX"] {
            assert_eq!(milli(&quantity(text)), None, "{text}");
        }
    }
}
