//! `$(NAME)` in environment values, commands and arguments, exactly as Kubernetes replaces it.

/// Replaces `$(NAME)` by what `lookup` knows, leaves unknown names as they stand, and makes `$$` one dollar.
pub(in crate::node) fn expand(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let after = &from[1..];
        rest = match after.chars().next() {
            None => {
                out.push('$');
                after
            }
            Some('$') => {
                out.push('$');
                &after[1..]
            }
            Some('(') => {
                if let Some(end) = after.find(')') {
                    let name = &after[1..end];
                    out.push_str(&lookup(name).unwrap_or_else(|| format!("$({name})")));
                    &after[end + 1..]
                } else {
                    out.push_str("$(");
                    &after[1..]
                }
            }
            Some(other) => {
                out.push('$');
                out.push(other);
                &after[other.len_utf8()..]
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(name: &str) -> Option<String> {
        match name {
            "VAR_A" => Some("A".to_owned()),
            "VAR_REF" => Some("$(VAR_A)".to_owned()),
            "VAR_EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    /// The cases of Kubernetes' own test of its expansion.
    #[test]
    fn as_kubernetes_does_it() {
        for (text, expected) in [
            ("$(VAR_A)", "A"),
            ("___$(VAR_A)___$(VAR_A)", "___A___A"),
            ("$(VAR_DNE)", "$(VAR_DNE)"),
            ("$(VAR_REF)", "$(VAR_A)"),
            ("foo$(VAR_EMPTY)bar", "foobar"),
            ("$$(VAR_A)", "$(VAR_A)"),
            ("$$$(VAR_A)", "$A"),
            ("$$$$(VAR_A)", "$$(VAR_A)"),
            ("foo$$$$$(foo)$(VAR_A)", "foo$$$(foo)A"),
            ("foo$(VAR_Awhoops!", "foo$(VAR_Awhoops!"),
            ("foo00__(VAR_A)__", "foo00__(VAR_A)__"),
            ("foo--$VAR_A", "foo--$VAR_A"),
            ("$?_boo", "$?_boo"),
            ("$VAR_A)_", "$VAR_A)_"),
            ("$()", "$()"),
            ("$", "$"),
            ("a$", "a$"),
            ("$(", "$("),
            ("$$", "$"),
            ("$ü$(VAR_A)", "$üA"),
            ("\n$(VAR_A)\n", "\nA\n"),
        ] {
            assert_eq!(expand(text, known), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_happens_without_a_dollar(text in "[^$]*") {
            prop_assert_eq!(expand(&text, known), text);
        }

        #[test]
        fn doubled_dollars_protect_any_text(text in ".*") {
            prop_assert_eq!(expand(&text.replace('$', "$$"), known), text);
        }
    }
}
