//! Words about tokens.

use super::api::TokenList;
use crate::{
    clusters::counted,
    ui::{Status, Tone},
};
use klamm_model::{Scope, TokenState, TokenView, UnixMillis};
use std::collections::BTreeSet;

const HOUR: i64 = 3_600_000;
/// A week before it ends there is time to make another.
const SOON: i64 = 7 * 24 * HOUR;

/// What a token may be used for.
pub(super) fn access(scopes: &BTreeSet<Scope>) -> &'static str {
    match (scopes.contains(&Scope::Read), scopes.contains(&Scope::Write)) {
        (true, true) => "Read and write",
        (true, false) => "Read",
        (false, true) => "Write",
        (false, false) => "Nothing",
    }
}

/// Whether it is time to think of the next one: the last week, or the last quarter of a short life.
pub(super) fn ends_soon(token: &TokenView, now: UnixMillis) -> bool {
    let left = token.expires_at.0.saturating_sub(now.0);
    let life = token.expires_at.0.saturating_sub(token.created_at.0);
    token.state == TokenState::Working && left < SOON.min(life / 4)
}

/// Its state, with the mark that goes with it; what has ended needs none.
pub(super) fn state(token: &TokenView, now: UnixMillis) -> (Option<Status>, &'static str) {
    match token.state {
        TokenState::Working if ends_soon(token, now) => (Some(Status::Warn), "Ends soon"),
        TokenState::Working => (Some(Status::Ok), "Working"),
        TokenState::Expired => (None, "Expired"),
        TokenState::Revoked => (None, "Ended by hand"),
    }
}

/// When it ends or has ended.
pub(super) fn ends_at(token: &TokenView) -> UnixMillis {
    match (token.state, token.revoked_at) {
        (TokenState::Revoked, Some(at)) => at,
        (TokenState::Working | TokenState::Expired | TokenState::Revoked, _) => token.expires_at,
    }
}

/// The headline.
pub(super) fn sentence(list: &TokenList) -> String {
    if let Some(made) = &list.made {
        return format!("“{}” is made: copy its token now", made.label);
    }
    let soon = list.working.iter().filter(|token| ends_soon(token, list.now)).count() as u64;
    match (list.working.len() as u64, soon) {
        (0, _) if list.ended.is_empty() => "You have no API token yet".to_owned(),
        (0, _) => "No token of yours works any more".to_owned(),
        (working, 0) => format!("You have {}", counted(working, "working token", "working tokens")),
        (1, _) => "You have 1 working token, and it ends soon".to_owned(),
        (working, soon) => {
            let ends = if soon == 1 { "ends" } else { "end" };
            format!("You have {}, and {soon} of them {ends} soon", counted(working, "working token", "working tokens"))
        }
    }
}

/// What became of a form, from the address. Only words of ours and labels of one's own: the address may come from anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Which form came to nothing.
    pub(crate) problem: String,
    /// The id of a token that was ended.
    pub(crate) ended: String,
}

impl Told {
    /// What to say, if there is anything.
    pub(super) fn notice(&self, list: &TokenList) -> Option<(Tone, &'static str, String)> {
        if let Some(token) = list.ended.iter().find(|token| token.id.as_str() == self.ended) {
            let text = format!("“{}” no longer works. Whatever still uses it is refused.", token.label);
            return Some((Tone::Info, "Ended", text));
        }
        let nothing_made = "Nothing made";
        let (tone, word, text) = match self.problem.as_str() {
            "" => return None,
            "sent-twice" => (
                Tone::Warn,
                nothing_made,
                "This form was sent before, and made its token then. If you did not keep it, end it and make another.",
            ),
            "full" => (Tone::Bad, nothing_made, "You have as many working tokens as there may be. End one first."),
            "invalid" => {
                (Tone::Bad, nothing_made, "Say in 1 to 100 characters what it is for, what it may and for how long.")
            }
            "no-such" => (Tone::Warn, "Nothing ended", "There is no such token of yours."),
            "unavailable" => (Tone::Bad, "Not done", "Klamm cannot do that just now. Try again in a moment."),
            _ => (Tone::Warn, "Not done", "That did not work. Try again."),
        };
        Some((tone, word, text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_459_241_000);

    fn token(label: &str, made: i64, ends: i64, state: TokenState) -> TokenView {
        TokenView {
            id: "tok_01kb4xyz0123456789abcdefgh".parse().unwrap(),
            label: label.to_owned(),
            scopes: BTreeSet::from([Scope::Read]),
            created_at: UnixMillis(NOW.0 + made * HOUR),
            expires_at: UnixMillis(NOW.0 + ends * HOUR),
            last_used_at: None,
            revoked_at: None,
            state,
            allowed_actions: Vec::new(),
        }
    }

    fn list(working: Vec<TokenView>, ended: Vec<TokenView>) -> TokenList {
        TokenList {
            working,
            ended,
            ended_total: 0,
            made: None,
            next: "tok_01kb4xyz0123456789abcdefgh".parse().unwrap(),
            csrf: String::new(),
            now: NOW,
        }
    }

    #[test]
    fn a_token_ends_soon_in_its_last_week_or_the_last_quarter_of_a_short_life() {
        let soon = |made, ends| ends_soon(&token("x", made, ends, TokenState::Working), NOW);
        assert!(soon(-24 * 358, 24 * 6));
        assert!(!soon(-24 * 350, 24 * 8));
        assert!(!soon(0, 24), "a day's token does not begin with a warning");
        assert!(soon(-20, 4));
        assert!(!ends_soon(&token("x", -48, -24, TokenState::Expired), NOW));
    }

    #[test]
    fn the_headline_says_how_many_work_and_how_many_end_soon() {
        let long = || token("a", 0, 24 * 30, TokenState::Working);
        let short = || token("b", -24 * 29, 24, TokenState::Working);
        let gone = || token("c", -48, -24, TokenState::Expired);
        assert_eq!(sentence(&list(vec![], vec![])), "You have no API token yet");
        assert_eq!(sentence(&list(vec![], vec![gone()])), "No token of yours works any more");
        assert_eq!(sentence(&list(vec![long()], vec![])), "You have 1 working token");
        assert_eq!(sentence(&list(vec![short()], vec![])), "You have 1 working token, and it ends soon");
        assert_eq!(
            sentence(&list(vec![long(), short()], vec![])),
            "You have 2 working tokens, and 1 of them ends soon"
        );
    }

    #[test]
    fn the_address_chooses_among_our_words_and_adds_none() {
        let list = list(vec![], vec![token("old", -48, -24, TokenState::Revoked)]);
        assert_eq!(Told::default().notice(&list), None);
        for problem in ["sent-twice", "full", "invalid", "<script>alert(1)</script>"] {
            let told = Told { problem: problem.to_owned(), ..Told::default() };
            let (_, word, text) = told.notice(&list).unwrap();
            assert!(!word.is_empty() && !text.contains('<'), "{problem}");
        }
        let ended = |id: &str| Told { ended: id.to_owned(), ..Told::default() }.notice(&list);
        let (_, word, text) = ended("tok_01kb4xyz0123456789abcdefgh").unwrap();
        assert_eq!((word, text.as_str()), ("Ended", "“old” no longer works. Whatever still uses it is refused."));
        assert_eq!(ended("tok_00000000000000000000000000"), None);
    }
}
