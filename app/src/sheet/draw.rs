//! Parts as HTML. What people wrote is text: leptos escapes it here as on every page.

use super::{
    form,
    page::Drawn,
    parts::{Fate, Holds, Look, Panel as PanelParts, Part, Piece, Sheet, Table},
};
use crate::ui::{Empty, Erase, Notice, Pager, Panel, Status, StatusWord, TableScroll, Tone, When, filter_chips};
use klamm_model::UnixMillis;
use leptos::{prelude::*, tachys::view::RenderHtml};

impl Sheet {
    /// The page as the browser gets it.
    pub(crate) fn drawn(self) -> Drawn {
        let Self { title, sentence, facts, notices, panels, beside, now, following } = self;
        let all = |panels: Vec<PanelParts>| panels.into_iter().map(|panel| shown(panel, now).to_html()).collect();
        Drawn {
            title,
            sentence,
            facts,
            notices: notices.into_iter().map(|one| notice(one).to_html()).collect(),
            panels: all(panels),
            beside: all(beside),
            following,
        }
    }
}

fn notice((status, word, text): (Status, String, String)) -> AnyView {
    let tone = match status {
        Status::Ok | Status::Unknown => Tone::Info,
        Status::Warn => Tone::Warn,
        Status::Bad => Tone::Bad,
    };
    view! {
        <Notice tone word>
            {text}
        </Notice>
    }
    .erased()
}

fn shown(panel: PanelParts, now: UnixMillis) -> AnyView {
    let PanelParts { title, hint, aside, parts } = panel;
    let parts: Vec<_> = parts.into_iter().map(|one| part(one, &title, now)).collect();
    view! {
        <Panel title hint aside=pieces(aside, now) flush=true>
            {parts}
        </Panel>
    }
    .erased()
}

fn part(part: Part, title: &str, now: UnixMillis) -> AnyView {
    match part {
        Part::Table(shown) => table(shown, now),
        Part::Empty(title, text) => {
            let text = pieces(text, now);
            view! {
                <Empty title>
                    <p>{text}</p>
                </Empty>
            }
            .erased()
        }
        Part::Lines(lines) => {
            let lines: Vec<_> = lines.into_iter().map(|line| view! { <li>{pieces(line, now)}</li> }.erased()).collect();
            view! { <ul class="lines">{lines}</ul> }.erased()
        }
        Part::Text(text) => view! {
            <div class="copied">
                <button type="button" class="button small needs-module" data-copy="pre">
                    "Copy"
                </button>
                <pre class="source" tabindex="0" role="region" aria-label=title.to_owned()>{text}</pre>
            </div>
        }
        .erased(),
        Part::Diff(lines) => {
            let lines = lines.into_iter().map(|(fate, line)| {
                let (class, sign) = match fate {
                    Fate::Stays => ("", " "),
                    Fate::Comes => ("comes", "+"),
                    Fate::Goes => ("goes", "-"),
                };
                view! { <span class=class>{format!("{sign} {line}\n")}</span> }.erased()
            });
            let lines: Vec<_> = lines.collect();
            view! { <pre class="source diff" tabindex="0" role="region" aria-label=title.to_owned()>{lines}</pre> }
                .erased()
        }
        Part::Form(form) => form::draw(form, now),
        Part::Pager(summary, first, next) => view! { <Pager summary first next /> }.erased(),
        Part::Chips(chips) => view! { <div class="chips">{filter_chips(chips)}</div> }.erased(),
    }
}

/// What is longer than this is broken into lines.
const LONG: usize = 30;

pub(super) fn table(Table { label, heads, rows }: Table, now: UnixMillis) -> AnyView {
    let numbers: Vec<bool> = heads.iter().map(|(_, holds)| *holds == Holds::Numbers).collect();
    let head = (!heads.is_empty()).then(|| {
        let cells = heads.into_iter().zip(&numbers).map(|((label, _), number)| {
            let class = number.then_some("number");
            view! {
                <th scope="col" class=class>
                    {label}
                </th>
            }
            .erased()
        });
        let cells: Vec<_> = cells.collect();
        view! {
            <thead>
                <tr>{cells}</tr>
            </thead>
        }
        .erased()
    });
    let rows = rows.into_iter().map(|row| {
        let cells = row.into_iter().enumerate().map(|(at, cell)| {
            let is_long = cell.iter().map(|piece| piece.text.len()).sum::<usize>() > LONG;
            let content = pieces(cell, now);
            if at == 0 {
                view! { <th scope="row">{content}</th> }.erased()
            } else {
                let is_number = numbers.get(at).copied().unwrap_or_default();
                let class = if is_number { Some("number") } else { is_long.then_some("wrap") };
                view! { <td class=class>{content}</td> }.erased()
            }
        });
        let cells: Vec<_> = cells.collect();
        view! { <tr>{cells}</tr> }.erased()
    });
    let rows: Vec<_> = rows.collect();
    view! {
        <TableScroll label>
            {head}
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

fn pieces(all: Vec<Piece>, now: UnixMillis) -> AnyView {
    all.into_iter().map(|one| (piece(one, now), " ")).collect_view().erased()
}

fn piece(Piece { text, look }: Piece, now: UnixMillis) -> AnyView {
    match look {
        Look::Plain => text.erased(),
        Look::Code => view! { <code>{text}</code> }.erased(),
        Look::Aside => view! { <span class="aside">{text}</span> }.erased(),
        Look::Marked(status) => view! { <StatusWord status word=text /> }.erased(),
        Look::Link(href) => view! { <a href=href>{text}</a> }.erased(),
        Look::Moment(at) => view! { <When at now /> }.erased(),
        Look::Box(name, value) => view! { <input type="checkbox" name=name value=value aria-label=text /> }.erased(),
    }
}
