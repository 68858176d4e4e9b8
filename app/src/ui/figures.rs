use super::erased::Erase as _;
use klamm_model::{Known, human_bytes, human_count, human_rate};
use leptos::prelude::*;

/// A number nobody could observe.
#[component]
pub(crate) fn Unknown() -> impl IntoView {
    view! {
        <span class="unknown" title="Not observed yet">
            "unknown"
        </span>
    }
}

/// A whole number with separators.
#[component]
pub(crate) fn Count(#[prop(into)] value: Known<u64>) -> impl IntoView {
    match value {
        Known::Known(value) => view! { <span class="figure">{human_count(value)}</span> }.erased(),
        Known::Unknown => view! { <Unknown /> }.erased(),
    }
}

/// Bytes in human units, exact on hover.
#[component]
pub(crate) fn Bytes(value: Known<u64>) -> impl IntoView {
    match value {
        Known::Known(value) => {
            let exact = format!("{} bytes", human_count(value));
            view! {
                <span class="figure" title=exact>
                    {with_unit(&human_bytes(value))}
                </span>
            }
            .erased()
        }
        Known::Unknown => view! { <Unknown /> }.erased(),
    }
}

/// Something per second in human units, exact on hover.
#[component]
pub(crate) fn Rate(value: Known<f64>, unit: &'static str) -> impl IntoView {
    match value {
        Known::Known(value) => {
            let exact = format!("{value:.3} {unit}/s");
            view! {
                <span class="figure" title=exact>
                    {with_unit(&human_rate(value, unit))}
                </span>
            }
            .erased()
        }
        Known::Unknown => view! { <Unknown /> }.erased(),
    }
}

/// Bytes per second in human units, exact on hover.
#[component]
pub(crate) fn ByteRate(value: Known<f64>) -> impl IntoView {
    match value {
        Known::Known(value) => {
            let bytes = whole(value);
            let exact = format!("{} bytes/s", human_count(bytes));
            view! {
                <span class="figure" title=exact>
                    {with_unit(&format!("{}/s", human_bytes(bytes)))}
                </span>
            }
            .erased()
        }
        Known::Unknown => view! { <Unknown /> }.erased(),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast stays in range")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

/// A number and its unit, which the stylesheet may make smaller.
fn with_unit(figure: &str) -> AnyView {
    match figure.split_once(' ') {
        Some((number, unit)) => {
            let (number, unit) = (format!("{number} "), unit.to_owned());
            view! {
                {number}
                <small>{unit}</small>
            }
            .erased()
        }
        None => figure.to_owned().erased(),
    }
}

/// A row of the numbers that matter most.
#[component]
pub(crate) fn Tiles(children: Children) -> impl IntoView {
    view! { <dl class="tiles">{children()}</dl> }
}

/// One of them: a label, the number, and a word of context after it.
#[component]
pub(crate) fn Tile(
    label: &'static str,
    #[prop(into, optional)] aside: String,
    /// The page that says more; the whole tile leads there.
    #[prop(into, optional)]
    href: String,
    children: Children,
) -> impl IntoView {
    let label = if href.is_empty() { label.erased() } else { view! { <a href=href>{label}</a> }.erased() };
    view! {
        <div class="tile">
            <dt>{label}</dt>
            <dd>
                <strong>{children()}</strong>
                <span class="aside">{aside}</span>
            </dd>
        </div>
    }
}
