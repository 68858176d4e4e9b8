use super::{
    api::{Placement, placement},
    loss::{self, LossPanels},
    page_href,
    query::PlacementQuery,
    squares::{Held, PlacementPanel},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    brokers::broker_href,
    clusters::{ClusterTab, ClusterTabs, StaleNotice, broker_status, cluster_ref, counted, in_racks, use_cluster},
    live::Live,
    topics::TopicPlacementPanel,
    ui::{Count, Erase, PageHead, Panel, Skeleton, StatusWord, TableScroll, filter_chips},
};
use klamm_model::{BrokerPlacement, ClusterRef, Known, Lost, PlacementView, Racks};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};
use std::collections::BTreeSet;

/// `/clusters/{namespace}/{name}/placement`.
#[component]
pub(crate) fn PlacementPage() -> impl IntoView {
    let live = Live::get();
    let name = use_cluster();
    let changes = live.changes_of(name);
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(PlacementQuery::from_params));
    let shown = Resource::new(
        move || (name.get(), query.get().request(), changes.get()),
        |(name, request, _)| placement(name, request),
    );
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="placement" /> }
        }>
            {move || Suspend::new(async move {
                let answer = shown.await;
                let asked = query.get_untracked();
                match kept.settle((name.get_untracked(), asked.request()), answer) {
                    Ok((placement, trouble)) => {
                        live.shows(&cluster_ref(&placement.cluster), placement.view.revisions);
                        view! {
                            <TroubleNotice trouble />
                            <PlacementBody placement query=asked />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// Where replicas are, drawn and in a table, and what a loss would do.
#[component]
pub(crate) fn PlacementBody(placement: Placement, query: PlacementQuery) -> impl IntoView {
    let Placement { cluster, view, now } = placement;
    let reference = cluster_ref(&cluster);
    let sentence = view.loss.as_ref().map_or_else(|| sentence(cluster.name.as_str(), &view), loss::sentence);
    let facts = facts(&view);
    let drawn = if view.topic.is_some() {
        view! { <TopicPlacementPanel partitions=view.partitions.clone() /> }.erased()
    } else {
        view! { <PlacementPanel brokers=Held::of_brokers(&view.brokers) /> }.erased()
    };
    let lost = view.loss.clone().map(|loss| view! { <LossPanels cluster=reference.clone() loss /> });
    view! {
        <PageHead title=format!("Placement in {reference}") sentence chip=cluster.environment.clone()>
            {facts}
        </PageHead>
        <ClusterTabs cluster=reference.clone() current=ClusterTab::Placement findings=cluster.findings />
        <StaleNotice cluster now />
        <Filters cluster=reference.clone() brokers=view.brokers.clone() query />
        {lost}
        {drawn}
        <BrokerTable cluster=reference brokers=view.brokers />
    }
}

/// How even it is, in a sentence.
fn sentence(cluster: &str, view: &PlacementView) -> String {
    let what = view.topic.as_ref().map_or_else(|| cluster.to_owned(), ToString::to_string);
    let out_of_sync: u64 = view.brokers.iter().map(|broker| u64::from(broker.out_of_sync)).sum();
    let elsewhere: u64 = view.brokers.iter().map(|broker| u64::from(broker.preferred_elsewhere)).sum();
    let partitions = |count| counted(count, "partition", "partitions");
    match (out_of_sync, elsewhere) {
        (0, 0) => format!("Every replica of {what} is in sync, and led where it is meant to be"),
        (0, elsewhere) => {
            format!("Every replica of {what} is in sync, and {} led elsewhere", are(elsewhere, partitions(elsewhere)))
        }
        (behind, _) => format!(
            "{} of {what} {} out of sync",
            counted(behind, "replica", "replicas"),
            if behind == 1 { "is" } else { "are" }
        ),
    }
}

fn are(count: u64, words: String) -> String {
    format!("{words} {}", if count == 1 { "is" } else { "are" })
}

/// `12 partitions · 3 brokers in 3 racks`.
fn facts(view: &PlacementView) -> String {
    let partitions = |count: u32| counted(count.into(), "partition", "partitions");
    let brokers = in_racks(view.brokers.len() as u64, Racks::of_placed(&view.brokers).count() as u64);
    let facts = format!("{} · {brokers}", partitions(view.partition_count));
    match view.rack_violations {
        0 => facts,
        1 => format!("{facts} · {} has all replicas in one rack", partitions(1)),
        several => format!("{facts} · {} have all replicas in one rack", partitions(several)),
    }
}

/// Which topic, and which loss. A plain form, and chips that take each away.
#[component]
fn Filters(cluster: ClusterRef, brokers: Vec<BrokerPlacement>, query: PlacementQuery) -> impl IntoView {
    let path = page_href(&cluster);
    let chips = [
        (!query.topic.is_empty()).then(|| {
            let all = PlacementQuery { topic: String::new(), ..query.clone() };
            (format!("topic {}", query.topic), all.href(&path))
        }),
        (!query.lose.is_empty()).then(|| {
            let none = PlacementQuery { lose: String::new(), ..query.clone() };
            let words = query.lose.parse().map_or_else(|_| query.lose.clone(), |lost| loss::name(&lost));
            (format!("without {words}"), none.href(&path))
        }),
    ];
    let options = losses(&brokers)
        .into_iter()
        .map(|lost| {
            let value = lost.to_string();
            let selected = value == query.lose;
            view! {
                <option value=value selected=selected>
                    {format!("without {}", loss::name(&lost))}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="filters">
            <Form method="GET" action=path attr:class="filter-form">
                <label>
                    <span class="hidden">"Topic"</span>
                    <input
                        type="search"
                        name="topic"
                        value=query.topic.clone()
                        placeholder="One topic, by its whole name …"
                        autocomplete="off"
                        maxlength="249"
                    />
                </label>
                <label>
                    <span class="hidden">"What if"</span>
                    <select name="lose">
                        <option value="">"nothing is lost"</option>
                        {options}
                    </select>
                </label>
                <button type="submit" class="button">
                    "Show"
                </button>
            </Form>
            {filter_chips(chips.into_iter().flatten())}
        </div>
    }
}

/// Whatever can be lost: racks first, then brokers.
fn losses(brokers: &[BrokerPlacement]) -> Vec<Lost> {
    let racks: BTreeSet<_> = brokers.iter().filter_map(|broker| broker.rack.clone()).collect();
    racks.into_iter().map(Lost::Rack).chain(brokers.iter().map(|broker| Lost::Broker(broker.id))).collect()
}

#[component]
fn BrokerTable(cluster: ClusterRef, brokers: Vec<BrokerPlacement>) -> impl IntoView {
    view! {
        <Panel title="By rack and broker" flush=true>
            <TableScroll label="Placement by rack and broker">
                <thead>
                    <tr>
                        <th scope="col">"Rack"</th>
                        <th scope="col">"Broker"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="number">
                            "Leads"
                        </th>
                        <th scope="col" class="number">
                            "Follows"
                        </th>
                        <th scope="col" class="number">
                            "Out of sync"
                        </th>
                        <th scope="col" class="number">
                            "Preferred, led elsewhere"
                        </th>
                    </tr>
                </thead>
                <tbody>{brokers.into_iter().map(|broker| broker_row(&cluster, broker)).collect_view()}</tbody>
            </TableScroll>
        </Panel>
    }
}

fn broker_row(cluster: &ClusterRef, broker: BrokerPlacement) -> AnyView {
    let (status, word) = broker_status(broker.state);
    let [leaders, followers, out_of_sync, elsewhere] =
        [broker.leaders, broker.followers, broker.out_of_sync, broker.preferred_elsewhere]
            .map(|count| view! { <Count value=Known::Known(u64::from(count)) /> });
    view! {
        <tr>
            <td>{broker.rack.unwrap_or_else(|| "–".to_owned())}</td>
            <th scope="row">
                <a class="name" href=broker_href(cluster, broker.id)>
                    {broker.id.to_string()}
                </a>
            </th>
            <td>
                <StatusWord status word />
            </td>
            <td class="number">{leaders}</td>
            <td class="number">{followers}</td>
            <td class="number">{out_of_sync}</td>
            <td class="number">{elsewhere}</td>
        </tr>
    }
    .erased()
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::{BrokerId, BrokerState, Revisions};

    fn placed(out_of_sync: u32, preferred_elsewhere: u32) -> PlacementView {
        PlacementView {
            topic: None,
            partition_count: 12,
            rack_violations: 0,
            brokers: vec![BrokerPlacement {
                id: BrokerId(1),
                rack: Some("zone-a".to_owned()),
                state: BrokerState::Running,
                leaders: 1,
                followers: 2,
                out_of_sync,
                preferred_elsewhere,
            }],
            partitions: Vec::new(),
            loss: None,
            revisions: Revisions::default(),
        }
    }

    #[test]
    fn placement_is_told_by_its_worst_side() {
        let told = |behind, elsewhere| sentence("demo", &placed(behind, elsewhere));
        assert_eq!(told(0, 0), "Every replica of demo is in sync, and led where it is meant to be");
        assert_eq!(told(0, 1), "Every replica of demo is in sync, and 1 partition is led elsewhere");
        assert_eq!(told(1, 5), "1 replica of demo is out of sync");
        assert_eq!(facts(&placed(0, 0)), "12 partitions · 1 broker in 1 rack");
        let together = PlacementView { rack_violations: 2, ..placed(0, 0) };
        assert!(facts(&together).ends_with(" · 2 partitions have all replicas in one rack"), "{}", facts(&together));
    }

    #[test]
    fn racks_and_brokers_can_be_lost() {
        let told: Vec<_> = losses(&placed(0, 0).brokers).iter().map(ToString::to_string).collect();
        assert_eq!(told, ["rack:zone-a", "broker:1"]);
    }
}
