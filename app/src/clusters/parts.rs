//! Parts that every page below a cluster shows.

use super::words::{GapLine, counted, gap_lines};
use crate::{
    brokers, groups, placement, topics,
    ui::{Ago, Erase, Notice, Tab, Tabs, Tone},
};
use klamm_model::{ClusterRef, ClusterView, Known, Reachability, UnixMillis};
use leptos::prelude::*;

/// Which page below a cluster is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClusterTab {
    /// The cluster itself.
    Overview,
    /// Its brokers, or one of them.
    Brokers,
    /// Its disks.
    Disks,
    /// Where its replicas are.
    Placement,
    /// Its topics, or one of them.
    Topics,
    /// Its consumer groups, or one of them.
    Groups,
    /// What is wrong with it.
    Findings,
    /// Who is connected to it.
    Clients,
    /// Where its numbers are read from.
    Targets,
    /// What is done to it as a whole.
    Operations,
}

/// Links between the pages of a cluster.
#[component]
pub(crate) fn ClusterTabs(
    cluster: ClusterRef,
    current: ClusterTab,
    /// How many findings want somebody.
    findings: u32,
) -> impl IntoView {
    view! {
        <Tabs label=format!("Pages of {cluster}")>
            <Tab href=super::href(&cluster) label="Overview" current=current == ClusterTab::Overview />
            <Tab href=brokers::list_href(&cluster) label="Brokers" current=current == ClusterTab::Brokers />
            <Tab href=format!("{}/disks", super::href(&cluster)) label="Disks" current=current == ClusterTab::Disks />
            <Tab href=placement::page_href(&cluster) label="Placement" current=current == ClusterTab::Placement />
            <Tab href=topics::list_href(&cluster) label="Topics" current=current == ClusterTab::Topics />
            <Tab href=groups::list_href(&cluster) label="Groups" current=current == ClusterTab::Groups />
            <Tab href=format!("{}/clients", super::href(&cluster)) label="Clients" current=current == ClusterTab::Clients />
            <Tab href=format!("{}/targets", super::href(&cluster)) label="Targets" current=current == ClusterTab::Targets />
            <Tab
                href=format!("{}/operations", super::href(&cluster))
                label="Operations"
                current=current == ClusterTab::Operations
            />
            <Tab
                href=super::findings_href(&cluster)
                label="Findings"
                current=current == ClusterTab::Findings
                count=findings
            />
        </Tabs>
    }
}

/// The name of a cluster, linked to its page.
pub(crate) fn cluster_name(cluster: &ClusterRef) -> impl IntoView + use<> {
    view! {
        <a class="name" href=super::href(cluster)>
            {cluster.to_string()}
        </a>
    }
}

/// What stands above every sheet about a cluster: the ways to its pages, and what is wrong with what is seen of it.
#[cfg(feature = "ssr")]
pub(crate) fn cluster_head(cluster: &ClusterView, current: ClusterTab, now: UnixMillis) -> Vec<String> {
    use leptos::tachys::view::RenderHtml;
    let reference = super::cluster_ref(cluster);
    let tabs = view! { <ClusterTabs cluster=reference current findings=cluster.findings /> }.to_html();
    let is_stale = cluster.reachability != Reachability::Reachable || !cluster.gaps.is_empty();
    let stale = is_stale.then(|| view! { <StaleNotice cluster=cluster.clone() now /> }.to_html());
    [tabs].into_iter().chain(stale).collect()
}

/// Says that a cluster does not answer, since when, and how old everything below is; or what of it could not be seen.
/// Nothing while everything was.
#[component]
pub(crate) fn StaleNotice(cluster: ClusterView, now: UnixMillis) -> impl IntoView {
    match cluster.reachability {
        Reachability::Reachable if cluster.gaps.is_empty() => ().erased(),
        Reachability::Reachable => view! { <GapsNotice gaps=gap_lines(&cluster.gaps) /> }.erased(),
        Reachability::NotYetSeen => view! {
            <Notice tone=Tone::Info word="Not seen yet">
                "Klamm has not reached this cluster so far. It keeps trying; the page fills by itself."
            </Notice>
        }
        .erased(),
        Reachability::Unreachable { since, reason } => {
            let age = match cluster.observed_at {
                Known::Known(at) => view! { <span>" What you see is from " <Ago at now /> "."</span> }.erased(),
                Known::Unknown => view! { <span>" It was never seen."</span> }.erased(),
            };
            view! {
                <Notice tone=Tone::Bad word="No answer">
                    <b>"The cluster does not answer, since " <Ago at=since now /> ": "</b>
                    {format!("{}.", reason.trim_end_matches('.'))}
                    {age}
                </Notice>
            }
            .erased()
        }
    }
}

/// What could not be seen at the last look: in sight when it is little, to be unfolded when it is much.
#[component]
fn GapsNotice(gaps: Vec<GapLine>) -> impl IntoView {
    let summary = format!("{} could not be seen at the last look", counted(gaps.len() as u64, "thing", "things"));
    let is_little = gaps.len() <= 3;
    let lines: Vec<_> = gaps
        .into_iter()
        .map(|GapLine { what, reason }| {
            view! {
                <li>
                    <b>{what}</b>
                    ": "
                    {reason}
                </li>
            }
        })
        .collect();
    view! {
        <Notice tone=Tone::Warn word="Partly seen">
            <details open=is_little>
                <summary>{summary}</summary>
                <ul>{lines}</ul>
            </details>
        </Notice>
    }
}
