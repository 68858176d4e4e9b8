//! Server functions about the session. Signing in and out are plain forms, not here.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, clusters::ClusterTopics, encoding::Answer};
use klamm_model::{Actor, ClusterView, Me, UnixMillis};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

/// Who is signed in.
#[server(name = AskMe, prefix = "/api/fn", endpoint = "me", input = GetUrl, output = Answer)]
pub(crate) async fn me() -> Result<Me, AppError> {
    let actor = crate::door::actor().map_err(crate::door::refuse)?;
    Ok(Me { actor, csrf_token: crate::door::csrf_token() })
}

/// How many requests wait for whoever is signed in.
#[server(name = AskInbox, prefix = "/api/fn", endpoint = "inbox", input = GetUrl, output = Answer)]
pub(crate) async fn inbox() -> Result<u64, AppError> {
    let (portal, actor) = crate::door::asking()?;
    portal.inbox_count(&actor).await.map_err(crate::door::refuse)
}

/// What the sign-in form must send back. Open to everybody, like the form.
#[server(name = AskSignInForm, prefix = "/api/fn", endpoint = "sign-in-form", input = GetUrl, output = Answer)]
pub(crate) async fn sign_in_form() -> Result<String, AppError> {
    Ok(crate::door::csrf_token().unwrap_or_default())
}

/// What somebody looks at first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MyWork {
    /// Who is signed in.
    pub(crate) actor: Actor,
    /// Every cluster, in a sentence each.
    pub(crate) clusters: Vec<ClusterView>,
    /// Topics of their teams, by cluster; clusters without any are left out.
    pub(crate) topics: Vec<ClusterTopics>,
    /// What of all clusters wants whoever operates them, as the server draws it; empty where nothing does.
    pub(crate) findings: String,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// The clusters, and the topics of the caller's teams.
#[server(name = AskMyWork, prefix = "/api/fn", endpoint = "my-work", input = GetUrl, output = Answer)]
pub(crate) async fn my_work() -> Result<MyWork, AppError> {
    use klamm_model::PageRequest;
    /// A first page of what is theirs; the rest is a click away.
    const SHOWN: u32 = 20;
    crate::door::ask(|portal, actor| {
        let clusters = portal.clusters(actor)?;
        let mut topics = Vec::new();
        for cluster in clusters.iter().map(crate::clusters::cluster_ref) {
            for team in &actor.teams {
                let request =
                    PageRequest { team: Some(team.to_string()), limit: Some(SHOWN), ..PageRequest::default() };
                let page = portal.topic_rows(actor, &cluster, &request)?;
                if page.total > 0 {
                    topics.push(ClusterTopics { cluster: cluster.clone(), team: Some(team.clone()), page });
                }
            }
        }
        let findings = crate::findings::of_all(portal, actor);
        Ok(MyWork { actor: actor.clone(), clusters, topics, findings, now: portal.now() })
    })
}
