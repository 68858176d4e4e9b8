//! API tokens: random, shown once, kept as a digest.

use crate::audited::store_problem;
use crate::authorise::allowed_of;
use crate::portal::look;
use crate::views::paging::{self, Item, Sort, Wanted};
use crate::{Action, Asker, Object, Portal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use klamm_model::{
    Actor, MAX_WORKING_TOKENS, Page, PersonName, Problem, ProblemKind, Scope, TeamName, TokenId, TokenSort, TokenState,
    TokenView, TokensRequest, UnixMillis,
};
use klamm_store::{ApiToken, NewToken, Store, TokenDigest, TokenOwner};
use rand::RngCore;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use zeroize::Zeroizing;

/// A token somebody wants.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Whose it will be.
    pub person: PersonName,
    /// What they will recognise it by; spaces around it are dropped.
    pub label: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// How long it works.
    pub lives: Duration,
}

/// A token that a team wants.
#[derive(Clone, Debug)]
pub struct TokenWish {
    /// What its owner will recognise it by; spaces around it are dropped.
    pub label: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// How long it works.
    pub lives: Duration,
}

impl TokenWish {
    const MAX_LIFE: Duration = Duration::from_hours(366 * 24);
    const MAX_LABEL: usize = 100;

    fn check(&self) -> Result<(), Problem> {
        let refuse = |detail: &str| Err(Problem::new(ProblemKind::Invalid, detail));
        let label = self.label.trim();
        if self.scopes.is_empty() {
            return refuse("scopes: name at least one of read and write");
        }
        if label.is_empty() || label.chars().count() > Self::MAX_LABEL || label.chars().any(char::is_control) {
            return refuse("label: give it 1 to 100 characters on one line");
        }
        if self.lives.is_zero() || self.lives > Self::MAX_LIFE {
            return refuse("expiresInSeconds: at least one second and at most 366 days");
        }
        Ok(())
    }
}

/// A new token: the only time that anybody sees it.
pub struct IssuedToken {
    /// What lists will say of it.
    pub view: TokenView,
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
        f.debug_struct("IssuedToken").field("id", &self.view.id).finish_non_exhaustive()
    }
}

impl Sort for TokenSort {
    const NAME: Self = Self::CreatedAt;
}

impl Portal {
    /// Makes a token.
    pub async fn create_token(
        &self,
        asker: Asker<'_>,
        request: TokenRequest,
        from: Option<IpAddr>,
    ) -> Result<IssuedToken, Problem> {
        self.create_token_as(asker, self.new_token_id()?, request, from).await
    }

    /// An id for a form that makes a token; see [`Portal::create_token_as`].
    pub fn new_token_id(&self) -> Result<TokenId, Problem> {
        Store::new_token_id(self.now()).map_err(store_problem)
    }

    /// Makes a token under an id that was handed out before. A form that is sent twice makes one token: the second time is a
    /// conflict, because the first token is kept nowhere and cannot be shown again.
    pub async fn create_token_as(
        &self,
        asker: Asker<'_>,
        id: TokenId,
        request: TokenRequest,
        from: Option<IpAddr>,
    ) -> Result<IssuedToken, Problem> {
        let TokenRequest { person, label, scopes, lives } = request;
        self.issue(asker, (id, TokenOwner::Person(person)), TokenWish { label, scopes, lives }, from).await
    }

    /// Makes a token of a team, under an id that was handed out before. It looks and asks for the team, and decides nothing.
    pub async fn create_team_token(
        &self,
        asker: Asker<'_>,
        team: &TeamName,
        (id, wish): (TokenId, TokenWish),
        from: Option<IpAddr>,
    ) -> Result<IssuedToken, Problem> {
        let twin = self.store.person(&PersonName::of_team(team)).await.map_err(store_problem)?;
        if let Some(person) = twin {
            let detail = format!("Somebody is called {}, as tokens of the team would be.", person.name);
            return Err(Problem::new(ProblemKind::Conflict, detail));
        }
        self.issue(asker, (id, TokenOwner::Team(team.clone())), wish, from).await
    }

    async fn issue(
        &self,
        asker: Asker<'_>,
        (id, owner): (TokenId, TokenOwner),
        wish: TokenWish,
        from: Option<IpAddr>,
    ) -> Result<IssuedToken, Problem> {
        // Cut, because a denial is written down before the wish is looked at.
        let label: String = wish.label.trim().chars().take(TokenWish::MAX_LABEL).collect();
        let permit = self.permit(asker, Action::Create, object_of(&owner, &label), from).await?;
        wish.check()?;
        let now = self.now();
        let lives = i64::try_from(wish.lives.as_millis()).unwrap_or(i64::MAX);
        let made_by = match (asker, &owner) {
            (Asker::Actor(actor), TokenOwner::Team(_)) => Some(actor.name.clone()),
            (Asker::Actor(_), TokenOwner::Person(_)) | (Asker::Console, _) => None,
        };
        let expires_at = UnixMillis(now.0.saturating_add(lives));
        let token = NewToken { id, owner, made_by, label, scopes: wish.scopes, expires_at };
        let secret = new_secret();
        let digest = TokenDigest::of(&secret);
        let added = self.store.add_token(&token, &digest, now, MAX_WORKING_TOKENS);
        self.audited(&permit, from, added).await?;
        let recorded = ApiToken {
            id: token.id,
            owner: token.owner,
            label: token.label,
            scopes: token.scopes,
            created_at: now,
            expires_at: token.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        Ok(IssuedToken { view: view(asker, recorded, now), secret })
    }

    /// One page of somebody's own tokens, the newest first unless they want it otherwise.
    pub async fn token_page(
        &self,
        actor: &Actor,
        request: &TokensRequest,
        from: Option<IpAddr>,
    ) -> Result<Page<TokenView>, Problem> {
        self.permit(Asker::Actor(actor), Action::View, Object::token(&actor.name, ""), from).await?;
        self.token_page_of(actor, &TokenOwner::Person(actor.name.clone()), request).await
    }

    /// The same of a team, for those who may see them.
    pub async fn team_token_page(
        &self,
        actor: &Actor,
        team: &TeamName,
        request: &TokensRequest,
    ) -> Result<Page<TokenView>, Problem> {
        look(actor, Object::team_token(team, ""))?;
        self.token_page_of(actor, &TokenOwner::Team(team.clone()), request).await
    }

    async fn token_page_of(
        &self,
        actor: &Actor,
        owner: &TokenOwner,
        request: &TokensRequest,
    ) -> Result<Page<TokenView>, Problem> {
        let asker = Asker::Actor(actor);
        let tokens = self.store.tokens_of(owner).await.map_err(store_problem)?;
        let now = self.now();
        let items = tokens
            .into_iter()
            .map(|token| Item {
                key: None,
                name: format!("{:015}{}", token.created_at.0.max(0), token.id),
                value: view(asker, token, now),
            })
            .collect();
        let wanted = Wanted {
            sort: request.sort,
            order: request.order,
            limit: request.limit,
            cursor: request.cursor.as_deref(),
        };
        paging::cut(items, &wanted)
    }

    /// Ends a token of one's own, or of a team that one approves for. To everybody else it does not exist; trying is written
    /// down.
    pub async fn revoke_token(&self, asker: Asker<'_>, id: &TokenId, from: Option<IpAddr>) -> Result<(), Problem> {
        let no_such = || Problem::new(ProblemKind::NotFound, format!("There is no token {id}."));
        if let Asker::Actor(actor) = asker {
            // Whoever may end no token at all learns nothing about which there are.
            self.permit(asker, Action::Remove, Object::token(&actor.name, id.as_str()), from).await?;
        }
        let token = self.store.token_by_id(id).await.map_err(store_problem)?.ok_or_else(no_such)?;
        let object = object_of(&token.owner, id.as_str());
        let permit = self
            .permit(asker, Action::Remove, object, from)
            .await
            .map_err(|problem| if problem.kind == ProblemKind::Forbidden { no_such() } else { problem })?;
        self.audited(&permit, from, self.store.revoke_token(id, self.now())).await
    }
}

fn object_of(owner: &TokenOwner, name: &str) -> Object {
    match owner {
        TokenOwner::Person(person) => Object::token(person, name),
        TokenOwner::Team(team) => Object::team_token(team, name),
    }
}

/// Whether a token still opens the door. That its owner still may come in is another question.
pub(crate) fn state(token: &ApiToken, now: UnixMillis) -> TokenState {
    if token.revoked_at.is_some() {
        TokenState::Revoked
    } else if token.expires_at <= now {
        TokenState::Expired
    } else {
        TokenState::Working
    }
}

fn view(asker: Asker<'_>, token: ApiToken, now: UnixMillis) -> TokenView {
    let state = state(&token, now);
    let actions: &[Action] = match state {
        TokenState::Working => &[Action::View, Action::Remove],
        TokenState::Expired | TokenState::Revoked => &[Action::View],
    };
    let allowed_actions = allowed_of(asker, &object_of(&token.owner, token.id.as_str()), actions);
    TokenView {
        id: token.id,
        label: token.label,
        scopes: token.scopes,
        created_at: token.created_at,
        expires_at: token.expires_at,
        last_used_at: token.last_used_at,
        revoked_at: token.revoked_at,
        state,
        allowed_actions,
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

#[cfg(test)]
mod team_tests;
#[cfg(test)]
mod tests;
