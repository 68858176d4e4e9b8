use super::{
    map, page_href,
    silent::{self, Silent},
    words,
};
use crate::{
    AppError,
    clusters::{ClusterTab, StaleNotice, cluster_ref, counted},
    door,
    sheet::{
        Button, Choice, Drawn, Form, Line, Panel, Part, Rows, Sheet, code, field, head, label, link, number, panel,
        status, text,
    },
    sheets::Asked,
    topics::topic_href,
    ui::{Panel as Framed, Query, Status, position},
};
use klamm_model::{
    BrokerDisks, BrokerId, ClusterRef, ClusterView, DiskSort, DiskTile, DisksRequest, DisksView, Known, ProblemKind,
    SortOrder, TopicDisks, UnixMillis, VolumeView, human_bytes,
};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// What may be asked for, kept from page to page.
const KEPT: [&str; 6] = ["q", "only", "sort", "hours", "topic", "broker"];
/// From this part of a volume on somebody should look at it.
const LOW: u64 = 80;

/// Everything that the page says.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) cluster: ClusterView,
    pub(crate) disks: DisksView,
    pub(crate) tiles: Vec<DiskTile>,
    /// Brokers that do not tell of their disks.
    pub(crate) silent: Vec<Silent>,
    /// Why nobody can say what would be.
    pub(crate) trouble: Option<String>,
    pub(crate) now: UnixMillis,
}

/// `/clusters/{namespace}/{name}/disks`.
pub(crate) async fn page(cluster: &str, asked: &Asked) -> Result<Drawn, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let request = request(asked);
    let broker = chosen(asked);
    let content = door::ask(|portal, actor| {
        let (disks, trouble) = match portal.disks(actor, &cluster, &request) {
            // A topic that was mistyped is no reason to show nothing.
            Err(problem) if problem.kind == ProblemKind::Invalid && request.topic.is_some() => {
                let without = DisksRequest { topic: None, retention_ms: None, ..request.clone() };
                (portal.disks(actor, &cluster, &without)?, Some(problem.detail))
            }
            told => (told?, None),
        };
        let tiles = portal.disk_map(actor, &cluster, broker)?;
        let overview = portal.cluster(actor, &cluster)?;
        let silent = silent::of_nodes(&overview.nodes, &disks.volumes);
        Ok(Content { cluster: overview.cluster, disks, tiles, silent, trouble, now: overview.now })
    })?;
    let silent = silent::remember(&cluster, content.silent, content.now).await?;
    Ok(drawn(Content { silent, ..content }, asked))
}

fn request(asked: &Asked) -> DisksRequest {
    const HOUR: u64 = 3_600_000;
    let (sort, order) = match asked.get("sort") {
        "name" => (DiskSort::Name, SortOrder::Asc),
        "growth" => (DiskSort::GrowthBytesPerDay, SortOrder::Desc),
        "settles" => (DiskSort::SettlesAtBytes, SortOrder::Desc),
        _ => (DiskSort::SizeBytes, SortOrder::Desc),
    };
    let hours: Option<u64> = asked.get("hours").parse().ok();
    DisksRequest {
        search: asked.given("q"),
        misfits: asked.get("only") == "misfits",
        sort,
        order,
        limit: None,
        cursor: asked.given("cursor"),
        retention_ms: hours.filter(|hours| *hours > 0).map(|hours| hours.saturating_mul(HOUR)),
        topic: asked.given("topic"),
    }
}

/// The page.
pub(crate) fn drawn(of: Content, asked: &Asked) -> Drawn {
    let Content { cluster, disks, tiles, silent, trouble, now } = of;
    let reference = cluster_ref(&cluster);
    let sum =
        |of: fn(&VolumeView) -> Known<u64>| disks.volumes.iter().map(|v| of(v).value().copied()).sum::<Option<u64>>();
    let mut facts = Vec::new();
    // What nobody told of is not nothing.
    if !disks.volumes.is_empty() {
        facts.push(counted(disks.volumes.len() as u64, "volume", "volumes"));
        if let Some((used, capacity)) = sum(|volume| volume.used_bytes).zip(sum(|volume| volume.capacity_bytes)) {
            facts.push(format!("{} of {} used", human_bytes(used), human_bytes(capacity)));
        }
    }
    if !silent.is_empty() && !disks.volumes.is_empty() {
        facts.push(match silent.as_slice() {
            [one] => format!("broker {} tells nothing", one.broker),
            several => format!("{} brokers tell nothing", several.len()),
        });
    }
    if disks.misfit_total > 0 {
        facts.push(format!("{} whose retention cannot fit", counted(disks.misfit_total.into(), "topic", "topics")));
    }
    let sheet = Sheet {
        title: format!("Disks of {reference}"),
        sentence: words::sentence(cluster.name.as_str(), &disks),
        facts: facts.join(" · "),
        tabs: Some((reference.clone(), ClusterTab::Disks, cluster.findings)),
        panels: vec![
            volumes(&reference, (&disks.volumes, &silent), asked),
            brokers(&disks),
            topics(&reference, &disks, asked),
        ],
        notices: trouble.map(|why| (Status::Warn, "What if".to_owned(), why)).into_iter().collect(),
        now,
        ..Sheet::default()
    };
    let mut drawn = sheet.drawn();
    drawn.chip = cluster.environment.clone().unwrap_or_default();
    let is_stale = cluster.reachability != klamm_model::Reachability::Reachable || !cluster.gaps.is_empty();
    if is_stale {
        // Below the ways to the other pages, above everything else.
        drawn.notices.insert(1, view! { <StaleNotice cluster now /> }.to_html());
    }
    drawn.panels.insert(1, map_panel(&reference, &tiles, &disks, asked));
    drawn
}

/// The broker that somebody wants to see.
fn chosen(asked: &Asked) -> Option<BrokerId> {
    asked.get("broker").parse().ok().map(BrokerId)
}

/// Those of all brokers, or of one: findings lead to one.
fn volumes(cluster: &ClusterRef, (volumes, silent): (&[VolumeView], &[Silent]), asked: &Asked) -> Panel {
    let only = chosen(asked);
    let shown: Vec<&VolumeView> = volumes.iter().filter(|one| only.is_none_or(|only| one.broker == only)).collect();
    // Before the first answer of any broker, silence is no news.
    let is_news = !volumes.is_empty() || silent.iter().any(|one| !one.last.is_empty());
    let mut silent: Vec<&Silent> =
        silent.iter().filter(|one| is_news && only.is_none_or(|only| one.broker == only)).collect();
    let all = narrowed(asked, "broker", "").on(&page_href(cluster));
    let all = only.map(|_| link("Those of all brokers", all)).unwrap_or_default();
    if shown.is_empty() && silent.is_empty() {
        let who = only.map_or_else(|| "No broker has".to_owned(), |only| format!("Broker {only} has not"));
        let words = text(format!("{who} told what is on its disks yet. They appear here once it does."));
        return panel("Volumes", vec![Part::Empty("Not read yet".to_owned(), words)]).aside(all);
    }
    let heads = vec![
        head("Broker"),
        head("Volume"),
        number("Used"),
        number("Capacity"),
        number("Full to"),
        number("Growth"),
        head("Full"),
        head("Believed"),
    ];
    silent.sort_by_key(|one| one.broker);
    let mut rows: Rows = silent.into_iter().flat_map(silent::rows).collect();
    rows.extend(shown.into_iter().map(volume_row));
    panel("Volumes", vec![Part::table("Volumes", heads, rows)])
        .hint("as it has grown over a day, or over the last hour or minutes where that is urgent")
        .aside(all)
}

fn volume_row(volume: &VolumeView) -> Vec<Line> {
    let part = volume.used_bytes.value().zip(volume.capacity_bytes.value()).filter(|(_, capacity)| **capacity > 0);
    let percent = part.map(|(used, capacity)| used.saturating_mul(100) / capacity);
    let is_soon = volume.foreseen().is_some_and(|days| days <= words::SOON);
    let full = words::full(volume);
    let told = match (volume.offline, is_soon, percent) {
        (true, _, _) => status(Status::Bad, full),
        (false, true, _) => status(Status::Warn, full),
        (false, false, Some(percent)) if percent >= LOW => status(Status::Warn, full),
        (false, false, _) => text(full),
    };
    vec![
        text(volume.broker.to_string()),
        code(volume.volume.clone()),
        text(words::bytes(volume.used_bytes)),
        text(words::bytes(volume.capacity_bytes)),
        percent.map_or_else(|| label("unknown"), |percent| text(format!("{percent} %"))),
        text(words::growth(volume.growth_bytes_per_day)),
        told,
        label(words::believed(volume.confidence)),
    ]
}

/// The map, of all brokers or of one.
fn map_panel(cluster: &ClusterRef, tiles: &[DiskTile], disks: &DisksView, asked: &Asked) -> String {
    let chosen = asked.get("broker");
    let link = |id: &str, words: String| {
        let href = narrowed(asked, "broker", id).on(&page_href(cluster));
        view! {
            <li>
                <a href=href aria-current=(chosen == id).then_some("true")>
                    {words}
                </a>
            </li>
        }
        .into_any()
    };
    let brokers =
        disks.brokers.iter().map(|broker| link(&broker.broker.to_string(), format!("broker {}", broker.broker)));
    let all = std::iter::once(link("", "all brokers".to_owned()));
    let ways: Vec<_> = all.chain(brokers).collect();
    let ways = (!disks.brokers.is_empty()).then(|| {
        view! {
            <nav class="choice" aria-label="Whose disks">
                <ul>{ways}</ul>
            </nav>
        }
    });
    let content = if tiles.is_empty() {
        view! { <p class="lines">"Nobody has told how large topics are there."</p> }.into_any()
    } else {
        view! { <div inner_html=map::svg(cluster, tiles)></div> }.into_any()
    };
    view! {
        <Framed title="What is on them" hint="topics by size, all replicas">
            {ways} {content}
        </Framed>
    }
    .to_html()
}

/// What brokers come to, and what they would with another retention.
fn brokers(disks: &DisksView) -> Panel {
    const TITLE: &str = "What they come to";
    if disks.brokers.is_empty() {
        let words = text("No broker has told what is on its disks yet.");
        return panel(TITLE, vec![Part::Empty("Not read yet".to_owned(), words)]);
    }
    let mut heads = vec![head("Broker"), number("Used"), number("Comes to"), number("Capacity")];
    if disks.what_if.is_some() {
        heads.push(number("Would come to"));
    }
    let rows: Rows = disks
        .brokers
        .iter()
        .map(|broker| {
            let would = disks.what_if.as_ref().map(|what_if| {
                let there = what_if.brokers.iter().find(|would| would.broker == broker.broker);
                there.map_or_else(|| label("unknown"), comes_to)
            });
            let cells = [
                text(broker.broker.to_string()),
                text(words::bytes(broker.used_bytes)),
                comes_to(broker),
                text(words::bytes(broker.capacity_bytes)),
            ];
            cells.into_iter().chain(would).collect()
        })
        .collect();
    let mut parts = Vec::new();
    if let Some(what_if) = &disks.what_if {
        let whom = what_if.topic.as_ref().map_or_else(|| "all topics".to_owned(), ToString::to_string);
        let words = format!("If {whom} kept records for {}", words::millis(what_if.retention_ms));
        parts.push(Part::Lines(vec![text(words)]));
    }
    parts.push(Part::table("What brokers come to", heads, rows));
    panel(TITLE, parts).hint("once every retention has taken effect, if topics are written to as now")
}

fn comes_to(broker: &BrokerDisks) -> Line {
    match (broker.settles_at_bytes, broker.capacity_bytes) {
        (Known::Unknown, _) => label("without end, or not known"),
        (Known::Known(bytes), Known::Known(capacity)) if bytes > capacity => {
            status(Status::Bad, format!("{}, more than there is", human_bytes(bytes)))
        }
        (Known::Known(bytes), Known::Known(_) | Known::Unknown) => text(human_bytes(bytes)),
    }
}

fn narrowed(asked: &Asked, name: &str, value: &str) -> Query {
    KEPT.into_iter()
        .fold(Query::default(), |query, kept| query.with(kept, if kept == name { value } else { asked.get(kept) }))
}

fn topics(cluster: &ClusterRef, disks: &DisksView, asked: &Asked) -> Panel {
    let path = page_href(cluster);
    let page = &disks.topics;
    let mut parts = vec![filters(&path, asked)];
    if page.items.is_empty() {
        let mut words = link("Show all topics", path.clone());
        words.extend(text(", or search for a shorter part of the name."));
        parts.push(Part::Empty("No topic fits".to_owned(), words));
        return panel("Topics", parts);
    }
    let heads = vec![
        head("Topic"),
        number("Size"),
        number("Growth"),
        number("Written a day"),
        number("Retention"),
        number("Comes to"),
        head("Fits"),
    ];
    let rows: Rows = page.items.iter().map(|topic| topic_row(cluster, topic)).collect();
    parts.push(Part::table("Topics by size", heads, rows));
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    let at = |cursor: &str, before: u64| {
        let before = if before == 0 { String::new() } else { before.to_string() };
        narrowed(asked, "", "").with("cursor", cursor).with("before", &before).on(&path)
    };
    let first = asked.given("cursor").map(|_| at("", 0));
    let next = page.next_cursor.as_deref().map(|cursor| at(cursor, before + shown as u64));
    parts.push(Part::Pager(position(before, shown, page.total, ("topic", "topics")), first, next));
    panel("Topics", parts).hint("bytes of all replicas")
}

fn filters(path: &str, asked: &Asked) -> Part {
    let choice = |all: &[(&str, &str)]| {
        Choice::One(all.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect())
    };
    let sorts = choice(&[
        ("", "largest first"),
        ("growth", "by growth"),
        ("settles", "by what they come to"),
        ("name", "by name"),
    ]);
    let kinds = choice(&[("", "all"), ("misfits", "whose retention cannot fit")]);
    Part::Form(Form {
        action: path.to_owned(),
        hidden: vec![("broker".to_owned(), asked.get("broker").to_owned())],
        fields: vec![
            field("q", "Name contains", asked.get("q"), Choice::Word),
            field("only", "Topics", asked.get("only"), kinds),
            field("sort", "Order", asked.get("sort"), sorts),
            field("hours", "What if they kept records for so many hours", asked.get("hours"), Choice::Number)
                .example("24"),
            field("topic", "only this topic", asked.get("topic"), Choice::Word),
        ],
        buttons: vec![Button::new("Show")],
        ..Form::default()
    })
}

fn topic_row(cluster: &ClusterRef, topic: &TopicDisks) -> Vec<Line> {
    let comes_to = match topic.settles_at_bytes {
        Known::Known(bytes) => text(human_bytes(bytes)),
        Known::Unknown if topic.endless => text("without end"),
        Known::Unknown => label("unknown"),
    };
    vec![
        link(topic.name.to_string(), topic_href(cluster, &topic.name)),
        text(words::bytes(topic.size_bytes)),
        text(words::growth(topic.growth_bytes_per_day)),
        topic.appended_bytes_per_day.value().map_or_else(|| label("unknown"), |bytes| text(human_bytes(*bytes))),
        topic.retention_ms.value().map_or_else(|| label("–"), |millis| text(words::millis(*millis))),
        comes_to,
        fits(cluster, topic),
    ]
}

/// Whether it fits, and the way to a retention that does.
fn fits(cluster: &ClusterRef, topic: &TopicDisks) -> Line {
    match (topic.fits, &topic.recommended) {
        (Known::Known(true), _) => status(Status::Ok, "fits"),
        (Known::Unknown, _) => label("not known"),
        (Known::Known(false), None) => status(Status::Bad, "no retention fits"),
        (Known::Known(false), Some(advice)) => {
            let mut config = format!("retention.ms={}", advice.retention_ms);
            if let Some(segment) = advice.segment_ms {
                config = format!("{config}\nsegment.ms={segment}");
            }
            let team = topic.team.as_ref().map(ToString::to_string).unwrap_or_default();
            let request = Query::default()
                .with("kind", "topicChange")
                .with("cluster", &cluster.to_string())
                .with("team", &team)
                .with("topic", topic.name.as_str())
                .with("config", &config)
                .on("/requests/new");
            let mut line = status(Status::Warn, "retention cannot fit");
            line.extend(link(format!("Ask for {}", words::millis(advice.retention_ms)), request));
            line
        }
    }
}
