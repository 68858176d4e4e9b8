//! Disks: how full they are, when they will be, and what topics come to.

use crate::portal::{given, may_see_topic};
use crate::views::map_page;
use crate::views::pace::Paces;
use crate::views::paging::{Item, Key, Search, Wanted, cut, invalid};
use crate::{ObservedCluster, Portal, Vitals};
use klamm_model::{
    Actor, BrokerDisks, BrokerId, ClusterRef, DiskSort, DiskTile, DisksRequest, DisksView, ForecastConfidence,
    Inventory, Known, Problem, RetentionAdvice, Topic, TopicDisks, TopicName, VolumeView, WhatIf,
};
use klamm_monitor::outlook::{Room, Settles, TopicOutlook, VolumeOutlook, settle};
use klamm_planner::disks::{Confidence, Rect, Retention, treemap};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Topics that a map shows one by one.
const TILES: usize = 80;

impl<'a> From<&'a DisksRequest> for Wanted<'a, DiskSort> {
    fn from(request: &'a DisksRequest) -> Self {
        Self { sort: request.sort, order: request.order, limit: request.limit, cursor: request.cursor.as_deref() }
    }
}

impl Portal {
    /// How full the disks of a cluster are, and what will come of that.
    pub fn disks(&self, actor: &Actor, cluster: &ClusterRef, request: &DisksRequest) -> Result<DisksView, Problem> {
        let seen = self.seen(actor, cluster)?;
        let inventory = &seen.inventory;
        let vitals = self.observations.vitals(cluster);
        let outlooks = vitals.as_ref().map(|vitals| vitals.outlooks(inventory)).unwrap_or_default();
        let volumes = vitals.as_deref().map(foreseen).unwrap_or_default();
        let paces = self.paces(cluster);
        let told: Vec<(&Topic, Option<&TopicOutlook>)> = inventory
            .topics
            .iter()
            .filter(|topic| may_see_topic(actor, cluster, topic))
            .map(|topic| (topic, outlook_of(&outlooks, &topic.name)))
            .collect();
        let misfits = told.iter().filter(|(_, outlook)| is_misfit(*outlook)).count();
        let search = Search::new(request.search.as_deref());
        let wanted = told
            .into_iter()
            .filter(|(topic, _)| search.finds(topic.name.as_str()))
            .filter(|(_, outlook)| !request.misfits || is_misfit(*outlook));
        let items = wanted
            .map(|(topic, outlook)| Item {
                key: key(topic, outlook, &paces, request.sort),
                name: topic.name.to_string(),
                value: (topic, outlook),
            })
            .collect();
        let page = cut(items, &request.into())?;
        Ok(DisksView {
            volumes,
            brokers: brokers(inventory, settle(inventory, &outlooks, |_| None)),
            topics: map_page(page, |(topic, outlook)| disks_of(topic, outlook, paces.growth(&topic.name))),
            misfit_total: crate::views::count(misfits),
            what_if: what_if(actor, &seen, &outlooks, request)?,
            revisions: inventory.revisions,
        })
    }

    /// The volumes of a cluster, by broker and path: how full they are, and when they will be.
    pub fn volumes(&self, actor: &Actor, cluster: &ClusterRef) -> Result<Vec<VolumeView>, Problem> {
        self.seen(actor, cluster)?;
        Ok(self.observations.vitals(cluster).map(|vitals| foreseen(&vitals)).unwrap_or_default())
    }

    /// What is on the disks of a cluster, or of one of its brokers, as rectangles: the largest topics, and the rest in one.
    pub fn disk_map(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        broker: Option<BrokerId>,
    ) -> Result<Vec<DiskTile>, Problem> {
        let seen = self.seen(actor, cluster)?;
        let topics = seen.inventory.topics.iter().filter(|topic| may_see_topic(actor, cluster, topic));
        let sizes = topics.filter_map(|topic| Some((&topic.name, size_on(topic, broker)?)));
        Ok(tiles(sizes.collect()))
    }
}

/// Bytes of a topic on a broker, or on all of them.
fn size_on(topic: &Topic, broker: Option<BrokerId>) -> Option<u64> {
    let Some(broker) = broker else { return topic.size_bytes.value().copied() };
    let here = topic.partitions.iter().filter(|partition| partition.replicas.contains(&broker));
    here.map(|partition| partition.size_bytes.value().copied()).sum()
}

fn tiles(mut sizes: Vec<(&TopicName, u64)>) -> Vec<DiskTile> {
    sizes.retain(|(_, bytes)| *bytes > 0);
    // In order are only those that are shown.
    if sizes.len() > TILES {
        sizes.select_nth_unstable_by(TILES, largest_first);
    }
    let rest = sizes.split_off(sizes.len().min(TILES));
    sizes.sort_unstable_by(largest_first);
    let mut all: Vec<(Option<TopicName>, u32, u64)> =
        sizes.into_iter().map(|(name, bytes)| (Some(name.clone()), 1, bytes)).collect();
    if !rest.is_empty() {
        all.push((None, crate::views::count(rest.len()), rest.iter().map(|(_, bytes)| bytes).sum()));
        // A map is drawn from the largest to the smallest.
        all.sort_by_key(|(_, _, bytes)| std::cmp::Reverse(*bytes));
    }
    let areas: Vec<f64> = all.iter().map(|(_, _, bytes)| figure(*bytes)).collect();
    let rects = treemap(&areas, Rect { x: 0.0, y: 0.0, width: 1000.0, height: 400.0 });
    let tile =
        |((topic, topics, bytes), Rect { x, y, width, height })| DiskTile { topic, topics, bytes, x, y, width, height };
    all.into_iter().zip(rects).map(tile).collect()
}

fn largest_first((a, a_bytes): &(&TopicName, u64), (b, b_bytes): &(&TopicName, u64)) -> Ordering {
    b_bytes.cmp(a_bytes).then_with(|| a.cmp(b))
}

/// What becomes of the volumes of a cluster, by broker and path, as of the last look that was taken in: of ten thousand topics nobody
/// works that out for every page.
pub(crate) fn foreseen(vitals: &Vitals) -> Vec<VolumeView> {
    vitals.foreseen().iter().map(volume).collect()
}

fn volume(outlook: &VolumeOutlook) -> VolumeView {
    let confidence = outlook.growth.map(|growth| match growth.confidence {
        Confidence::Low => ForecastConfidence::Low,
        Confidence::Medium => ForecastConfidence::Medium,
        Confidence::High => ForecastConfidence::High,
    });
    VolumeView {
        broker: outlook.broker,
        volume: outlook.path.clone(),
        offline: outlook.offline,
        used_bytes: outlook.used,
        capacity_bytes: outlook.capacity,
        growth_bytes_per_day: outlook.growth.map(|growth| signed(growth.per_day)).into(),
        days_to_full: outlook.days_to_full.into(),
        confidence: confidence.into(),
        levels_off_at_bytes: outlook.levels_off_at.map(rounded).into(),
    }
}

/// What becomes of a topic; none where it came since that was worked out.
fn outlook_of<'a>(outlooks: &'a [TopicOutlook], topic: &TopicName) -> Option<&'a TopicOutlook> {
    let found = outlooks.binary_search_by(|outlook| outlook.name.cmp(topic));
    found.ok().and_then(|place| outlooks.get(place))
}

fn is_misfit(outlook: Option<&TopicOutlook>) -> bool {
    outlook.is_some_and(|outlook| matches!(outlook.room, Room::TooLittle(..)))
}

fn disks_of(topic: &Topic, outlook: Option<&TopicOutlook>, growth: Known<i64>) -> TopicDisks {
    let room = outlook.map_or(Room::Unknown, |outlook| outlook.room);
    let settles = outlook.map_or(Settles::Unknown, |outlook| outlook.settles);
    let retention = outlook.and_then(|outlook| outlook.retention);
    let advice = match room {
        Room::TooLittle(_, Some(fitting)) => Some(RetentionAdvice {
            retention_ms: rounded(fitting.millis),
            segment_ms: fitting.segment_millis.map(rounded),
        }),
        Room::TooLittle(_, None) | Room::Enough | Room::Unknown => None,
    };
    TopicDisks {
        name: topic.name.clone(),
        team: topic.team.clone(),
        size_bytes: topic.size_bytes,
        growth_bytes_per_day: growth,
        appended_bytes_per_day: outlook.and_then(|outlook| outlook.appended_per_day).map(rounded).into(),
        retention_ms: retention.and_then(|retention| retention.millis).map(rounded).into(),
        settles_at_bytes: match settles {
            Settles::At(bytes) => Known::Known(rounded(bytes)),
            Settles::Never | Settles::Unknown => Known::Unknown,
        },
        endless: settles == Settles::Never,
        fits: match room {
            Room::Enough => Known::Known(true),
            Room::TooLittle(..) => Known::Known(false),
            Room::Unknown => Known::Unknown,
        },
        recommended: advice,
    }
}

fn brokers(inventory: &Inventory, settled: BTreeMap<BrokerId, Option<f64>>) -> Vec<BrokerDisks> {
    let of = |(id, settles): (BrokerId, Option<f64>)| {
        let node = inventory.brokers.iter().find(|broker| broker.id == id);
        let sums = node.and_then(klamm_monitor::outlook::used_and_capacity_of);
        BrokerDisks {
            broker: id,
            used_bytes: sums.map(|(used, _)| used).into(),
            capacity_bytes: sums.and_then(|(_, capacity)| capacity).into(),
            settles_at_bytes: settles.map(rounded).into(),
        }
    };
    settled.into_iter().map(of).collect()
}

fn what_if(
    actor: &Actor,
    seen: &ObservedCluster,
    outlooks: &[TopicOutlook],
    request: &DisksRequest,
) -> Result<Option<WhatIf>, Problem> {
    let Some(retention_ms) = request.retention_ms else { return Ok(None) };
    let inventory = &seen.inventory;
    let topic = given(request.topic.as_deref())
        .map(|name| {
            let topic = name.parse().ok().and_then(|name| inventory.topic(&name));
            let topic = topic.filter(|topic| may_see_topic(actor, &inventory.cluster, topic));
            topic.map(|topic| topic.name.clone()).ok_or_else(|| invalid("topic: there is no such topic here"))
        })
        .transpose()?;
    let instead = |outlook: &TopicOutlook| -> Option<Retention> {
        let is_meant = topic.as_ref().map_or(!outlook.name.is_internal(), |topic| *topic == outlook.name);
        let retention = outlook.retention.filter(|_| is_meant)?;
        Some(Retention { millis: Some(figure(retention_ms)), ..retention })
    };
    let brokers = brokers(inventory, settle(inventory, outlooks, instead));
    Ok(Some(WhatIf { retention_ms, topic, brokers }))
}

fn key(topic: &Topic, outlook: Option<&TopicOutlook>, paces: &Paces, sort: DiskSort) -> Key {
    match sort {
        DiskSort::Name => None,
        DiskSort::SizeBytes => topic.size_bytes.value().copied(),
        DiskSort::GrowthBytesPerDay => paces.growth(&topic.name).value().copied().map(crate::views::paging::in_order),
        DiskSort::SettlesAtBytes => match outlook?.settles {
            Settles::Never => Some(u64::MAX),
            Settles::At(bytes) => Some(rounded(bytes)),
            Settles::Unknown => None,
        },
    }
}

/// Nine petabytes are exact, and more need no more digits.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn figure(bytes: u64) -> f64 {
    bytes as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn rounded(value: f64) -> u64 {
    value.round() as u64
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates")]
fn signed(value: f64) -> i64 {
    value.round() as i64
}

#[cfg(test)]
mod tests;
