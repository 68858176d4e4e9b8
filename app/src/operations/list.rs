use super::{ask_href, list_href, one::MayAsk, operation_href, words};
use crate::{
    AppError,
    clusters::ClusterTab,
    door,
    sheet::{
        Action, Button, Choice, Emphasis, Following, Form, Line, Panel, Part, Rows, Sheet, field, head, label, link,
        number, panel, piece_of, text, time,
    },
    sheets::Asked,
    ui::{Query, position},
};
use klamm_model::{
    Actor, ClusterRef, ClusterView, OperationKind, OperationPhase, OperationView, OperationsRequest, Page, UnixMillis,
};
use klamm_portal::Portal;

const FILTERS: [&str; 2] = ["kind", "phase"];

/// Everything that the page says.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) cluster: ClusterView,
    /// The one that goes on.
    pub(crate) open: Option<OperationView>,
    pub(crate) page: Page<OperationView>,
    /// Whether whoever looks may ask for operations.
    pub(crate) asks: MayAsk,
    pub(crate) now: UnixMillis,
}

/// `/clusters/{namespace}/{name}/operations`.
pub(crate) fn list(cluster: &str, asked: &Asked) -> Result<Sheet, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let request = OperationsRequest {
        kind: asked.given("kind"),
        phase: asked.given("phase"),
        cursor: asked.given("cursor"),
        ..OperationsRequest::default()
    };
    let listed = door::ask(|portal, actor| {
        Ok(Listed {
            cluster: portal.cluster_view(actor, &cluster)?,
            open: portal.open_operation(actor, &cluster)?,
            page: portal.operation_page(actor, &cluster, &request)?,
            asks: MayAsk::of(actor),
            now: portal.now(),
        })
    })?;
    Ok(drawn(listed, asked))
}

/// The page.
pub(crate) fn drawn(of: Listed, asked: &Asked) -> Sheet {
    let Listed { cluster, open, page, asks, now } = of;
    let reference = ClusterRef { namespace: cluster.namespace.clone(), name: cluster.name.clone() };
    let name = &cluster.name;
    let sentence = match &open {
        None => format!("No operation of {name} is running"),
        Some(open) => match open.phase {
            OperationPhase::Waiting => format!("{name} is being changed, and the next step waits"),
            OperationPhase::Paused => format!("{name} is being changed, and that is paused"),
            OperationPhase::Planned
            | OperationPhase::Running
            | OperationPhase::Done
            | OperationPhase::Failed
            | OperationPhase::Cancelled => format!("{name} is being changed"),
        },
    };
    let running = open.map(|open| running(&reference, &open, now));
    Sheet {
        title: format!("Operations of {reference}"),
        sentence,
        facts: "Changes of the whole cluster, one at a time and one safe step after the other".to_owned(),
        tabs: Some((reference.clone(), ClusterTab::Operations, cluster.findings)),
        panels: running.into_iter().chain([ways(&reference, asks), history(&reference, &page, asked)]).collect(),
        following: Following::Everything,
        now,
        ..Sheet::default()
    }
}

fn running(cluster: &ClusterRef, open: &OperationView, now: UnixMillis) -> Panel {
    let mut first = link(open.sentence.clone(), operation_href(cluster, &open.name));
    first.extend(words::phase(open.phase));
    let mut lines = vec![first, label(words::facts(open, None, now))];
    lines.extend(open.waiting_on.iter().take(2).map(|wait| text(wait.message.clone())));
    panel("Now", vec![Part::Lines(lines)]).hint(open.name.to_string())
}

/// What may be asked for. One runs at a time; what is asked for meanwhile waits for its turn.
fn ways(cluster: &ClusterRef, asks: MayAsk) -> Panel {
    const KINDS: [(OperationKind, &str); 7] = [
        (OperationKind::Upgrade, "Upgrade"),
        (OperationKind::Finalise, "Finalise"),
        (OperationKind::Scale, "Scale"),
        (OperationKind::Restart, "Restart"),
        (OperationKind::Reconfigure, "Change settings"),
        (OperationKind::Rebalance, "Rebalance"),
        (OperationKind::Drain, "Empty brokers"),
    ];
    match asks {
        MayAsk::Yes => {
            let way = |(kind, words): (OperationKind, &str)| {
                Action::Link(words.to_owned(), ask_href(cluster, kind).on("/requests/new"), Emphasis::Plain)
            };
            let words = label("Each shows what it would do before anybody is asked; the rules say who has to agree.");
            panel("Ask for one", vec![Part::Actions(KINDS.map(way).to_vec()), Part::Lines(vec![words])])
        }
        MayAsk::No => {
            let words = text("Operators ask for them. Everybody sees what is done, and what holds it back.");
            panel("Ask for one", vec![Part::Lines(vec![words])])
        }
    }
}

fn history(cluster: &ClusterRef, page: &Page<OperationView>, asked: &Asked) -> Panel {
    let path = list_href(cluster);
    let mut parts = vec![filters(&path, asked)];
    if page.items.is_empty() {
        let is_narrow = FILTERS.iter().any(|name| asked.given(name).is_some());
        let (title, words) = if is_narrow {
            ("No such operation", link("Without filters", path.clone()))
        } else {
            ("No operation yet", text("Restarts, upgrades, scaling and moves of this cluster are told here."))
        };
        parts.push(Part::Empty(title.to_owned(), words));
        return panel("All operations", parts);
    }
    let heads = vec![
        head("Operation"),
        head("Kind"),
        head("State"),
        number("Steps"),
        head("Waits for"),
        head("Begun"),
        number("Took"),
    ];
    let rows: Rows = page.items.iter().map(|operation| row(cluster, operation)).collect();
    parts.push(Part::table("Operations", heads, rows));
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    let address = |cursor: &str, before: u64| {
        let before = if before == 0 { String::new() } else { before.to_string() };
        let query = FILTERS.into_iter().fold(Query::default(), |query, name| query.with(name, asked.get(name)));
        query.with("cursor", cursor).with("before", &before).on(&path)
    };
    let next = page.next_cursor.as_deref().map(|cursor| address(cursor, before + shown as u64));
    let first = asked.given("cursor").map(|_| address("", 0));
    parts.push(Part::Pager(position(before, shown, page.total, ("operation", "operations")), first, next));
    panel("All operations", parts).hint("the last 20 stay")
}

fn filters(path: &str, asked: &Asked) -> Part {
    let any = |words: &str| [(String::new(), words.to_owned())];
    let kinds = OperationKind::ALL.map(|kind| (kind.name().to_owned(), kind.name().to_owned()));
    let phases = OperationPhase::ALL.map(|phase| (phase.name().to_owned(), phase.name().to_owned()));
    let open = [("open".to_owned(), "not over".to_owned())];
    let one = |name: &str, label: &str, choices| field(name, label, asked.get(name), Choice::One(choices));
    Part::Form(Form {
        action: path.to_owned(),
        fields: vec![
            one("kind", "Kind", any("any kind").into_iter().chain(kinds).collect()),
            one("phase", "State", any("any state").into_iter().chain(open).chain(phases).collect()),
        ],
        buttons: vec![Button::new("Filter")],
        ..Form::default()
    })
}

fn row(cluster: &ClusterRef, operation: &OperationView) -> Vec<Line> {
    let (done, all) = operation.progress();
    let waits = operation.waiting_on.first().filter(|_| !operation.phase.is_over());
    vec![
        link(operation.sentence.clone(), operation_href(cluster, &operation.name)),
        text(operation.kind.name()),
        words::phase(operation.phase),
        if all == 0 { label("–") } else { text(format!("{done} of {all}")) },
        waits.map_or_else(|| label("–"), |wait| text(wait.message.clone())),
        time(operation.started_at.unwrap_or(operation.created_at)),
        text(words::took(operation)),
    ]
}

/// The operation that goes on, as a piece of the page of its cluster; empty where there is none.
pub(crate) fn of_cluster(portal: &Portal, actor: &Actor, cluster: &ClusterRef) -> String {
    let open = portal.open_operation(actor, cluster).ok().flatten();
    open.map_or_else(String::new, |open| {
        let now = portal.now();
        let all = link("all operations", list_href(cluster));
        piece_of(Panel { title: "Operation".to_owned(), ..running(cluster, &open, now) }.aside(all), now)
    })
}
