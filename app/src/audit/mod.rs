//! The audit as pages show it, said on the server.

use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Following, Form, Line, Part, Rows, Sheet, field, head, label, link, panel, status, text, time,
    },
    sheets::Asked,
    ui::{Query, Status, position},
};
use klamm_model::{AuditRequest, AuditView};

const PATH: &str = "/audit";
const FIELDS: [&str; 7] = ["actor", "team", "action", "kind", "name", "request", "decision"];

/// `/audit`: what people tried, as far as whoever looks may read it.
pub(crate) async fn list(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let request = AuditRequest {
        actor: asked.given("actor"),
        team: asked.given("team"),
        action: asked.given("action"),
        kind: asked.given("kind"),
        name: asked.given("name"),
        request: asked.given("request"),
        decision: asked.given("decision"),
        cursor: asked.given("cursor"),
        ..AuditRequest::default()
    };
    let page = portal.audit_page(&actor, &request).await.map_err(door::refuse)?;
    let address = |path: &str, cursor: &str, before: u64| {
        let before = if before == 0 { String::new() } else { before.to_string() };
        let query = FIELDS.into_iter().fold(Query::default(), |query, name| query.with(name, asked.get(name)));
        query.with("cursor", cursor).with("before", &before).on(path)
    };
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    let next = page.next_cursor.as_deref().map(|cursor| address(PATH, cursor, before + shown as u64));
    let first = request.cursor.is_some().then(|| address(PATH, "", 0));
    let mut parts = vec![filters(asked)];
    if page.items.is_empty() {
        parts.push(Part::Empty("Nothing to show".to_owned(), link("Without filters", PATH)));
    } else {
        let heads = ["What", "On", "By", "Team", "Outcome", "Rule", "When"].map(head).to_vec();
        let rows: Rows = page.items.iter().map(row).collect();
        parts.push(Part::table("The audit", heads, rows));
        parts.push(Part::Pager(position(before, shown, page.total, ("item", "items")), first, next));
    }
    let mut aside = link("CSV", address("/api/v1/audit/export.csv", "", 0));
    aside.extend(link("JSON lines", address("/api/v1/audit/export.jsonl", "", 0)));
    if portal.webhook_actions(&actor).iter().any(|action| action == "view") {
        aside.extend(link("Webhooks", "/webhooks"));
    }
    Ok(Sheet {
        title: "Audit".to_owned(),
        sentence: "What was tried, and what became of it".to_owned(),
        facts: "Nothing of it is ever changed or deleted".to_owned(),
        panels: vec![panel("Audit", parts).aside(aside)],
        following: Following::Requests,
        now: portal.now(),
        ..Sheet::default()
    })
}

fn filters(asked: &Asked) -> Part {
    let decisions = [("", "allowed or not"), ("allowed", "allowed"), ("denied", "denied")];
    let decisions = decisions.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let word = |name: &str, label: &str| field(name, label, asked.get(name), Choice::Word);
    let hidden = asked.given("request").map(|request| ("request".to_owned(), request));
    Part::Form(Form {
        action: PATH.to_owned(),
        hidden: hidden.into_iter().collect(),
        fields: vec![
            word("actor", "By"),
            word("team", "Team"),
            word("action", "What").example("approve"),
            word("kind", "Kind").example("KafkaTopic"),
            word("name", "Name"),
            field("decision", "Decision", asked.get("decision"), Choice::One(decisions)),
        ],
        buttons: vec![Button::new("Filter")],
        ..Form::default()
    })
}

fn row(view: &AuditView) -> Vec<Line> {
    let mut on = text(view.object.name.clone());
    on.extend(label(match &view.object.namespace {
        Some(namespace) => format!("{} in {namespace}", view.object.kind),
        None => view.object.kind.clone(),
    }));
    let mut outcome = match (view.decision.as_str(), view.outcome.as_deref()) {
        ("denied", _) => status(Status::Bad, "denied"),
        (_, Some("done")) => status(Status::Ok, "done"),
        (_, Some("refused")) => status(Status::Warn, "refused"),
        (_, Some("failed")) => status(Status::Bad, "failed"),
        (_, _) => status(Status::Unknown, "no outcome"),
    };
    outcome.extend(view.message.clone().map(label).unwrap_or_default());
    let mut by = text(view.actor.clone());
    by.extend(view.source.clone().map(label).unwrap_or_default());
    let what = match &view.request {
        Some(request) => link(view.action.clone(), format!("/requests/{request}")),
        None => text(view.action.clone()),
    };
    vec![what, on, by, text(view.team.clone().unwrap_or_default()), outcome, label(view.rule.clone()), time(view.at)]
}
