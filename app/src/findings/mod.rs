//! What is wrong with clusters as pages show it, said on the server.

use crate::{
    AppError,
    clusters::{ClusterTab, findings_href, severity_status},
    door,
    sheet::{
        Button, Choice, Emphasis, Following, Form, Line, Narrow, Panel, Part, Rows, Sheet, Table, field, form, head,
        label, link, panel, piece_of, press, status, text, tick, time,
    },
    sheets::Asked,
    ui::{Query, Status, position},
};
use klamm_model::{
    Acknowledgement, Actor, ClusterFinding, ClusterRef, FindingRule, FindingSeverity, FindingsRequest, Page,
};
use klamm_portal::Portal;

/// As many as a page of another subject shows; the rest is a click away.
const SHOWN: usize = 5;
/// What the buttons call the form that takes acknowledgements back.
const TAKE_BACK: &str = "take-back";

/// `/clusters/{namespace}/{name}/findings`.
pub(crate) fn list(namespace: &str, name: &str, asked: &Asked) -> Result<Sheet, AppError> {
    let cluster = door::parse_cluster(&format!("{namespace}/{name}"))?;
    let (portal, actor) = door::asking()?;
    let view = portal.cluster_view(&actor, &cluster).map_err(door::refuse)?;
    let request = FindingsRequest {
        severity: asked.given("severity"),
        rule: asked.given("rule"),
        cursor: asked.given("cursor"),
        ..FindingsRequest::default()
    };
    let page = portal.finding_page(&actor, &cluster, &request).map_err(door::refuse)?;
    Ok(Sheet {
        title: format!("Findings of {cluster}"),
        sentence: sentence(view.name.as_str(), view.findings, &view.sentence),
        facts: "What is wrong, or will be; the worst first".to_owned(),
        tabs: Some((cluster.clone(), ClusterTab::Findings, view.findings)),
        notices: told(asked),
        panels: panels(&cluster, asked, &page, (&portal, &actor)),
        following: Following::Everything,
        now: portal.now(),
        ..Sheet::default()
    })
}

fn sentence(name: &str, open: u32, state: &str) -> String {
    match open {
        0 => format!("{name} {state}, and nothing needs attention"),
        1 => format!("{name} {state}, and one finding wants somebody"),
        several => format!("{name} {state}, and {several} findings want somebody"),
    }
}

/// What came of a form.
fn told(asked: &Asked) -> Vec<(Status, String, String)> {
    let count = |name: &str| asked.get(name).parse::<u32>().ok().filter(|count| *count > 0);
    let mut notices = Vec::new();
    if count("known").is_some() {
        let words = "It stays in the list with the reason, and is not counted until the time is over.";
        notices.push((Status::Ok, "Acknowledged".to_owned(), words.to_owned()));
    }
    if count("back").is_some() {
        let words = "It counts again, and wants somebody.";
        notices.push((Status::Ok, "Taken back".to_owned(), words.to_owned()));
    }
    let why = match asked.get("stays") {
        "" => None,
        "forbidden" => Some("Operators take back what is known of findings."),
        "gone" => Some("The finding is gone, or nobody knows of it any more."),
        _ => Some("The database does not answer; try again in a moment."),
    };
    notices.extend(why.map(|why| (Status::Warn, "Not taken back".to_owned(), why.to_owned())));
    let why = match asked.get("problem") {
        "" => None,
        "reason" => Some("Say on one line why it may stay so, for at most 90 days."),
        "none" => Some("Tick what you know of."),
        "forbidden" => Some("Operators acknowledge findings."),
        "gone" => Some("It is gone by now."),
        _ => Some("The database does not answer; try again in a moment."),
    };
    notices.extend(why.map(|why| (Status::Warn, "Not acknowledged".to_owned(), why.to_owned())));
    notices
}

fn panels(
    cluster: &ClusterRef,
    asked: &Asked,
    page: &Page<ClusterFinding>,
    (portal, actor): (&Portal, &Actor),
) -> Vec<Panel> {
    let path = findings_href(cluster);
    let mut parts = vec![filters(&path, asked)];
    if page.items.is_empty() {
        let is_narrow = ["severity", "rule"].iter().any(|name| asked.given(name).is_some());
        let (title, words) = if is_narrow {
            ("Nothing of that kind", link("Without filters", path.clone()))
        } else {
            ("Nothing is wrong", text("As far as brokers, Kubernetes and exporters say. This page fills by itself."))
        };
        parts.push(Part::Empty(title.to_owned(), words));
        return vec![panel("Findings", parts)];
    }
    let may = |finding: &&ClusterFinding| {
        let actions = portal.finding_actions(actor, cluster, &finding.id);
        actions.iter().any(|action| action == "acknowledge")
    };
    let heads = ["What is so", "How bad", "Since", "What it means, and what to do"].map(head).to_vec();
    let rows: Rows = page.items.iter().map(|finding| row(finding, may(&finding))).collect();
    if page.items.iter().any(|finding| may(&finding)) {
        let csrf = door::csrf_token().unwrap_or_default();
        let narrow = Narrow::Stacks;
        let table = Some(Table { label: "Findings".to_owned(), heads, rows, narrow });
        let hours = [(1, "1 hour"), (8, "8 hours"), (24, "1 day"), (168, "1 week"), (720, "30 days")];
        let hours = hours.map(|(hours, words)| (hours.to_string(), words.to_owned())).to_vec();
        let fields = vec![
            field("reason", "Why it may stay so", "", Choice::Line).example("gets its disk tomorrow"),
            field("hours", "For", "24", Choice::One(hours)),
        ];
        let button = Button { emphasis: Emphasis::Primary, ..Button::new("Acknowledge what is ticked") };
        let action = format!("{path}/acknowledge");
        parts.push(Part::Form(Form { table, fields, ..form(action, &csrf, vec![button]) }));
        // A form of its own, so that neither Enter in the other nor what is ticked there takes anything back.
        let back = form(format!("{path}/take-back"), &csrf, Vec::new());
        parts.push(Part::Form(Form { id: TAKE_BACK.to_owned(), ..back }));
    } else {
        parts.push(Part::stacked("Findings", heads, rows));
    }
    parts.push(pager(&path, asked, page));
    vec![panel("Findings", parts).hint("docs/findings.md tells what each rule looks at")]
}

fn filters(path: &str, asked: &Asked) -> Part {
    let any = |words: &str| [(String::new(), words.to_owned())];
    let severities = FindingSeverity::ALL.iter().rev().map(|one| (one.name().to_owned(), one.name().to_owned()));
    let rules = FindingRule::ALL.iter().map(|one| (one.name().to_owned(), one.name().to_owned()));
    let one = |name: &str, label: &str, choices| field(name, label, asked.get(name), Choice::One(choices));
    Part::Form(Form {
        action: path.to_owned(),
        fields: vec![
            one("severity", "How bad", any("however bad").into_iter().chain(severities).collect()),
            one("rule", "Rule", any("any rule").into_iter().chain(rules).collect()),
        ],
        buttons: vec![Button::new("Filter")],
        ..Form::default()
    })
}

fn pager(path: &str, asked: &Asked, page: &Page<ClusterFinding>) -> Part {
    let address = |cursor: &str, before: u64| {
        let before = if before == 0 { String::new() } else { before.to_string() };
        let query =
            ["severity", "rule"].into_iter().fold(Query::default(), |query, name| query.with(name, asked.get(name)));
        query.with("cursor", cursor).with("before", &before).on(path)
    };
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    let next = page.next_cursor.as_deref().map(|cursor| address(cursor, before + shown as u64));
    let first = asked.given("cursor").map(|_| address("", 0));
    Part::Pager(position(before, shown, page.total, ("finding", "findings")), first, next)
}

fn severity(finding: &ClusterFinding) -> Line {
    status(severity_status(finding.severity), finding.severity.name())
}

fn what(finding: &ClusterFinding) -> Line {
    match &finding.link {
        Some(page) => link(finding.message.clone(), page.clone()),
        None => text(finding.message.clone()),
    }
}

fn row(finding: &ClusterFinding, may_acknowledge: bool) -> Vec<Line> {
    let mut first = Line::new();
    if may_acknowledge {
        first.extend(tick(format!("Take: {}", finding.message), "take", finding.id.clone()));
    }
    first.extend(what(finding));
    let mut means = text(format!("{} {}", finding.meaning, finding.advice));
    if let Some(acknowledgement) = &finding.acknowledged {
        means.extend(known(acknowledgement));
        if may_acknowledge {
            means.extend(press("Take back", TAKE_BACK, ("back", finding.id.clone()), &finding.message));
        }
    }
    vec![first, severity(finding), time(finding.since), means]
}

fn known(Acknowledgement { by, reason, at: _, until }: &Acknowledgement) -> Line {
    let mut line = label(format!("{by} knows of it: {reason}; until"));
    line.extend(time(*until));
    line
}

/// The worst findings of a cluster, as a piece of another page; empty where nothing needs attention.
pub(crate) fn of_cluster(portal: &Portal, actor: &Actor, cluster: &ClusterRef) -> String {
    let all = portal.open_findings(actor).unwrap_or_default();
    let Some((_, findings)) = all.into_iter().find(|(of, _)| of == cluster) else { return String::new() };
    piece_of(worst_of(cluster, &findings), portal.now())
}

/// What is worst, with what to do about it: whoever is called at night reads no further.
fn worst_of(cluster: &ClusterRef, findings: &[ClusterFinding]) -> Panel {
    let rows: Rows = findings.iter().take(SHOWN).map(short).collect();
    let heads = ["What is so", "How bad", "Since", "What to do"].map(head).to_vec();
    let shown = panel("Findings", vec![Part::stacked("Findings", heads, rows)]);
    shown.aside(link(counted(findings.len()), findings_href(cluster)))
}

/// Those of all clusters, for whoever operates them.
pub(crate) fn of_all(portal: &Portal, actor: &Actor) -> String {
    if !actor.is_operator() {
        return String::new();
    }
    let all = portal.open_findings(actor).unwrap_or_default();
    if all.is_empty() {
        return String::new();
    }
    let of_cluster = |(cluster, findings): &(ClusterRef, Vec<ClusterFinding>)| -> Rows {
        let name = cluster.to_string();
        let row = |finding| {
            let mut row = short(finding);
            row.insert(1, link(name.clone(), findings_href(cluster)));
            row
        };
        findings.iter().take(SHOWN).map(row).collect()
    };
    let rows: Rows = all.iter().flat_map(of_cluster).collect();
    let total = all.iter().map(|(_, findings)| findings.len()).sum();
    let heads = ["What is so", "Cluster", "How bad", "Since", "What to do"].map(head).to_vec();
    let shown = panel("Findings", vec![Part::stacked("Findings of all clusters", heads, rows)]);
    piece_of(shown.hint(counted(total)), portal.now())
}

fn short(finding: &ClusterFinding) -> Vec<Line> {
    vec![what(finding), severity(finding), time(finding.since), text(finding.advice.clone())]
}

fn counted(total: usize) -> String {
    if total == 1 { "1 finding".to_owned() } else { format!("{total} findings") }
}

#[cfg(test)]
mod tests;
