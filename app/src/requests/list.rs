use super::{capital, one::not_done, state};
use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Emphasis, Following, Form, Line, Panel, Part, Rows, Sheet, Table, field, form, head, label,
        link, panel, status, text, tick, time,
    },
    sheets::Asked,
    ui::{Query, Status, position},
};
use klamm_model::{Actor, Page, PersonName, RequestKind, RequestState, RequestView, RequestsRequest};
use klamm_portal::Portal;
use std::collections::BTreeSet;

const PATH: &str = "/requests";
const FILTERS: [&str; 5] = ["q", "state", "kind", "team", "requester"];

/// `/requests`: those that concern whoever looks.
pub(crate) async fn list(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let request = RequestsRequest {
        state: asked.given("state"),
        kind: asked.given("kind"),
        search: asked.given("q"),
        team: asked.given("team"),
        requester: asked.given("requester"),
        cursor: asked.given("cursor"),
        ..RequestsRequest::default()
    };
    let page = portal.request_page(&actor, &request).await.map_err(door::refuse)?;
    let sentence = match page.total {
        0 => "No requests".to_owned(),
        1 => "One request".to_owned(),
        many => format!("{many} requests"),
    };
    let address = |cursor: &str, before: u64| {
        let before = if before == 0 { String::new() } else { before.to_string() };
        let query = FILTERS.into_iter().fold(Query::default(), |query, name| query.with(name, asked.get(name)));
        query.with("cursor", cursor).with("before", &before).on(PATH)
    };
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    let next = page.next_cursor.as_deref().map(|cursor| address(cursor, before + shown as u64));
    let first = request.cursor.is_some().then(|| address("", 0));
    let pager = Part::Pager(position(before, shown, page.total, ("request", "requests")), first, next);
    let mut parts = vec![filters(asked)];
    let chips: Vec<_> = FILTERS
        .into_iter()
        .filter_map(|name| Some((name, asked.given(name)?)))
        .map(|(name, value)| (value, without(asked, name)))
        .collect();
    if !chips.is_empty() {
        parts.push(Part::Chips(chips));
    }
    if page.items.is_empty() {
        parts.push(nothing());
    } else {
        parts.push(Part::table("Requests", heads(), page.items.iter().map(|view| row(view, None)).collect()));
        parts.push(pager);
    }
    Ok(Sheet {
        title: "Requests".to_owned(),
        sentence,
        facts: "What was asked for, by whom, and how far it is".to_owned(),
        panels: vec![panel("Requests", parts).aside(link("Ask for something", "/requests/new"))],
        following: Following::Requests,
        now: portal.now(),
        ..Sheet::default()
    })
}

/// The list without one of its filters.
fn without(asked: &Asked, left_out: &str) -> String {
    let names = FILTERS.into_iter().filter(|name| *name != left_out);
    names.fold(Query::default(), |query, name| query.with(name, asked.get(name))).on(PATH)
}

fn nothing() -> Part {
    let mut words = text("What teams ask for stands here:");
    words.extend(link("ask for a topic", "/requests/new"));
    Part::Empty("Nothing to show".to_owned(), words)
}

fn filters(asked: &Asked) -> Part {
    let all = |words: &str| vec![(String::new(), words.to_owned())];
    let states: Vec<_> = all("any state")
        .into_iter()
        .chain(RequestState::ALL.map(|state| (state.name().to_owned(), state.words().to_owned())))
        .collect();
    let kinds: Vec<_> = all("anything")
        .into_iter()
        .chain(RequestKind::ALL.map(|kind| (kind.name().to_owned(), kind.words().to_owned())))
        .collect();
    Part::Form(Form {
        action: PATH.to_owned(),
        fields: vec![
            field("q", "About", asked.get("q"), Choice::Word).example("payments. …"),
            field("kind", "What", asked.get("kind"), Choice::One(kinds)),
            field("state", "State", asked.get("state"), Choice::One(states)),
        ],
        buttons: vec![Button::new("Filter")],
        ..Form::default()
    })
}

fn heads() -> Vec<(String, crate::sheet::Holds)> {
    ["About", "What", "Cluster", "Asked by", "State", "Waits for", "When"].map(head).to_vec()
}

fn row(view: &RequestView, ticked: Option<Line>) -> Vec<Line> {
    let mut about = ticked.unwrap_or_default();
    about.extend(link(view.subject.clone(), format!("{PATH}/{}", view.id)));
    let cluster = format!("/clusters/{}/{}", view.cluster.namespace, view.cluster.name);
    let mut by = text(view.requester.to_string());
    by.extend(label(format!("for {}", view.team)));
    vec![
        about,
        text(capital(view.kind.words())),
        link(view.cluster.to_string(), cluster),
        by,
        state(view.state),
        text(waits_for(view)),
        time(view.changed_at),
    ]
}

/// On whom a request waits; its own page says for what.
fn waits_for(view: &RequestView) -> String {
    if view.state != RequestState::NeedsApproval {
        return view.waiting_for.clone().unwrap_or_default();
    }
    let has_agreed = |person: &PersonName| view.approvals.iter().any(|approval| approval.by == *person);
    let people = view.asked.iter().flat_map(|asked| &asked.people).filter(|person| !has_agreed(person));
    let people: BTreeSet<&str> = people.map(PersonName::as_str).collect();
    if people.is_empty() { "nobody is left who could".to_owned() } else { Vec::from_iter(people).join(", ") }
}

/// `/approvals`: what waits for whoever looks.
pub(crate) async fn inbox(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let csrf = door::csrf_token().unwrap_or_default();
    let request = RequestsRequest { inbox: true, limit: Some(200), ..RequestsRequest::default() };
    let page = portal.request_page(&actor, &request).await.map_err(door::refuse)?;
    let sentence = match page.total {
        0 => "Nothing waits for you".to_owned(),
        1 => "One request waits for you".to_owned(),
        many => format!("{many} requests wait for you"),
    };
    let done = RequestsRequest { limit: Some(10), ..RequestsRequest::default() };
    let recent = portal.request_page(&actor, &done).await.map_err(door::refuse)?;
    Ok(Sheet {
        title: "Approvals".to_owned(),
        sentence,
        facts: "What you are asked to decide; nobody decides what they asked for themselves".to_owned(),
        notices: told(asked),
        panels: became(&portal, &actor, asked)
            .await
            .into_iter()
            .chain([waiting(&page, &csrf), lately(&recent)])
            .collect(),
        following: Following::Requests,
        now: portal.now(),
        ..Sheet::default()
    })
}

/// What became of many decisions at once.
fn told(asked: &Asked) -> Vec<(Status, String, String)> {
    let mut notices = Vec::new();
    let count = |name: &str| asked.get(name).parse::<u32>().ok().filter(|count| *count > 0);
    if let Some(done) = count("done") {
        notices.push((Status::Ok, "Decided".to_owned(), format!("{done} of what you ticked.")));
    }
    if let Some(not) = count("not") {
        let why = "They changed meanwhile, or others are asked. They stand below as they are now.";
        notices.push((Status::Warn, "Not decided".to_owned(), format!("{not} of what you ticked. {why}")));
    }
    let why = match asked.get("problem") {
        "reason" => "Say why you decline, so that whoever asked knows what to change.",
        "nothing" => "Tick a request first.",
        _ => return notices,
    };
    notices.push((Status::Bad, "Nothing done".to_owned(), why.to_owned()));
    notices
}

/// What became of each of many decisions.
async fn became(portal: &Portal, actor: &Actor, asked: &Asked) -> Option<Panel> {
    let mut lines: Vec<Line> = Vec::new();
    for result in asked.get("results").split(',') {
        let Some((id, word)) = result.split_once('.') else { continue };
        let Ok(id) = id.parse() else { continue };
        // What one may no longer see is not told either.
        let Ok(view) = portal.request(actor, &id).await else { continue };
        let mut line = link(view.subject, format!("{PATH}/{id}"));
        line.extend(if word == "done" { state(view.state) } else { status(Status::Warn, not_done(word)) });
        lines.push(line);
    }
    (!lines.is_empty()).then(|| panel("What became of what you ticked", vec![Part::Lines(lines)]))
}

fn waiting(page: &Page<RequestView>, csrf: &str) -> Panel {
    if page.items.is_empty() {
        let words = text("Requests that need your consent appear here by themselves.");
        return panel("Waits for you", vec![Part::Empty("All done".to_owned(), words)]);
    }
    let rows: Rows = page
        .items
        .iter()
        .map(|view| {
            let which = format!("{}:{}", view.id, view.hash);
            row(view, Some(tick(format!("Take {}", view.subject), "take", which)))
        })
        .collect();
    let approve = Button {
        emphasis: Emphasis::Primary,
        value: Some(("verdict".to_owned(), "approve".to_owned())),
        ..Button::new("Approve what is ticked")
    };
    let decline = Button { value: Some(("verdict".to_owned(), "decline".to_owned())), ..Button::new("Decline it") };
    let reason = field("reason", "Why, when you decline", "", Choice::Line);
    let bulk = Form {
        table: Some(Table { label: "Requests that wait for you".to_owned(), heads: heads(), rows, ..Table::default() }),
        fields: vec![reason],
        ..form("/approvals", csrf, vec![approve, decline])
    };
    panel("Waits for you", vec![Part::Form(bulk)]).hint("open one to see what it would do")
}

fn lately(page: &Page<RequestView>) -> Panel {
    let rows: Rows = page.items.iter().map(|view| row(view, None)).collect();
    let all = link("all requests", PATH);
    if rows.is_empty() {
        return panel("Lately", vec![nothing()]).aside(all);
    }
    panel("Lately", vec![Part::table("The last requests", heads(), rows)]).aside(all)
}
