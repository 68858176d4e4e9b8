use super::{
    ask_href, list_href, operation_href,
    words::{self, IsHeld},
};
use crate::{
    AppError,
    clusters::ClusterTab,
    door,
    sheet::{
        Action, Button, Emphasis, Following, Form, Line, Panel, Part, Rows, Sheet, Stage, Step, form, label, link,
        panel, text, time,
    },
    sheets::Asked,
    ui::{Query, Status},
};
use klamm_model::{
    Actor, ClusterRef, FinaliseAhead, OperationAsked, OperationDetail, OperationKind, OperationPhase,
    OperationStepState, OperationStepView, OperationView, OperationWait, Problem, ProblemKind, UnixMillis, human_count,
    human_duration,
};

/// Reasons to wait that are told in full; the rest is counted.
const REASONS: usize = 4;
/// Partitions that are named below a reason.
const PARTITIONS: usize = 20;
/// Of what happened, so much is shown.
const EVENTS: usize = 40;

/// Everything that the page says.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) cluster: ClusterRef,
    /// How many findings of the cluster want somebody.
    pub(crate) findings: u32,
    pub(crate) detail: OperationDetail,
    pub(crate) allowed: Vec<String>,
    /// Whether whoever looks may ask for operations.
    pub(crate) asks: MayAsk,
    pub(crate) csrf: String,
    pub(crate) now: UnixMillis,
}

/// Whether somebody may ask for operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayAsk {
    Yes,
    No,
}

impl MayAsk {
    pub(super) fn of(actor: &Actor) -> Self {
        if actor.is_operator() { Self::Yes } else { Self::No }
    }
}

/// `/clusters/{namespace}/{name}/operations/{operation}`.
pub(crate) async fn one(cluster: &str, name: &str, asked: &Asked) -> Result<Sheet, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let (portal, actor) = door::asking()?;
    let nobody = || door::refuse(Problem::new(ProblemKind::NotFound, "There is no such operation."));
    let name = name.parse().map_err(|_| nobody())?;
    let detail = portal.operation(&actor, &cluster, &name).await.map_err(door::refuse)?;
    let content = Content {
        findings: portal.cluster_view(&actor, &cluster).map_err(door::refuse)?.findings,
        allowed: portal.operation_actions(&actor, &cluster, &detail.operation),
        asks: MayAsk::of(&actor),
        csrf: door::csrf_token().unwrap_or_default(),
        now: portal.now(),
        cluster,
        detail,
    };
    Ok(drawn(content, asked))
}

/// The page.
pub(crate) fn drawn(of: Content, asked: &Asked) -> Sheet {
    let Content { cluster, findings, detail, allowed, asks: may_ask, csrf, now } = of;
    let OperationDetail { operation, asked: asked_for, way_back, finalise, safety } = detail;
    let may = |action: &str| allowed.iter().any(|allowed| allowed == action);
    let at = operation_href(&cluster, &operation.name);
    let asks = asked.get("ask") == "cancel" && may("cancel");
    let mut panels = Vec::new();
    if asks {
        panels.push(sure(&operation, &at, &csrf));
    }
    panels.push(steps(&operation, finalise.as_ref()));
    let back = way_back.filter(|_| may_ask == MayAsk::Yes).map(|version| go_back(&cluster, &version));
    let next = finalise.filter(|_| may_ask == MayAsk::Yes && operation.phase == OperationPhase::Done);
    let next = next.map(|ahead| go_on(&cluster, &ahead));
    let actions = steer(&at, &csrf, may).chain(next).chain(back).filter(|_| !asks).collect();
    let safety = words::safety(&safety, now).into_iter().map(|(name, words)| (name, text(words))).collect();
    let beside = [
        Some(panel("Safety", vec![Part::facts("Safety", safety)]).hint("now")),
        Some(happened(&operation)),
        later(&operation),
        remarks(&operation),
        Some(wished(&cluster, &operation, asked_for.as_ref())),
    ];
    Sheet {
        title: format!("{} of {cluster}", operation.name),
        sentence: operation.sentence.clone(),
        facts: words::facts(&operation, asked_for.as_ref(), now),
        actions,
        tabs: Some((cluster.clone(), ClusterTab::Operations, findings)),
        notices: notices(&operation, asked).collect(),
        panels,
        beside: beside.into_iter().flatten().collect(),
        following: Following::Everything,
        now,
    }
}

/// What may be done about it, of what can be done.
fn steer(at: &str, csrf: &str, may: impl Fn(&str) -> bool) -> impl Iterator<Item = Action> {
    let act = |act: &str, words: &str, emphasis| {
        let button = Button { emphasis, ..Button::new(words) };
        Action::Form(form(format!("{at}/{act}"), csrf, vec![button]))
    };
    let cancel = Query::default().with("ask", "cancel").on(at);
    let all = [
        may("pause").then(|| act("pause", "Pause", Emphasis::Plain)),
        may("resume").then(|| act("resume", "Go on", Emphasis::Primary)),
        may("cancel").then(|| Action::Link("Cancel …".to_owned(), cancel, Emphasis::Danger)),
    ];
    all.into_iter().flatten()
}

/// Software may go back as long as its features are not finalised: that is an upgrade like any other.
fn go_back(cluster: &ClusterRef, version: &str) -> Action {
    let ask = ask_href(cluster, OperationKind::Upgrade).with("version", version).on("/requests/new");
    Action::Link(format!("Go back to {version}"), ask, Emphasis::Danger)
}

fn go_on(cluster: &ClusterRef, ahead: &FinaliseAhead) -> Action {
    let ask = ask_href(cluster, OperationKind::Finalise).with("metadata", &ahead.to).on("/requests/new");
    Action::Link(format!("Finalise {}", ahead.to), ask, Emphasis::Plain)
}

/// A cancelled operation does not come back, so nobody cancels one by mistake.
fn sure(operation: &OperationView, at: &str, csrf: &str) -> Panel {
    let words = "It ends after the running step. What was done stays as it is and is consistent; what was not done is not done, and \
                 this operation does not come back: whoever wants the rest asks anew.";
    let end = Button { emphasis: Emphasis::Danger, ..Button::new(&format!("Cancel {}", operation.name)) };
    let form: Form = form(format!("{at}/cancel"), csrf, vec![end]);
    panel(
        "Cancel it?",
        vec![
            Part::Lines(vec![text(words)]),
            Part::Form(form),
            Part::Lines(vec![link("Leave it as it is", at.to_owned())]),
        ],
    )
}

fn notices<'a>(
    operation: &'a OperationView,
    asked: &'a Asked,
) -> impl Iterator<Item = (Status, String, String)> + use<'a> {
    let not_done = match asked.get("problem") {
        "" => None,
        "over" => Some("It is over, or was cancelled before."),
        "forbidden" => Some("Operators pause and cancel operations."),
        "gone" => Some("There is no such operation any more."),
        _ => Some("Kubernetes does not answer just now. Try again in a moment."),
    };
    let not_done = not_done.map(|why| (Status::Bad, "Not done".to_owned(), why.to_owned()));
    let soon = match operation.phase {
        OperationPhase::Planned | OperationPhase::Waiting | OperationPhase::Running if operation.cancel => {
            Some((Status::Warn, "Cancelled", "It ends after the running step."))
        }
        OperationPhase::Planned | OperationPhase::Waiting | OperationPhase::Running if operation.paused => {
            Some((Status::Warn, "Paused", "It stops after the running step."))
        }
        OperationPhase::Paused => Some((Status::Warn, "Paused", "Nothing is done until somebody has it go on.")),
        OperationPhase::Planned
        | OperationPhase::Waiting
        | OperationPhase::Running
        | OperationPhase::Done
        | OperationPhase::Failed
        | OperationPhase::Cancelled => None,
    };
    let soon = soon.map(|(mark, word, words)| (mark, word.to_owned(), words.to_owned()));
    // What no step is there for yet is told on its own.
    let waits = operation.steps.is_empty().then_some(&operation.waiting_on).into_iter().flatten();
    let waits = waits.map(|wait| (Status::Warn, "Waits".to_owned(), wait.message.clone()));
    not_done.into_iter().chain(soon).chain(waits)
}

/// The step that is being taken, or would be next; it is the one that is held back.
fn at_hand(operation: &OperationView) -> Option<usize> {
    let is = |state: OperationStepState| move |step: &OperationStepView| step.state == state;
    let running = operation.steps.iter().position(is(OperationStepState::Running));
    running.or_else(|| operation.steps.iter().position(is(OperationStepState::Planned)))
}

fn steps(operation: &OperationView, finalise: Option<&FinaliseAhead>) -> Panel {
    if operation.steps.is_empty() {
        let words = "The operator looks at the cluster and says here what it will do, step by step.";
        return panel("Steps", vec![Part::Empty("No steps yet".to_owned(), text(words))]);
    }
    let held = at_hand(operation).filter(|_| !operation.waiting_on.is_empty() && !operation.phase.is_over());
    let all = operation.steps.iter().enumerate().map(|(nth, step)| {
        let is_held = if held == Some(nth) { IsHeld::Yes } else { IsHeld::No };
        let notes = match is_held {
            IsHeld::Yes => reasons(operation),
            IsHeld::No => Vec::new(),
        };
        let (stage, word) = words::stage(step, is_held);
        Step {
            stage,
            word: word.to_owned(),
            title: words::title(step),
            words: text(step.reason.clone()),
            at: when(step),
            notes,
            door: step.one_way.as_ref().map(|crossed| format!("no way back from here: {crossed}")),
        }
    });
    let all = all.chain(finalise.map(not_yet)).collect();
    panel("Steps", vec![Part::Steps(all)]).aside(words::phase(operation.phase))
}

/// What is another operation, and may be asked for when this one is done.
fn not_yet(ahead: &FinaliseAhead) -> Step {
    let FinaliseAhead { from, to, one_way, soak_seconds } = ahead;
    let soak = soak_seconds.value().filter(|seconds| **seconds > 0);
    let soak = soak.map_or_else(String::new, |seconds| format!(" after {} of soak", human_duration(*seconds)));
    let (door, crossed) = match one_way {
        Some(crossed) => ("no way back from here: asked and approved separately", crossed.trim_end_matches('.')),
        None => ("asked and approved separately", "There is a way back from it, too"),
    };
    Step {
        stage: Stage::Later,
        word: "Not part of it".to_owned(),
        title: format!("Finalise metadata {from} → {to}"),
        words: text(format!("may be asked for{soak}. {crossed}.")),
        at: Line::new(),
        notes: Vec::new(),
        door: Some(door.to_owned()),
    }
}

fn when(step: &OperationStepView) -> Line {
    match (step.ended_at.or(step.started_at), step.state) {
        (Some(at), _) => time(at),
        (None, OperationStepState::Running) => text("now"),
        (
            None,
            OperationStepState::Planned
            | OperationStepState::Done
            | OperationStepState::Skipped
            | OperationStepState::Failed,
        ) => Line::new(),
    }
}

/// What holds an operation back, in words, the partitions it is about named below.
fn reasons(operation: &OperationView) -> Vec<Line> {
    let mut lines: Vec<Line> = operation.waiting_on.iter().take(REASONS).flat_map(reason).collect();
    let shown = operation.waiting_on.len().min(REASONS) as u64;
    let more = operation.waiting_total.saturating_sub(shown);
    if more > 0 {
        lines.push(label(match more {
            1 => "and one reason more".to_owned(),
            more => format!("and {} reasons more", human_count(more)),
        }));
    }
    lines
}

fn reason(wait: &OperationWait) -> Vec<Line> {
    let mut lines = vec![text(wait.message.clone())];
    let named: Vec<&str> = wait.partitions.iter().take(PARTITIONS).map(String::as_str).collect();
    let more = wait.partitions_total.saturating_sub(named.len() as u64);
    // One partition stands in the sentence.
    if named.len() > 1 {
        let rest = if more > 0 { format!(" and {} more", human_count(more)) } else { String::new() };
        lines.push(label(format!("{}{rest}", named.join(", "))));
    }
    lines
}

fn happened(operation: &OperationView) -> Panel {
    let rows: Rows =
        operation.history.iter().take(EVENTS).map(|event| vec![time(event.at), text(event.message.clone())]).collect();
    if rows.is_empty() {
        let words = text("What is done, and what holds it back, is told here when it happens.");
        return panel("What happened", vec![Part::Empty("Nothing yet".to_owned(), words)]);
    }
    panel("What happened", vec![Part::table("What happened", Vec::new(), rows)])
}

/// What will hold back later steps, as things stand now.
fn later(operation: &OperationView) -> Option<Panel> {
    let lines: Vec<Line> = operation.ahead.iter().take(REASONS).flat_map(reason).collect();
    let shown = !lines.is_empty() && !operation.phase.is_over();
    shown.then(|| panel("What will hold it back", vec![Part::Lines(lines)]).hint("as things stand now"))
}

fn remarks(operation: &OperationView) -> Option<Panel> {
    let lines: Vec<Line> = operation.remarks.iter().map(|remark| text(remark.clone())).collect();
    (!lines.is_empty()).then(|| panel("Worth knowing", vec![Part::Lines(lines)]))
}

/// What was asked for, and where it is written.
fn wished(cluster: &ClusterRef, operation: &OperationView, asked: Option<&OperationAsked>) -> Panel {
    let wish = &operation.wish;
    let ids: Vec<String> = wish.brokers.iter().map(ToString::to_string).collect();
    let config: Vec<String> = wish.config.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let maybe = |words: Option<String>| words.filter(|words| !words.is_empty()).map(text).unwrap_or_default();
    let facts = vec![
        ("Brokers", maybe(Some(ids.join(", ")))),
        ("Topics", maybe(Some(wish.topics.join(", ")))),
        ("Replicas", maybe(wish.replication_factor.map(|factor| factor.to_string()))),
        ("From", maybe(Some(operation.from.join(", ")))),
        ("Version", maybe(wish.version.clone())),
        ("Metadata", maybe(wish.metadata_version.clone())),
        ("Pool", maybe(wish.pool.clone())),
        ("Nodes", maybe(wish.replicas.map(|replicas| replicas.to_string()))),
        ("Settings", maybe(Some(config.join("\n")))),
        ("May be unavailable", maybe(Some(wish.accept_unavailable.join(", ")))),
        ("Request", asked.map(request).unwrap_or_default()),
        ("Made", time(operation.created_at)),
        ("Others", link(format!("operations of {cluster}"), list_href(cluster))),
    ];
    panel("What was asked", vec![Part::facts("What was asked", facts)]).hint(operation.name.to_string())
}

fn request(asked: &OperationAsked) -> Line {
    match &asked.request {
        Some(id) => link(format!("by {}", asked.by), format!("/requests/{id}")),
        None => text(format!("by {}", asked.by)),
    }
}
