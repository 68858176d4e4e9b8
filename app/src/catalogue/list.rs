use super::{action, growth, health, href, place_link, place_name};
use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Following, Form, Line, Part, Sheet, field, head, label, link, number, panel, status, text,
    },
    sheets::Asked,
    ui::{Query, Status, position},
};
use klamm_model::{
    CatalogueFinding, CatalogueRequest, CatalogueTopic, Health, Known, TopicPlace, human_bytes, human_count,
};
use std::collections::BTreeSet;

const PATH: &str = "/topics";
/// What narrows the list, in the address.
const FILTERS: [&str; 4] = ["q", "team", "environment", "only"];

/// `/topics`.
pub(crate) async fn list(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let request = CatalogueRequest {
        search: asked.given("q"),
        team: asked.given("team"),
        environment: asked.given("environment"),
        only: asked.given("only"),
        cursor: asked.given("cursor"),
        ..CatalogueRequest::default()
    };
    let page = portal.catalogue(&actor, &request).map_err(door::refuse)?;
    let clusters = portal.clusters(&actor).map_err(door::refuse)?;
    let environments: BTreeSet<&String> = clusters.iter().filter_map(|cluster| cluster.environment.as_ref()).collect();
    let narrowed = FILTERS.iter().any(|name| asked.given(name).is_some());
    let sentence = match (page.total, narrowed) {
        (0, true) => "No topic fits".to_owned(),
        (0, false) => "No topics yet".to_owned(),
        (1, _) => "One topic".to_owned(),
        (many, false) => format!("{} topics", human_count(many)),
        (many, true) => format!("{} topics found", human_count(many)),
    };
    let mut parts = vec![filters(asked, &environments)];
    let chips = chips(asked);
    if !chips.is_empty() {
        parts.push(Part::Chips(chips));
    }
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    if page.items.is_empty() {
        parts.push(nothing(asked));
    } else {
        let heads = vec![
            head("Topic"),
            head("What for"),
            head("Team"),
            head("Where"),
            number("Size"),
            number("Growth"),
            head("To be done"),
        ];
        parts.push(Part::table("Topics", heads, page.items.iter().map(row).collect()));
        let address = |cursor: &str, before: u64| {
            let before = if before == 0 { String::new() } else { before.to_string() };
            narrowing(asked, None).with("cursor", cursor).with("before", &before).on(PATH)
        };
        let first = request.cursor.is_some().then(|| address("", 0));
        let next = page.next_cursor.as_deref().map(|cursor| address(cursor, before + shown as u64));
        parts.push(Part::Pager(position(before, shown, page.total, ("topic", "topics")), first, next));
    }
    Ok(Sheet {
        title: "Topics".to_owned(),
        sentence,
        facts: "Of all clusters, by name: what they are for, whose they are, where they are".to_owned(),
        panels: vec![panel("Topics", parts).aside(link("Ask for a topic", "/requests/new"))],
        following: Following::Everything,
        now: portal.now(),
        ..Sheet::default()
    })
}

/// The filters as they are, without one of them.
fn narrowing(asked: &Asked, without: Option<&str>) -> Query {
    let kept = FILTERS.into_iter().filter(|name| Some(*name) != without);
    kept.fold(Query::default(), |query, name| query.with(name, asked.get(name)))
}

fn chips(asked: &Asked) -> Vec<(String, String)> {
    let words = |name: &str, value: String| match name {
        "q" => format!("contains “{value}”"),
        "team" => format!("team {value}"),
        "only" => CatalogueFinding::named(&value).map_or(value, |finding| finding_words(finding).to_owned()),
        _ => value,
    };
    FILTERS
        .into_iter()
        .filter_map(|name| Some((words(name, asked.given(name)?), narrowing(asked, Some(name)).on(PATH))))
        .collect()
}

fn finding_words(finding: CatalogueFinding) -> &'static str {
    match finding {
        CatalogueFinding::Orphaned => "declared by no object",
        CatalogueFinding::Unused => "used by nobody",
        CatalogueFinding::Differs => "not the same everywhere",
    }
}

fn filters(asked: &Asked, environments: &BTreeSet<&String>) -> Part {
    let any = |words: &str| vec![(String::new(), words.to_owned())];
    let environments =
        any("anywhere").into_iter().chain(environments.iter().map(|name| ((*name).clone(), (*name).clone())));
    let findings = CatalogueFinding::ALL.map(|one| (one.name().to_owned(), finding_words(one).to_owned()));
    Part::Form(Form {
        action: PATH.to_owned(),
        fields: vec![
            field("q", "About", asked.get("q"), Choice::Word).example("name, purpose, team, tag"),
            field("team", "Team", asked.get("team"), Choice::Word),
            field("environment", "Where", asked.get("environment"), Choice::One(environments.collect())),
            field(
                "only",
                "To be done",
                asked.get("only"),
                Choice::One(any("whatever").into_iter().chain(findings).collect()),
            ),
        ],
        buttons: vec![Button::new("Filter")],
        ..Form::default()
    })
}

fn nothing(asked: &Asked) -> Part {
    if FILTERS.iter().any(|name| asked.given(name).is_some()) {
        let mut words = link("Show all topics", PATH);
        words.extend(text(", or search for a shorter part of the name."));
        return Part::Empty("No topic fits".to_owned(), words);
    }
    let mut words = text("Topics of all clusters stand here by name:");
    words.extend(link("ask for one", "/requests/new"));
    Part::Empty("No topic yet".to_owned(), words)
}

fn row(topic: &CatalogueTopic) -> Vec<Line> {
    let mut what_for = topic.about.description.clone().map(text).unwrap_or_default();
    if !topic.about.tags.is_empty() {
        what_for.extend(label(topic.about.tags.join(", ")));
    }
    let team = topic.team.as_ref().map(ToString::to_string);
    let places = topic.places.iter().flat_map(|place| {
        let mark = if place.health == Health::Healthy { Line::new() } else { health(place.health) };
        place_link(&topic.name, place, place_name(place)).into_iter().chain(mark)
    });
    let to_do = topic.notes.iter().flat_map(|note| {
        let where_to = note.cluster.as_ref().filter(|_| topic.places.len() > 1);
        let mut line = status(Status::Warn, short(note.finding));
        line.extend(where_to.map(|cluster| label(cluster.to_string())).unwrap_or_default());
        line.extend(action(&topic.name, note, team.as_deref()));
        line
    });
    vec![
        link(topic.name.to_string(), href(&topic.name)),
        what_for,
        team.clone().map_or_else(|| label("nobody's"), text),
        places.collect(),
        size(&topic.places),
        grown(&topic.places),
        to_do.collect(),
    ]
}

fn short(finding: CatalogueFinding) -> &'static str {
    match finding {
        CatalogueFinding::Orphaned => "no owner",
        CatalogueFinding::Unused => "unused",
        CatalogueFinding::Differs => "differs",
    }
}

/// Of all places together; unknown as soon as one of them is.
fn size(places: &[TopicPlace]) -> Line {
    let sum: Option<u64> = places.iter().map(|place| place.size_bytes.value().copied()).sum();
    match Known::from(sum) {
        Known::Known(bytes) => text(human_bytes(bytes)),
        Known::Unknown => label("unknown"),
    }
}

/// Likewise.
fn grown(places: &[TopicPlace]) -> Line {
    let sum: Option<i64> = places.iter().map(|place| place.growth_bytes_per_day.value().copied()).sum();
    growth(sum.into())
}
