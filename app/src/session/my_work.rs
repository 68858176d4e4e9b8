use super::api::{MyWork, my_work};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTable, ClusterTopics, cluster_name, clusters_sentence, counted},
    live::Live,
    topics::TopicTable,
    ui::{Empty, Erase, PageHead, Panel, Skeleton},
};
use klamm_model::Actor;
use leptos::prelude::*;

/// `/`: what somebody looks at first.
#[component]
pub(crate) fn MyWorkPage() -> impl IntoView {
    let changes = Live::get().changes_anywhere();
    let work = Resource::new(move || changes.get(), |_| my_work());
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="your work" /> }
        }>
            {move || Suspend::new(async move {
                match kept.settle((), work.await) {
                    Ok((work, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <MyWorkView work />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// Clusters in a sentence each, and the topics of one's teams.
#[component]
pub(crate) fn MyWorkView(work: MyWork) -> impl IntoView {
    let facts = facts(&work.actor, &work.topics);
    let all_clusters = view! { <a href="/clusters">"All clusters"</a> };
    view! {
        <PageHead title="My work" sentence=clusters_sentence(&work.clusters)>
            {facts}
        </PageHead>
        <p class="ways">
            <a class="button primary" href="/requests/new">
                "Ask for a topic"
            </a>
            <a class="button" href="/requests/new?kind=credentialCreate">
                "Ask for a credential"
            </a>
            <a class="button" href="/requests">
                "Requests"
            </a>
        </p>
        <div class="sheet-piece" inner_html=work.findings></div>
        <Panel title="Clusters" aside=all_clusters.erased() flush=true>
            <ClusterTable clusters=work.clusters now=work.now />
        </Panel>
        {if work.topics.is_empty() {
            no_topics(&work.actor).erased()
        } else {
            work.topics.into_iter().map(|topics| view! { <TeamTopics topics /> }).collect_view().erased()
        }}
    }
}

fn facts(actor: &Actor, topics: &[ClusterTopics]) -> String {
    let mut facts = vec![actor.name.to_string()];
    if actor.is_operator() {
        facts.push("operator".to_owned());
    }
    if !actor.teams.is_empty() {
        let teams: Vec<_> = actor.teams.iter().map(ToString::to_string).collect();
        facts.push(format!("{} {}", if teams.len() == 1 { "team" } else { "teams" }, teams.join(", ")));
        facts.push(counted(topics.iter().map(|topics| topics.page.total).sum(), "topic of yours", "topics of yours"));
    }
    facts.join(" · ")
}

#[component]
fn TeamTopics(topics: ClusterTopics) -> impl IntoView {
    let ClusterTopics { cluster, team, page } = topics;
    let title = team.as_ref().map_or_else(|| "Topics".to_owned(), |team| format!("Topics of {team}"));
    let aside = view! {
        <span>"in " {cluster_name(&cluster)}</span>
    };
    let hint = counted(page.total, "topic", "topics");
    view! {
        <Panel title=title hint=hint aside=aside.erased() flush=true>
            <TopicTable cluster topics=page.items empty=|| ().erased() />
        </Panel>
    }
}

fn no_topics(actor: &Actor) -> impl IntoView + use<> {
    let (title, text) = if actor.teams.is_empty() {
        ("You are in no team", "Topics of your teams appear here. Whoever runs Klamm puts people into teams.")
    } else {
        (
            "Your teams have no topics yet",
            "A topic is your team's when the object that declares it lives in a namespace of your team.",
        )
    };
    view! {
        <Panel title="My topics" flush=true>
            <Empty title=title>
                <p>{text}</p>
                <p>
                    <a href="/topics">"Topics of all clusters"</a>
                </p>
            </Empty>
        </Panel>
    }
}
