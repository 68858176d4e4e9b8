//! When two ways of writing a configuration value mean the same to Kafka, which answers in its own way of writing.

/// Whether Kafka reads both as the same value: spaces, case of booleans, leading zeros and spaces in lists do not count.
pub fn same_value(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    if one == other || (is_boolean(one) && one.eq_ignore_ascii_case(other)) {
        return true;
    }
    match (one.parse::<i128>(), other.parse::<i128>()) {
        (Ok(one), Ok(other)) => return one == other,
        (Err(_), Err(_)) if one.contains(',') || other.contains(',') => return items(one).eq(items(other)),
        _ => {}
    }
    let as_decimal = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(f64::to_bits);
    matches!((as_decimal(one), as_decimal(other)), (Some(one), Some(other)) if one == other)
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_kafka_writes_back_is_what_was_declared() {
        for (declared, described) in [
            (" 100 ", "100"),
            ("007", "7"),
            ("TRUE", "true"),
            ("compact, delete", "compact,delete"),
            ("0.50", "0.5"),
            ("1", "1.0"),
        ] {
            assert!(same_value(declared, described), "{declared} {described}");
        }
        for (one, other) in [
            ("100", "1000"),
            ("compact", "delete"),
            ("a,b", "b,a"),
            ("9007199254740993", "9007199254740992"),
            ("", "0"),
        ] {
            assert!(!same_value(one, other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn sameness_goes_both_ways_and_includes_oneself(one in "[0-9a-c., TRUEtrue-]{0,8}", other in "[0-9a-c., -]{0,8}") {
            prop_assert!(same_value(&one, &one));
            prop_assert_eq!(same_value(&one, &other), same_value(&other, &one));
        }
    }
}
