use super::{
    access::AccessPart,
    api::{TopicDetail, TopicShown, topic},
    config_tab::ConfigPart,
    manifest::ManifestPart,
    overview::OverviewPart,
    page_query::{TopicQuery, TopicTab},
    words::{owner, sentence},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, cluster_ref, counted, use_cluster},
    groups::ConsumersPanel,
    live::Live,
    ui::{Erase, PageHead, Skeleton, Tab, Tabs},
};
use klamm_model::TopicRow;
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
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(TopicQuery::from_params));
    let detail = Resource::new(
        move || (name.get(), topic_name.get(), query.get(), changes.get()),
        |(cluster, name, query, _)| topic(cluster, name, query),
    );
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="the topic" /> }
        }>
            {move || Suspend::new(async move {
                let answer = detail.await;
                let asked = query.get_untracked();
                match kept.settle((name.get_untracked(), topic_name.get_untracked(), asked.clone()), answer) {
                    Ok((detail, trouble)) => {
                        live.shows(&cluster_ref(&detail.cluster), detail.revisions);
                        view! {
                            <TroubleNotice trouble />
                            <TopicDetailView detail query=asked />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// The whole page of one topic.
#[component]
pub(crate) fn TopicDetailView(detail: TopicDetail, query: TopicQuery) -> impl IntoView {
    let TopicDetail { cluster, topic, shown, revisions: _, now } = detail;
    let reference = cluster_ref(&cluster);
    let facts = facts(&topic);
    let path = super::topic_href(&reference, &topic.name);
    let name = topic.name.clone();
    let part = match shown {
        TopicShown::Overview { overview, consumers } => {
            view! { <OverviewPart cluster=reference.clone() row=topic.clone() overview consumers /> }.erased()
        }
        TopicShown::Config(config) => view! { <ConfigPart config query=query.clone() path=path.clone() /> }.erased(),
        TopicShown::Access(access) => view! { <AccessPart access query=query.clone() path=path.clone() /> }.erased(),
        TopicShown::Consumers(consumers) => {
            view! { <ConsumersPanel cluster=reference.clone() topic=name consumers /> }.erased()
        }
        TopicShown::Yaml(manifest) => view! { <ManifestPart cluster=reference.clone() topic=name manifest /> }.erased(),
    };
    view! {
        <PageHead
            title=format!("{} in {reference}", topic.name)
            sentence=sentence(&topic)
            chip=cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=reference current=ClusterTab::Topics />
        <StaleNotice cluster now />
        <TopicTabs name=topic.name.to_string() path current=query.tab />
        {part}
    }
}

/// Links between the parts of the page.
#[component]
fn TopicTabs(name: String, path: String, current: TopicTab) -> impl IntoView {
    view! {
        <Tabs label=format!("Parts of {name}")>
            {TopicTab::ALL
                .map(|(tab, _, label)| {
                    view! { <Tab href=TopicQuery::of(tab).href(&path) label current=tab == current /> }
                })}
        </Tabs>
    }
}

/// `20 partitions · factor 2 · declared by ConfigMap payments/sample-topic · team payments`.
fn facts(topic: &TopicRow) -> String {
    let mut facts = vec![
        counted(topic.partition_count.into(), "partition", "partitions"),
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
