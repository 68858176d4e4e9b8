use super::browser;
use klamm_model::UnixMillis;
use leptos::prelude::*;
use std::time::Duration;

/// Ticks in the browser, so that ages grow while nothing else changes.
#[derive(Clone, Copy)]
struct Clock(RwSignal<u32>);

/// Starts the clock that every [`Ago`] of the page follows.
pub(crate) fn provide_clock() {
    let tick = RwSignal::new(0_u32);
    provide_context(Clock(tick));
    Effect::new(move |_| {
        let handle =
            set_interval_with_handle(move || tick.update(|tick| *tick = tick.wrapping_add(1)), Duration::from_secs(5));
        on_cleanup(move || {
            if let Ok(handle) = handle {
                handle.clear();
            }
        });
    });
}

/// How long ago something was, with the moment itself on hover. `now` is the server's clock when it answered.
#[component]
pub(crate) fn Ago(at: UnixMillis, now: UnixMillis) -> impl IntoView {
    distance(at, now, UnixMillis::ago)
}

/// How far something is from now, ahead or back.
#[component]
pub(crate) fn When(at: UnixMillis, now: UnixMillis) -> impl IntoView {
    distance(at, now, |at, now| if at > now { at.ahead(now) } else { at.ago(now) })
}

fn distance(at: UnixMillis, now: UnixMillis, told: fn(UnixMillis, UnixMillis) -> String) -> impl IntoView {
    let clock = use_context::<Clock>();
    let shown_since = browser::monotonic_millis();
    let words = move || {
        if let Some(Clock(tick)) = clock {
            tick.track();
        }
        told(at, UnixMillis(now.0.saturating_add(browser::monotonic_millis() - shown_since)))
    };
    let moment = utc(at);
    view! {
        <time datetime=moment.replace(' ', "T") title=format!("{} UTC", moment.trim_end_matches('Z'))>
            {words}
        </time>
    }
}

/// A moment in words: `2026-11-23 18:40 UTC`.
#[cfg(feature = "ssr")]
pub(crate) fn moment(at: UnixMillis) -> String {
    let utc = utc(at);
    format!("{} UTC", utc.get(..16).unwrap_or(&utc))
}

/// The same to the millisecond, for what is compared with others: `2026-11-23 18:40:41.999`.
#[cfg(feature = "ssr")]
pub(crate) fn precise(at: UnixMillis) -> String {
    format!("{}.{:03}", utc(at).trim_end_matches('Z'), at.0.rem_euclid(1000))
}

/// `2026-11-23 18:40:41Z`: a moment in UTC, from Howard Hinnant's `civil_from_days`; no time zone data in the browser's half.
pub(crate) fn utc(at: UnixMillis) -> String {
    let seconds = at.0.div_euclid(1000);
    let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}Z",
        second_of_day / 3600,
        second_of_day / 60 % 60,
        second_of_day % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_utc() {
        assert_eq!(utc(UnixMillis(0)), "1970-01-01 00:00:00Z");
        assert_eq!(utc(UnixMillis(951_782_400_000)), "2000-02-29 00:00:00Z");
        assert_eq!(utc(UnixMillis(1_795_459_241_999)), "2026-11-23 18:40:41Z");
        assert_eq!(utc(UnixMillis(-1)), "1969-12-31 23:59:59Z");
        #[cfg(feature = "ssr")]
        assert_eq!(moment(UnixMillis(1_795_459_241_999)), "2026-11-23 18:40 UTC");
    }
}
