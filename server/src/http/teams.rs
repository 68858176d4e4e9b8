//! The forms about teams and who is in them, which work before any script has loaded. Each leads to a page that says what came
//! of it.

use super::client::Client;
use super::door::{encode, see_other};
use super::edge::Edge;
use super::forms::{Refusals, values};
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use klamm_model::{Actor, PersonName, Problem, ProblemKind, TeamName, TeamRole};
use serde::Deserialize;

const PAGE: &str = "/teams";

const REFUSALS: Refusals = Refusals { conflict: "exists", forbidden: "forbidden", missing: "nobody", invalid: "name" };

pub(crate) fn routes() -> Router<Edge> {
    let to_team = |Path(team): Path<String>| async move { see_other(page_of(&team, "")) };
    Router::new()
        .route(PAGE, post(create))
        .route("/teams/{team}/add", get(to_team).post(add))
        .route("/teams/{team}/members", get(to_team).post(members))
        .route("/teams/{team}/remove", get(to_team).post(remove))
}

/// What the forms send; each of them a part of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    name: String,
    person: String,
    role: String,
    confirm: String,
}

type Asked = (State<Edge>, Extension<Client>, Extension<Actor>);

async fn create(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let sent = form.map(|Form(sent)| sent).unwrap_or_default();
    let Ok(name) = sent.name.trim().parse::<TeamName>() else { return told("problem=name") };
    match edge.portal.create_team(&actor, &name, Some(client.address)).await {
        Ok(_) => see_other(page_of(name.as_str(), "done=made")),
        Err(problem) => told(&format!("problem={}", REFUSALS.word(&problem))),
    }
}

async fn add(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path(team): Path<String>,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let sent = form.map(|Form(sent)| sent).unwrap_or_default();
    let (Ok(name), Ok(person)) = (team.parse::<TeamName>(), sent.person.trim().parse::<PersonName>()) else {
        return see_other(page_of(&team, "problem=nobody"));
    };
    let role = TeamRole::named(&sent.role).unwrap_or(TeamRole::Member);
    let done = edge.portal.put_member(&actor, (&name, &person), role, Some(client.address)).await;
    see_other(page_of(&team, &said(done.map(drop), "seated")))
}

/// Everybody who was ticked is taken by themselves: one who cannot be does not hold back the others.
async fn members(
    edge: State<Edge>,
    client: Extension<Client>,
    actor: Extension<Actor>,
    Path(team): Path<String>,
    body: String,
) -> Response {
    let act = values(&body, "act").next().unwrap_or_default();
    let Ok(name) = team.parse::<TeamName>() else { return told("") };
    let asked = (edge, client, actor);
    let mut outcomes = Vec::new();
    for who in values(&body, "take") {
        outcomes.push(one(&asked, &name, &who, TeamRole::named(&act)).await.is_ok());
    }
    let query = match (outcomes.is_empty(), outcomes.contains(&false)) {
        (true, _) => "problem=none",
        (false, true) => "problem=some",
        (false, false) => "done=seated",
    };
    see_other(page_of(&team, query))
}

/// Gives somebody another role in the team, or takes them out of it where there is none.
async fn one(
    (State(edge), Extension(client), Extension(actor)): &Asked,
    team: &TeamName,
    who: &str,
    role: Option<TeamRole>,
) -> Result<(), Problem> {
    let nobody = |_| Problem::new(ProblemKind::NotFound, "There is nobody of that name.");
    let person = who.parse::<PersonName>().map_err(nobody)?;
    let (member, from) = ((team, &person), Some(client.address));
    match role {
        Some(role) => edge.portal.put_member(actor, member, role, from).await.map(drop),
        None => edge.portal.take_member(actor, member, from).await,
    }
}

async fn remove(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path(team): Path<String>,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let sent = form.map(|Form(sent)| sent).unwrap_or_default();
    let Ok(name) = team.parse::<TeamName>() else { return told("") };
    if sent.confirm.trim() != name.as_str() {
        return see_other(page_of(&team, "problem=confirm"));
    }
    match edge.portal.remove_team(&actor, &name, Some(client.address)).await {
        Ok(()) => told("done=removed"),
        Err(problem) if problem.kind == ProblemKind::Conflict => see_other(page_of(&team, "problem=owns")),
        Err(problem) => see_other(page_of(&team, &format!("problem={}", REFUSALS.word(&problem)))),
    }
}

fn said(done: Result<(), Problem>, words: &str) -> String {
    match done {
        Ok(()) => format!("done={words}"),
        Err(problem) => format!("problem={}", REFUSALS.word(&problem)),
    }
}

/// Back to the list, with words of ours and nothing that was typed.
fn told(query: &str) -> Response {
    see_other(if query.is_empty() { PAGE.to_owned() } else { format!("{PAGE}?{query}") })
}

pub(crate) fn page_of(team: &str, query: &str) -> String {
    let page = format!("{PAGE}/{}", encode(team).replace('/', "%2F"));
    if query.is_empty() { page } else { format!("{page}?{query}") }
}
