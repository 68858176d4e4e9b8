//! Where a group continues, partition by partition.

use crate::sheet::{Line, Panel, Part, Rows, code, head, label, number, panel, text, time};
use klamm_model::{OffsetChange, OffsetsEffect, OffsetsStage, human_count};

/// What a reset of offsets does, in a table, with what says the same to Kafka's own tool.
pub(super) fn panel_of(offsets: &OffsetsEffect) -> Panel {
    let rows: Rows = offsets.partitions.iter().take(OffsetsEffect::TOLD).map(row).collect();
    let shown = rows.len();
    let heads =
        vec![head("Topic"), number("Partition"), number("Committed"), number(then(offsets.stage)), number("Records")];
    let mut parts = vec![Part::table("Offsets by partition", heads, rows), Part::Lines(vec![totals(offsets, shown)])];
    let mut same = label("The same, shown by Kafka's own tool:");
    same.extend(code(offsets.command.clone()));
    parts.push(Part::Lines(vec![same]));
    let (title, told) = match offsets.stage {
        OffsetsStage::Foreseen => ("Dry run", "as brokers told it"),
        OffsetsStage::Fixed => ("What is being set", "written down"),
        OffsetsStage::Set => ("What was set", "written down"),
    };
    let mut aside = text(told);
    aside.extend(time(offsets.at));
    panel(title, parts).aside(aside)
}

fn then(stage: OffsetsStage) -> &'static str {
    match stage {
        OffsetsStage::Foreseen => "Would be",
        OffsetsStage::Fixed | OffsetsStage::Set => "New",
    }
}

fn row(change: &OffsetChange) -> Vec<Line> {
    let offset = |offset: i64| text(human_count(u64::try_from(offset).unwrap_or_default()));
    vec![
        code(change.topic.to_string()),
        text(change.partition.to_string()),
        change.before.map_or_else(|| label("nothing"), offset),
        offset(change.after),
        change.records.map_or_else(|| label("not known"), records),
    ]
}

/// With the word beside the number, so that the sign is not the only one.
fn records(records: i64) -> Line {
    let number = human_count(records.unsigned_abs());
    match records {
        0 => text("0"),
        ..0 => text(format!("{number} again")),
        1.. => text(format!("{number} skipped")),
    }
}

fn totals(offsets: &OffsetsEffect, shown: usize) -> Line {
    let total = u64::from(offsets.total);
    let mut line = text(format!(
        "{} records are read again and {} skipped in {} {}.",
        human_count(offsets.again),
        human_count(offsets.skipped),
        human_count(total),
        if total == 1 { "partition" } else { "partitions" },
    ));
    let hidden = total.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX));
    if hidden > 0 {
        line.extend(label(format!("{} more partitions are not shown.", human_count(hidden))));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::{PartitionId, UnixMillis};

    fn offsets(partitions: i32) -> OffsetsEffect {
        let change = |partition: i32| OffsetChange {
            topic: "payments.a".parse().unwrap(),
            partition: PartitionId(partition),
            before: (partition > 0).then_some(1_200),
            after: i64::from(partition) * 1_000,
            records: (partition > 0).then(|| i64::from(partition) * 1_000 - 1_200),
        };
        OffsetsEffect {
            stage: OffsetsStage::Foreseen,
            at: UnixMillis(0),
            partitions: (0..partitions).map(change).collect(),
            total: u32::try_from(partitions).unwrap(),
            again: 200,
            skipped: 9_800,
            command: "kafka-consumer-groups.sh --dry-run".to_owned(),
        }
    }

    fn words(panel: &Panel) -> String {
        format!("{:?}", panel.parts)
    }

    #[test]
    fn a_dry_run_says_what_is_read_again_what_is_skipped_and_how_to_see_the_same() {
        let panel = panel_of(&offsets(3));
        let words = words(&panel);
        assert_eq!(panel.title, "Dry run");
        for word in
            ["200 again", "800 skipped", "nothing", "not known", "in 3 partitions", "--dry-run", "9\\u{202f}800"]
        {
            assert!(words.contains(word), "{word}: {words}");
        }
        assert!(!words.contains("not shown"));
    }

    #[test]
    fn of_very_many_partitions_the_first_stand_there_with_how_many_more() {
        let panel = panel_of(&offsets(150));
        let Part::Table(table) = &panel.parts[0] else { panic!("{panel:?}") };
        assert_eq!(table.rows.len(), OffsetsEffect::TOLD);
        assert!(words(&panel).contains("50 more partitions are not shown"));
    }
}
