//! What a loss would do, in words and tables.

use crate::{
    clusters::counted,
    topics::topic_href,
    ui::{Count, Empty, Erase, Panel, Status, StatusWord, TableScroll, Tile, Tiles},
};
use klamm_model::{ClusterRef, Harmed, HarmedPartition, Known, Loss, Lost, human_count};
use leptos::prelude::*;

/// `broker 1`, `rack zone-a`.
pub(super) fn name(lost: &Lost) -> String {
    match lost {
        Lost::Broker(id) => format!("broker {id}"),
        Lost::Rack(rack) => format!("rack {rack}"),
    }
}

/// What a loss would do, in a sentence.
pub(super) fn sentence(loss: &Loss) -> String {
    let without = name(&loss.lost);
    let partitions = |count: u32| counted(count.into(), "partition", "partitions");
    match (loss.without_leader.total, loss.below_minimum.total) {
        (0, 0) if loss.minimum_unknown == 0 => format!("Without {without} everything would go on"),
        (0, 0) => format!("Without {without} every partition would still have a leader"),
        (0, below) => format!("Without {without}, {} would refuse writes", partitions(below)),
        (offline, 0) => format!("Without {without}, {} would have no leader", partitions(offline)),
        (offline, below) => format!(
            "Without {without}, {} would have no leader, and {} more would refuse writes",
            partitions(offline),
            human_count(below.into())
        ),
    }
}

/// The figures of a loss, and the partitions it harms.
#[component]
pub(super) fn LossPanels(cluster: ClusterRef, loss: Loss) -> impl IntoView {
    let known = |count: u32| Known::Known(u64::from(count));
    let title = format!("What {} would take with it", name(&loss.lost));
    let unknown = loss.minimum_unknown;
    view! {
        <Tiles>
            <Tile label="Without a leader" aside="partitions">
                <Count value=known(loss.without_leader.total) />
            </Tile>
            <Tile label="Below min.insync.replicas" aside="partitions">
                <Count value=known(loss.below_minimum.total) />
            </Tile>
            <Tile label="Minimum not known" aside="lose a replica in sync">
                <Count value=known(unknown) />
            </Tile>
            <Tile label="Led by another broker" aside="partitions">
                <Count value=known(loss.led_elsewhere) />
            </Tile>
        </Tiles>
        <Panel title=title hint=hint(unknown) flush=true>
            {table(&cluster, loss.without_leader, loss.below_minimum)}
        </Panel>
    }
}

fn hint(minimum_unknown: u32) -> String {
    if minimum_unknown == 0 {
        String::new()
    } else {
        "min.insync.replicas is not known where neither the topic nor the broker that would lead has told it".to_owned()
    }
}

fn table(cluster: &ClusterRef, without_leader: Harmed, below_minimum: Harmed) -> AnyView {
    let total = u64::from(without_leader.total) + u64::from(below_minimum.total);
    let shown = without_leader.partitions.len() as u64 + below_minimum.partitions.len() as u64;
    if total == 0 {
        return view! {
            <Empty title="No partition that is known to be harmed">
                <p>"Every partition would keep a leader, and none would fall below a minimum that is known."</p>
            </Empty>
        }
        .erased();
    }
    let offline = without_leader.partitions.into_iter().map(|p| row(cluster, p, (Status::Bad, "No leader")));
    let offline: Vec<_> = offline.collect();
    let below = below_minimum.partitions.into_iter().map(|p| row(cluster, p, (Status::Warn, "Below minimum")));
    let below: Vec<_> = below.collect();
    let more = (shown < total).then(
        || view! { <p class="pager">{format!("The first {} of {}", human_count(shown), human_count(total))}</p> },
    );
    view! {
        <TableScroll label="Harmed partitions">
            <thead>
                <tr>
                    <th scope="col">"Topic"</th>
                    <th scope="col" class="number">
                        "Partition"
                    </th>
                    <th scope="col">"Would be"</th>
                    <th scope="col">"In sync then"</th>
                    <th scope="col" class="number">
                        "Minimum"
                    </th>
                </tr>
            </thead>
            <tbody>{offline} {below}</tbody>
        </TableScroll>
        {more}
    }
    .erased()
}

fn row(cluster: &ClusterRef, partition: HarmedPartition, (status, word): (Status, &'static str)) -> AnyView {
    let left = partition.in_sync_left.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=topic_href(cluster, &partition.topic)>
                    {partition.topic.to_string()}
                </a>
            </th>
            <td class="number">{partition.partition.to_string()}</td>
            <td>
                <StatusWord status word />
            </td>
            <td>{if left.is_empty() { "none".to_owned() } else { left }}</td>
            <td class="number">
                <Count value=partition.minimum.map(u64::from) />
            </td>
        </tr>
    }
    .erased()
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::BrokerId;

    #[test]
    fn a_loss_is_told_by_its_worst_side_and_never_calmer_than_known() {
        let loss = |offline, below, unknown| {
            let harmed = |total| Harmed { total, partitions: Vec::new() };
            sentence(&Loss {
                lost: Lost::Broker(BrokerId(1)),
                brokers: vec![BrokerId(1)],
                without_leader: harmed(offline),
                below_minimum: harmed(below),
                minimum_unknown: unknown,
                led_elsewhere: 0,
            })
        };
        assert_eq!(loss(0, 0, 0), "Without broker 1 everything would go on");
        assert_eq!(loss(0, 0, 9), "Without broker 1 every partition would still have a leader");
        assert_eq!(loss(0, 1, 9), "Without broker 1, 1 partition would refuse writes");
        assert_eq!(loss(2, 0, 9), "Without broker 1, 2 partitions would have no leader");
        assert_eq!(
            loss(2, 3, 9),
            "Without broker 1, 2 partitions would have no leader, and 3 more would refuse writes"
        );
    }
}
