//! What tests tell whoever keeps the table of `make soak`: lines on standard output that begin with `soak: `. `.ci/soak.sh` reads
//! them; nobody else has to.
//!
//! A [`crate::load::Load`] and a [`crate::watcher::Watcher`] tell what came of them by themselves, so that every test on a
//! real cluster is in the table without a word about it.

use crate::{load::LoadReport, watcher::Verdict};
use std::fmt;

/// One line.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// What chance was made from.
    Seed(u64),
    /// Something that was done, or happened; it stays in the log.
    Deed(&'a str),
    /// What happened in all, for the table.
    Sum(&'a str),
    /// What came of a load.
    Load(&'a LoadReport),
    /// What came of watching.
    Watched(&'a Verdict),
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed(seed) => write!(f, "soak: seed {seed}"),
            Self::Deed(words) => write!(f, "soak: deed {}", one_line(words)),
            Self::Sum(words) => write!(f, "soak: sum {}", one_line(words)),
            Self::Load(report) => {
                let read = report.reread.found - report.reread.unacknowledged;
                let whole = if report.is_whole() { "whole" } else { "not whole" };
                write!(f, "soak: load {} acknowledged, {read} read, {whole}", report.acknowledged)
            }
            Self::Watched(verdict) => {
                let clean = if verdict.is_clean() { "clean" } else { "not clean" };
                match &verdict.worst {
                    Some(worst) => write!(f, "soak: watched {worst}, {clean}"),
                    None => write!(f, "soak: watched nothing, {clean}"),
                }
            }
        }
    }
}

/// A line is a line, whatever is told.
fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tells it.
#[expect(clippy::print_stdout, reason = "standard output is where it is read")]
pub fn tell(told: Told<'_>) {
    println!("{told}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        load::{Reading, Tally},
        watcher::{Look, Moment, Notes, Standing, Subject, judge},
    };
    use std::{sync::Arc, time::Duration};

    #[test]
    fn every_line_begins_with_its_mark_and_stays_one() {
        assert_eq!(Told::Seed(7).to_string(), "soak: seed 7");
        assert_eq!(Told::Deed("two\n  lines").to_string(), "soak: deed two lines");
        assert_eq!(Told::Sum("all\tdone ").to_string(), "soak: sum all done");
    }

    #[test]
    fn loads_and_watchers_are_told_in_the_form_that_is_read() {
        let reread = Reading { found: 12, unacknowledged: 2, ..Reading::default() };
        let report = LoadReport {
            sent: 13,
            acknowledged: 10,
            refused: Tally::default(),
            silence: None,
            followed: Reading::default(),
            reread,
            troubles: Tally::default(),
        };
        assert_eq!(Told::Load(&report).to_string(), "soak: load 10 acknowledged, 10 read, whole");
        let idle = LoadReport { acknowledged: 0, ..report };
        assert_eq!(Told::Load(&idle).to_string(), "soak: load 0 acknowledged, 10 read, not whole");

        let standing = Standing { leader: Some(0), members: [0, 1, 2].into(), in_step: [0, 1].into(), least: 2 };
        let partitions = Arc::new([(Subject::Partition("t".to_owned(), 4), standing.clone())].into());
        let look = Look {
            at: Moment(Duration::from_secs(3)),
            partitions: Some(partitions),
            quorum: Some(standing),
            gone: [].into(),
        };
        let verdict = judge(&Notes { looks: vec![look], ..Notes::default() });
        assert_eq!(Told::Watched(&verdict).to_string(), "soak: watched 2 of 3 with least 2 in t-4 at 3.0 s, clean");
        let nothing = judge(&Notes::default());
        assert_eq!(Told::Watched(&nothing).to_string(), "soak: watched nothing, not clean");
    }
}
