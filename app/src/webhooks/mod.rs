//! Webhooks and the log of their deliveries as pages show them, said on the server.

use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Emphasis, Following, Form, Holds, Line, Panel, Part, Rows, Sheet, Table, field, form, head,
        label, link, number, panel, status, text, tick, time, when,
    },
    sheets::Asked,
    ui::{Query, Status, position},
};
use klamm_model::{DeliveriesRequest, DeliveryState, DeliveryView, Page, TeamName, WebhookEvent, WebhookView};

const PATH: &str = "/webhooks";
const FIELDS: [&str; 3] = ["webhook", "state", "request"];

/// `/webhooks`: who is told of requests, and what became of every message.
pub(crate) async fn list(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let csrf = door::csrf_token().unwrap_or_default();
    let webhooks = portal.webhooks(&actor).await.map_err(door::refuse)?;
    let request = DeliveriesRequest {
        webhook: asked.given("webhook"),
        state: asked.given("state"),
        request: asked.given("request"),
        cursor: asked.given("cursor"),
        ..DeliveriesRequest::default()
    };
    let page = portal.delivery_page(&actor, &request).await.map_err(door::refuse)?;
    Ok(Sheet {
        title: "Webhooks".to_owned(),
        sentence: sentence(&webhooks),
        facts: "Programs elsewhere that are told when requests move; the configuration says which".to_owned(),
        notices: told(asked),
        panels: vec![configured(&webhooks, &csrf), deliveries(asked, &webhooks, &page, &csrf)],
        following: Following::Requests,
        now: portal.now(),
        ..Sheet::default()
    })
}

fn sentence(webhooks: &[WebhookView]) -> String {
    let failing = webhooks.iter().filter(|webhook| webhook.retrying > 0).count();
    match (webhooks.len(), failing) {
        (0, _) => "Nobody else is told of requests".to_owned(),
        (_, 0) => "Every webhook is told".to_owned(),
        (_, 1) => "One webhook could not be told of everything yet".to_owned(),
        (_, several) => format!("{several} webhooks could not be told of everything yet"),
    }
}

/// What came of a form.
fn told(asked: &Asked) -> Vec<(Status, String, String)> {
    let count = |name: &str| asked.get(name).parse::<u32>().ok().filter(|count| *count > 0);
    let mut notices = Vec::new();
    if let Some(sent) = count("sent") {
        let what = if sent == 1 { "A message is".to_owned() } else { format!("{sent} messages are") };
        notices.push((Status::Ok, "On the way".to_owned(), format!("{what} sent now; the log says what comes of it.")));
    }
    if let Some(not) = count("not") {
        let what = if not == 1 { "One was".to_owned() } else { format!("{not} were") };
        let why = "It moved meanwhile, or its webhook is not configured any more, or you may not.";
        notices.push((Status::Warn, "Not sent".to_owned(), format!("{what} not. {why}")));
    }
    if asked.get("problem") == "nothing" {
        notices.push((Status::Bad, "Nothing done".to_owned(), "Tick a delivery first.".to_owned()));
    }
    notices
}

fn configured(webhooks: &[WebhookView], csrf: &str) -> Panel {
    if webhooks.is_empty() {
        let words = text("Whoever runs Klamm adds [[webhooks]] to its configuration, as docs/webhooks.md tells.");
        return panel("Webhooks", vec![Part::Empty("None is configured".to_owned(), words)]);
    }
    let mut heads: Vec<_> = ["Webhook", "Where", "Told of", "Teams"].map(head).to_vec();
    heads.extend(["Arrived", "Pending", "Given up"].map(number));
    heads.push(head("Last arrived"));
    let rows: Rows = webhooks.iter().map(webhook).collect();
    let mut parts = vec![Part::table("Webhooks", heads, rows)];
    let may_test = |webhook: &&WebhookView| webhook.allowed_actions.iter().any(|action| action == "test");
    let names = webhooks.iter().filter(may_test).map(|webhook| (webhook.name.to_string(), webhook.name.to_string()));
    let names: Vec<_> = names.collect();
    if !names.is_empty() {
        let fields = vec![field("webhook", "To", "", Choice::One(names))];
        parts.push(Part::Form(Form { fields, ..form("/webhooks/test", csrf, vec![Button::new("Send a test")]) }));
    }
    panel("Webhooks", parts).hint("path and query of an address are not shown: they may be secrets")
}

fn webhook(view: &WebhookView) -> Vec<Line> {
    let events: Vec<&str> = view.events.iter().map(|event| event.words()).collect();
    let events = if view.events == WebhookEvent::ALL { "everything".to_owned() } else { events.join(", ") };
    let teams: Vec<&str> = view.teams.iter().map(TeamName::as_str).collect();
    let mut pending = text(view.pending.to_string());
    if view.retrying > 0 {
        pending.extend(status(Status::Warn, format!("{} failed before", view.retrying)));
    }
    let name = view.name.as_str();
    vec![
        link(name, Query::default().with("webhook", name).on(PATH)),
        text(view.origin.clone()),
        text(events),
        if teams.is_empty() { label("all") } else { text(teams.join(", ")) },
        text(view.delivered.to_string()),
        pending,
        text(view.gave_up.to_string()),
        when(view.delivered_at, "never"),
    ]
}

fn deliveries(asked: &Asked, webhooks: &[WebhookView], page: &Page<DeliveryView>, csrf: &str) -> Panel {
    let address = |cursor: &str, before: u64| {
        let before = if before == 0 { String::new() } else { before.to_string() };
        let query = FIELDS.into_iter().fold(Query::default(), |query, name| query.with(name, asked.get(name)));
        query.with("cursor", cursor).with("before", &before).on(PATH)
    };
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    let next = page.next_cursor.as_deref().map(|cursor| address(cursor, before + shown as u64));
    let first = asked.given("cursor").map(|_| address("", 0));
    let mut parts = vec![filters(asked, webhooks)];
    if page.items.is_empty() {
        let words = if FIELDS.iter().any(|name| asked.given(name).is_some()) {
            link("Without filters", PATH)
        } else {
            text("Messages appear here as requests move, and stay for 30 days.")
        };
        parts.push(Part::Empty("Nothing to show".to_owned(), words));
    } else {
        parts.push(log(page, csrf));
        parts.push(Part::Pager(position(before, shown, page.total, ("delivery", "deliveries")), first, next));
    }
    panel("Deliveries", parts).hint("the newest first")
}

fn filters(asked: &Asked, webhooks: &[WebhookView]) -> Part {
    let any = |words: &str| [(String::new(), words.to_owned())];
    let states = DeliveryState::ALL.map(|state| (state.name().to_owned(), state.words().to_owned()));
    let names = webhooks.iter().map(|webhook| (webhook.name.to_string(), webhook.name.to_string()));
    let one = |name: &str, label: &str, choices| field(name, label, asked.get(name), Choice::One(choices));
    Part::Form(Form {
        action: PATH.to_owned(),
        fields: vec![
            one("webhook", "To", any("any webhook").into_iter().chain(names).collect()),
            one("state", "State", any("any state").into_iter().chain(states).collect()),
            field("request", "Request", asked.get("request"), Choice::Word).example("req_…"),
        ],
        buttons: vec![Button::new("Filter")],
        ..Form::default()
    })
}

/// With boxes to tick where whoever looks may have messages sent again.
fn log(page: &Page<DeliveryView>, csrf: &str) -> Part {
    let rows: Rows = page.items.iter().map(delivery).collect();
    let may_retry = |view: &DeliveryView| view.allowed_actions.iter().any(|action| action == "retry");
    if !page.items.iter().any(may_retry) {
        return Part::table("Deliveries", heads(), rows);
    }
    let ticked = page.items.iter().zip(rows).map(|(view, mut row)| {
        if may_retry(view) {
            let mut first = tick(format!("Take {}", view.id), "take", view.id.to_string());
            first.append(&mut row[0]);
            row[0] = first;
        }
        row
    });
    let rows: Rows = ticked.collect();
    let again = Button { emphasis: Emphasis::Primary, ..Button::new("Send again what is ticked") };
    let table = Some(Table { label: "Deliveries".to_owned(), heads: heads(), rows, ..Table::default() });
    Part::Form(Form { table, ..form("/webhooks/retry", csrf, vec![again]) })
}

fn heads() -> Vec<(String, Holds)> {
    let mut heads: Vec<_> = ["What", "To", "About", "State", "Last answer"].map(head).to_vec();
    heads.push(number("Attempts"));
    heads.extend(["Next", "Made"].map(head));
    heads
}

fn delivery(view: &DeliveryView) -> Vec<Line> {
    let mark = match view.state {
        DeliveryState::Delivered => Status::Ok,
        DeliveryState::Pending => Status::Warn,
        DeliveryState::GaveUp => Status::Bad,
    };
    let answer = match (&view.error, view.status) {
        (Some(error), _) => text(error.clone()),
        (None, Some(status)) => text(status.to_string()),
        (None, None) => label("none yet"),
    };
    let about = match &view.request {
        Some(request) => link(request.to_string(), format!("/requests/{request}")),
        None => label("nothing"),
    };
    vec![
        text(view.event.words()),
        text(view.webhook.as_str()),
        about,
        status(mark, view.state.words()),
        answer,
        text(view.attempts.to_string()),
        view.next_attempt_at.map_or_else(|| label("none"), time),
        time(view.created_at),
    ]
}
