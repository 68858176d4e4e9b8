//! The page of one topic.

use super::{
    access::AccessPart,
    config_tab::ConfigPart,
    manifest::ManifestPart,
    page_query::{TopicQuery, TopicTab},
    words::{owner, sentence},
};
use crate::{
    AppError,
    charts::{Ask, Shape, Shown, Wanted, over_time},
    clusters::{ClusterTab, cluster_head, cluster_ref, counted},
    door,
    groups::ConsumersPanel,
    sheet::{Drawn, piece_of},
    sheets::Asked,
    ui::{Erase, Query, Tab, Tabs},
};
use klamm_model::{
    ClusterRef, ClusterView, Known, Metric, Page, Problem, ProblemKind, RequestKind, TopicAccess, TopicConfig,
    TopicConsumer, TopicManifest, TopicName, TopicOffer, TopicOverview, TopicRow, UnixMillis,
};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// A topic and the cluster it is in, with the part of it that is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TopicDetail {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// The topic in a line.
    pub(crate) topic: TopicRow,
    /// The rest.
    pub(crate) shown: TopicShown,
    /// Whether somebody may ask that it becomes another.
    pub(crate) offer: Option<TopicOffer>,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// What is shown of a topic, by the part of its page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TopicShown {
    Overview {
        overview: TopicOverview,
        /// The groups that read it, the first of them.
        consumers: Known<Page<TopicConsumer>>,
        /// The panel of its charts, drawn.
        over_time: String,
    },
    Config(TopicConfig),
    /// The groups that read it.
    Consumers(Known<Page<TopicConsumer>>),
    Access(TopicAccess),
    Yaml(TopicManifest),
}

/// Enough to see who is furthest behind.
const FEW_CONSUMERS: u32 = 5;
/// The list of groups has the rest.
const CONSUMERS: u32 = 100;

/// What stands at `/clusters/{namespace}/{name}/topics/{topic}`.
pub(crate) async fn page(cluster: &str, topic: &str, asked: &Asked) -> Result<Drawn, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let nothing = || door::refuse(Problem::new(ProblemKind::NotFound, "There is no such topic."));
    let topic = TopicName::new(topic).map_err(|_| nothing())?;
    let query = TopicQuery::from_params(&asked.params());
    let mut detail = door::ask(|portal, actor| {
        let shown = match query.tab {
            TopicTab::Overview => TopicShown::Overview {
                overview: portal.topic_overview(actor, &cluster, &topic, query.from)?,
                consumers: portal.topic_consumers(actor, &cluster, &topic, FEW_CONSUMERS)?,
                over_time: String::new(),
            },
            TopicTab::Config => TopicShown::Config(portal.topic_config(actor, &cluster, &topic, &query.config())?),
            TopicTab::Consumers => TopicShown::Consumers(portal.topic_consumers(actor, &cluster, &topic, CONSUMERS)?),
            TopicTab::Access => {
                TopicShown::Access(portal.topic_access(actor, &cluster, &topic, &query.principals())?)
            }
            TopicTab::Yaml => TopicShown::Yaml(portal.topic_manifest(actor, &cluster, &topic)?),
        };
        Ok(TopicDetail {
            cluster: portal.cluster_view(actor, &cluster)?,
            topic: portal.topic_row(actor, &cluster, &topic)?,
            offer: portal.topic_offer(actor, &cluster, &topic)?,
            shown,
            now: portal.now(),
        })
    })?;
    let TopicShown::Overview { over_time: charts, .. } = &mut detail.shown else { return Ok(drawn(detail, &query)) };
    let shown = Shown::asked(asked, detail.now, &super::topic_href(&cluster, &topic), &["from"]);
    *charts = piece_of(over_time(&cluster, wanted(&topic), shown.clone()).await?, detail.now);
    let drawn = drawn(detail, &query);
    Ok(Drawn { sentence: shown.headline(drawn.sentence), ..drawn })
}

fn wanted(topic: &TopicName) -> Vec<Wanted> {
    let one = |metric, name| Ask::new(metric, name).of_topic(topic);
    let chart = |id, title, asks| Wanted { id, title, shape: Shape::Lines, asks };
    vec![
        chart("records", "Records in", vec![one(Metric::MessagesIn, "in")]),
        chart("bytes", "Bytes in and out", vec![one(Metric::BytesIn, "in"), one(Metric::BytesOut, "out")]),
        chart("size", "Stored, all replicas", vec![one(Metric::SizeBytes, "stored")]),
    ]
}

/// The whole page of one topic.
pub(crate) fn drawn(detail: TopicDetail, query: &TopicQuery) -> Drawn {
    let TopicDetail { cluster, topic, shown, offer, now } = detail;
    let reference = cluster_ref(&cluster);
    let path = super::topic_href(&reference, &topic.name);
    let name = topic.name.clone();
    let ways = offer.map(|offer| view! { <ChangeLine cluster=reference.clone() topic=name.clone() offer /> }.to_html());
    let panels = match shown {
        TopicShown::Overview { overview, consumers, over_time } => {
            super::overview::panels(&reference, &topic, overview, consumers, ways, over_time, now)
        }
        TopicShown::Config(config) => {
            let config = view! { <ConfigPart config query=query.clone() path=path.clone() /> }.to_html();
            ways.into_iter().chain([config]).collect()
        }
        TopicShown::Access(access) => {
            vec![view! { <AccessPart access query=query.clone() path=path.clone() /> }.to_html()]
        }
        TopicShown::Consumers(consumers) => {
            vec![view! { <ConsumersPanel cluster=reference.clone() topic=name consumers /> }.to_html()]
        }
        TopicShown::Yaml(manifest) => {
            vec![view! { <ManifestPart cluster=reference.clone() topic=name manifest /> }.to_html()]
        }
    };
    let tabs = view! { <TopicTabs name=topic.name.to_string() path current=Some(query.tab) /> }.to_html();
    Drawn {
        title: format!("{} in {reference}", topic.name),
        sentence: sentence(&topic),
        facts: facts(&topic),
        notices: cluster_head(&cluster, ClusterTab::Topics, now).into_iter().chain([tabs]).collect(),
        panels,
        chip: cluster.environment.unwrap_or_default(),
        ..Drawn::default()
    }
}

/// The way to the form that changes it, or takes it on; or why there is none.
#[component]
fn ChangeLine(cluster: ClusterRef, topic: TopicName, offer: TopicOffer) -> impl IntoView {
    let TopicOffer { kind, team, why_not } = offer;
    let words = if kind == RequestKind::TopicAdopt { "Ask to adopt it" } else { "Ask to change it" };
    let way = if let Some(why) = why_not {
        view! {
            <button type="button" class="button" disabled=true>
                {words}
            </button>
            <span class="aside">{why}</span>
        }
        .erased()
    } else {
        let query = Query::default().with("kind", kind.name()).with("cluster", &cluster.to_string());
        let team = team.map(|team| team.to_string()).unwrap_or_default();
        let href = query.with("team", &team).with("topic", topic.as_str()).on("/requests/new");
        view! {
            <a class="button" href=href>
                {words}
            </a>
        }
        .erased()
    };
    view! { <p class="ways">{way}</p> }
}

/// Links between the parts of the page, and to its messages, which are a page of their own.
#[component]
pub(crate) fn TopicTabs(name: String, path: String, current: Option<TopicTab>) -> impl IntoView {
    view! {
        <Tabs label=format!("Parts of {name}")>
            {TopicTab::ALL
                .map(|(tab, _, label)| {
                    view! { <Tab href=TopicQuery::of(tab).href(&path) label current=Some(tab) == current /> }
                })} <Tab href=format!("{path}/messages") label="Messages" current=current.is_none() />
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
