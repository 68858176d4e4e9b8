//! What is read next of which partition, and what of it is kept. Pure: answers go in, questions come out.

use super::{
    filter::Fit,
    part,
    question::Question,
    track::{First, Standing, Track, Wanted},
};
use crate::brokers::{FetchedLogs, LogsFetch, TopicLogs};
use klamm_kafka::{
    AbortedTransaction, FetchQuestion, Fetched,
    records::{Batch, Marker, Opened, Record, Stamps, batches},
};
use klamm_model::{
    BrokerId, Isolation, MessageView, MessagesView, PartitionId, Stopped, TopicName, UnixMillis, UnreadablePart,
    human_count,
};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashSet, VecDeque},
};

/// What one question may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// Bytes that brokers send.
    pub(super) fetched: usize,
    /// Bytes that they are unpacked.
    pub(super) unpacked: usize,
    /// Records.
    pub(super) looked: u64,
    /// Bytes of an answer.
    pub(super) shown: usize,
}

impl Budget {
    pub(super) const USUAL: Self = Self { fetched: 16 << 20, unpacked: 64 << 20, looked: 200_000, shown: 4 << 20 };
}

/// Bytes that one batch is unpacked to.
const LARGEST_BATCH: usize = 8 << 20;
/// Bytes that one leader is asked for at once.
const LEADER_BYTES: usize = 1 << 20;
/// Partitions that are asked for at once.
const AT_ONCE: usize = 64;
/// Batches that are told to be unreadable.
const TOLD: usize = 20;

/// A reading under way.
#[derive(Debug)]
pub(super) struct Scan {
    topic: TopicName,
    question: Question,
    tracks: Vec<Track>,
    kept: Vec<Kept>,
    left: Budget,
    /// Whether something had to be left unread for want of it.
    spent: Spent,
    holds: Holds,
    looked: u64,
    fetched: u64,
    aborted: u64,
    /// Records of which nobody can say whether they fit.
    too_large: u64,
    unreadable: Vec<UnreadablePart>,
    unreadable_count: u64,
    /// Where the next round begins, so that none waits for ever.
    turn: usize,
    /// Partitions that stood first in the round under way.
    first: HashSet<PartitionId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spent {
    Nothing,
    All,
}

/// Whether the answer holds more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    More,
    /// Only what comes before the last of it.
    NoMore,
}

#[derive(Debug)]
struct Kept {
    message: MessageView,
    size: usize,
}

/// A record that fits, before it is shown.
type Candidate = (Record, Stamps, bool);

impl Scan {
    pub(super) fn new(topic: TopicName, question: Question, logs: &TopicLogs, budget: Budget) -> Self {
        let tracks = logs.iter().map(|(id, log)| Track::new(*id, log, question.start)).collect();
        Self {
            topic,
            question,
            tracks,
            kept: Vec::new(),
            left: budget,
            spent: Spent::Nothing,
            holds: Holds::More,
            looked: 0,
            fetched: 0,
            aborted: 0,
            too_large: 0,
            unreadable: Vec::new(),
            unreadable_count: 0,
            turn: 0,
            first: HashSet::new(),
        }
    }

    /// What leaders are asked for next; nothing when this is the end.
    pub(super) fn next(&mut self) -> Option<LogsFetch> {
        if self.left.fetched == 0 || self.left.unpacked == 0 || self.left.looked == 0 {
            self.spent = Spent::All;
        }
        if self.spent == Spent::All {
            return None;
        }
        let count = self.tracks.len();
        let starved = |at: &usize| self.tracks[*at].standing == Standing::Starved;
        let mut due: Vec<usize> = (0..count)
            .map(|at| (at + self.turn) % count.max(1))
            .filter(|at| self.tracks[*at].standing != Standing::Done)
            .collect();
        // Those that got nothing stand first, and get something.
        due.sort_by_key(|at| !starved(at));
        due.truncate(AT_ONCE);
        self.turn = due.last().map_or(0, |last| last + 1);
        let mut of: BTreeMap<BrokerId, FetchQuestion> = BTreeMap::new();
        self.first.clear();
        for at in due {
            let track = &self.tracks[at];
            let Some(leader) = track.leader else { continue };
            let isolation = self.question.isolation;
            let question =
                of.entry(leader).or_insert_with(|| FetchQuestion { places: Vec::new(), bytes: 0, isolation });
            if question.places.is_empty() {
                self.first.insert(track.id);
            }
            question.places.push(track.place());
        }
        let each = (self.left.fetched / of.len().max(1)).min(LEADER_BYTES);
        for question in of.values_mut() {
            question.bytes = u32::try_from(each).unwrap_or(u32::MAX);
        }
        (!of.is_empty()).then(|| LogsFetch { topic: self.topic.clone(), of })
    }

    /// Goes through what leaders sent.
    pub(super) fn take(&mut self, asked: &LogsFetch, mut answers: FetchedLogs) {
        for place in asked.of.values().flat_map(|question| &question.places) {
            let Some(at) = self.tracks.iter().position(|track| track.id == place.partition) else { continue };
            match answers.remove(&place.partition) {
                Some(Ok(fetched)) => self.read(at, fetched),
                Some(Err(why)) => self.tracks[at].fail(why),
                None => self.tracks[at].fail("its leader did not say anything of it".to_owned()),
            }
        }
    }

    fn read(&mut self, at: usize, Fetched { bytes, aborted }: Fetched) {
        self.left.fetched = self.left.fetched.saturating_sub(bytes.len());
        self.fetched += bytes.len() as u64;
        let mut track = self.tracks[at].clone();
        let mut void = Void::new(aborted, self.question.isolation);
        let mut found: VecDeque<Candidate> = VecDeque::new();
        let mut next = None;
        for batch in batches(bytes) {
            if self.left.unpacked == 0 || self.left.looked == 0 {
                self.spent = Spent::All;
                break;
            }
            if track.is_beyond(batch.base_offset) {
                next = Some(batch.base_offset);
                break;
            }
            // Sent again, which no leader does that means it.
            if batch.last_offset >= track.place().offset {
                self.open(&mut track, &batch, &mut void, &mut found);
            }
            next = Some(batch.last_offset.saturating_add(1));
            if track.standing == Standing::Done {
                break;
            }
        }
        match next {
            Some(next) => track.went_to(next),
            None if self.spent == Spent::All => {}
            None => {
                let stood_first = self.first.contains(&track.id);
                track.got_nothing(if stood_first { First::InLine } else { First::Others });
            }
        }
        self.keep(track.id, found);
        let wanted = self.wanted(&track);
        if self.question.goes_back() || wanted == Wanted::More {
            track.turn_over(wanted);
        } else {
            track.end();
        }
        self.tracks[at] = track;
    }

    /// Goes through one batch.
    fn open(&mut self, track: &mut Track, batch: &Batch, void: &mut Void, found: &mut VecDeque<Candidate>) {
        void.reach(batch.last_offset);
        let most = LARGEST_BATCH.min(self.left.unpacked);
        match batch.open(most) {
            Opened::Marker(Marker::Abort) => void.ends(batch.producer),
            Opened::Marker(Marker::Commit | Marker::Other) => {}
            Opened::Unreadable(why) => self.note(track.id, batch.base_offset, why.to_string()),
            Opened::Records(records) if batch.in_transaction && void.holds(batch.producer) => {
                self.aborted += u64::from(records.missing());
                track.passed(batch.base_offset, batch.last_offset, records.unpacked());
                return;
            }
            Opened::Records(mut records) => {
                let (size, stamps) = (records.unpacked(), records.stamps());
                self.left.unpacked = self.left.unpacked.saturating_sub(size.max(1));
                for record in records.by_ref() {
                    if !track.wants(record.offset) {
                        continue;
                    }
                    if self.left.looked == 0 {
                        self.spent = Spent::All;
                        break;
                    }
                    self.left.looked -= 1;
                    self.looked += 1;
                    track.sees(record.offset, record.timestamp);
                    let fit = self.question.filter.fits(&record);
                    self.too_large += u64::from(fit == Fit::TooLarge);
                    if fit == Fit::Fits {
                        track.found += 1;
                        found.push_back((record, stamps, batch.in_transaction));
                        if self.question.goes_back() {
                            // The newest of many are the last.
                            while found.len() > self.question.limit {
                                found.pop_front();
                            }
                        } else if track.found >= self.question.limit {
                            track.passed(batch.base_offset, batch.last_offset, size);
                            return track.end();
                        }
                    }
                }
                if records.missing() > 0 && self.spent == Spent::Nothing {
                    let many = human_count(records.missing().into());
                    let why = format!("{many} of its records are damaged, or more than Klamm unpacks");
                    self.note(track.id, batch.base_offset, why);
                }
                track.passed(batch.base_offset, batch.last_offset, size);
                return;
            }
        }
        track.passed(batch.base_offset, batch.last_offset, 0);
    }

    fn note(&mut self, partition: PartitionId, offset: i64, reason: String) {
        self.unreadable_count += 1;
        if self.unreadable.len() < TOLD {
            self.unreadable.push(UnreadablePart { partition, offset, reason });
        }
    }

    /// Whether a partition may have something that belongs to the answer.
    fn wanted(&self, track: &Track) -> Wanted {
        let limit = self.question.limit;
        if track.found >= limit || self.holds == Holds::NoMore {
            return Wanted::NoMore;
        }
        // Everything further back is likely to be older than what is there already.
        let worst = self.kept.last().filter(|_| self.kept.len() >= limit).and_then(|kept| kept.message.timestamp);
        match (self.question.goes_back(), worst, track.oldest) {
            (true, Some(worst), Some(oldest)) if oldest < worst => Wanted::NoMore,
            (true | false, _, _) => Wanted::More,
        }
    }

    fn keep(&mut self, partition: PartitionId, found: VecDeque<Candidate>) {
        for (record, stamps, in_transaction) in found {
            let message = part::message(partition, &record, (stamps, in_transaction), self.question.show);
            let size = size(&message);
            self.kept.push(Kept { message, size });
        }
        let (goes_back, by_time) = (self.question.goes_back(), self.tracks.len() > 1);
        self.kept.sort_by(|one, other| {
            let order = in_order(&one.message, &other.message, by_time);
            if goes_back { order.reverse() } else { order }
        });
        self.kept.truncate(self.question.limit);
        while self.kept.len() > 1 && self.kept.iter().map(|kept| kept.size).sum::<usize>() > self.left.shown {
            self.kept.pop();
            self.holds = Holds::NoMore;
        }
    }

    /// What came of it.
    pub(super) fn view(self, in_time: InTime) -> MessagesView {
        let is_full = self.kept.len() >= self.question.limit;
        let is_open = self.tracks.iter().any(|track| track.standing != Standing::Done);
        let stopped = match in_time {
            _ if is_full && !is_open => Stopped::Enough,
            InTime::No => Stopped::Time,
            InTime::Yes if self.spent == Spent::All || self.holds == Holds::NoMore => Stopped::Budget,
            InTime::Yes if is_full => Stopped::Enough,
            InTime::Yes => Stopped::End,
        };
        let failed = self.tracks.iter().filter(|track| track.failed()).count();
        let sentence = sentence((self.kept.len() as u64, self.looked), stopped, failed, self.too_large);
        MessagesView {
            items: self.kept.into_iter().map(|kept| kept.message).collect(),
            stopped,
            sentence,
            isolation: self.question.isolation,
            looked: self.looked,
            fetched_bytes: self.fetched,
            aborted: self.aborted,
            too_large: self.too_large,
            partitions: self.tracks.into_iter().map(Track::view).collect(),
            unreadable: self.unreadable,
            unreadable_count: self.unreadable_count,
        }
    }
}

/// Whether there was time to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InTime {
    Yes,
    No,
}

fn sentence((shown, looked): (u64, u64), stopped: Stopped, failed: usize, too_large: u64) -> String {
    let messages =
        |count: u64| if count == 1 { "1 message".to_owned() } else { format!("{} messages", human_count(count)) };
    let why = match stopped {
        Stopped::Enough => "as many as were asked for",
        Stopped::End => "there is nothing more",
        Stopped::Budget => "more is not read for one question; there may be others",
        Stopped::Time => "there was no time for more; there may be others",
    };
    let failed = match failed {
        0 => String::new(),
        1 => " One partition could not be read.".to_owned(),
        several => format!(" {several} partitions could not be read."),
    };
    let too_large = match too_large {
        0 => String::new(),
        1 => " One is too large to be looked into.".to_owned(),
        several => format!(" {} are too large to be looked into.", human_count(several)),
    };
    format!("{} of {} that were looked at: {why}.{too_large}{failed}", messages(shown), human_count(looked))
}

/// By time over several partitions, by place in one.
fn in_order(one: &MessageView, other: &MessageView, by_time: bool) -> Ordering {
    let time = |message: &MessageView| if by_time { message.timestamp.unwrap_or(UnixMillis(0)) } else { UnixMillis(0) };
    let key = |message: &MessageView| (time(message), message.offset, message.partition);
    key(one).cmp(&key(other))
}

fn size(message: &MessageView) -> usize {
    let text = |part: &Option<klamm_model::MessagePart>| part.as_ref().map_or(0, |part| part.text.len());
    let headers = message.headers.iter().map(|header| header.name.len() + text(&header.value)).sum::<usize>();
    text(&message.key) + text(&message.value) + headers
}

/// Producers whose records do not count, as far as a log was read.
struct Void {
    /// By where they begin, the last first.
    coming: Vec<AbortedTransaction>,
    now: HashSet<i64>,
}

impl Void {
    fn new(mut aborted: Vec<AbortedTransaction>, isolation: Isolation) -> Self {
        match isolation {
            Isolation::Committed => aborted.sort_by_key(|one| std::cmp::Reverse(one.first_offset)),
            Isolation::Uncommitted => aborted.clear(),
        }
        Self { coming: aborted, now: HashSet::new() }
    }

    /// What begins up to here counts from now on.
    fn reach(&mut self, offset: i64) {
        while let Some(next) = self.coming.pop_if(|next| next.first_offset <= offset) {
            self.now.insert(next.producer);
        }
    }

    fn ends(&mut self, producer: Option<i64>) {
        if let Some(producer) = producer {
            self.now.remove(&producer);
        }
    }

    fn holds(&self, producer: Option<i64>) -> bool {
        producer.is_some_and(|producer| self.now.contains(&producer))
    }
}
