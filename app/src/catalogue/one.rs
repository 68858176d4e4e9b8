use super::{action, growth, health, href, place_link, place_name};
use crate::{
    AppError, door,
    requests::capital,
    sheet::{Following, Line, Panel, Part, Rows, Sheet, code, head, label, link, number, panel, status, text, time},
    ui::{Query, Status, encode},
};
use klamm_model::{
    CatalogueEntry, CatalogueTopic, ClusterRef, Comparison, Known, Problem, ProblemKind, Promotion, RequestKind,
    TeamName, TopicName, TopicPlace, TopicSetting, TopicUser, WishValue, human_bytes, human_count,
};

/// `/topics/{topic}`.
pub(crate) async fn one(name: &str) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let name =
        name.parse().map_err(|_| door::refuse(Problem::new(ProblemKind::NotFound, "There is no such topic.")))?;
    let entry = portal.catalogue_entry(&actor, &name).map_err(door::refuse)?;
    let topic = &entry.topic;
    let sentence = match topic.places.as_slice() {
        [one] => format!("{name} is in {}", place_name(one)),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(place_name).collect();
            format!("{name} is in {} and {}", first.join(", "), place_name(last))
        }
        [] => name.to_string(),
    };
    let mine = |promotion: &Promotion| actor.teams.contains(&promotion.team) || actor.is_operator();
    let beside = [Some(about(topic)), Some(ways(topic)), promotions(&entry.promotions, mine), to_do(topic)];
    Ok(Sheet {
        title: name.to_string(),
        sentence,
        facts: topic.about.description.clone().unwrap_or_else(|| "Nobody has said what it is for".to_owned()),
        panels: vec![places(topic), settings(&entry), users(&entry)],
        beside: beside.into_iter().flatten().collect(),
        following: Following::Everything,
        now: portal.now(),
        ..Sheet::default()
    })
}

fn about(topic: &CatalogueTopic) -> Panel {
    let about = &topic.about;
    let team = topic.team.as_ref().map_or_else(|| label("nobody's"), team_link);
    let facts = vec![
        ("Team", team),
        ("Contact", about.contact.clone().map(text).unwrap_or_default()),
        ("More", about.link.clone().map(|address| link(address.clone(), address)).unwrap_or_default()),
        ("Tags", text(about.tags.join(", "))),
    ];
    let facts = facts.into_iter().filter(|(_, line)| line.iter().any(|piece| !piece.text.is_empty())).collect();
    panel("About", vec![Part::facts("About", facts)])
}

fn team_link(team: &TeamName) -> Line {
    link(team.to_string(), format!("/teams/{}", encode(team.as_str())))
}

/// The other pages about it, and what can be asked for.
fn ways(topic: &CatalogueTopic) -> Panel {
    let name = &topic.name;
    let place = |place: &TopicPlace| {
        let mut line = place_link(name, place, format!("Its page on {}", place.cluster));
        if place.owner.is_some() {
            line.extend(link("ask to change it there", ask(name, "topicChange", &place.cluster)));
        }
        line
    };
    let requests = Query::default().with("q", name.as_str()).on("/requests");
    let mut lines: Vec<Line> = topic.places.iter().map(place).collect();
    lines.extend(topic.team.as_ref().map(|team| [label("The team that owns it:"), team_link(team)].concat()));
    lines.push(link("Requests about it", requests));
    panel("Where to go from here", vec![Part::Lines(lines)])
}

fn ask(topic: &TopicName, kind: &str, cluster: &ClusterRef) -> String {
    let query = Query::default().with("kind", kind).with("cluster", &cluster.to_string());
    query.with("topic", topic.as_str()).on("/requests/new")
}

fn places(topic: &CatalogueTopic) -> Panel {
    let rows: Rows = topic.places.iter().map(|place| place_row(topic, place)).collect();
    let heads = vec![
        head("Where"),
        head("Health"),
        number("Size"),
        number("Growth"),
        number("Records/s"),
        head("Last used"),
        head("Declared by"),
    ];
    panel("Where it is", vec![Part::table("Where it is", heads, rows)])
}

fn place_row(topic: &CatalogueTopic, place: &TopicPlace) -> Vec<Line> {
    let owner = place.owner.as_ref().map_or_else(
        || label("no object"),
        |owner| {
            let mut line = code(format!("{}/{}", owner.namespace, owner.name));
            line.extend(place.manager.as_ref().map(|manager| label(format!("by {manager}"))).unwrap_or_default());
            line
        },
    );
    let mut place_and_cluster = place_link(&topic.name, place, place_name(place));
    place_and_cluster.extend(label(place.cluster.to_string()));
    let used = match place.quiet_since {
        Known::Known(since) => time(since),
        Known::Unknown => label("not watched yet"),
    };
    vec![
        place_and_cluster,
        health(place.health),
        place.size_bytes.value().map_or_else(|| label("unknown"), |bytes| text(human_bytes(*bytes))),
        growth(place.growth_bytes_per_day),
        place.records_per_second.value().map_or_else(|| label("unknown"), |rate| text(format!("{rate:.1}"))),
        used,
        owner,
    ]
}

fn settings(entry: &CatalogueEntry) -> Panel {
    let places = &entry.topic.places;
    let heads = std::iter::once(head("Setting")).chain(places.iter().map(|place| head(&place_name(place))));
    let heads = if places.len() > 1 { heads.chain([head("")]).collect() } else { heads.collect() };
    let rows: Rows = entry.settings.iter().map(|setting| setting_row(setting, places.len())).collect();
    let differing = entry.settings.iter().filter(|setting| setting.comparison == Comparison::Differs).count();
    let hint = match (places.len(), differing) {
        (1, _) => "",
        (_, 0) => "the same everywhere",
        (_, _) => "differences are marked",
    };
    panel("Side by side", vec![Part::table("Settings side by side", heads, rows)]).hint(hint)
}

fn setting_row(setting: &TopicSetting, places: usize) -> Vec<Line> {
    let name = match setting.name.as_str() {
        "partitions" => text("Partitions"),
        "replicationFactor" => text("Replicas"),
        key => code(key),
    };
    let values = setting
        .values
        .iter()
        .map(|value| value.as_ref().map_or_else(|| label("as brokers have it"), |value| code(value.clone())));
    let mark = match setting.comparison {
        Comparison::Differs => status(Status::Warn, "differs"),
        Comparison::Alike => Line::new(),
    };
    std::iter::once(name).chain(values).chain((places > 1).then_some(mark)).collect()
}

fn users(entry: &CatalogueEntry) -> Panel {
    let rows: Rows = entry.users.iter().map(user_row).collect();
    if rows.is_empty() {
        let words = text("No credential has rights to it and no group has read it, as far as was seen.");
        return panel("Who uses it", vec![Part::Empty("Nobody".to_owned(), words)]);
    }
    let heads = ["Who", "What", "Cluster", "May or does"].map(head).to_vec();
    let mut parts = vec![Part::table("Who uses it", heads, rows)];
    if entry.users_left_out > 0 {
        let words =
            format!("And {} more; the topic's page on each cluster has all.", human_count(entry.users_left_out.into()));
        parts.push(Part::Lines(vec![label(words)]));
    }
    panel("Who uses it", parts)
}

fn user_row(user: &TopicUser) -> Vec<Line> {
    let on = |cluster: &klamm_model::ClusterRef| {
        link(cluster.to_string(), format!("/clusters/{}/{}", cluster.namespace, cluster.name))
    };
    match user {
        TopicUser::Credential { cluster, name, team, access } => {
            let mut who = text(name.clone());
            who.extend(team.as_ref().map(|team| label(format!("of {team}"))).unwrap_or_default());
            vec![who, text("credential"), on(cluster), text(format!("may {access}"))]
        }
        TopicUser::Group { cluster, name, members, lag } => {
            let members = match members {
                Known::Known(0) => "nobody in it".to_owned(),
                Known::Known(1) => "1 member".to_owned(),
                Known::Known(many) => format!("{many} members"),
                Known::Unknown => "members unknown".to_owned(),
            };
            let behind = match lag {
                Known::Known(lag) => format!("{} records behind", human_count(*lag)),
                Known::Unknown => "unknown how far behind".to_owned(),
            };
            let page = format!("/clusters/{}/{}/groups/{}", cluster.namespace, cluster.name, encode(name));
            vec![link(name.clone(), page), text("consumer group"), on(cluster), text(format!("{members}, {behind}"))]
        }
    }
}

fn promotions(all: &[Promotion], mine: impl Fn(&Promotion) -> bool) -> Option<Panel> {
    if all.is_empty() {
        return None;
    }
    let lines = all.iter().map(|promotion| {
        let (cluster, environment) = (&promotion.cluster, &promotion.environment);
        let words = match promotion.kind {
            RequestKind::TopicCreate => format!("Promote to {environment}"),
            _ => format!("Bring {environment} in line"),
        };
        let mut line = if mine(promotion) {
            link(words, promotion_href(promotion))
        } else {
            label(format!("{words}: team {} may ask for it", promotion.team))
        };
        line.extend(label(format!("from {} to {cluster}", promotion.from)));
        line
    });
    let hint = "asks for it there with the settings from here";
    Some(panel("Promote", vec![Part::Lines(lines.collect())]).hint(hint))
}

/// The form of the request, filled in.
fn promotion_href(promotion: &Promotion) -> String {
    let spec = &promotion.spec;
    let config: Vec<String> =
        spec.config.iter().map(|(key, value)| format!("{key}={}", WishValue::text(value))).collect();
    let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
    Query::default()
        .with("kind", promotion.kind.name())
        .with("cluster", &promotion.cluster.to_string())
        .with("team", promotion.team.as_str())
        .with("topic", spec.topic_name.as_str())
        .with("partitions", &spec.partitions.to_string())
        .with("config", &config.join("\n"))
        .with("description", &or_nothing(&spec.description))
        .with("reason", &format!("promoted from {}", promotion.from))
        .on("/requests/new")
}

fn to_do(topic: &CatalogueTopic) -> Option<Panel> {
    if topic.notes.is_empty() {
        return None;
    }
    let team = topic.team.as_ref().map(ToString::to_string);
    let lines = topic.notes.iter().map(|note| {
        let mut line = status(Status::Warn, capital(&note.message));
        if action(&topic.name, note, None).first().is_some_and(|piece| !is_here(piece, topic)) {
            line.extend(action(&topic.name, note, team.as_deref()));
        }
        line
    });
    Some(panel("To be done", vec![Part::Lines(lines.collect())]))
}

/// A way to this very page is none.
fn is_here(piece: &crate::sheet::Piece, topic: &CatalogueTopic) -> bool {
    piece.look == crate::sheet::Look::Link(href(&topic.name))
}
