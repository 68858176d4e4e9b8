//! Text that strangers chose, made fit to stand on a page.

/// What of `text` can be seen, and at most so many characters of it: characters that steer (controls, and those that turn
/// the direction of a line) become a replacement mark.
pub(crate) fn printable(text: &str, longest: usize) -> String {
    let mut characters = text.chars();
    let mut shown: String =
        characters.by_ref().take(longest).map(|c| if is_steering(c) { '\u{fffd}' } else { c }).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// All of `text`, the same way. Browsers drop some of these characters while they read a page: a name made of nothing else
/// would leave a hole where the page's module expects text.
pub(crate) fn harmless(text: &str) -> String {
    printable(text, usize::MAX)
}

fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown_as_a_mark_and_what_is_long_is_cut() {
        assert_eq!(printable("payments <b>ä</b> 100%", 80), "payments <b>ä</b> 100%");
        assert_eq!(printable("a\u{0}\r\n\u{202e}b\u{feff}", 80), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(printable(&"ä".repeat(90), 80), "ä".repeat(80) + "…");
        assert_eq!(printable("abc", 3), "abc");
        assert_eq!(harmless("\u{0}"), "\u{fffd}");
    }
}
