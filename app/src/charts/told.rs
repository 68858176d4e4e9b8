//! Numbers and moments as a chart tells them. Pure.

use klamm_model::{MetricUnit, UnixMillis, human_bytes, human_count};

/// What the numbers of a chart are, beside its title.
pub(super) fn unit_words(unit: MetricUnit) -> &'static str {
    match unit {
        MetricUnit::RecordsPerSecond => "records a second",
        MetricUnit::BytesPerSecond => "bytes a second",
        MetricUnit::PerSecond => "a second",
        MetricUnit::Bytes => "bytes",
        MetricUnit::Records => "records",
        MetricUnit::Seconds => "time",
        MetricUnit::Ratio => "percent",
        MetricUnit::Count => "",
    }
}

/// A number without what its unit says anyway: `1.5 MiB`, `48.1 k`, `12 min`, `87 %`.
pub(super) fn number(unit: MetricUnit, value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    let size = value.abs();
    let told = match unit {
        MetricUnit::Bytes | MetricUnit::BytesPerSecond => human_bytes(natural(size)),
        MetricUnit::Ratio => format!("{} %", short(size * 100.0)),
        MetricUnit::Seconds => seconds(size),
        MetricUnit::Records | MetricUnit::Count if size < 100_000.0 && size.fract() == 0.0 => {
            human_count(natural(size))
        }
        MetricUnit::Records | MetricUnit::Count | MetricUnit::RecordsPerSecond | MetricUnit::PerSecond => scaled(size),
    };
    format!("{sign}{told}")
}

fn scaled(mut value: f64) -> String {
    let mut prefix = "";
    for next in [" k", " M", " G", " T", " P"] {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        prefix = next;
    }
    format!("{}{prefix}", short(value))
}

/// About three digits, and no zeros behind them.
fn short(value: f64) -> String {
    let decimals = match value {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn seconds(value: f64) -> String {
    match value {
        value if value < 120.0 => format!("{} s", short(value)),
        value if value < 7200.0 => format!("{} min", short(value / 60.0)),
        value if value < 172_800.0 => format!("{} h", short(value / 3600.0)),
        value => format!("{} days", short(value / 86_400.0)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and a cast stays in range")]
fn natural(value: f64) -> u64 {
    value.round() as u64
}

const DAY: i64 = 86_400_000;

/// A moment on the lower edge: `09:15`, `09:15:30`, `11-28`.
pub(super) fn tick(at: i64, ticks: &[i64]) -> String {
    let text = crate::ui::utc(UnixMillis(at));
    let step = ticks.windows(2).find_map(|pair| Some(pair.get(1)? - pair.first()?)).unwrap_or(DAY);
    let part = match step {
        DAY.. => text.get(5..10),
        60_000..DAY if at.rem_euclid(DAY) == 0 => text.get(5..10),
        60_000..DAY => text.get(11..16),
        _ => text.get(11..19),
    };
    part.unwrap_or(&text).to_owned()
}

/// A moment of the table, as finely as points follow each other: `11-28 09:15`.
pub(super) fn moment(at: UnixMillis, step: i64) -> String {
    let text = crate::ui::utc(at);
    let part = if step < 60_000 { text.get(5..19) } else { text.get(5..16) };
    part.unwrap_or(&text).to_owned()
}
