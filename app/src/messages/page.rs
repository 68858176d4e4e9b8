//! `/clusters/{namespace}/{name}/topics/{topic}/messages`.

use super::{PeekForm, Peeked, words};
use crate::{
    AppError,
    clusters::{ClusterTab, counted},
    door,
    sheet::{Drawn, Following, Panel, Part, Sheet, code, head, label, link, number, panel, text},
    topics::{TopicTabs, topic_href},
    ui::Status,
};
use klamm_model::{ClusterRef, MessagesView, Problem, ProblemKind, TopicName, human_bytes, human_count};
use klamm_portal::{MessagesDoor, MessagesStanding};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// The page: for whoever may, the form and what it has found; for everybody else who may, and how that is said.
pub(crate) async fn page(cluster: &str, topic: &str) -> Result<Drawn, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let none = || door::refuse(Problem::new(ProblemKind::NotFound, format!("There is no such topic in {cluster}.")));
    let topic: TopicName = topic.parse().map_err(|_| none())?;
    let (portal, actor) = door::asking()?;
    let known = portal.messages_door(&actor, &cluster, &topic).map_err(door::refuse)?;
    let path = format!("{}/messages", topic_href(&cluster, &topic));
    let title = format!("Messages of {topic} in {cluster}");
    let findings = portal.cluster_view(&actor, &cluster).map_err(door::refuse)?.findings;
    let mut sheet = Sheet {
        title,
        facts: facts(&known),
        tabs: Some((cluster.clone(), ClusterTab::Topics, findings)),
        following: Following::Nothing,
        now: portal.now(),
        ..Sheet::default()
    };
    match known.standing {
        MessagesStanding::NotNamed => {
            "You may not see messages here".clone_into(&mut sheet.sentence);
            sheet.panels = vec![shut(&known)];
        }
        MessagesStanding::May => fill(&mut sheet, &path),
    }
    let mut drawn = sheet.drawn();
    // Below the links between the pages of the cluster.
    drawn.notices.insert(1, tabs(&cluster, &topic));
    Ok(drawn)
}

fn fill(sheet: &mut Sheet, path: &str) {
    let csrf = door::csrf_token().unwrap_or_default();
    let peeked = use_context::<Peeked>();
    let filled = peeked.as_ref().map(|peeked| peeked.filled.clone()).unwrap_or_default();
    let hint = "reads past every group, commits nothing, and is written down in the audit";
    sheet.panels = vec![panel("Look", vec![Part::Form(filled.drawn(path, &csrf))]).hint(hint)];
    match peeked.as_ref().map(|peeked| &*peeked.answer) {
        None => "Look at what is in it".clone_into(&mut sheet.sentence),
        Some(Err(why)) => {
            "Nothing was read".clone_into(&mut sheet.sentence);
            sheet.notices.push((Status::Warn, "Not read".to_owned(), why.clone()));
        }
        Some(Ok(view)) => {
            sheet.sentence.clone_from(&view.sentence);
            sheet.panels.extend(found(view, &filled, path, &csrf));
        }
    }
}

fn found(view: &MessagesView, filled: &PeekForm, path: &str, csrf: &str) -> Vec<Panel> {
    let heads = [head("Place"), head("Time (UTC)"), head("Key"), head("Value"), head("Headers")];
    let rows = view.items.iter().map(words::row).collect();
    let mut parts = if view.items.is_empty() {
        let why = text("What was looked at has nothing that fits. Look further back, or for less.");
        vec![Part::Empty("No message fits".to_owned(), why)]
    } else {
        vec![Part::table("Messages", heads.to_vec(), rows)]
    };
    if let ([one], false) = (view.partitions.as_slice(), view.items.is_empty())
        && let Some(next) = one.read_to.filter(|next| one.latest.is_some_and(|latest| *next < latest))
    {
        parts.push(Part::Form(filled.onwards(path, csrf, next)));
    }
    let read = format!("{} read", human_bytes(view.fetched_bytes));
    let mut panels = vec![panel("Messages", parts).hint(read)];
    let mut lines = Vec::new();
    if view.aborted > 0 {
        let many = human_count(view.aborted);
        lines.push(text(format!("{many} records of aborted transactions were left out.")));
    }
    if view.too_large > 0 {
        let many = counted(view.too_large, "record is", "records are");
        lines.push(text(format!("{many} too large to be looked into for what JSON has to have.")));
    }
    for one in &view.unreadable {
        lines.push(text(format!("Partition {} at offset {}: {}.", one.partition, one.offset, one.reason)));
    }
    let untold = view.unreadable_count.saturating_sub(view.unreadable.len() as u64);
    if untold > 0 {
        lines.push(label(format!("{} more batches could not be read.", human_count(untold))));
    }
    if !lines.is_empty() {
        panels.push(panel("What is not shown", vec![Part::Lines(lines)]));
    }
    let heads =
        vec![head("Partition"), number("Begins"), number("Ends"), number("Read from"), number("Up to"), head("How")];
    let rows = words::partitions(view);
    if !rows.is_empty() {
        panels.push(panel("Where it was read", vec![Part::table("Partitions", heads, rows)]));
    }
    panels
}

/// Who may, and how somebody comes to be among them.
fn shut(known: &MessagesDoor) -> Panel {
    let who = if known.readers.is_empty() { "nobody".to_owned() } else { known.readers.join(", ") };
    let environment = known.environment.clone().unwrap_or_else(|| "*".to_owned());
    let mut why = text("Records may hold what their owners show to nobody. Here they are read by");
    why.extend(text(format!("{who}.")));
    let mut how = text("Whoever operates Klamm names readers in its");
    how.extend(link("policies", crate::policies::PATH));
    how.extend(text(
        "by environment: the team that owns a topic, another team, or operators. For members of the owner's team:",
    ));
    let rule = format!("[environments.\"{environment}\"]\nmessages = {{ read = [\"ownerTeam\"] }}\n");
    let mut asides = label("Everything else about the topic is on its other pages, and");
    asides.extend(code("kafka-console-consumer.sh"));
    asides.extend(label("reads it for whoever has a credential that may."));
    panel("Who may see messages", vec![Part::Lines(vec![why, how]), Part::Text(rule), Part::Lines(vec![asides])])
}

fn facts(known: &MessagesDoor) -> String {
    let partitions =
        if known.partitions == 1 { "1 partition".to_owned() } else { format!("{} partitions", known.partitions) };
    let environment = known.environment.as_ref().map(|name| format!("environment {name}"));
    let readers = if known.readers.is_empty() { "nobody".to_owned() } else { known.readers.join(", ") };
    let all = [Some(partitions), environment, Some(format!("read by {readers}"))];
    all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The same links as on the other pages of the topic.
fn tabs(cluster: &ClusterRef, topic: &TopicName) -> String {
    let path = topic_href(cluster, topic);
    view! { <TopicTabs name=topic.to_string() path current=None /> }.to_html()
}
