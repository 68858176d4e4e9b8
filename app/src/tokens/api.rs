//! The server function about tokens. It reads; making and ending one are plain forms, not here.

use crate::{AppError, encoding::Answer};
use klamm_model::{TokenId, TokenView, UnixMillis};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

/// One's own tokens, and what the forms of the page must send back.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct TokenList {
    /// Those that work, the newest first.
    pub(crate) working: Vec<TokenView>,
    /// Those that have ended, the last to end first: the first of them.
    pub(crate) ended: Vec<TokenView>,
    /// How many have ended in all.
    pub(crate) ended_total: u64,
    /// The one that the form has just made.
    pub(crate) made: Option<Made>,
    /// The id of the one token that the form may make.
    pub(crate) next: TokenId,
    /// What forms of this browser must send back.
    pub(crate) csrf: String,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// A token that has just been made. Not to be printed: it holds the token itself.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Made {
    /// What its owner calls it.
    pub(crate) label: String,
    /// The token.
    pub(crate) token: String,
    /// Where Klamm is, for the example.
    pub(crate) origin: String,
}

/// The token that the form has just made, in the context of the one page that shows it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The token.
    pub issued: std::sync::Arc<klamm_portal::IssuedToken>,
    /// Where Klamm is, as the browser knows it.
    pub origin: String,
}

/// One's own tokens.
#[server(name = AskTokens, prefix = "/api/fn", endpoint = "tokens", input = GetUrl, output = Answer)]
pub(crate) async fn tokens() -> Result<TokenList, AppError> {
    use crate::door;
    use klamm_model::{TokenState, TokensRequest};
    /// More than anybody keeps; the API has the rest.
    const READ: u32 = 1000;
    const ENDED_SHOWN: usize = 50;
    let (portal, actor) = door::asking()?;
    let made = use_context::<NewToken>().map(|new| Made {
        label: new.issued.view.label.clone(),
        token: new.issued.expose().to_owned(),
        origin: new.origin,
    });
    let csrf = door::csrf_token().unwrap_or_default();
    let request = TokensRequest { limit: Some(READ), ..TokensRequest::default() };
    let page = portal.token_page(&actor, &request, None).await.map_err(door::refuse)?;
    let (working, mut ended): (Vec<_>, Vec<_>) =
        page.items.into_iter().partition(|token| token.state == TokenState::Working);
    let ended_total = page.total.saturating_sub(working.len() as u64);
    ended.sort_by_key(|token| std::cmp::Reverse(super::words::ends_at(token)));
    ended.truncate(ENDED_SHOWN);
    let next = portal.new_token_id().map_err(door::refuse)?;
    Ok(TokenList { working, ended, ended_total, made, next, csrf, now: portal.now() })
}
