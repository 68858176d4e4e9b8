use super::{
    api::{BrokerList, brokers},
    table::BrokersPanel,
    words::brokers_sentence,
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, cluster_ref, counted, use_cluster},
    live::Live,
    ui::{Erase, PageHead, Skeleton},
};
use leptos::prelude::*;

/// `/clusters/{namespace}/{name}/brokers`.
#[component]
pub(crate) fn BrokersPage() -> impl IntoView {
    let live = Live::get();
    let name = use_cluster();
    let changes = live.changes_of(name);
    let list = Resource::new(move || (name.get(), changes.get()), |(name, _)| brokers(name));
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="brokers" /> }
        }>
            {move || Suspend::new(async move {
                let answer = list.await;
                match kept.settle(name.get_untracked(), answer) {
                    Ok((list, trouble)) => {
                        live.shows(&cluster_ref(&list.cluster), list.revisions);
                        view! {
                            <TroubleNotice trouble />
                            <BrokerListView list />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// All nodes of a cluster.
#[component]
pub(crate) fn BrokerListView(list: BrokerList) -> impl IntoView {
    let reference = cluster_ref(&list.cluster);
    let declared = counted(list.cluster.brokers.total.into(), "broker", "brokers");
    let facts = format!("{declared} declared · {} with one that serves", counted(list.racks.into(), "rack", "racks"));
    view! {
        <PageHead
            title=format!("Brokers of {reference}")
            sentence=brokers_sentence(list.cluster.name.as_str(), &list.brokers)
            chip=list.cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=reference.clone() current=ClusterTab::Brokers />
        <StaleNotice cluster=list.cluster now=list.now />
        <BrokersPanel cluster=reference brokers=list.brokers />
    }
}
