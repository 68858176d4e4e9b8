//! What browsers call themselves, in words. They say what they like: good enough to know one's own again, and for nothing else.

/// Those that name others beside themselves come first.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome without a window"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
];

/// `Firefox on Linux`, or what it called itself where that says nothing to us.
pub(super) fn in_words(agent: &str) -> String {
    let known = |all: &[(&str, &'static str)]| all.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_what_only_they_say() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(in_words(chrome), "Chrome on Linux");
        assert_eq!(in_words(&format!("{chrome} Edg/140.0.0.0")), "Edge on Linux");
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1";
        assert_eq!(in_words(phone), "Safari on an iPhone");
        assert_eq!(in_words("curl/8.5.0"), "curl");
        assert_eq!(in_words("<script>alert(1)</script>"), "<script>alert(1)</script>");
        assert_eq!(in_words(&"x".repeat(200)).len(), 60);
    }
}
