use std::fmt::Write as _;

/// The query part of an address being put together. Empty values are left out, so that addresses stay short.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(String);

impl Query {
    /// Adds `key=value`, unless there is no value.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push(if self.0.is_empty() { '?' } else { '&' });
            self.0.push_str(key);
            self.0.push('=');
            self.0.push_str(&encode(value));
        }
        self
    }

    /// A query as the router tells it, with or without its question mark.
    pub(crate) fn of_raw(search: &str) -> String {
        let search = search.trim_start_matches('?');
        if search.is_empty() { String::new() } else { format!("?{search}") }
    }

    /// `path` followed by the query.
    pub(crate) fn on(&self, path: &str) -> String {
        format!("{path}{}", self.0)
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(crate) fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Takes percent-encoding back, once. The router does so twice on the way to its parameters, which harms names that hold a
/// percent sign themselves. What is no encoding stays as it is.
pub(crate) fn decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(nibble(*high) << 4 | nibble(*low));
                rest = after;
            }
            (byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => digit.wrapping_sub(b'0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_way_into_an_address_and_back() {
        for name in ["plain", "a/b", "50%41", "%", "%2", "ä \"<b>\" 🦀", "a+b&c=d?e#f", "..", "\u{0}"] {
            let told = encode(name);
            assert!(!told.contains(['/', '?', '#', ' ', '<', '"']), "{told}");
            assert_eq!(decode(&told), name);
        }
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("%FF"), "\u{fffd}");
    }

    #[test]
    fn values_cannot_break_out_of_an_address() {
        let query = Query::default().with("q", "a&b=c#<\"ä").with("sort", "").with("order", "desc");
        assert_eq!(query.on("/topics"), "/topics?q=a%26b%3Dc%23%3C%22%C3%A4&order=desc");
        assert_eq!(Query::default().on("/topics"), "/topics");
    }
}
