use crate::{
    growth::Sizes,
    pace::{Behind, GroupPace, Paces},
};
use klamm_model::{GroupId, Known, Measured, Measurement, Metric, Topic, TopicName, UnixMillis};

/// How a topic gets on.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicPace {
    /// Which topic.
    pub name: TopicName,
    /// When it was last written to: when records were seen to come; where none came since this process began to watch, the timestamp of
    /// its newest record, which brokers know (KIP-734) and are asked for once. With `CreateTime` that is what its producer says. Unknown
    /// where it has no record.
    pub written_at: Known<UnixMillis>,
    /// Records a second over about the last minute, of all partitions together that were watched for so long. Where offsets stand still,
    /// it falls as long as what is told of its partitions does, so that this counts as news until it is over.
    pub minute_rate: Known<f64>,
    /// Bytes a second that producers append; only exporters count them, and nothing is known unless all brokers that serve have one.
    pub bytes_in: Known<f64>,
    /// Bytes a second that consumers fetch, likewise.
    pub bytes_out: Known<f64>,
    /// By how many bytes a day it grows, all replicas together.
    pub growth_per_day: Known<f64>,
    /// Records a second that came without a pause until it was last written to; none where it pauses by itself, or was not watched for
    /// long enough to say.
    pub steady: Option<f64>,
}

/// How a topic gets on, as far as offsets and sizes tell.
pub(super) fn topic(topic: &Topic, paces: &Paces, sizes: &Sizes) -> TopicPace {
    TopicPace {
        name: topic.name.clone(),
        written_at: paces.written_at(&topic.name),
        minute_rate: paces.minute_rate(&topic.name),
        bytes_in: Known::Unknown,
        bytes_out: Known::Unknown,
        growth_per_day: sizes.per_day(&topic.name),
        steady: paces.steady(&topic.name),
    }
}

/// Adds what was measured of bytes to topics that stand by name.
pub(super) fn add_bytes(topics: &mut [TopicPace], measured: &[Measurement]) {
    let bytes = measured.iter().filter(|one| matches!(one.metric, Metric::BytesIn | Metric::BytesOut));
    for Measurement { metric, of, value } in bytes {
        let Measured::Topic(name) = of else { continue };
        let found = topics.binary_search_by(|pace| pace.name.cmp(name)).ok();
        let Some(pace) = found.and_then(|place| topics.get_mut(place)) else { continue };
        let told = if *metric == Metric::BytesIn { &mut pace.bytes_in } else { &mut pace.bytes_out };
        *told = Known::Known(*value);
    }
}

impl TopicPace {
    /// That of a topic, among those of all of them by name.
    pub fn of<'a>(all: &'a [Self], name: &TopicName) -> Option<&'a Self> {
        all.binary_search_by(|pace| pace.name.cmp(name)).ok().and_then(|place| all.get(place))
    }
}

impl GroupPace {
    /// Whether people are told the same by both: seconds are told whole.
    pub(super) fn tells_the_same(&self, other: &Self) -> bool {
        let same = match (self.behind, other.behind) {
            (Behind::Seconds(a), Behind::Seconds(b)) | (Behind::MoreThan(a), Behind::MoreThan(b)) => {
                (a.ceil() - b.ceil()).abs() < 0.5
            }
            (Behind::Unknown, Behind::Unknown) => true,
            (Behind::Seconds(_) | Behind::MoreThan(_) | Behind::Unknown, _) => false,
        };
        let rest = |pace: &Self| (pace.trend, pace.stuck_since, pace.rebalancing_since);
        same && self.id == other.id && rest(self) == rest(other)
    }

    /// That of a group, among those of all of them by id.
    pub fn of<'a>(all: &'a [Self], id: &GroupId) -> Option<&'a Self> {
        all.binary_search_by(|pace| pace.id.cmp(id)).ok().and_then(|place| all.get(place))
    }
}
