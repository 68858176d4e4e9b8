//! A plan as pages show it, before anybody has asked for it and while somebody decides.

use super::words::{self, IsHeld};
use crate::{
    sheet::{Line, Panel, Part, Rows, Step, head, label, number, panel, status, text},
    ui::Status,
};
use klamm_model::{
    BrokerFate, Known, OperationWait, PlanOutcome, PlanView, PlannedBroker, human_bytes, human_count, human_duration,
};

/// Partitions that are named below a reason.
const PARTITIONS: usize = 20;

/// What would be done, what would hold it back, and what brokers would have before and after.
pub(crate) fn panels(plan: &PlanView) -> Vec<Panel> {
    let all = [Some(steps(plan)), held_back(plan), before_and_after(plan), remarks(plan)];
    all.into_iter().flatten().collect()
}

fn outcome(plan: &PlanView) -> Line {
    match plan.outcome {
        PlanOutcome::Begins => status(Status::Ok, "would begin now"),
        PlanOutcome::Waits => status(Status::Warn, "would wait first"),
        PlanOutcome::Refused => status(Status::Bad, "cannot be done like this"),
        PlanOutcome::Nothing => status(Status::Unknown, "is so already"),
    }
}

fn hint(plan: &PlanView) -> String {
    let mut parts = Vec::new();
    if plan.partitions > 0 {
        parts.push(format!("{} partitions move", human_count(plan.partitions)));
    }
    if let Known::Known(bytes) = plan.bytes
        && bytes > 0
    {
        parts.push(format!("{} copied", human_bytes(bytes)));
    }
    parts.extend(
        plan.eta_seconds.filter(|seconds| *seconds > 0).map(|seconds| format!("about {}", human_duration(seconds))),
    );
    parts.join(" · ")
}

fn steps(plan: &PlanView) -> Panel {
    let mut parts = Vec::new();
    let refusals: Vec<Line> = plan
        .refusals
        .iter()
        .map(|why| {
            let mut line = status(Status::Bad, "Not like this");
            line.extend(text(why.clone()));
            line
        })
        .collect();
    if !refusals.is_empty() {
        parts.push(Part::Lines(refusals));
    }
    if plan.steps.is_empty() && parts.is_empty() {
        let words = text("The cluster is as it is to be, as far as it was seen.");
        parts.push(Part::Empty("Nothing would be done".to_owned(), words));
    } else if !plan.steps.is_empty() {
        let all = plan.steps.iter().map(|step| {
            let (stage, word) = words::stage(step, IsHeld::No);
            Step {
                stage,
                word: word.to_owned(),
                title: words::title(step),
                words: text(step.reason.clone()),
                at: Line::new(),
                notes: Vec::new(),
                door: step.one_way.as_ref().map(|crossed| format!("no way back from here: {crossed}")),
            }
        });
        parts.push(Part::Steps(all.collect()));
    }
    panel(format!("The plan: {}", plan.sentence), parts).hint(hint(plan)).aside(outcome(plan))
}

fn held_back(plan: &PlanView) -> Option<Panel> {
    let now = plan.waiting_on.iter().flat_map(|wait| reason("Now", wait));
    let later = plan.ahead.iter().flat_map(|wait| reason("Later", wait));
    let mut lines: Vec<Line> = now.chain(later).collect();
    if !plan.accept_unavailable.is_empty() {
        lines.push(label(format!("To be accepted by name: {}", plan.accept_unavailable.join(", "))));
    }
    (!lines.is_empty()).then(|| {
        panel("What would hold it back", vec![Part::Lines(lines)])
            .hint("as things stand now; each goes away by itself, or says what to do")
    })
}

fn reason(when: &str, wait: &OperationWait) -> Vec<Line> {
    let mut line = status(Status::Warn, when);
    line.extend(text(wait.message.clone()));
    let partitions: Vec<&str> = wait.partitions.iter().take(PARTITIONS).map(String::as_str).collect();
    let more = wait.partitions_total.saturating_sub(partitions.len() as u64);
    let rest = if more > 0 { format!(" and {} more", human_count(more)) } else { String::new() };
    let names = (partitions.len() > 1).then(|| label(format!("{}{rest}", partitions.join(", "))));
    [Some(line), names].into_iter().flatten().collect()
}

fn before_and_after(plan: &PlanView) -> Option<Panel> {
    if plan.brokers.is_empty() {
        return None;
    }
    let heads = vec![
        head("Broker"),
        head("Rack"),
        head("What becomes of it"),
        number("Replicas"),
        number("Leaders"),
        number("Bytes"),
    ];
    let rows: Rows = plan.brokers.iter().map(broker).collect();
    Some(
        panel("Before and after", vec![Part::table("Brokers before and after", heads, rows)])
            .hint("all replicas, by broker"),
    )
}

fn broker(broker: &PlannedBroker) -> Vec<Line> {
    let fate = match broker.fate {
        BrokerFate::Stays => label("stays"),
        BrokerFate::Comes => status(Status::Ok, "comes"),
        BrokerFate::Goes => status(Status::Warn, "goes"),
    };
    let became = |before: String, after: String| {
        if before == after { text(after) } else { text(format!("{before} → {after}")) }
    };
    let count = |before, after| became(human_count(before), human_count(after));
    vec![
        text(broker.id.to_string()),
        broker.rack.clone().map_or_else(|| label("–"), text),
        fate,
        count(broker.replicas_before, broker.replicas_after),
        count(broker.leaders_before, broker.leaders_after),
        became(human_bytes(broker.bytes_before), human_bytes(broker.bytes_after)),
    ]
}

fn remarks(plan: &PlanView) -> Option<Panel> {
    let lines: Vec<Line> = plan.remarks.iter().map(|remark| text(remark.clone())).collect();
    (!lines.is_empty()).then(|| panel("Worth knowing", vec![Part::Lines(lines)]))
}
