//! What the portal has measured, as charts. The portal decides who may ask.

use super::{COLOURS, Chart, Line, LineKind, Mark, Point, Shape, Shown, draw::adds_up};
use crate::{
    AppError, door,
    sheet::{Line as Words, Panel, Part, panel, text},
    ui::{Query, harmless},
};
use klamm_model::{Aggregate, ClusterRef, Metric, Series, SeriesRequest, SeriesView, human_count};

/// A chart that a page would like to show.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Tells it from others on the page.
    pub(crate) id: &'static str,
    /// What stands above it.
    pub(crate) title: &'static str,
    /// How its lines are drawn.
    pub(crate) shape: Shape,
    /// What is in it. All of one chart count the same.
    pub(crate) asks: Vec<Ask>,
}

/// One metric of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// What it is called in the legend, where it is one line; otherwise each is called by whom it is of.
    name: &'static str,
    request: SeriesRequest,
}

impl Ask {
    /// Of the whole cluster, or of whom [`Self::of`] says.
    pub(crate) fn new(metric: Metric, name: &'static str) -> Self {
        Self { name, request: SeriesRequest { metric: metric.name().to_owned(), ..SeriesRequest::default() } }
    }

    /// Told apart by this.
    pub(crate) fn by(metric: Metric, by: klamm_model::Breakdown) -> Self {
        let mut ask = Self::new(metric, "");
        ask.request.by = Some(by.name().to_owned());
        ask.request.limit = Some(100);
        ask
    }

    pub(crate) fn of_broker(mut self, id: klamm_model::BrokerId) -> Self {
        self.request.broker = Some(id.to_string());
        self
    }

    pub(crate) fn of_topic(mut self, topic: &klamm_model::TopicName) -> Self {
        self.request.topic = Some(topic.to_string());
        self
    }

    pub(crate) fn of_group(mut self, group: &klamm_model::GroupId) -> Self {
        self.request.group = Some(group.to_string());
        self
    }

    /// Of what kind the one is that it asks for by name, where there may be very many of that kind.
    fn kind(&self) -> Option<&'static str> {
        match (&self.request.topic, &self.request.group) {
            (Some(_), _) => Some("topics"),
            (None, Some(_)) => Some("groups"),
            (None, None) => None,
        }
    }

    /// The same as a table, for the time that is shown.
    fn file(&self, cluster: &ClusterRef, view: &SeriesView) -> (String, String) {
        let SeriesRequest { metric, by, topic, broker, group, limit, .. } = &self.request;
        let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
        let query = Query::default()
            .with("metric", metric)
            .with("by", &or_nothing(by))
            .with("topic", &or_nothing(topic))
            .with("broker", &or_nothing(broker))
            .with("group", &or_nothing(group))
            .with("limit", &or_nothing(&limit.map(|limit| limit.to_string())))
            .with("from", &view.from.0.to_string())
            .with("to", &view.to.0.to_string())
            .with("step", &view.step.to_string())
            .with("aggregate", if view.aggregate == Aggregate::Mean { "" } else { view.aggregate.name() });
        let words = if self.name.is_empty() { "CSV".to_owned() } else { format!("CSV of {}", self.name) };
        let words = words + most(view.aggregate);
        (words, query.on(&format!("/api/v1/clusters/{cluster}/series.csv")))
    }
}

/// Why there is nothing to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    /// Nobody has told of it in this time.
    Untold,
    /// Of its kind so many are kept one by one, the busiest, and this is none of them.
    NotKept { busiest: u32, kind: &'static str },
}

impl Absent {
    /// What stands where the charts would be.
    fn words(self) -> (String, Words) {
        let (title, why) = match self {
            Self::Untold => (
                "Nothing was measured in this time",
                "It is measured every 15 seconds from when Klamm first reaches the cluster.".to_owned(),
            ),
            Self::NotKept { busiest, kind } => (
                "It has no line of its own at present",
                format!(
                    "Over time Klamm keeps the {} busiest {kind} one by one. This is none of them: it is in the sum of all \
                     others. Its figures of now stand above.",
                    human_count(busiest.into())
                ),
            ),
        };
        (title.to_owned(), text(why))
    }
}

/// Charts of a page on which something else is looked for below them.
const FIRST: usize = 4;

/// The panel of a page that shows it over time: as many of the charts as there is something to draw for.
pub(crate) async fn over_time(cluster: &ClusterRef, wanted: Vec<Wanted>, shown: Shown) -> Result<Panel, AppError> {
    told(cluster, wanted, shown, usize::MAX).await
}

/// The same with a few of them, until the address asks for all: most people look at the first, and each costs its questions.
pub(crate) async fn first_over_time(
    cluster: &ClusterRef,
    wanted: Vec<Wanted>,
    shown: Shown,
) -> Result<Panel, AppError> {
    let most = if shown.has_all_charts() { usize::MAX } else { FIRST };
    told(cluster, wanted, shown, most).await
}

async fn told(cluster: &ClusterRef, wanted: Vec<Wanted>, shown: Shown, most: usize) -> Result<Panel, AppError> {
    let (mut charts, mut missing, mut why) = (Vec::new(), Vec::new(), Absent::Untold);
    let marks = marks(cluster, &shown)?;
    let mut wanted = wanted.into_iter();
    while charts.len() < most
        && let Some(one) = wanted.next()
    {
        let title = one.title;
        match chart(cluster, one, &shown).await? {
            Ok(chart) => charts.push(Chart { marks: marks.clone(), ..chart }),
            Err(absent) => {
                missing.push(title.to_lowercase());
                why = absent;
            }
        }
    }
    let mut parts = Vec::new();
    if charts.is_empty() {
        let (title, why) = why.words();
        parts.extend([Part::Spans(shown), Part::Empty(title, why)]);
        return Ok(panel("Over time", parts));
    }
    let has_other = shown.has_all_charts() || !wanted.as_slice().is_empty();
    parts.extend([Part::Spans(shown.clone()), Part::Charts(charts)]);
    if has_other {
        parts.push(Part::MoreCharts(shown));
    }
    if !missing.is_empty() {
        let words = format!("Nobody has told in this time: {}.", missing.join(", "));
        parts.push(Part::Lines(vec![text(words)]));
    }
    Ok(panel("Over time", parts))
}

/// When operations of the cluster began and ended in this time: the last of them, where there are many.
fn marks(cluster: &ClusterRef, shown: &Shown) -> Result<Vec<Mark>, AppError> {
    const MOST: usize = 8;
    let marks = door::ask(|portal, actor| portal.operation_marks(actor, cluster, (shown.from, shown.to)))?;
    let left_out = marks.len().saturating_sub(MOST);
    Ok(marks.into_iter().skip(left_out).map(|mark| Mark { at: mark.at, words: mark.words }).collect())
}

/// Seconds of a step from which on its mean hides what lasts for minutes: finer ones are kept as they were measured for a while.
const HIDING: u32 = 300;

/// What a line is called beside that of means.
fn most(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Mean => "",
        Aggregate::Most => ", most",
    }
}

/// Whether the most of each step is worth a line of its own. Upon each other the most would come to more than there ever was.
fn shows_most(shape: Shape, view: &SeriesView) -> bool {
    shape == Shape::Lines && view.step >= HIDING && view.metric.has_peaks()
}

async fn chart(cluster: &ClusterRef, wanted: Wanted, shown: &Shown) -> Result<Result<Chart, Absent>, AppError> {
    let (portal, actor) = door::asking()?;
    let Wanted { id, title, shape, asks } = wanted;
    let (mut lines, mut files, mut left_out) = (Vec::new(), Vec::new(), 0);
    let (mut peaks, mut files_of_peaks) = (Vec::new(), Vec::new());
    let (mut last, mut absent) = (None, Absent::Untold);
    for ask in asks {
        let request = SeriesRequest { from: Some(shown.from.0), to: Some(shown.to.0), ..ask.request.clone() };
        let mut view = portal.series(&actor, cluster, &request).await.map_err(door::refuse)?;
        view.series.retain(is_told);
        if view.series.is_empty() {
            if let (Some(busiest), Some(kind)) = (view.only_busiest, ask.kind()) {
                absent = Absent::NotKept { busiest, kind };
            }
            continue;
        }
        if shows_most(shape, &view) {
            let request = SeriesRequest { aggregate: Some(Aggregate::Most.name().to_owned()), ..request };
            let most = portal.series(&actor, cluster, &request).await.map_err(door::refuse)?;
            files_of_peaks.push(ask.file(cluster, &most));
            // Where nothing sticks out, one line tells both.
            let differ = most.series.into_iter().filter(|one| is_told(one) && !view.series.contains(one));
            peaks.extend(differ.map(|series| line(ask.name, Aggregate::Most, series)));
        }
        files.push(ask.file(cluster, &view));
        left_out += view.left_out;
        let of_one = ask.name;
        let means = std::mem::take(&mut view.series).into_iter();
        lines.extend(means.map(|series| line(of_one, Aggregate::Mean, series)));
        last = Some(view);
    }
    // More lines than there are colours would be told apart by nobody; the tables have them.
    if lines.len() + peaks.len() <= COLOURS {
        lines.append(&mut peaks);
    }
    files.append(&mut files_of_peaks);
    let Some(view) = last else { return Ok(Err(absent)) };
    let unit = view.unit;
    if lines.len() > COLOURS {
        left_out += u32::try_from(lines.len() - COLOURS).unwrap_or(u32::MAX);
        let rest = lines.split_off(COLOURS);
        if adds_up(unit) {
            lines.push(together(rest));
            left_out = view.left_out;
        }
    }
    let zoom = shown.zoom();
    let step = i64::from(view.step) * 1000;
    let (id, title) = (id.to_owned(), title.to_owned());
    Ok(Ok(Chart {
        id,
        title,
        unit,
        shape,
        from: view.from,
        to: view.to,
        step,
        lines,
        marks: Vec::new(),
        left_out,
        files,
        zoom,
    }))
}

/// Whether anything was measured of it.
fn is_told(series: &Series) -> bool {
    series.points.iter().any(|(_, value)| value.is_some())
}

fn line(name: &str, aggregate: Aggregate, series: Series) -> Line {
    let label = |name: &str| series.labels.get(name).map(|value| harmless(value));
    let kind = if series.labels.contains_key("other") { LineKind::Rest } else { LineKind::One };
    let whom = match (label("volume"), label("broker"), label("topic").or_else(|| label("group"))) {
        (Some(volume), Some(broker), _) => format!("broker {broker} {volume}"),
        (_, Some(broker), _) => format!("broker {broker}"),
        (_, None, Some(name)) => name,
        (_, None, None) => "all others".to_owned(),
    };
    let name = if name.is_empty() { whom } else { name.to_owned() };
    Line { name: name + most(aggregate), kind, points: series.points }
}

/// What many lines come to.
fn together(lines: Vec<Line>) -> Line {
    let name = format!("{} others", lines.len());
    let mut sums: Vec<Point> = Vec::new();
    for line in lines {
        if sums.is_empty() {
            sums = line.points;
            continue;
        }
        for ((_, sum), (_, value)) in sums.iter_mut().zip(line.points) {
            *sum = match (*sum, value) {
                (Some(sum), Some(value)) => Some(sum + value),
                (one, other) => one.or(other),
            };
        }
    }
    Line { name, kind: LineKind::Rest, points: sums }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::UnixMillis;

    #[test]
    fn lines_are_called_by_whom_they_are_of_and_the_rest_is_one() {
        let series = |labels: &[(&str, &str)]| Series {
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            points: vec![(UnixMillis(0), Some(1.5)), (UnixMillis(1), None)],
        };
        let name = |labels: &[(&str, &str)]| line("", Aggregate::Mean, series(labels)).name;
        assert_eq!(name(&[("broker", "2"), ("volume", "/data")]), "broker 2 /data");
        assert_eq!(name(&[("broker", "2")]), "broker 2");
        assert_eq!(name(&[("group", "a\u{202e}b")]), "a\u{fffd}b");
        assert_eq!(line("", Aggregate::Mean, series(&[("other", "true")])).kind, LineKind::Rest);
        assert_eq!(line("in", Aggregate::Mean, series(&[])).name, "in");
        assert_eq!(line("in", Aggregate::Most, series(&[])).name, "in, most");
        let mut second = line("", Aggregate::Mean, series(&[("topic", "b")]));
        second.points[1].1 = Some(4.0);
        let rest = together(vec![line("", Aggregate::Mean, series(&[("topic", "a")])), second]);
        assert_eq!((rest.name.as_str(), rest.kind), ("2 others", LineKind::Rest));
        assert_eq!(rest.points, [(UnixMillis(0), Some(3.0)), (UnixMillis(1), Some(4.0))]);
    }

    #[test]
    fn the_most_has_a_line_where_a_step_is_long_and_the_most_means_something() {
        let view = |metric: Metric, step| SeriesView {
            metric,
            unit: metric.unit(),
            aggregate: Aggregate::Mean,
            from: UnixMillis(0),
            to: UnixMillis(1),
            step,
            series: Vec::new(),
            left_out: 0,
            only_busiest: None,
        };
        let shows = |shape, metric, step| shows_most(shape, &view(metric, step));
        assert!(shows(Shape::Lines, Metric::LagRecords, 7200) && shows(Shape::Lines, Metric::DiskUsedBytes, 300));
        assert!(!shows(Shape::Lines, Metric::LagRecords, 60), "the last hours are told as they were");
        assert!(!shows(Shape::Lines, Metric::RequestHandlerIdle, 7200), "the most idle says nothing");
        assert!(!shows(Shape::Stacked, Metric::MessagesIn, 7200));
        let lag = Ask::new(Metric::LagRecords, "lag");
        let most = SeriesView { aggregate: Aggregate::Most, ..view(Metric::LagRecords, 300) };
        let (words, href) = lag.file(&"kafka/demo".parse().unwrap(), &most);
        assert_eq!((words.as_str(), href.ends_with("&step=300&aggregate=most")), ("CSV of lag, most", true), "{href}");
        assert!(!lag.file(&"kafka/demo".parse().unwrap(), &view(Metric::LagRecords, 300)).1.contains("aggregate"));
        let by_topic = Ask::by(Metric::MessagesIn, klamm_model::Breakdown::Topic);
        let (_, href) = by_topic.file(&"kafka/demo".parse().unwrap(), &view(Metric::MessagesIn, 15));
        assert!(href.contains("?metric=messages_in&by=topic&limit=100&from="), "as many as the chart knows of: {href}");
    }

    #[test]
    fn what_is_in_the_sum_of_others_is_not_said_to_be_unmeasured() {
        let lag = Ask::new(Metric::LagRecords, "").of_group(&"a".parse().unwrap());
        let records = Ask::new(Metric::MessagesIn, "").of_topic(&"a".parse().unwrap());
        let whole = Ask::new(Metric::Requests, "");
        assert_eq!([lag.kind(), records.kind(), whole.kind()], [Some("groups"), Some("topics"), None]);
        let (title, why) = Absent::NotKept { busiest: 400, kind: "groups" }.words();
        assert_eq!(title, "It has no line of its own at present");
        assert!(why[0].text.contains("the 400 busiest groups one by one"), "{why:?}");
        assert!(Absent::Untold.words().1[0].text.starts_with("It is measured every 15 seconds"));
    }
}
