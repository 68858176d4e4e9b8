use super::{capital, fill, offsets, severity, state};
use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Emphasis, Fate, Following, Form, Line, Panel, Part, Rows, Sheet, code, field, form, head,
        label, link, panel, status, text, time, when,
    },
    sheets::Asked,
    ui::Status,
};
use klamm_model::{Effect, Finding, Known, Problem, ProblemKind, RequestView, human_bytes, human_count};
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
    let panels = dry_run.into_iter().chain([difference(&view), rules(&view.findings), talk(&view, &csrf)]);
    let beside = [decide(&view, &csrf), Some(standing(&view)), effect(&view.effect), take_back(&view, &csrf, edit)];
    Ok(Sheet {
        title: format!("{}: {}", capital(view.kind.words()), view.subject),
        sentence: format!("{}: {}", capital(view.kind.words()), view.subject),
        facts: format!("{} asks for {} on {}", view.requester, view.team, view.cluster),
        notices,
        panels: panels.collect(),
        beside: beside.into_iter().flatten().collect(),
        following: Following::Requests,
        now: portal.now(),
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

fn standing(view: &RequestView) -> Panel {
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
    panel("What would change", parts).hint(hash).aside(file)
}

fn changes(view: &RequestView) -> Part {
    let value = |text: &Option<String>| text.as_ref().map_or_else(|| label("not set"), |text| code(text.clone()));
    let rows: Rows = view
        .changes
        .iter()
        .map(|change| vec![code(change.field.clone()), value(&change.before), value(&change.after)])
        .collect();
    Part::table("What would be different", ["Field", "Now", "Then"].map(head).to_vec(), rows)
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

fn take_back(view: &RequestView, csrf: &str, edit: Option<String>) -> Option<Panel> {
    let at = |what: &str| format!("/requests/{}/{what}", view.id);
    let mut parts = Vec::new();
    if may(view, "retry") {
        let again = Button { emphasis: Emphasis::Primary, ..Button::new("Try again") };
        parts.push(Part::Form(form(at("retry"), csrf, vec![again])));
    }
    if view.state == klamm_model::RequestState::Draft {
        let ask = Button { emphasis: Emphasis::Primary, ..Button::new("Ask for it") };
        parts.push(Part::Form(form(at("submit"), csrf, vec![ask])));
    }
    parts.extend(edit.map(|edit| Part::Lines(vec![link("Change what is asked for", edit)])));
    if may(view, "cancel") {
        parts.push(Part::Form(form(at("cancel"), csrf, vec![Button::new("Take it back")])));
    }
    (!parts.is_empty()).then(|| panel("More", parts))
}
