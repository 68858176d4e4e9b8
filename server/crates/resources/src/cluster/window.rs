use super::{MaintenanceWindow, Weekday};
use klamm_model::UnixMillis;
use std::collections::BTreeSet;

/// A time of the week when steps may begin, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    days: BTreeSet<Weekday>,
    from_minute: u32,
    to_minute: u32,
}

const MINUTES_PER_DAY: u32 = 24 * 60;
const MILLIS_PER_MINUTE: i64 = 60_000;

impl Window {
    pub(super) fn parse(window: &MaintenanceWindow) -> Result<Self, String> {
        let minute = |field: &str, text: &str| {
            minute_of_day(text).ok_or_else(|| format!("{field} {text:?} is not a time of day: write it as 22:00"))
        };
        let (from_minute, to_minute) = (minute("from", &window.from)?, minute("to", &window.to)?);
        if from_minute == to_minute {
            return Err("from and to are the same: leave windows out to allow every time".to_owned());
        }
        Ok(Self { days: window.days.iter().copied().collect(), from_minute, to_minute })
    }

    /// Whether it is open at that moment.
    pub fn is_open_at(&self, now: UnixMillis) -> bool {
        let minutes = now.0.div_euclid(MILLIS_PER_MINUTE);
        let minute = u32::try_from(minutes.rem_euclid(i64::from(MINUTES_PER_DAY))).unwrap_or(0);
        let day = minutes.div_euclid(i64::from(MINUTES_PER_DAY));
        if self.from_minute < self.to_minute {
            return self.begins_on(day) && (self.from_minute..self.to_minute).contains(&minute);
        }
        (self.begins_on(day) && minute >= self.from_minute) || (self.begins_on(day - 1) && minute < self.to_minute)
    }

    fn begins_on(&self, day_since_1970: i64) -> bool {
        self.days.is_empty() || self.days.contains(&weekday(day_since_1970))
    }
}

fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (text.len() == 5 && hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

// 1970-01-01 was a Thursday.
fn weekday(day_since_1970: i64) -> Weekday {
    match (day_since_1970 + 3).rem_euclid(7) {
        0 => Weekday::Monday,
        1 => Weekday::Tuesday,
        2 => Weekday::Wednesday,
        3 => Weekday::Thursday,
        4 => Weekday::Friday,
        5 => Weekday::Saturday,
        _ => Weekday::Sunday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(days: &[Weekday], from: &str, to: &str) -> Window {
        let spec = MaintenanceWindow { days: days.to_vec(), from: from.to_owned(), to: to.to_owned() };
        Window::parse(&spec).unwrap()
    }

    fn at(text: &str) -> UnixMillis {
        UnixMillis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_window_within_a_day() {
        let window = window(&[Weekday::Monday], "08:00", "10:30");
        assert!(window.is_open_at(at("2026-11-23T08:00:00Z")));
        assert!(window.is_open_at(at("2026-11-23T10:29:59Z")));
        assert!(!window.is_open_at(at("2026-11-23T10:30:00Z")));
        assert!(!window.is_open_at(at("2026-11-24T08:00:00Z")));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_it_begins_on() {
        let window = window(&[Weekday::Saturday], "22:00", "04:00");
        assert!(window.is_open_at(at("2026-11-21T23:00:00Z")));
        assert!(window.is_open_at(at("2026-11-22T03:59:00Z")));
        assert!(!window.is_open_at(at("2026-11-22T23:00:00Z")));
        assert!(!window.is_open_at(at("2026-11-21T03:00:00Z")));
    }

    #[test]
    fn without_days_it_is_every_day() {
        let window = window(&[], "22:00", "04:00");
        assert!(window.is_open_at(at("1969-12-31T23:00:00Z")));
        assert!(!window.is_open_at(at("2026-11-22T12:00:00Z")));
    }

    #[test]
    fn times_that_are_none_are_refused() {
        for (from, to) in [("24:00", "01:00"), ("1:00", "02:00"), ("aa:bb", "02:00"), ("02:00", "02:00")] {
            let spec = MaintenanceWindow { days: Vec::new(), from: from.to_owned(), to: to.to_owned() };
            assert!(Window::parse(&spec).is_err(), "{from} {to}");
        }
    }
}
