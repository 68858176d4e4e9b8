//! Which time a page shows: the last so-and-so long, or a time that stays as it is. Pure.

use crate::{sheets::Asked, ui::Query};
use klamm_model::UnixMillis;

/// How far back, as addresses and as people call it, in milliseconds.
const SPANS: [(&str, &str, i64); 5] = [
    ("1h", "1 h", 3_600_000),
    ("6h", "6 h", 6 * 3_600_000),
    ("24h", "24 h", 24 * 3_600_000),
    ("7d", "7 days", 7 * 86_400_000),
    ("30d", "30 days", 30 * 86_400_000),
];
/// In an address, whether all charts are shown or the first of them, where a page has many; pages that do keep it.
pub(crate) const CHARTS: &str = "charts";
const ALL: &str = "all";
/// Shorter is nothing to look at.
const SHORTEST: i64 = 60_000;
/// Longer than anything is kept.
const LONGEST: i64 = 400 * 86_400_000;

/// What a page shows of the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(super) from: UnixMillis,
    pub(super) to: UnixMillis,
    /// The name of the span that ends now; none where the time stays as it is.
    live: Option<&'static str>,
    /// The page, and what else stands in its address.
    path: String,
    kept: Vec<(&'static str, String)>,
}

impl Shown {
    /// What the address of the page at `path` asks for; whatever it says, something is shown. `kept` stays in addresses.
    pub(crate) fn asked(asked: &Asked, now: UnixMillis, path: &str, kept: &[&'static str]) -> Self {
        let kept = kept.iter().map(|name| (*name, asked.get(name).to_owned())).collect();
        let moment = |name| asked.get(name).parse::<i64>().ok().filter(|at| (0..=now.0).contains(at));
        let path = path.to_owned();
        if let (Some(since), Some(until)) = (moment("since"), moment("until"))
            && (SHORTEST..=LONGEST).contains(&(until - since))
        {
            return Self { from: UnixMillis(since), to: UnixMillis(until), live: None, path, kept };
        }
        let span = SPANS.iter().find(|(name, _, _)| *name == asked.get("range")).or(SPANS.first());
        let (name, _, length) = span.copied().unwrap_or(("1h", "1 h", 3_600_000));
        Self { from: UnixMillis(now.0 - length), to: now, live: Some(name), path, kept }
    }

    fn query(&self) -> Query {
        self.kept.iter().fold(Query::default(), |query, (name, value)| query.with(name, value))
    }

    fn span_href(&self, name: &str) -> String {
        self.query().with("range", told(name)).on(&self.path)
    }

    /// The way to every span: its words, its address, and whether it is this one.
    pub(super) fn spans(&self) -> Vec<(&'static str, String, bool)> {
        let each = SPANS.iter().map(|(name, words, _)| (*words, self.span_href(name), self.live == Some(*name)));
        each.collect()
    }

    /// The other way to look at this time: its words and its address.
    pub(super) fn other_way(&self) -> (&'static str, String) {
        if self.live.is_none() {
            let length = self.to.0 - self.from.0;
            let nearest = SPANS.iter().find(|(_, _, span)| *span >= length).or(SPANS.last());
            return ("Go on live", self.span_href(nearest.map_or("", |(name, _, _)| name)));
        }
        ("Hold this time", self.held(self.query()).on(&self.path))
    }

    fn held(&self, query: Query) -> Query {
        query.with("since", &self.from.0.to_string()).with("until", &self.to.0.to_string())
    }

    /// Whether all charts are asked for where the first would do.
    pub(super) fn has_all_charts(&self) -> bool {
        self.kept.iter().any(|(name, value)| *name == CHARTS && value == ALL)
    }

    /// The way to all charts of this time, or back to the first of them: its words and its address.
    pub(super) fn other_charts(&self) -> (&'static str, String) {
        let (words, value) = if self.has_all_charts() { ("Fewer charts", "") } else { ("More charts", ALL) };
        let others = self.kept.iter().filter(|(name, _)| *name != CHARTS);
        let query = others.fold(Query::default(), |query, (name, value)| query.with(name, value)).with(CHARTS, value);
        let query = match self.live {
            Some(name) => query.with("range", told(name)),
            None => self.held(query),
        };
        (words, query.on(&self.path))
    }

    /// The headline of a page with charts: where the time stays as it is, what is so now must not seem to be what they show.
    pub(crate) fn headline(&self, sentence: String) -> String {
        match self.live {
            Some(_) => sentence,
            None => format!("Now: {sentence}. The charts show the time {}", self.words()),
        }
    }

    /// What is shown, in words.
    pub(super) fn words(&self) -> String {
        let spoken = SPANS.iter().find(|(name, _, _)| Some(*name) == self.live);
        let moment = |at| crate::ui::utc(at).get(..16).unwrap_or_default().to_owned();
        spoken.map_or_else(
            || format!("from {} to {}, in UTC", moment(self.from), moment(self.to)),
            |(_, words, _)| format!("the last {words}, in UTC"),
        )
    }

    /// Where a range leads that is chosen in a chart; it comes at the end.
    pub(super) fn zoom(&self) -> String {
        let path = self.query().on(&self.path);
        let sign = if path.contains('?') { '&' } else { '?' };
        format!("{path}{sign}")
    }
}

/// A span as addresses tell it: the first is what a page shows by itself.
fn told(name: &str) -> &str {
    if SPANS.first().is_some_and(|(first, _, _)| *first == name) { "" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_459_241_000);

    fn of(query: &str) -> Shown {
        Shown::asked(&Asked::of(query), NOW, "/clusters/kafka/demo", &["q"])
    }

    #[test]
    fn an_address_says_which_time_is_shown_and_nonsense_is_the_last_hour() {
        assert_eq!(of("").to.0 - of("").from.0, 3_600_000);
        assert_eq!(of("?range=7d").to.0 - of("?range=7d").from.0, 7 * 86_400_000);
        for nonsense in ["?range=x", "?since=5", "?since=9&until=8", "?since=-5&until=99999999", "?since=a&until=b"] {
            assert_eq!(of(nonsense), of(""), "{nonsense}");
        }
        let held = of("?since=1795450000000&until=1795453600000&range=7d");
        assert_eq!((held.from.0, held.to.0, held.live), (1_795_450_000_000, 1_795_453_600_000, None));
        assert_eq!(held.words(), "from 2026-11-23 16:06 to 2026-11-23 17:06, in UTC");
        assert_eq!(of("?range=6h").headline("demo is serving".to_owned()), "demo is serving");
        assert_eq!(
            held.headline("demo is serving".to_owned()),
            "Now: demo is serving. The charts show the time from 2026-11-23 16:06 to 2026-11-23 17:06, in UTC"
        );
        assert_eq!(held.other_way(), ("Go on live", "/clusters/kafka/demo".to_owned()));
    }

    #[test]
    fn the_ways_to_other_times_keep_what_else_is_asked() {
        let shown = of("?q=a%20b&range=6h");
        let spans = shown.spans();
        assert_eq!(spans.iter().filter(|(_, _, here)| *here).count(), 1);
        assert_eq!(spans[0].1, "/clusters/kafka/demo?q=a%20b");
        assert_eq!(spans[1], ("6 h", "/clusters/kafka/demo?q=a%20b&range=6h".to_owned(), true));
        let (words, href) = shown.other_way();
        assert_eq!(words, "Hold this time");
        assert_eq!(Shown::asked(&Asked::of(href.split_once('?').unwrap().1), NOW, "/c", &[]).to, shown.to);
        assert_eq!(shown.zoom(), "/clusters/kafka/demo?q=a%20b&");
        assert_eq!(of("").zoom(), "/clusters/kafka/demo?");
    }

    #[test]
    fn all_charts_are_asked_for_by_an_address_that_keeps_the_time_and_stays_in_the_ways_to_others() {
        let of = |query: &str| Shown::asked(&Asked::of(query), NOW, "/c", &["q", CHARTS]);
        assert_eq!(of("").other_charts(), ("More charts", "/c?charts=all".to_owned()));
        assert_eq!(of("?q=a&range=6h").other_charts(), ("More charts", "/c?q=a&charts=all&range=6h".to_owned()));
        let all = of("?charts=all&since=1795450000000&until=1795453600000");
        let fewer = "/c?since=1795450000000&until=1795453600000".to_owned();
        assert_eq!((all.has_all_charts(), all.other_charts()), (true, ("Fewer charts", fewer)));
        assert_eq!(all.spans()[1].1, "/c?charts=all&range=6h");
        assert_eq!(all.zoom(), "/c?charts=all&");
        assert!(!of("?charts=x").has_all_charts());
    }
}
