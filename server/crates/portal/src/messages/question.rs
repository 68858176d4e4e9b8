//! What is asked for, once it is known that it can be.

use super::{filter::Filter, path::Path};
use klamm_model::{Isolation, MessageForm, MessagesRequest, MessagesStart, PartitionId, UnixMillis};

/// A moment as people write it: `2026-11-29 08:00`, with or without seconds, in UTC where nothing else is said.
pub fn moment_in(text: &str) -> Option<UnixMillis> {
    let text = text.trim();
    let at = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}Z").parse::<jiff::Timestamp>());
    at.ok().map(|at| UnixMillis(at.as_millisecond()))
}

/// A question that can be answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub(super) partition: Option<PartitionId>,
    pub(super) start: Start,
    pub(super) limit: usize,
    pub(super) filter: Filter,
    pub(super) show: Show,
    pub(super) isolation: Isolation,
}

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Newest,
    Oldest,
    Offset(i64),
    Time(UnixMillis),
}

/// How keys and values are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Show {
    /// As what; none: as fits each.
    pub(super) form: Option<MessageForm>,
    /// So many bytes of each.
    pub(super) longest: usize,
}

impl Question {
    pub(super) fn read(request: &MessagesRequest) -> Result<Self, String> {
        let partition = match request.partition {
            Some(..0) => return Err("partition: 0 is the first".to_owned()),
            id => id.map(PartitionId),
        };
        let limit = within("limit", request.limit, MessagesRequest::USUAL, MessagesRequest::MOST)?;
        let longest = within("longest", request.longest, MessagesRequest::USUAL_LONGEST, MessagesRequest::LONGEST)?;
        Ok(Self {
            partition,
            start: start(request)?,
            limit,
            filter: filter(request)?,
            show: Show { form: request.show, longest },
            isolation: request.isolation,
        })
    }

    /// Whether reading goes back from the end.
    pub(super) fn goes_back(&self) -> bool {
        self.start == Start::Newest
    }

    /// For the audit: where was looked, and nothing of what was looked for.
    pub(super) fn words(&self) -> String {
        let partition = self.partition.map_or_else(|| "all partitions".to_owned(), |id| format!("partition {id}"));
        let start = match self.start {
            Start::Newest => "newest".to_owned(),
            Start::Oldest => "oldest".to_owned(),
            Start::Offset(offset) => format!("from offset {offset}"),
            Start::Time(at) => {
                let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
                format!("from {moment}")
            }
        };
        let filtered = if self.filter == Filter::default() { "" } else { ", filtered" };
        let whose = match self.isolation {
            Isolation::Committed => "",
            Isolation::Uncommitted => ", uncommitted too",
        };
        format!("{partition}, {start}{filtered}{whose}")
    }
}

fn start(request: &MessagesRequest) -> Result<Start, String> {
    let start = match (request.from, request.offset, request.time) {
        (MessagesStart::Newest, None, None) => Start::Newest,
        (MessagesStart::Oldest, None, None) => Start::Oldest,
        (MessagesStart::Offset, Some(offset), None) => Start::Offset(offset),
        (MessagesStart::Time, None, Some(time)) => Start::Time(UnixMillis(time)),
        (MessagesStart::Offset, None, _) => return Err("offset: say from which".to_owned()),
        (MessagesStart::Time, _, None) => return Err("time: say from which moment".to_owned()),
        (_, Some(_), _) => return Err("offset: it only counts with from=offset; leave it out".to_owned()),
        (_, _, Some(_)) => return Err("time: it only counts with from=time; leave it out".to_owned()),
    };
    match start {
        Start::Offset(..0) => Err("offset: 0 is the first".to_owned()),
        Start::Offset(_) if request.partition.is_none() => {
            Err("partition: an offset is a place in one partition; say in which".to_owned())
        }
        Start::Time(UnixMillis(..0)) => Err("time: nothing was written before 1970".to_owned()),
        Start::Newest | Start::Oldest | Start::Offset(_) | Start::Time(_) => Ok(start),
    }
}

fn filter(request: &MessagesRequest) -> Result<Filter, String> {
    let contains = words("contains", request.contains.as_deref())?;
    let equals = words("equals", request.equals.as_deref())?;
    let path = words("path", request.path.as_deref())?;
    let path = path.map(|text| text.parse::<Path>().map_err(|error| format!("path: {error}"))).transpose()?;
    if path.is_none() && equals.is_some() {
        return Err("equals: say in path where that has to be".to_owned());
    }
    Ok(Filter::new(contains, path.map(|path| (path, equals))))
}

/// What is typed is taken as it is, blanks too; nothing is nothing.
fn words<'a>(field: &str, text: Option<&'a str>) -> Result<Option<&'a str>, String> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > MessagesRequest::LONGEST_WORDS {
        return Err(format!("{field}: at most {} characters", MessagesRequest::LONGEST_WORDS));
    }
    Ok(Some(text))
}

fn within(field: &str, wanted: Option<u32>, usual: u32, most: u32) -> Result<usize, String> {
    let wanted = wanted.unwrap_or(usual);
    if wanted == 0 || wanted > most {
        return Err(format!("{field}: 1 to {most}"));
    }
    usize::try_from(wanted).map_err(|error| format!("{field}: {error}"))
}
