//! All series of one cluster: which there are, and what goes on with those that are not told one by one.

use super::{
    SeriesAnswer, SeriesQuestion,
    busiest::Busiest,
    column::{Column, ROLLED, TIERS},
    others::{OtherSteps, Others, is_others},
    steps,
};
use klamm_model::{Breakdown, BrokerId, GroupId, Measured, Measurement, Metric, TopicName, UnixMillis};
use klamm_store::{MeasuredRow, ROLLED_MILLIS};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Topics, and groups, that are told one by one in memory;
const TOLD: usize = 400;
/// and in the database.
const WRITTEN: usize = 50;
/// How often it is chosen which: no more often than somebody looks back.
const CHOSEN_EVERY: i64 = 300_000;
/// A group that has to read so many records counts as much as one that reads one a second: what is far behind and does not move
/// is worth a line.
const BEHIND: f64 = 3600.0;

/// What there is of a cluster.
pub(crate) trait Present {
    /// Whether this broker is still there.
    fn broker(&self, id: BrokerId) -> bool;
    /// Whether this topic is.
    fn topic(&self, name: &TopicName) -> bool;
    /// Whether this group is.
    fn group(&self, id: &GroupId) -> bool;
}

/// All series of one cluster.
#[derive(Debug)]
pub(super) struct Kept {
    columns: BTreeMap<Metric, HashMap<Measured, Column>>,
    topics: Busiest<TopicName>,
    groups: Busiest<GroupId>,
    chosen_at: Option<i64>,
    /// From when on it is known here what was measured.
    since: Option<i64>,
    /// The last step that the database has.
    written: Option<i64>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            columns: BTreeMap::new(),
            topics: Busiest::new(TOLD),
            groups: Busiest::new(TOLD),
            chosen_at: None,
            since: None,
            written: None,
        }
    }
}

impl Kept {
    /// Takes in what was measured at a moment. What is said of topics, and of groups, by one metric is said all at once.
    pub(super) fn record(&mut self, at: UnixMillis, measurements: &[Measurement]) {
        self.since.get_or_insert(at.0);
        for Measurement { metric, of, value } in measurements {
            if *metric == Metric::MessagesIn
                && let Measured::Topic(name) = of
            {
                self.topics.note(name, *value);
            }
            if let Measured::Group(id) = of {
                if *metric == Metric::MessagesConsumed {
                    self.groups.note(id, *value);
                } else if *metric == Metric::LagRecords {
                    self.groups.note(id, *value / BEHIND);
                }
            }
        }
        if self.chosen_at.is_none_or(|chosen| (at.0 - chosen).abs() >= CHOSEN_EVERY) {
            self.chosen_at = Some(at.0);
            self.choose();
        }
        let mut others = Others::default();
        for Measurement { metric, of, value } in measurements.iter().filter(|measured| measured.value.is_finite()) {
            match of {
                Measured::Topic(name) if !self.topics.tells(name) => others.add(*metric, Measured::OtherTopics, *value),
                Measured::Group(id) if !self.groups.tells(id) => others.add(*metric, Measured::OtherGroups, *value),
                Measured::Cluster
                | Measured::Broker(_)
                | Measured::Volume(..)
                | Measured::Topic(_)
                | Measured::OtherTopics
                | Measured::Group(_)
                | Measured::OtherGroups => self.add(*metric, of, at, *value),
            }
        }
        for ((metric, of), value) in others.told() {
            self.add(metric, &of, at, value);
        }
    }

    fn add(&mut self, metric: Metric, of: &Measured, at: UnixMillis, value: f64) {
        let columns = self.columns.entry(metric).or_default();
        match columns.get_mut(of) {
            Some(column) => column.add(at.0, value),
            None => columns.entry(of.clone()).or_default().add(at.0, value),
        }
    }

    fn choose(&mut self) {
        let topics = self.topics.choose().into_iter().map(Measured::Topic);
        let no_longer: HashSet<Measured> =
            topics.chain(self.groups.choose().into_iter().map(Measured::Group)).collect();
        if !no_longer.is_empty() {
            self.keep_only(|of| !no_longer.contains(of));
        }
    }

    fn keep_only(&mut self, stays: impl Fn(&Measured) -> bool) {
        for columns in self.columns.values_mut() {
            columns.retain(|of, _| stays(of));
        }
        self.columns.retain(|_, columns| !columns.is_empty());
    }

    /// Forgets what is not there any more.
    pub(super) fn forget_all_but(&mut self, present: &impl Present) {
        self.topics.retain(|name| present.topic(name));
        self.groups.retain(|id| present.group(id));
        self.keep_only(|of| match of {
            Measured::Cluster | Measured::OtherTopics | Measured::OtherGroups => true,
            Measured::Broker(id) | Measured::Volume(id, _) => present.broker(*id),
            Measured::Topic(name) => present.topic(name),
            Measured::Group(id) => present.group(id),
        });
    }

    /// What was measured last.
    pub(super) fn last(&self, metric: Metric, of: &Measured) -> Option<(i64, f64)> {
        self.columns.get(&metric)?.get(of)?.last()
    }

    /// From when on everything that was measured is here; none where nothing is.
    pub(super) fn since(&self) -> Option<UnixMillis> {
        let tier = TIERS[ROLLED];
        let newest =
            self.columns.values().flat_map(HashMap::values).filter_map(Column::last).map(|(at, _)| at).max()?;
        let kept = newest - tier.step * i64::try_from(tier.kept).unwrap_or(0);
        Some(UnixMillis(self.since?.max(kept)))
    }

    /// Answers from what is here, those with the most first.
    pub(super) fn answer(&self, question: &SeriesQuestion) -> SeriesAnswer {
        let columns = self.columns.get(&question.metric).into_iter().flatten();
        let wanted = columns
            .filter(|(of, _)| of.breakdown() == question.by && question.only.as_ref().is_none_or(|only| only == *of));
        let series = wanted.map(|(of, column)| (of.clone(), steps::of_column(column, question))).collect();
        let only_busiest = question.only.as_ref().and_then(|only| self.told_without(only));
        SeriesAnswer { only_busiest, ..steps::best(series, question.limit) }
    }

    /// How many of its kind are told one by one, where this is none of them.
    fn told_without(&self, of: &Measured) -> Option<usize> {
        match of {
            Measured::Topic(name) => self.topics.told_without(name),
            Measured::Group(id) => self.groups.told_without(id),
            Measured::Cluster
            | Measured::Broker(_)
            | Measured::Volume(..)
            | Measured::OtherTopics
            | Measured::OtherGroups => None,
        }
    }

    /// What the database has not been told, of whole steps that are over, a few hours of them at most: with the last of them.
    pub(super) fn unwritten(&self, now: UnixMillis) -> Option<(i64, Vec<MeasuredRow>)> {
        const AT_ONCE: i64 = 36;
        let over = now.0.div_euclid(ROLLED_MILLIS) - 1;
        let oldest = over - i64::try_from(TIERS[ROLLED].kept).unwrap_or(0) + 1;
        let first = self.written.map_or(oldest, |written| written + 1).max(oldest);
        let last = over.min(first + AT_ONCE - 1);
        if first > last {
            return None;
        }
        let (topics, groups) = (self.topics.first(WRITTEN), self.groups.first(WRITTEN));
        // Whoever has no row of their own is among the others there, though memory tells them by name.
        let written_as = |of: &Measured| match of {
            Measured::Topic(name) if !topics.contains(name) => Measured::OtherTopics,
            Measured::Group(id) if !groups.contains(id) => Measured::OtherGroups,
            Measured::Cluster
            | Measured::Broker(_)
            | Measured::Volume(..)
            | Measured::Topic(_)
            | Measured::OtherTopics
            | Measured::Group(_)
            | Measured::OtherGroups => of.clone(),
        };
        let mut rows = Vec::new();
        for (metric, columns) in &self.columns {
            let row = |of: &Measured, (step, mean, most): (i64, f64, f64)| {
                let at = UnixMillis(step * ROLLED_MILLIS);
                MeasuredRow { metric: *metric, of: of.clone(), at, mean, most }
            };
            let mut others: BTreeMap<Measured, OtherSteps> = BTreeMap::new();
            for (of, column) in columns {
                let as_whom = written_as(of);
                if is_others(&as_whom) {
                    others.entry(as_whom).or_default().add(*metric, column, (first, last));
                } else {
                    let means = column.means(ROLLED, first, last);
                    rows.extend(means.map(|(step, mean)| row(of, (step, mean, column.most(step).unwrap_or(mean)))));
                }
            }
            for (of, steps) in others {
                rows.extend(steps.told().map(|step| row(&of, step)));
            }
        }
        Some((last, rows))
    }

    /// Notes that the database has everything up to this step.
    pub(super) fn written(&mut self, step: i64) {
        self.written = Some(step);
    }

    /// Takes in what the database has kept, by series and in order, beginning at a moment.
    pub(super) fn restore(&mut self, from: UnixMillis, rows: &[MeasuredRow]) {
        let series = rows.chunk_by(|a, b| a.metric == b.metric && a.of == b.of);
        // Sums first, while what is known by name is known from here: of the same step it would count twice.
        let (others, named): (Vec<_>, Vec<_>) =
            series.partition(|rows| rows.first().is_some_and(|row| is_others(&row.of)));
        for of in others.into_iter().chain(named) {
            let Some(first) = of.first() else { continue };
            let known = if is_others(&first.of) {
                self.steps_by_name(first.metric, first.of.breakdown())
            } else {
                BTreeSet::new()
            };
            let tells = match &first.of {
                Measured::Topic(name) => self.topics.tells(name),
                Measured::Group(id) => self.groups.tells(id),
                Measured::Cluster
                | Measured::Broker(_)
                | Measured::Volume(..)
                | Measured::OtherTopics
                | Measured::OtherGroups => true,
            };
            if tells {
                let steps = of.iter().map(|row| (row.at.0.div_euclid(ROLLED_MILLIS), row.mean, row.most));
                let steps: Vec<_> = steps.filter(|(step, ..)| !known.contains(step)).collect();
                if !steps.is_empty() {
                    let columns = self.columns.entry(first.metric).or_default();
                    columns.entry(first.of.clone()).or_default().restore(&steps);
                }
            }
        }
        self.written = rows.iter().map(|row| row.at.0.div_euclid(ROLLED_MILLIS)).max().max(self.written);
        self.since = Some(self.since.map_or(from.0, |since| since.min(from.0)));
    }

    /// Steps of which somebody is told by name.
    fn steps_by_name(&self, metric: Metric, by: Breakdown) -> BTreeSet<i64> {
        let columns = self.columns.get(&metric).into_iter().flatten();
        let named = columns.filter(|(of, _)| of.breakdown() == by && !is_others(of));
        named.flat_map(|(_, column)| column.means(ROLLED, i64::MIN, i64::MAX)).map(|(step, _)| step).collect()
    }

    /// How many series there are, and what they take up.
    pub(super) fn weight(&self) -> (usize, usize) {
        let columns = self.columns.values().flatten();
        let sizes = columns.map(|(_, column)| column.bytes() + size_of::<Measured>());
        sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size))
    }
}
