use super::{capital, fill, offsets, severity, state};
use crate::{
    AppError, door,
    groups::group_href,
    operations,
    sheet::{
        Button, Choice, Emphasis, Fate, Following, Form, Line, Panel, Part, Rows, Sheet, code, field, form, head,
        label, link, panel, status, text, time, when,
    },
    sheets::Asked,
    topics::topic_href,
    ui::{Query, Status, encode},
};
use klamm_model::{
    Actor, Effect, Finding, Known, Problem, ProblemKind, RequestKind, RequestState, RequestView, human_bytes,
    human_count,
};
use klamm_portal::{Portal, Subject};
use similar::{ChangeTag, TextDiff};

/// `/requests/{id}`.
pub(crate) async fn one(id: &str, asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let no_such = || Problem::new(ProblemKind::NotFound, "There is no such request.");
    let id = id.parse().map_err(|_| door::refuse(no_such()))?;
    let view = portal.request(&actor, &id).await.map_err(door::refuse)?;
    let csrf = door::csrf_token().unwrap_or_default();
    let edit = if may(&view, "change") {
        portal.request_as_written(&actor, &id).await.ok().map(|written| fill::form_of(&written, id.as_str()))
    } else {
        None
    };
    let mut notices: Vec<_> = said(asked.get("problem")).into_iter().collect();
    if let Some(message) = &view.message {
        let (mark, word) = match state(view.state).first().map(|piece| &piece.look) {
            Some(crate::sheet::Look::Marked(mark)) => (*mark, capital(view.state.words())),
            _ => (Status::Unknown, capital(view.state.words())),
        };
        notices.push((mark, word, message.clone()));
    }
    let dry_run = view.effect.offsets.as_ref().map(offsets::panel_of);
    let plan = view.effect.operation.as_ref().map(operations::plan_panels).unwrap_or_default();
    let panels = dry_run.into_iter().chain(plan).chain([difference(&view), rules(&view.findings), talk(&view, &csrf)]);
    let about = page_of(portal.subject_of(&actor, &view).await, &view);
    let decide = decide(&view, &csrf).or_else(|| own(&view, &actor));
    let more = take_back(&view, &csrf, edit, left_behind(&portal, &actor, &view));
    let beside = [decide, Some(standing(&view, about)), expected(&view), more];
    Ok(Sheet {
        title: format!("{}: {}", capital(view.kind.words()), view.subject),
        sentence: format!("{}: {}", capital(view.kind.words()), view.subject),
        facts: format!("{} asks for {} on {}", view.requester, view.team, view.cluster),
        notices,
        panels: panels.collect(),
        beside: beside.into_iter().flatten().collect(),
        following: Following::Requests,
        now: portal.now(),
        ..Sheet::default()
    })
}

/// What a click that led here met.
fn said(problem: &str) -> Option<(Status, String, String)> {
    (!problem.is_empty()).then(|| (Status::Bad, "Not done".to_owned(), not_done(problem).to_owned()))
}

/// Why a click had no effect, by the word that the answer to it carries.
pub(super) fn not_done(problem: &str) -> &'static str {
    match problem {
        "conflict" => "It is another thing by now than what you looked at. Look at it again, then decide.",
        "forbidden" => "You are not among those who may do this now.",
        "invalid" => "Say why, in at most 2,000 characters.",
        _ => "It could not be done just now. Try again in a moment.",
    }
}

fn may(view: &RequestView, action: &str) -> bool {
    view.allowed_actions.iter().any(|allowed| allowed == action)
}

fn decide(view: &RequestView, csrf: &str) -> Option<Panel> {
    if !may(view, "approve") && !may(view, "decline") {
        return None;
    }
    let at = format!("/requests/{}", view.id);
    let approve = Button {
        emphasis: Emphasis::Primary,
        not_now: (!may(view, "approve")).then(|| "You have agreed already.".to_owned()),
        value: Some(("verdict".to_owned(), "approve".to_owned())),
        ..Button::new("Approve")
    };
    let decline = Button { value: Some(("verdict".to_owned(), "decline".to_owned())), ..Button::new("Decline") };
    let word = field("reason", "A word, needed when you decline", "", Choice::Lines);
    let decision = Form { fields: vec![word], ..form(format!("{at}/decide"), csrf, vec![approve, decline]) };
    let decision = Form {
        hidden: decision.hidden.into_iter().chain([("hash".to_owned(), view.hash.to_string())]).collect(),
        ..decision
    };
    let why = "You did not ask for this, and are asked to decide it.";
    Some(panel("Decide", vec![Part::Form(decision), Part::Lines(vec![label(why)])]))
}

/// Whoever asked finds no button to agree with, and is told why.
fn own(view: &RequestView, actor: &Actor) -> Option<Panel> {
    let is_own = view.state == RequestState::NeedsApproval && view.requester == actor.name;
    is_own.then(|| panel("Decide", vec![Part::Lines(vec![label("You asked for this yourself, so others decide.")])]))
}

/// A topic that could not be had as it was asked for may be there all the same.
fn left_behind(portal: &Portal, actor: &Actor, view: &RequestView) -> Option<Line> {
    if (view.kind, view.state) != (RequestKind::TopicCreate, RequestState::Failed) {
        return None;
    }
    let topic = view.subject.parse().ok()?;
    portal.topic(actor, &view.cluster, &topic).ok()?;
    let form = Query::default()
        .with("kind", RequestKind::TopicDelete.name())
        .with("cluster", &view.cluster.to_string())
        .with("team", view.team.as_str())
        .with("topic", topic.as_str())
        .with("reason", &format!("left behind by {}", view.id));
    let mut line = label("There is such a topic by now.");
    line.extend(link("Ask to delete it", form.on("/requests/new")));
    Some(line)
}

/// Where one can look at what it is about.
fn page_of(subject: Option<Subject>, view: &RequestView) -> Line {
    let cluster = &view.cluster;
    match subject {
        None => Line::new(),
        Some(Subject::Topic(topic)) => {
            let mut line = link(topic.to_string(), topic_href(cluster, &topic));
            line.extend(label(format!("on {cluster};")));
            line.extend(link("in the catalogue", format!("/topics/{topic}")));
            line
        }
        Some(Subject::Credential(id)) => link(view.subject.clone(), format!("/credentials/{}", encode(&id))),
        Some(Subject::Cluster(None)) => link(format!("operations of {cluster}"), operations::list_href(cluster)),
        Some(Subject::Cluster(Some(operation))) => {
            link(operation.to_string(), operations::operation_href(cluster, &operation))
        }
        Some(Subject::Group(group)) => {
            let mut line = link(group.to_string(), group_href(cluster, &group));
            line.extend(label(format!("on {cluster}")));
            line
        }
    }
}

fn standing(view: &RequestView, about: Line) -> Panel {
    let approvals: Line = view
        .approvals
        .iter()
        .flat_map(|approval| {
            let mut line = text(approval.by.to_string());
            line.extend(time(approval.at));
            line
        })
        .collect();
    let facts = vec![
        ("State", state(view.state)),
        ("Page", about),
        ("Waits for", view.waiting_for.clone().map(text).unwrap_or_default()),
        ("Asked", time(view.created_at)),
        ("Until", if view.expires_at.is_some() { when(view.expires_at, "") } else { Line::new() }),
        ("Approved by", approvals),
        ("Why", view.reason.clone().map(text).unwrap_or_default()),
        ("Owner", link(view.owner.to_string(), format!("/teams/{}", view.owner))),
        ("Trail", link("what was done about it", format!("/audit?request={}", view.id))),
    ];
    panel("How far it is", vec![Part::facts("How far it is", facts)])
}

pub(super) fn difference(view: &RequestView) -> Panel {
    let before = view.before.as_deref().unwrap_or_default();
    let diff = TextDiff::from_lines(before, view.manifest.as_str());
    let lines = diff.iter_all_changes().map(|change| {
        let fate = match change.tag() {
            ChangeTag::Equal => Fate::Stays,
            ChangeTag::Insert => Fate::Comes,
            ChangeTag::Delete => Fate::Goes,
        };
        (fate, change.value().trim_end_matches('\n').to_owned())
    });
    let mut parts = vec![Part::Diff(lines.collect())];
    if !view.changes.is_empty() {
        parts.push(changes(view));
    }
    let file = link("the manifest as YAML", format!("/api/v1/requests/{}/manifest", view.id));
    let hash = format!("sha256 {}…", view.hash.as_str().get(..8).unwrap_or_default());
    let title = if is_done(view) { "What changed" } else { "What would change" };
    panel(title, parts).hint(hash).aside(file)
}

/// Whether it is over and has been done, so that nothing of it is to come.
fn is_done(view: &RequestView) -> bool {
    view.state == RequestState::Applied
}

fn changes(view: &RequestView) -> Part {
    let value = |text: &Option<String>| text.as_ref().map_or_else(|| label("not set"), |text| code(text.clone()));
    let rows: Rows = view
        .changes
        .iter()
        .map(|change| vec![code(change.field.clone()), value(&change.before), value(&change.after)])
        .collect();
    let (what, heads) = if is_done(view) {
        ("What became different", ["Field", "Before", "After"])
    } else {
        ("What would be different", ["Field", "Now", "Then"])
    };
    Part::table(what, heads.map(head).to_vec(), rows)
}

fn expected(view: &RequestView) -> Option<Panel> {
    let effect = effect(&view.effect)?;
    Some(if is_done(view) { Panel { title: "What was expected of it".to_owned(), ..effect } } else { effect })
}

pub(super) fn rules(findings: &[Finding]) -> Panel {
    let lines: Vec<Line> = findings
        .iter()
        .map(|finding| {
            let (mark, word) = severity(finding.severity);
            let mut line = status(mark, word);
            line.extend(text(finding.message.clone()));
            line.extend(label(finding.rule.clone()));
            line
        })
        .collect();
    let lines = if lines.is_empty() { vec![status(Status::Ok, "No rule has anything to say about it")] } else { lines };
    panel("Rules", vec![Part::Lines(lines)]).aside(link("all rules", "/policies"))
}

pub(super) fn effect(effect: &Effect) -> Option<Panel> {
    let words: Vec<Line> = effect.words.iter().map(|words| text(words.clone())).collect();
    let amount = |what: &str, number: u64| if what == "bytesKept" { human_bytes(number) } else { human_count(number) };
    let quota: Vec<Line> = effect
        .quota
        .iter()
        .map(|used| {
            let afterwards = match used.afterwards {
                Known::Known(number) => amount(&used.what, number),
                Known::Unknown => "unknown".to_owned(),
            };
            let what = if used.what == "bytesKept" { "kept" } else { used.what.as_str() };
            text(format!("The team would have {afterwards} of at most {} {what}.", amount(&used.what, used.most)))
        })
        .collect();
    let lines: Vec<Line> = words.into_iter().chain(quota).collect();
    (!lines.is_empty()).then(|| panel("What it would do", vec![Part::Lines(lines)]))
}

fn talk(view: &RequestView, csrf: &str) -> Panel {
    let lines: Vec<Line> = view
        .comments
        .iter()
        .map(|comment| {
            let mut line = text(format!("{}:", comment.by));
            line.extend(text(comment.text.clone()));
            line.extend(time(comment.at));
            line
        })
        .collect();
    let mut parts = Vec::new();
    if !lines.is_empty() {
        parts.push(Part::Lines(lines));
    }
    if may(view, "comment") {
        let word = field("text", "Say something about it", "", Choice::Lines);
        let at = format!("/requests/{}/comment", view.id);
        parts.push(Part::Form(Form { fields: vec![word], ..form(at, csrf, vec![Button::new("Say it")]) }));
    }
    panel("Comments", parts)
}

fn take_back(view: &RequestView, csrf: &str, edit: Option<String>, left_behind: Option<Line>) -> Option<Panel> {
    let at = |what: &str| format!("/requests/{}/{what}", view.id);
    let mut parts = Vec::new();
    if may(view, "retry") {
        let again = Button { emphasis: Emphasis::Primary, ..Button::new("Try again") };
        parts.push(Part::Form(form(at("retry"), csrf, vec![again])));
    }
    if view.state == RequestState::Draft {
        let ask = Button { emphasis: Emphasis::Primary, ..Button::new("Ask for it") };
        parts.push(Part::Form(form(at("submit"), csrf, vec![ask])));
    }
    parts.extend(edit.map(|edit| Part::Lines(vec![link("Change what is asked for", edit)])));
    parts.extend(left_behind.map(|line| Part::Lines(vec![line])));
    if may(view, "cancel") {
        parts.push(Part::Form(form(at("cancel"), csrf, vec![Button::new("Take it back")])));
    }
    (!parts.is_empty()).then(|| panel("More", parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(state: &str) -> RequestView {
        serde_json::from_value(json!({
            "id": "req_01jdx000000000000000000000", "kind": "topicChange", "subject": "payments.a", "state": state,
            "cluster": { "namespace": "kafka", "name": "prod" }, "team": "payments", "owner": "payments",
            "requester": "payments-dev", "reason": null, "createdAt": 0, "changedAt": 0, "expiresAt": null,
            "manifest": "a: 2\n", "before": "a: 1\n", "hash": "0".repeat(64),
            "changes": [{ "field": "a", "before": "1", "after": "2" }], "findings": [],
            "effect": {
                "words": ["It may keep 1 KiB."], "bytesKept": null, "bytesFree": null, "partitions": null,
                "replicasPerBrokerBefore": null, "replicasPerBrokerAfter": null, "quota": [],
            },
            "asked": [], "approvals": [], "waitingFor": null, "message": null, "comments": [], "allowedActions": [],
        }))
        .unwrap()
    }

    #[test]
    fn what_has_been_done_is_told_as_done() {
        let heads = |panel: &Panel| match panel.parts.last() {
            Some(Part::Table(table)) => table.heads.iter().map(|(words, _)| words.clone()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        let waits = request("needsApproval");
        assert_eq!(difference(&waits).title, "What would change");
        assert_eq!(heads(&difference(&waits)), ["Field", "Now", "Then"]);
        assert_eq!(expected(&waits).unwrap().title, "What it would do");
        let done = request("applied");
        assert_eq!(difference(&done).title, "What changed");
        assert_eq!(heads(&difference(&done)), ["Field", "Before", "After"]);
        assert_eq!(expected(&done).unwrap().title, "What was expected of it");
    }
}
