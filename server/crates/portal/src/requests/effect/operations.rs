//! What a change of a whole cluster would do: its plan, and the same in a few sentences. Pure.

use klamm_model::{Effect, Known, PlanOutcome, PlanView, human_bytes, human_count, human_duration};

pub(super) fn of(plan: &PlanView) -> Effect {
    Effect { words: words(plan), operation: Some(plan.clone()), ..Effect::default() }
}

fn words(plan: &PlanView) -> Vec<String> {
    let mut all = vec![match plan.outcome {
        PlanOutcome::Begins => begins(plan),
        PlanOutcome::Waits => format!("{} It would wait first.", begins(plan)),
        PlanOutcome::Refused => "It cannot be done like this.".to_owned(),
        PlanOutcome::Nothing => "It is so already: nothing would be done.".to_owned(),
    }];
    if plan.partitions > 0 {
        let bytes = match plan.bytes {
            Known::Known(bytes) => format!(", {} are copied", human_bytes(bytes)),
            Known::Unknown => ", nobody can say how many bytes are copied".to_owned(),
        };
        let partitions = if plan.partitions == 1 { "partition moves" } else { "partitions move" };
        all.push(format!("{} {partitions}{bytes}.", human_count(plan.partitions)));
    }
    all.extend(
        plan.eta_seconds
            .filter(|seconds| *seconds > 0)
            .map(|seconds| format!("It would take about {}, without what it waits for.", human_duration(seconds))),
    );
    let doors = plan.steps.iter().filter_map(|step| step.one_way.as_ref());
    all.extend(doors.map(|crossed| format!("There is no way back: {}.", crossed.trim_end_matches('.'))));
    all
}

fn begins(plan: &PlanView) -> String {
    match plan.steps.len() {
        1 => "1 step, looked at again directly before it is taken.".to_owned(),
        steps => format!("{steps} steps, one after the other; each is looked at again directly before it is taken."),
    }
}
