//! API tokens: random, shown once, kept as a digest.

use crate::audited::store_problem;
use crate::{Action, Asker, Object, Portal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use klamm_model::{PersonName, Problem, ProblemKind, Scope, UnixMillis};
use klamm_store::{ApiToken, NewToken, TokenDigest};
use rand::RngCore;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

/// A token somebody wants.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Whose it will be.
    pub person: PersonName,
    /// What they will recognise it by.
    pub label: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// How long it works.
    pub lives: Duration,
}

impl TokenRequest {
    const MAX_LIFE: Duration = Duration::from_hours(366 * 24);

    fn check(&self) -> Result<(), Problem> {
        let refuse = |detail: &str| Err(Problem::new(ProblemKind::Invalid, detail));
        if self.scopes.is_empty() {
            return refuse("scopes: name at least one of read and write");
        }
        if self.label.is_empty() || self.label.chars().count() > 100 || self.label.chars().any(char::is_control) {
            return refuse("label: give it 1 to 100 characters on one line");
        }
        if self.lives.is_zero() || self.lives > Self::MAX_LIFE {
            return refuse("expiry: at least a second and at most 366 days from now");
        }
        Ok(())
    }
}

/// A new token with its id: the only time that anybody sees it.
pub struct IssuedToken {
    /// Names it in lists and in the audit.
    pub id: String,
    /// When it ends.
    pub expires_at: UnixMillis,
    secret: Zeroizing<String>,
}

impl IssuedToken {
    /// The token, for its owner.
    pub fn expose(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Portal {
    /// Makes a token.
    pub async fn create_token(&self, asker: Asker<'_>, request: TokenRequest) -> Result<IssuedToken, Problem> {
        let object = Object::token(&request.person, &request.label);
        let permit = self.permit(asker, Action::Create, object, None).await?;
        request.check()?;
        let now = self.now();
        let lives = i64::try_from(request.lives.as_millis()).unwrap_or(i64::MAX);
        let expires_at = UnixMillis(now.0.saturating_add(lives));
        let secret = new_secret();
        let digest = TokenDigest::of(&secret);
        let token = NewToken { person: request.person, label: request.label, scopes: request.scopes, expires_at };
        let id = self.audited(&permit, None, self.store.add_token(&token, &digest, now)).await?;
        Ok(IssuedToken { id, expires_at, secret })
    }

    /// Somebody's tokens, newest first.
    pub async fn tokens(&self, asker: Asker<'_>, person: &PersonName) -> Result<Vec<ApiToken>, Problem> {
        self.permit(asker, Action::View, Object::token(person, ""), None).await?;
        self.store.tokens_of(person).await.map_err(store_problem)
    }

    /// Ends one of somebody's tokens.
    pub async fn revoke_token(&self, asker: Asker<'_>, person: &PersonName, id: &str) -> Result<(), Problem> {
        let permit = self.permit(asker, Action::Remove, Object::token(person, id), None).await?;
        let is_theirs = self.store.tokens_of(person).await.map_err(store_problem)?.iter().any(|token| token.id == id);
        if !is_theirs {
            return Err(Problem::new(ProblemKind::NotFound, format!("{person} has no token {id}.")));
        }
        self.audited(&permit, None, self.store.revoke_token(id, self.now())).await
    }
}

/// 256 random bits, with a prefix by which secret scanners can know it.
fn new_secret() -> Zeroizing<String> {
    let mut random = Zeroizing::new([0_u8; 32]);
    rand::rng().fill_bytes(random.as_mut_slice());
    let mut secret = Zeroizing::new(String::with_capacity(64));
    secret.push_str("klamm_");
    URL_SAFE_NO_PAD.encode_string(random.as_slice(), &mut secret);
    secret
}
