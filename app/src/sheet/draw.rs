//! Parts as HTML. What people wrote is text: leptos escapes it here as on every page.

use super::{
    form,
    page::Drawn,
    parts::{Action, Fate, Holds, Look, Narrow, Panel as PanelParts, Part, Piece, Sheet, Table},
    steps,
};
use crate::charts;
use crate::clusters::ClusterTabs;
use crate::ui::{Empty, Erase, Notice, Pager, Panel, Status, StatusWord, TableScroll, Tone, When, filter_chips};
use klamm_model::UnixMillis;
use leptos::{prelude::*, tachys::view::RenderHtml};

impl Sheet {
    /// The page as the browser gets it.
    pub(crate) fn drawn(self) -> Drawn {
        let Self { title, sentence, facts, actions, tabs, notices, panels, beside, now, following } = self;
        let tabs =
            tabs.map(|(cluster, current, findings)| view! { <ClusterTabs cluster current findings /> }.to_html());
        let all = |panels: Vec<PanelParts>| panels.into_iter().map(|panel| shown(panel, now).to_html()).collect();
        Drawn {
            title,
            sentence,
            facts,
            notices: doable(actions, now)
                .into_iter()
                .chain(tabs)
                .chain(notices.into_iter().map(|one| notice(one).to_html()))
                .collect(),
            panels: all(panels),
            beside: all(beside),
            following,
            ..Drawn::default()
        }
    }
}

/// What can be done, as the first piece: the stylesheet puts it beside the headline.
fn doable(all: Vec<Action>, now: UnixMillis) -> Option<String> {
    (!all.is_empty()).then(|| view! { <div class="page-actions">{actions(all, now)}</div> }.to_html())
}

fn actions(all: Vec<Action>, now: UnixMillis) -> Vec<AnyView> {
    let drawn = all.into_iter().map(|action| match action {
        Action::Form(form) => form::draw(form, now),
        Action::Link(words, href, emphasis) => view! {
            <a class=form::class_of(emphasis) href=href>
                {words}
            </a>
        }
        .erased(),
    });
    drawn.collect()
}

/// A panel as a piece of a page that is no sheet.
pub(crate) fn piece_of(panel: PanelParts, now: UnixMillis) -> String {
    shown(panel, now).to_html()
}

fn notice((status, word, text): (Status, String, String)) -> AnyView {
    let tone = match status {
        Status::Ok | Status::Unknown => Tone::Info,
        Status::Warn => Tone::Warn,
        Status::Bad => Tone::Bad,
    };
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    view! {
        <div role=role>
            <Notice tone word>
                {text}
            </Notice>
        </div>
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
        Part::Actions(all) => view! { <div class="ways-on">{actions(all, now)}</div> }.erased(),
        Part::Steps(all) => steps::draw(all, now),
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
        Part::Charts(shown) => view! { <div inner_html=charts::charts(&shown)></div> }.erased(),
        Part::MoreCharts(shown) => view! { <div inner_html=charts::more(&shown)></div> }.erased(),
        Part::Spans(shown) => view! { <div inner_html=charts::spans(&shown)></div> }.erased(),
        Part::Chips(chips) => view! { <div class="chips">{filter_chips(chips)}</div> }.erased(),
    }
}

/// What is longer than this is broken into lines.
const LONG: usize = 30;

pub(super) fn table(Table { label, heads, rows, narrow }: Table, now: UnixMillis) -> AnyView {
    let numbers: Vec<bool> = heads.iter().map(|(_, holds)| *holds == Holds::Numbers).collect();
    let stacks = narrow == Narrow::Stacks;
    let names: Vec<String> = if stacks { heads.iter().map(|(name, _)| name.clone()).collect() } else { Vec::new() };
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
            let has_breaks = cell.iter().any(|piece| piece.text.contains('\n'));
            let is_long = has_breaks || cell.iter().map(|piece| piece.text.len()).sum::<usize>() > LONG;
            let content = pieces(cell, now);
            if at == 0 {
                let class = (stacks && is_long).then_some("wrap");
                view! {
                    <th scope="row" class=class>
                        {content}
                    </th>
                }
                .erased()
            } else {
                let is_number = numbers.get(at).copied().unwrap_or_default();
                let class = if is_number { Some("number") } else { is_long.then_some("wrap") };
                let name = names.get(at).cloned();
                view! {
                    <td class=class data-head=name>
                        {content}
                    </td>
                }
                .erased()
            }
        });
        let cells: Vec<_> = cells.collect();
        view! { <tr>{cells}</tr> }.erased()
    });
    let rows: Vec<_> = rows.collect();
    view! {
        <TableScroll label stacks>
            {head}
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

pub(super) fn pieces(all: Vec<Piece>, now: UnixMillis) -> AnyView {
    all.into_iter().map(|one| (piece(one, now), " ")).collect_view().erased()
}

fn piece(Piece { text, look }: Piece, now: UnixMillis) -> AnyView {
    match look {
        Look::Plain => text.erased(),
        Look::Code => view! { <code>{text}</code> }.erased(),
        Look::Aside => view! { <span class="aside">{text}</span> }.erased(),
        Look::Marked(status) => view! { <StatusWord status word=text /> }.erased(),
        Look::Link(href) => view! { <a href=href>{text}</a> }.erased(),
        Look::Folded(summary) => view! {
            <details class="folded">
                <summary>
                    <code>{summary}</code>
                </summary>
                <pre>{text}</pre>
            </details>
        }
        .erased(),
        Look::Moment(at) => view! { <When at now /> }.erased(),
        Look::Box(name, value) => view! { <input type="checkbox" name=name value=value aria-label=text /> }.erased(),
        Look::Press(form, (name, value), what) => {
            let named = format!("{text}: {what}");
            view! {
                <button type="submit" class="button small" form=form name=name value=value aria-label=named>
                    {text}
                </button>
            }
            .erased()
        }
    }
}
