//! What a chart does in the browser, whatever it shows: a crosshair that all charts of a page share, by the mouse or by the arrow
//! keys, and a range that is chosen by dragging. The server has drawn everything; what stands at the crosshair is in the table.
//! Shares are counted in millionths of a percent, so that whole numbers do.

use super::browser::{target, text_of};
use leptos::prelude::document;
use std::cell::Cell;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent, NodeList};

/// From the left edge to the right one.
const WHOLE: i64 = 100_000_000;
/// A range that is narrower was a click.
const NARROWEST: i64 = WHOLE / 100;

thread_local! {
    /// Where the mouse was pressed.
    static PRESSED: Cell<Option<i64>> = const { Cell::new(None) };
    /// Where the crosshair is.
    static AT: Cell<i64> = const { Cell::new(WHOLE) };
    /// Where charts show it, if they do.
    static SHOWN: Cell<Option<i64>> = const { Cell::new(None) };
}

/// Listens for as long as the page lives, whatever is drawn on it.
pub(crate) fn follow_charts() {
    let heard = Closure::<dyn Fn(Event)>::new(|event| {
        // Whatever is no chart is none of its business.
        let _ = hear(&event);
    });
    for kind in ["pointermove", "pointerdown", "pointerup", "pointercancel", "pointerout", "keydown"] {
        drop(document().add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref()));
    }
    heard.forget();
}

fn hear(event: &Event) -> Option<()> {
    let kind = event.type_();
    match kind.as_str() {
        "pointerup" => choose(event, PRESSED.take()?)?,
        // It scrolls the page after all.
        "pointercancel" => let_go(),
        _ => {}
    }
    let Some(hit) = target(event)?.closest(".chart-hit, .chart-plot").ok()? else {
        // A chart that was drawn anew below the mouse is never told that the mouse has left.
        let is_by_keys = SHOWN.get() == Some(AT.get());
        if kind == "pointermove" && SHOWN.get().is_some() && !is_by_keys {
            hide();
        }
        return None;
    };
    let chart = hit.closest(".chart").ok()??;
    if kind == "keydown" {
        return step(&chart, event.unchecked_ref());
    }
    let share = share(event)?;
    match kind.as_str() {
        "pointerdown" => PRESSED.set(Some(share)),
        "pointermove" => {
            if let Some(pressed) = PRESSED.get() {
                drag(&chart, pressed.min(share), (share - pressed).abs());
            }
            show(share);
        }
        "pointerout" => hide(),
        _ => {}
    }
    Some(())
}

/// Where the mouse is between the edges of a chart.
#[expect(clippy::cast_possible_truncation, reason = "a share is small, and a cast stays in range")]
fn share(event: &Event) -> Option<i64> {
    let hit = target(event)?.closest(".chart-hit").ok()??.get_bounding_client_rect();
    let x = f64::from(event.unchecked_ref::<MouseEvent>().client_x()) - hit.left();
    Some(((x / hit.width() * 1e8) as i64).clamp(0, WHOLE))
}

/// The keys go from line to line of the table.
fn step(chart: &Element, event: &KeyboardEvent) -> Option<()> {
    let row = number(chart, "data-row")?;
    let at = match event.key().as_str() {
        "ArrowLeft" => AT.get() - row,
        "ArrowRight" => AT.get() + row,
        "Escape" => {
            hide();
            return None;
        }
        _ => return None,
    };
    event.prevent_default();
    let at = at.clamp(0, WHOLE);
    AT.set(at);
    show(at);
    let said = one(chart, ".chart-said")?;
    said.set_text_content(Some(&format!(
        "{}: {}",
        text_of(&one(chart, ".chart-at")?),
        text_of(&one(chart, ".chart-legend")?)
    )));
    Some(())
}

/// The page was drawn again below the crosshair, which stays where somebody put it.
pub(crate) fn show_again() {
    if let Some(share) = SHOWN.get() {
        show(share);
    }
}

fn show(share: i64) {
    SHOWN.set(Some(share));
    each(document().query_selector_all(".chart").ok(), |_, chart| {
        // A chart without lines has no place for a crosshair.
        let _ = show_in(&chart, share);
    });
}

fn show_in(chart: &Element, share: i64) -> Option<()> {
    let row = number(chart, "data-row")?.max(1);
    let rows = all(chart, "tbody tr")?;
    let last = i64::from(rows.length()) - 1;
    let back = ((WHOLE - share + row / 2) / row).min(last);
    let line: Element = rows.get(u32::try_from(last - back).ok()?)?.dyn_into().ok()?;
    let at = percent(WHOLE - back * row);
    let cross = one(chart, ".chart-cross")?;
    set(&cross, "x1", &at);
    set(&cross, "x2", &at);
    set(chart, "data-at", "");
    one(chart, ".chart-at")?.set_text_content(Some(&text_of(&one(&line, "th")?)));
    let cells = all(&line, "td")?;
    each(all(chart, ".chart-value"), |nth, value| {
        if let Some(cell) = cells.get(nth) {
            value.set_text_content(cell.text_content().as_deref());
        }
    });
    Some(())
}

/// Without a crosshair, charts tell what was measured last.
fn hide() {
    AT.set(WHOLE);
    SHOWN.set(None);
    each(document().query_selector_all(".chart[data-at]").ok(), |_, chart| {
        drop(chart.remove_attribute("data-at"));
        if let Some(at) = one(&chart, ".chart-at") {
            at.set_text_content(None);
        }
        each(all(&chart, ".chart-value"), |_, value| {
            value.set_text_content(value.get_attribute("data-last").as_deref());
        });
    });
}

fn drag(chart: &Element, from: i64, width: i64) {
    if let Some(drawn) = one(chart, ".chart-drag") {
        set(&drawn, "x", &percent(from));
        set(&drawn, "width", &percent(width));
    }
}

/// Whatever was begun is no range.
fn let_go() {
    PRESSED.set(None);
    each(document().query_selector_all(".chart-drag").ok(), |_, drawn| set(&drawn, "width", "0"));
}

/// The mouse was let go: the page shows the range, where it is one.
fn choose(event: &Event, pressed: i64) -> Option<()> {
    let_go();
    let chart = target(event)?.closest(".chart").ok()??;
    let share = share(event)?;
    let (from, to) = (pressed.min(share), pressed.max(share));
    if to - from < NARROWEST {
        return None;
    }
    let (first, last) = (number(&chart, "data-from")?, number(&chart, "data-to")?);
    // A few months in milliseconds, times the whole, is still far from the largest number.
    let moment = |share: i64| first + (last - first) * share / WHOLE;
    let way: HtmlElement = one(&chart, ".chart-zoom")?.dyn_into().ok()?;
    let zoom = chart.get_attribute("data-zoom")?;
    set(&way, "href", &format!("{zoom}since={}&until={}", moment(from), moment(to)));
    way.click();
    Some(())
}

fn percent(share: i64) -> String {
    format!("{}.{:02}%", share / 1_000_000, share / 10_000 % 100)
}

fn number(of: &Element, name: &str) -> Option<i64> {
    of.get_attribute(name)?.parse().ok()
}

fn set(of: &Element, name: &str, value: &str) {
    drop(of.set_attribute(name, value));
}

fn one(within: &Element, what: &str) -> Option<Element> {
    within.query_selector(what).ok()?
}

fn all(within: &Element, what: &str) -> Option<NodeList> {
    within.query_selector_all(what).ok()
}

fn each(found: Option<NodeList>, act: impl Fn(u32, Element)) {
    let Some(found) = found else { return };
    for nth in 0..found.length() {
        if let Some(element) = found.get(nth) {
            act(nth, element.unchecked_into());
        }
    }
}
