use super::{
    api::{TopicDetail, topic},
    config::ConfigPanel,
    partitions::{PartitionsPanel, TopicPlacementPanel},
    words::{owner, records, sentence},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, cluster_ref, counted, health_status, health_word, use_cluster},
    groups::ConsumersPanel,
    live::Live,
    ui::{Bytes, Count, PageHead, Panel, Rate, Skeleton, StatusWord, Tile, Tiles},
};
use klamm_model::{Known, TopicView};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// `/clusters/{namespace}/{name}/topics/{topic}`.
#[component]
pub(crate) fn TopicPage() -> impl IntoView {
    let live = Live::get();
    let name = use_cluster();
    let changes = live.changes_of(name);
    let params = use_params_map();
    let topic_name = Memo::new(move |_| params.with(|params| params.get("topic").unwrap_or_default()));
    let query = use_query_map();
    let from =
        Memo::new(move |_| query.with(|query| query.get("from")).and_then(|from| from.parse().ok()).unwrap_or(0));
    let detail =
        Resource::new(move || (name.get(), topic_name.get(), changes.get()), |(cluster, name, _)| topic(cluster, name));
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="the topic" /> }
        }>
            {move || {
                let from = from.get();
                Suspend::new(async move {
                    let answer = detail.await;
                    match kept.settle((name.get_untracked(), topic_name.get_untracked()), answer) {
                        Ok((detail, trouble)) => {
                            live.shows(&cluster_ref(&detail.cluster), detail.topic.revisions);
                            view! {
                                <TroubleNotice trouble />
                                <TopicDetailView detail from />
                            }
                                .into_any()
                        }
                        Err(error) => problem_page(&error).into_any(),
                    }
                })
            }}
        </Transition>
    }
}

/// The whole page of one topic. `from` is the first partition shown of very many.
#[component]
pub(crate) fn TopicDetailView(detail: TopicDetail, from: usize) -> impl IntoView {
    let TopicDetail { cluster, topic, consumers, now } = detail;
    let reference = cluster_ref(&cluster);
    let facts = facts(&topic);
    let path = super::topic_href(&reference, &topic.name);
    view! {
        <PageHead
            title=format!("{} in {reference}", topic.name)
            sentence=sentence(&topic)
            chip=cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=reference.clone() current=ClusterTab::Topics />
        <StaleNotice cluster now />
        <TopicTiles topic=topic.clone() />
        <div class="columns">
            <TopicPlacementPanel partitions=topic.partitions.clone() />
            <BelongingPanel topic=topic.clone() />
        </div>
        <ConsumersPanel cluster=reference topic=topic.name.clone() consumers />
        <PartitionsPanel partitions=topic.partitions path from />
        <ConfigPanel config=topic.config />
    }
}

/// `20 partitions · factor 2 · declared by ConfigMap payments/sample-topic · team payments`.
fn facts(topic: &TopicView) -> String {
    let mut facts = vec![
        counted(topic.partitions.len() as u64, "partition", "partitions"),
        format!("factor {}", topic.replication_factor),
    ];
    facts.push(match &topic.owner {
        Some(object) => format!("declared by {}", owner(object)),
        None if topic.name.is_internal() => "Kafka's own".to_owned(),
        None => "declared by no object".to_owned(),
    });
    facts.extend(topic.team.as_ref().map(|team| format!("team {team}")));
    facts.join(" · ")
}

#[component]
fn TopicTiles(topic: TopicView) -> impl IntoView {
    let behind = topic.partitions.iter().filter(|partition| partition.in_sync.len() < partition.replicas.len()).count();
    let offline = topic.partitions.iter().filter(|partition| partition.leader.is_none()).count();
    let partitions = Known::Known(topic.partitions.len() as u64);
    let records = records(&topic.partitions);
    view! {
        <Tiles>
            <Tile label="State">
                <StatusWord status=health_status(topic.health) word=health_word(topic.health) />
            </Tile>
            <Tile label="Partitions" aside=format!("· factor {}", topic.replication_factor)>
                <Count value=partitions />
            </Tile>
            <Tile label="Under-replicated" aside=format!("· {offline} offline")>
                <Count value=Known::Known(behind as u64) />
            </Tile>
            <Tile label="In">
                <Rate value=topic.records_per_second unit="rec" />
            </Tile>
            <Tile label="Records" aside="kept">
                <Count value=records />
            </Tile>
            <Tile label="Stored" aside="all replicas">
                <Bytes value=topic.size_bytes />
            </Tile>
        </Tiles>
    }
}

/// Whose it is.
#[component]
fn BelongingPanel(topic: TopicView) -> impl IntoView {
    let declared = match &topic.owner {
        Some(object) => view! { <code>{owner(object)}</code> }.into_any(),
        None if topic.name.is_internal() => "Kafka itself".into_any(),
        None => "No object. It was made past Klamm; a KafkaTopic with its name makes it somebody's.".into_any(),
    };
    view! {
        <Panel title="Belongs to">
            <dl class="pairs">
                <div>
                    <dt>"Declared by"</dt>
                    <dd>{declared}</dd>
                </div>
                <div>
                    <dt>"Team"</dt>
                    <dd>{topic.team.map_or_else(|| "None".to_owned(), |team| team.to_string())}</dd>
                </div>
                <div>
                    <dt>"Topic id"</dt>
                    <dd>
                        <code>{topic.id}</code>
                    </dd>
                </div>
            </dl>
        </Panel>
    }
}
