//! Pages made from sample values, on the server's own way to a response. With `KLAMM_PAGES_DIR` set, the documents are
//! written there, to be looked at in a browser.

mod brokers;
mod charts;
mod disks;
mod groups;
mod operations;
mod placement;
mod policies;
pub(crate) mod sample;
mod search;
mod tokens;
mod topics;

use crate::{
    app::{Surroundings, problem_page},
    clusters::views::{ClusterDetail, ClusterListView, ClusterListViewProps, drawn},
    document::around,
    session::views::{MyWorkView, MyWorkViewProps},
    sheet::{Drawn, SheetView, SheetViewProps},
    topics::{
        TopicFilters, TopicsAddress,
        views::{TopicListView, TopicListViewProps},
    },
};
use axum::{body::Body, extract::Request, http::StatusCode};
use http_body_util::BodyExt;
use klamm_model::{ProblemKind, TopicSort};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_axum::AxumRouteListing;
use leptos_meta::provide_meta_context;
use leptos_router::{SsrMode, components::Router};
use std::sync::OnceLock;

struct Answer {
    status: StatusCode,
    html: String,
}

/// Makes the response to `path` with `page` inside the frame.
async fn respond(name: &str, path: &str, page: impl Fn() -> AnyView + Clone + Send + Sync + 'static) -> Answer {
    // Once, and before anything is rendered: while the routes are listed, resources that begin to load never finish.
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    let routes = ROUTES.get_or_init(|| leptos_axum::generate_route_list(crate::App));
    assert!(routes.iter().all(|route| *route.mode() == SsrMode::Async), "pages never come out of order");
    let options = LeptosOptions::builder().output_name("klamm").site_root("target/site").build();
    let document = move || {
        let page = page.clone();
        around(&options, move || {
            provide_meta_context();
            crate::ui::provide_theme();
            crate::ui::provide_clock();
            let page = page.clone();
            view! {
                <Router>
                    <Surroundings>{page()}</Surroundings>
                </Router>
            }
            .into_any()
        })
    };
    let context = || {
        provide_context(sample::actor());
        provide_context(klamm_model::CsrfToken("token-of-the-form".to_owned()));
    };
    let handler = leptos_axum::render_app_async_with_context(context, document);
    let request = Request::builder().uri(path).header("cookie", "klamm_theme=dark").body(Body::empty()).unwrap();
    let response = handler(request).await;
    let status = response.status();
    let html = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    if let Ok(folder) = std::env::var("KLAMM_PAGES_DIR") {
        std::fs::write(format!("{folder}/{name}.html"), &html).unwrap();
    }
    check_document(name, &html);
    Answer { status, html }
}

/// The same of a page that comes in pieces.
async fn respond_with(name: &str, path: &str, page: impl Fn() -> Drawn + Clone + Send + Sync + 'static) -> Answer {
    respond(name, path, move || {
        let (sheet, typed) = (page(), RwSignal::new(None));
        SheetView(SheetViewProps { sheet, typed }).into_any()
    })
    .await
}

/// What holds for every page.
fn check_document(name: &str, html: &str) {
    let count = |what: &str| html.matches(what).count();
    assert_eq!(count("<h1"), 1, "{name}: one headline");
    assert_eq!(count("<main"), 1, "{name}: one main part");
    assert_eq!(count("<table"), count("<tbody"), "{name}: tables have bodies");
    assert_eq!(count("<table"), count("<caption"), "{name}: tables have captions");
    assert_eq!(count(" style="), 0, "{name}: the policy forbids inline styles");
    assert_eq!(count(" onclick="), 0, "{name}: the policy forbids inline handlers");
    assert_eq!(count("<script"), count("nonce="), "{name}: every script has the nonce");
    assert!(html.contains("data-theme=\"dark\""), "{name}: the theme of the cookie");
    assert!(html.contains("payments-lead"), "{name}: who is signed in");
    assert!(html.contains("value=\"token-of-the-form\""), "{name}: signing out is a form with the token");
}

fn cluster(detail: ClusterDetail) -> Drawn {
    drawn(detail, sample::over_time("/clusters/kafka/demo"))
}

#[tokio::test]
async fn the_list_of_clusters_tells_each_in_a_sentence() {
    let answer = respond("clusters", "/clusters", || {
        ClusterListView(ClusterListViewProps { list: sample::clusters() }).into_any()
    })
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.html.contains("east does not answer since 6 minutes"));
    assert!(answer.html.contains("critical (2)") && answer.html.contains("href=\"/clusters/kafka/east/findings\""));
    assert!(answer.html.contains("href=\"/clusters/kafka/demo\""));
    assert!(rows(&answer.html).contains("none"), "nothing is wrong with demo: {}", answer.html);
}

#[tokio::test]
async fn of_a_cluster_that_nobody_has_seen_nobody_says_that_nothing_is_wrong() {
    let answer = respond("clusters-unseen", "/clusters", || {
        let mut list = sample::clusters();
        list.clusters = vec![sample::new_cluster().overview.cluster];
        ClusterListView(ClusterListViewProps { list }).into_any()
    })
    .await;
    let rows = rows(&answer.html);
    assert!(rows.contains("Not observed yet") && !rows.contains("none"), "{rows}");
}

/// What stands in the first table of a page.
fn rows(html: &str) -> &str {
    html.split("<tbody").nth(1).unwrap().split("</tbody>").next().unwrap()
}

#[tokio::test]
async fn a_serving_cluster_shows_its_brokers_and_its_topics() {
    let answer = respond_with("cluster", "/clusters/kafka/demo", || cluster(sample::cluster())).await;
    assert!(answer.html.contains("<title>kafka/demo</title>"));
    assert!(answer.html.contains("zone-c"));
    assert!(answer.html.contains("href=\"/clusters/kafka/demo/topics/sample-topic\""));
    assert!(!answer.html.contains("No answer"));
    let tiles = answer.html.split("<dl class=\"tiles\">").nth(1).unwrap().split("</dl>").next().unwrap();
    assert_eq!(tiles.matches("class=\"tile\"").count(), tiles.matches("<a href=").count(), "each leads on: {tiles}");
    let quorum = tile(tiles, "Quorum");
    assert!(quorum.contains("3 of 3") && quorum.contains("caught up, led by 1"), "{tiles}");
    assert!(quorum.contains("href=\"/clusters/kafka/demo/brokers/1\""), "{tiles}");
    assert!(tiles.contains("81 %") && tiles.contains("broker 1, full in 6 days"), "{tiles}");
    assert!(tiles.contains("href=\"/clusters/kafka/demo/disks?broker=1\""), "{tiles}");
    assert!(tiles.contains("12\u{202f}345") && tiles.contains("payments.billing, 41 s behind"), "{tiles}");
    assert!(
        tiles.contains("href=\"/clusters/kafka/demo/topics?internal=true&amp;sort=health&amp;order=desc\""),
        "{tiles}"
    );
    let (above, below) = answer.html.split_once("aria-label=\"Brokers\"").unwrap();
    assert!(above.contains("class=\"tiles\"") && !below.contains("class=\"tiles\""), "figures come first");
}

/// The tile of that name.
fn tile<'a>(tiles: &'a str, label: &str) -> &'a str {
    tiles.split("class=\"tile\"").find(|tile| tile.contains(&format!(">{label}<"))).unwrap()
}

#[tokio::test]
async fn tenants_are_shown_with_what_they_have_and_lead_to_their_topics() {
    let page = |tenants: bool| {
        let mut detail = sample::cluster();
        if !tenants {
            detail.overview.tenants.clear();
        }
        respond_with("cluster-tenants", "/clusters/kafka/demo", move || cluster(detail.clone()))
    };
    let html = page(true).await.html;
    let tenants = html.split("aria-label=\"Tenants of kafka/demo\"").nth(1).unwrap().split("</table>").next().unwrap();
    assert!(tenants.contains("href=\"/clusters/kafka/demo/topics?team=payments\""));
    assert!(tenants.contains("href=\"/clusters/kafka/demo/topics?q=payments.\""));
    assert!(tenants.contains(">unknown<") && tenants.contains("1 unknown"), "unknown is no zero");
    assert!(tenants.contains("Others") && !tenants.contains("team=\""));
    assert!(!page(false).await.html.contains("Tenants"), "nothing where there are none");
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_says_since_when_and_how_old_the_page_is() {
    let answer = respond_with("cluster-stale", "/clusters/kafka/demo", || cluster(sample::stale_cluster())).await;
    assert!(answer.html.contains("No answer"));
    assert!(answer.html.contains("connection refused by 127.0.1.10:9091"));
    assert!(answer.html.contains("64 out of sync"));
}

#[tokio::test]
async fn a_cluster_nobody_has_seen_is_not_shown_as_empty() {
    let answer = respond_with("cluster-new", "/clusters/kafka/demo", || cluster(sample::new_cluster())).await;
    assert!(answer.html.contains("Not seen yet"));
    assert!(answer.html.contains("No broker has been seen yet"));
    let quorum = tile(&answer.html, "Quorum");
    assert!(quorum.contains("unknown") && quorum.contains("href=\"/clusters/kafka/demo/brokers\""), "{quorum}");
}

#[tokio::test]
async fn the_list_of_topics_sorts_by_links_and_searches_by_a_form() {
    let address = TopicsAddress::of("a", TopicFilters::default());
    let answer = respond("topics", "/clusters/kafka/demo/topics?q=a", move || {
        TopicListView(TopicListViewProps { list: sample::topics(), address: address.clone() }).into_any()
    })
    .await;
    assert!(answer.html.contains("aria-sort=\"ascending\""));
    assert_eq!(answer.html.matches("aria-sort").count(), 1, "by one of them");
    for sort in ["health", "partitions", "recordsPerSecond", "bytesInPerSecond", "bytesOutPerSecond", "groupCount"]
        .into_iter()
        .chain(["records", "sizeBytes", "growthBytesPerDay", "lastWriteAt"])
    {
        let href = format!("href=\"/clusters/kafka/demo/topics?q=a&amp;sort={sort}&amp;order=desc\"");
        assert!(answer.html.contains(&href), "{sort}");
    }
    let rows = rows(&answer.html);
    assert!(rows.contains("3 groups") && rows.contains("0 groups"), "{rows}");
    assert_eq!(rows.matches(">unknown<").count(), 8, "of left-over nobody knows any number: {rows}");
    assert!(answer.html.contains("action=\"/clusters/kafka/demo/topics\""));
    assert!(answer.html.contains("rel=\"next\""));
}

#[tokio::test]
async fn of_two_numbers_in_a_column_the_one_that_the_list_is_sorted_by_says_so() {
    let address = TopicsAddress::of("", TopicFilters::default()).sorted_by(TopicSort::GroupCount);
    let answer = respond("topics-sorted", "/clusters/kafka/demo/topics?sort=groupCount&order=desc", move || {
        TopicListView(TopicListViewProps { list: sample::topics(), address: address.clone() }).into_any()
    })
    .await;
    let heads = answer.html.split("<thead>").nth(1).unwrap().split("</thead>").next().unwrap();
    let head = heads.split("<th ").find(|head| head.contains("aria-sort")).unwrap();
    assert!(head.contains("aria-sort=\"descending\"") && head.contains("Bytes out"), "{head}");
    let current: Vec<_> = heads.split("<a ").filter(|link| link.contains("aria-current")).collect();
    assert!(current.len() == 1 && current[0].contains("Groups"), "{heads}");
    assert!(current[0].contains("sort=groupCount\""), "and another click turns it round: {heads}");
}

#[tokio::test]
async fn a_search_without_result_offers_a_way_on() {
    let address = TopicsAddress::of("<b>nothing</b>", TopicFilters::default());
    let answer = respond("topics-none", "/clusters/kafka/demo/topics?q=x", move || {
        TopicListView(TopicListViewProps { list: sample::no_topics(), address: address.clone() }).into_any()
    })
    .await;
    assert!(answer.html.contains("Show all topics"));
    assert!(!answer.html.contains("<b>nothing"), "what was searched for is escaped");
}

#[tokio::test]
async fn a_page_past_the_end_of_a_list_leads_back() {
    let answer = respond("topics-past", "/clusters/kafka/demo/topics?team=payments&cursor=x&before=50", || {
        let filters = TopicFilters { team: "payments".to_owned(), ..TopicFilters::default() };
        let address = TopicsAddress::of("", filters).next_page("x".to_owned(), 50);
        let mut list = sample::no_topics();
        list.topics.total = 42;
        TopicListView(TopicListViewProps { list, address }).into_any()
    })
    .await;
    assert!(answer.html.contains("Nothing more here") && !answer.html.contains("No topic fits"));
    assert!(answer.html.contains("<a href=\"/clusters/kafka/demo/topics?team=payments\">Back to its first page"));
    assert!(answer.html.contains("0 of 42 topics"));
}

#[tokio::test]
async fn my_work_has_the_topics_of_my_teams() {
    let answer = respond("my-work", "/", || MyWorkView(MyWorkViewProps { work: sample::my_work() }).into_any()).await;
    assert!(answer.html.contains("Topics of payments"));
    assert!(answer.html.contains("sample-topic"));
}

#[tokio::test]
async fn what_does_not_exist_answers_404_with_a_page() {
    let answer = respond("missing", "/clusters/kafka/nowhere", || {
        problem_page(&crate::AppError::new(ProblemKind::NotFound, "There is no such cluster.")).into_any()
    })
    .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.html.contains("There is no such cluster."));
}
