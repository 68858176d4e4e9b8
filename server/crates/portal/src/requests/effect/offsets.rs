//! What a reset of offsets would do, as it is told and kept. What is kept of it when it is applied is what is set.

use crate::requests::manifest::{Planned, Reset};
use klamm_model::{Effect, OffsetChange, OffsetsEffect, OffsetsStage, Problem, ProblemKind, error_chain, human_count};
use klamm_planner::offsets::{Moved, ResetTo};
use klamm_store::RequestBody;

pub(super) fn of(reset: &Reset) -> Effect {
    let offsets = OffsetsEffect {
        stage: OffsetsStage::Foreseen,
        at: reset.at,
        partitions: reset.partitions.iter().map(change).collect(),
        total: u32::try_from(reset.partitions.len()).unwrap_or(u32::MAX),
        again: reset.moved.again,
        skipped: reset.moved.skipped,
        command: reset.command.clone(),
    };
    Effect { words: words(reset), offsets: Some(offsets), ..Effect::default() }
}

fn change(planned: &Planned) -> OffsetChange {
    OffsetChange {
        topic: planned.topic.clone(),
        partition: planned.partition,
        before: planned.before,
        after: planned.after,
        records: planned.moved().map(Moved::records),
    }
}

fn words(reset: &Reset) -> Vec<String> {
    let Moved { again, skipped } = reset.moved;
    let mut words = Vec::new();
    if again > 0 {
        words.push(format!("{} would be read again.", records(again)));
    }
    if skipped > 0 {
        words.push(format!("{} would be skipped.", records(skipped)));
    }
    let fresh = reset.partitions.iter().filter(|planned| planned.before.is_none()).count();
    if fresh > 0 {
        words.push(format!("Nothing is committed yet in {fresh} of {} partitions.", reset.partitions.len()));
    }
    for topic in &reset.gone {
        words.push(format!("Topic {topic} is gone; what is committed of it stays."));
    }
    words.push(match reset.to {
        ResetTo::Earliest | ResetTo::Latest | ResetTo::Back(_) => {
            "The offsets are found out anew when it is applied, and told here.".to_owned()
        }
        ResetTo::Moment(_) | ResetTo::Shift(_) | ResetTo::Offset(_) => {
            "What is no longer, or not yet, in the log is taken for its nearer end when it is applied.".to_owned()
        }
    });
    words
}

fn records(number: u64) -> String {
    if number == 1 { "At most 1 record".to_owned() } else { format!("At most {} records", human_count(number)) }
}

/// The offsets that a request is to set, as they were written down.
pub(crate) fn plan_of(body: &RequestBody) -> Result<(Effect, OffsetsEffect), Problem> {
    let effect: Result<Effect, _> = serde_json::from_str(&body.effect_json);
    let effect = effect.map_err(|error| {
        tracing::error!(error = error_chain(&error), "a request that was kept cannot be read");
        Problem::new(ProblemKind::Internal, "The database holds a request that this version does not understand.")
    })?;
    let offsets = effect.offsets.clone().ok_or_else(|| {
        Problem::new(ProblemKind::Internal, "The request does not say any more which offsets are to be set.")
    })?;
    Ok((effect, offsets))
}
