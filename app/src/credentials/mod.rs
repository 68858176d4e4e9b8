//! Credentials as pages show them, said on the server.

use crate::{
    AppError, door,
    requests::capital,
    sheet::{
        Button, Choice, Emphasis, Following, Form, Line, Panel, Part, Rows, Sheet, code, field, form, head, label,
        link, panel, status, text, time,
    },
    sheets::Asked,
    ui::{Query, Status, encode, position},
};
use klamm_model::{
    CredentialState, CredentialUses, CredentialView, GroupUse, Known, PageRequest, Reminder, UnixMillis,
};
use klamm_portal::{CredentialSnippets, RevealedCredential};
use leptos::prelude::use_context;
use std::sync::Arc;

const PATH: &str = "/credentials";

/// A password that the form has just revealed, in the context of the one page that shows it.
#[derive(Clone, Debug)]
pub struct Shown(pub Arc<RevealedCredential>);

fn state(view: &CredentialView) -> Line {
    match view.state {
        CredentialState::Ready => status(Status::Ok, "works"),
        CredentialState::Waiting => status(Status::Warn, "waits"),
        CredentialState::Unknown => status(Status::Unknown, "not looked at yet"),
    }
}

/// `/credentials`.
pub(crate) async fn list(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let request = PageRequest {
        search: asked.given("q"),
        team: asked.given("team"),
        cursor: asked.given("cursor"),
        ..PageRequest::default()
    };
    let page = portal.credential_page(&actor, &request).await.map_err(door::refuse)?;
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    let address = |cursor: &str, before: u64| {
        let before = if before == 0 { String::new() } else { before.to_string() };
        Query::default()
            .with("q", asked.get("q"))
            .with("team", asked.get("team"))
            .with("cursor", cursor)
            .with("before", &before)
            .on(PATH)
    };
    let next = page.next_cursor.as_deref().map(|cursor| address(cursor, before + shown as u64));
    let first = request.cursor.is_some().then(|| address("", 0));
    let search = Form {
        action: PATH.to_owned(),
        fields: vec![
            field("q", "Name contains", asked.get("q"), Choice::Word),
            field("team", "Team", asked.get("team"), Choice::Word),
        ],
        buttons: vec![Button::new("Filter")],
        ..Form::default()
    };
    let mut parts = vec![Part::Form(search)];
    if page.items.is_empty() {
        let mut words = text("Credentials of your teams stand here:");
        words.extend(link("ask for one", "/requests/new?kind=credentialCreate"));
        parts.push(Part::Empty("Nothing to show".to_owned(), words));
    } else {
        let rows: Rows = page.items.iter().map(row).collect();
        let heads = ["Credential", "Cluster", "Team", "State", "May", "Password", "Made"].map(head).to_vec();
        parts.push(Part::table("Credentials", heads, rows));
        parts.push(Part::Pager(position(before, shown, page.total, ("credential", "credentials")), first, next));
    }
    let now = portal.now();
    let ending = page.items.iter().flat_map(|view| {
        view.reminders.iter().map(move |reminder| {
            let (status, word, message) = soon(reminder, now);
            (status, word, format!("{}.{} on {}: {message}", view.namespace, view.name, view.cluster))
        })
    });
    let waiting = page.items.iter().filter(|view| view.state == CredentialState::Waiting).count();
    let sentence = match (page.total, waiting) {
        (0, _) => "No credentials".to_owned(),
        (_, 0) => "All credentials work".to_owned(),
        (_, 1) => "One credential waits".to_owned(),
        (_, several) => format!("{several} credentials wait"),
    };
    Ok(Sheet {
        title: "Credentials".to_owned(),
        sentence,
        facts: "Kafka users of your teams, with what they may do".to_owned(),
        notices: ending.take(5).collect(),
        panels: vec![panel("Credentials", parts).aside(link("Ask for one", "/requests/new?kind=credentialCreate"))],
        following: Following::Everything,
        now,
        ..Sheet::default()
    })
}

fn row(view: &CredentialView) -> Vec<Line> {
    let may: Vec<String> =
        view.grants.iter().map(|grant| format!("{} {}", grant.access, grant.topic)).take(3).collect();
    let more = view.grants.len().saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let password = match (&view.revealed, view.version) {
        (Some(revealed), _) => text(format!("shown to {}", revealed.by)),
        (None, Some(_)) => label("not shown yet"),
        (None, None) => label("none yet"),
    };
    vec![
        link(format!("{}.{}", view.namespace, view.name), format!("{PATH}/{}", view.id)),
        link(view.cluster.to_string(), format!("/clusters/{}/{}", view.cluster.namespace, view.cluster.name)),
        view.team.as_ref().map_or_else(|| label("nobody's"), |team| text(team.to_string())),
        state(view),
        text(format!("{}{more}", may.join(", "))),
        password,
        time(view.created_at),
    ]
}

/// `/credentials/{id}`.
pub(crate) async fn one(id: &str) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let view = portal.credential(&actor, id).await.map_err(door::refuse)?;
    let csrf = door::csrf_token().unwrap_or_default();
    let shown = use_context::<Shown>();
    let name = format!("{}.{}", view.namespace, view.name);
    let sentence = match view.state {
        CredentialState::Ready => format!("{name} works"),
        CredentialState::Waiting => format!("{name} waits"),
        CredentialState::Unknown => format!("{name} has not been looked at yet"),
    };
    let mut notices = Vec::new();
    if let Some(message) = &view.message {
        notices.push((Status::Warn, "Waits".to_owned(), message.clone()));
    }
    let now = portal.now();
    notices.extend(view.reminders.iter().map(|reminder| soon(reminder, now)));
    let grants: Rows = view
        .grants
        .iter()
        .map(|grant| {
            let topic = if grant.pattern == "prefixed" { format!("{}*", grant.topic) } else { grant.topic.clone() };
            vec![code(topic), text(grant.access.clone()), text(grant.groups.join(", "))]
        })
        .collect();
    let heads = ["Topic", "May", "Groups"].map(head).to_vec();
    let may = if grants.is_empty() {
        Part::Empty("Nothing".to_owned(), text("It may sign in, and no more."))
    } else {
        Part::table("What it may do", heads, grants)
    };
    let (mut panels, following) = match &shown {
        Some(Shown(revealed)) => (revealed_panels(revealed), Following::Nothing),
        None => (Vec::new(), Following::Everything),
    };
    panels.push(panel("What it may do", vec![may]));
    if shown.is_none() {
        let uses = portal.credential_uses(&actor, id).await.map_err(door::refuse)?;
        panels.push(used(&uses, &view));
        let snippets = portal.credential_snippets(&actor, id).map_err(door::refuse)?;
        panels.extend(snippets.iter().flat_map(snippets_of));
    }
    let mut beside = vec![standing(&view)];
    if shown.is_none() {
        beside.push(password(&view, &csrf));
    }
    beside.push(ways(&view));
    let facts = format!("on {}", view.cluster);
    Ok(Sheet { title: name, sentence, facts, notices, panels, beside, following, now, ..Sheet::default() })
}

/// A word of what ends soon, or has just ended.
fn soon(reminder: &Reminder, now: UnixMillis) -> (Status, String, String) {
    let message = capital(&reminder.message);
    if reminder.at <= now {
        (Status::Bad, "Ended".to_owned(), format!("{message}."))
    } else {
        (Status::Warn, "Ends soon".to_owned(), format!("{message}: {}.", reminder.at.ahead(now)))
    }
}

fn used(uses: &CredentialUses, view: &CredentialView) -> Panel {
    let workloads = match &uses.workloads {
        Known::Known(all) if all.is_empty() => label("no workload of its namespace gets its Secret"),
        Known::Known(all) => {
            let names: Vec<String> = all.iter().map(|one| format!("{} {}", one.kind, one.name)).collect();
            text(names.join(", "))
        }
        Known::Unknown => label("unknown: Kubernetes does not tell just now"),
    };
    let group = |group: &GroupUse| {
        let members = if group.members == 1 { "1 member".to_owned() } else { format!("{} members", group.members) };
        let cluster = &view.cluster;
        let page = format!("/clusters/{}/{}/groups/{}", cluster.namespace, cluster.name, encode(&group.id));
        [link(group.id.clone(), page), label(members)].concat()
    };
    let groups = match &uses.groups {
        Known::Known(all) if all.is_empty() => label("no group that it may be in has members"),
        Known::Known(all) => all.iter().flat_map(group).collect(),
        Known::Unknown => label("unknown"),
    };
    let facts = vec![("Workloads that get its Secret", workloads), ("Groups with members", groups)];
    panel("What uses it now", vec![Part::facts("What uses it now", facts)])
        .hint("look here before you rotate or delete it")
}

fn standing(view: &CredentialView) -> Panel {
    let previous =
        view.previous.as_ref().map(|previous| text(format!("{} until {}", previous.username, previous.until)));
    let facts = vec![
        ("State", state(view)),
        ("Kafka user", view.username.clone().map(code).unwrap_or_default()),
        ("Secret", view.secret.clone().map(|secret| code(format!("{}/{secret}", view.namespace))).unwrap_or_default()),
        ("Also works", previous.unwrap_or_default()),
        ("Made for", view.workload.clone().map(text).unwrap_or_default()),
        ("Team", view.team.as_ref().map(|team| link(team.to_string(), format!("/teams/{team}"))).unwrap_or_default()),
        ("Made", time(view.created_at)),
    ];
    panel("How it is", vec![Part::facts("How it is", facts)])
}

fn password(view: &CredentialView, csrf: &str) -> Panel {
    let part = match (&view.revealed, view.allowed_actions.iter().any(|action| action == "reveal")) {
        (Some(revealed), _) => {
            let mut line = text(format!("Shown to {}", revealed.by));
            line.extend(time(revealed.at));
            line.extend(label("and to nobody again. Rotate it to get another, or mount the Secret."));
            Part::Lines(vec![line])
        }
        (None, true) => {
            let show = Button { emphasis: Emphasis::Primary, ..Button::new("Show the password, once") };
            Part::Form(form(format!("{PATH}/{}", view.id), csrf, vec![show]))
        }
        (None, false) => {
            Part::Lines(vec![label("Members of the team that owns it can be shown the password, once, when it works.")])
        }
    };
    panel("Password", vec![part]).hint("shown once")
}

fn ways(view: &CredentialView) -> Panel {
    let about = |kind: &str| {
        let cluster = view.cluster.to_string();
        let query = Query::default().with("kind", kind).with("cluster", &cluster);
        query.with("namespace", view.namespace.as_str()).with("name", view.name.as_str()).on("/requests/new")
    };
    let lines = if view.workload.is_some() {
        vec![label("Its workload's annotations say what it may do, and it ends with the workload.")]
    } else {
        vec![
            link("Ask to change what it may do", about("credentialChange")),
            link("Ask to rotate its password", about("credentialRotate")),
            link("Ask to delete it", about("credentialDelete")),
        ]
    };
    panel("More", vec![Part::Lines(lines)])
}

/// The clients' side, for whoever has the password already.
fn snippets_of(about: &CredentialSnippets) -> Vec<Panel> {
    let words = format!(
        "In place of {} goes the password: whoever was shown it has it, and the Secret holds it.",
        about.password
    );
    let facts = vec![("Brokers", code(about.bootstrap_servers.clone()))];
    let lead = panel(
        "What to write into clients",
        vec![Part::facts("Where clients begin", facts), Part::Lines(vec![label(words)])],
    );
    let each = about.snippets.iter().map(|(name, text)| snippet(name, text));
    std::iter::once(lead).chain(each).collect()
}

fn snippet(name: &str, words: &str) -> Panel {
    let title = match name {
        "java" => "Java: client.properties",
        "spring" => "Spring: application.yml",
        "librdkafka" => "librdkafka and kcat",
        "python" => "Python",
        "go" => "Go",
        "node" => "Node",
        "deployment" => "A Deployment with the Secret mounted",
        "annotations" => "A Deployment that gets its own",
        other => other,
    };
    panel(title, vec![Part::Text(words.to_owned())])
}

fn revealed_panels(revealed: &RevealedCredential) -> Vec<Panel> {
    let password = panel("The password", vec![Part::Text(revealed.password().to_owned())])
        .hint("shown once; Klamm does not show it again");
    std::iter::once(password).chain(revealed.snippets().map(|(name, words)| snippet(name, words))).collect()
}
