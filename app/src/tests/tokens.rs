//! The page of tokens.

use super::{Answer, respond, sample};
use crate::tokens::views::{Made, TokenList, TokensView, TokensViewProps, Told};
use klamm_model::{MAX_WORKING_TOKENS, Scope, TokenState, TokenView, UnixMillis};
use leptos::prelude::IntoAny;
use std::collections::BTreeSet;

const DAY: i64 = 86_400_000;

fn token(number: u32, label: &str, state: TokenState) -> TokenView {
    let at = |days: i64| UnixMillis(sample::NOW.0 + days * DAY);
    let expires_at = match state {
        TokenState::Working | TokenState::Revoked => at(80),
        TokenState::Expired => at(-3),
    };
    TokenView {
        id: format!("tok_{number:026}").parse().unwrap(),
        label: label.to_owned(),
        scopes: BTreeSet::from([Scope::Read]),
        created_at: at(-10),
        expires_at,
        last_used_at: (state != TokenState::Expired).then(|| UnixMillis(sample::NOW.0 - 180_000)),
        revoked_at: (state == TokenState::Revoked).then(|| at(-1)),
        state,
        allowed_actions: Vec::new(),
    }
}

fn list(working: Vec<TokenView>, ended: Vec<TokenView>) -> TokenList {
    TokenList {
        ended_total: ended.len() as u64,
        working,
        ended,
        made: None,
        next: "tok_01kb4xyz0123456789abcdefgh".parse().unwrap(),
        csrf: "token-of-the-form".to_owned(),
        now: sample::NOW,
    }
}

async fn page(name: &str, list: TokenList, told: Told) -> Answer {
    respond(name, "/tokens", move || TokensView(TokensViewProps { list: list.clone(), told: told.clone() }).into_any())
        .await
}

#[tokio::test]
async fn whoever_has_no_token_is_told_what_one_is_for_and_makes_one_by_a_form() {
    let html = page("tokens-none", list(vec![], vec![]), Told::default()).await.html;
    assert!(html.contains("<title>API tokens</title>"));
    assert!(html.contains("You have no API token yet") && html.contains("Make one above"));
    assert!(html.contains("method=\"post\" action=\"/tokens\""));
    assert!(html.contains("name=\"id\" value=\"tok_01kb4xyz0123456789abcdefgh\""));
    assert!(html.contains("maxlength=\"100\"") && html.contains("value=\"365\""));
    assert!(!html.contains("<details"), "nothing has ended");
}

#[tokio::test]
async fn each_token_has_its_state_and_its_way_to_an_end() {
    let both = BTreeSet::from([Scope::Read, Scope::Write]);
    let odd = TokenView { scopes: both, last_used_at: None, ..token(2, "<b>CI</b> & \"co\"", TokenState::Working) };
    let working = vec![token(1, "laptop", TokenState::Working), odd];
    let ended = vec![token(3, "old", TokenState::Expired), token(4, "lost", TokenState::Revoked)];
    let html = page("tokens", list(working, ended), Told::default()).await.html;
    assert!(html.contains("You have 2 working tokens"));
    assert!(html.contains("3 min ago") && html.contains("in 80 days") && html.contains("10 days ago"));
    assert!(html.contains("Read and write") && html.contains("Never") && html.contains("It was never used."));
    assert!(html.contains("Expired") && html.contains("3 days ago") && html.contains("Ended by hand"));
    assert!(html.contains("&lt;b&gt;CI&lt;/b&gt; &amp;") && !html.contains("<b>CI"), "labels are text");
    let ends = html.matches("action=\"/tokens/end\"").count();
    assert_eq!(ends, 2, "what has ended has no button");
    assert!(html.contains("popovertarget=\"end-tok_00000000000000000000000001\""));
    assert!(html.contains("id=\"end-tok_00000000000000000000000001\" class=\"dialog\" popover=\"auto\""));
    assert!(html.contains("End “laptop”?"));
}

#[tokio::test]
async fn a_new_token_stands_above_everything_with_a_way_to_try_it() {
    let made = Made {
        label: "laptop".to_owned(),
        token: "klamm_example-of-a-token".to_owned(),
        origin: "https://klamm.example".to_owned(),
    };
    let list = TokenList { made: Some(made), ..list(vec![token(1, "laptop", TokenState::Working)], vec![]) };
    let html = page("tokens-made", list, Told::default()).await.html;
    assert!(html.contains("“laptop” is made: copy its token now") && html.contains("Shown once"));
    assert!(html.contains("<code>klamm_example-of-a-token</code>"));
    assert!(html.contains("Bearer $KLAMM_TOKEN\" https://klamm.example/api/v1/me"));
    assert_eq!(html.matches("klamm_example-of-a-token").count(), 1, "the example does not repeat it");
}

#[tokio::test]
async fn what_became_of_a_form_is_told() {
    let told = Told { problem: "sent-twice".to_owned(), ..Told::default() };
    let html = page("tokens-sent-twice", list(vec![], vec![]), told).await.html;
    assert!(html.contains("Nothing made") && html.contains("This form was sent before"));
    let ended = token(4, "lost", TokenState::Revoked);
    let told = Told { ended: ended.id.to_string(), ..Told::default() };
    let html = page("tokens-ended", list(vec![], vec![ended]), told).await.html;
    assert!(html.contains("“lost” no longer works"));
}

#[tokio::test]
async fn whoever_has_as_many_as_may_be_is_told_instead_of_asked() {
    let many = (0..MAX_WORKING_TOKENS).map(|i| token(i, &format!("number {i}"), TokenState::Working)).collect();
    let html = page("tokens-full", list(many, vec![]), Told::default()).await.html;
    assert!(html.contains("50 tokens of yours work, which is the most") && !html.contains("action=\"/tokens\""));
}
