use super::{
    api::{ClusterList, clusters},
    cluster_ref, findings_href, href,
    words::{counted, health_status, health_word, severity_status},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    live::Live,
    ui::{Ago, Chip, Count, Empty, Erase, PageHead, Panel, Skeleton, StatusWord, TableScroll, Unknown},
};
use klamm_model::{ClusterView, Health, Known, Reachability, UnixMillis, human_count};
use leptos::prelude::*;

/// `/clusters`.
#[component]
pub(crate) fn ClustersPage() -> impl IntoView {
    let changes = Live::get().changes_anywhere();
    let list = Resource::new(move || changes.get(), |_| clusters());
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="clusters" /> }
        }>
            {move || Suspend::new(async move {
                match kept.settle((), list.await) {
                    Ok((list, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <ClusterListView list />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

#[component]
pub(crate) fn ClusterListView(list: ClusterList) -> impl IntoView {
    let brokers: u64 = list.clusters.iter().map(|cluster| u64::from(cluster.brokers.ready)).sum();
    let facts = format!(
        "{} · {} serving",
        counted(list.clusters.len() as u64, "cluster", "clusters"),
        counted(brokers, "broker", "brokers")
    );
    view! {
        <PageHead title="Clusters" sentence=clusters_sentence(&list.clusters)>
            {facts}
        </PageHead>
        <Panel title="Clusters" flush=true>
            <ClusterTable clusters=list.clusters now=list.now />
        </Panel>
    }
}

/// How all clusters are, in a sentence.
pub(crate) fn clusters_sentence(clusters: &[ClusterView]) -> String {
    let troubled: Vec<_> = clusters.iter().filter(|cluster| cluster.health != Health::Healthy).collect();
    match (clusters, troubled.as_slice()) {
        ([], _) => "There is no cluster yet".to_owned(),
        ([only], []) => format!("{} {}", only.name, only.sentence),
        (all, []) => format!("All {} clusters are serving", all.len()),
        (_, [one]) => format!("{} {}", one.name, one.sentence),
        (all, several) => format!("{} of {} clusters need a look", several.len(), all.len()),
    }
}

/// Clusters, a sentence each.
#[component]
pub(crate) fn ClusterTable(clusters: Vec<ClusterView>, now: UnixMillis) -> impl IntoView {
    if clusters.is_empty() {
        return view! {
            <Empty title="No cluster yet">
                <p>
                    "Klamm shows every " <code>"KafkaCluster"</code>
                    " of its Kubernetes cluster: those it runs, and those it only connects to. Apply one, and it appears here."
                </p>
            </Empty>
        }
        .erased();
    }
    view! {
        <TableScroll label="Clusters">
            <thead>
                <tr>
                    <th scope="col">"Cluster"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"In a sentence"</th>
                    <th scope="col">"Findings"</th>
                    <th scope="col" class="number">
                        "Brokers"
                    </th>
                    <th scope="col">"Kafka"</th>
                    <th scope="col">"Seen"</th>
                </tr>
            </thead>
            <tbody>
                {clusters.into_iter().map(|cluster| view! { <ClusterRow cluster now /> }).collect_view()}
            </tbody>
        </TableScroll>
    }
    .erased()
}

#[component]
fn ClusterRow(cluster: ClusterView, now: UnixMillis) -> impl IntoView {
    let reference = cluster_ref(&cluster);
    let findings = match cluster.worst {
        Some(worst) => {
            let words = format!("{} ({})", worst.name(), human_count(cluster.findings.into()));
            view! {
                <a href=findings_href(&reference)>
                    <StatusWord status=severity_status(worst) word=words />
                </a>
            }
            .erased()
        }
        None if cluster.reachability == Reachability::NotYetSeen => view! { <Unknown /> }.erased(),
        None => "none".erased(),
    };
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=href(&reference)>
                    {reference.to_string()}
                </a>
                " "
                {cluster.environment.map(|environment| view! { <Chip text=environment /> })}
            </th>
            <td>
                <StatusWord status=health_status(cluster.health) word=health_word(cluster.health) />
            </td>
            <td class="wrap">{cluster.sentence}</td>
            <td>{findings}</td>
            <td class="number">
                <Count value=Known::Known(cluster.brokers.ready.into()) />
                <span class="aside">{format!(" of {}", cluster.brokers.total)}</span>
            </td>
            <td>{cluster.kafka_version.unwrap_or_else(|| "–".to_owned())}</td>
            <td>
                {match cluster.observed_at {
                    Known::Known(at) => view! { <Ago at now /> }.erased(),
                    Known::Unknown => "not yet".erased(),
                }}
            </td>
        </tr>
    }
}
