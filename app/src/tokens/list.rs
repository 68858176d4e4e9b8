use super::{end::EndToken, words};
use crate::ui::{Ago, Empty, Erase, Panel, StatusWord, TableScroll, When};
use klamm_model::{TokenView, UnixMillis, human_count};
use leptos::prelude::*;

/// Tokens that work, each with its way to an end.
#[component]
pub(super) fn WorkingPanel(tokens: Vec<TokenView>, csrf: String, now: UnixMillis) -> impl IntoView {
    let content = if tokens.is_empty() {
        view! {
            <Empty title="No token of yours works">
                <p>
                    "Make one above for each program or machine, so that each can be ended alone. Programs send it to "
                    <code>"/api/v1"</code> ", which is described by "
                    <a href="/api/v1/openapi.json" rel="external">
                        "openapi.json"
                    </a> "."
                </p>
            </Empty>
        }
        .erased()
    } else {
        let rows = tokens
            .into_iter()
            .map(|token| {
                let end = view! { <EndToken token=token.clone() csrf=csrf.clone() now /> }.erased();
                row(token, now, Some(end))
            })
            .collect_view();
        view! {
            <TableScroll label="Tokens that work">
                {head("Ends", Some(view! { <span class="hidden">"End it"</span> }.erased()))}
                <tbody>{rows}</tbody>
            </TableScroll>
        }
        .erased()
    };
    view! {
        <Panel title="Working" flush=true>
            {content}
        </Panel>
    }
}

/// Tokens that no longer work, out of the way.
#[component]
pub(super) fn EndedPanel(tokens: Vec<TokenView>, total: u64, now: UnixMillis) -> impl IntoView {
    let shown = tokens.len() as u64;
    let hint = (shown < total).then(|| format!("the newest {} of {}", human_count(shown), human_count(total)));
    let rows = tokens.into_iter().map(|token| row(token, now, None)).collect_view();
    view! {
        <details class="panel">
            <summary class="panel-head">
                <h2>{format!("Ended: {}", human_count(total))}</h2>
                <span class="hint">{hint}</span>
            </summary>
            <div class="panel-flush">
                <TableScroll label="Tokens that have ended">
                    {head("Ended", None)}
                    <tbody>{rows}</tbody>
                </TableScroll>
            </div>
        </details>
    }
}

fn head(ends: &'static str, last: Option<AnyView>) -> impl IntoView {
    view! {
        <thead>
            <tr>
                <th scope="col">"Token"</th>
                <th scope="col">"State"</th>
                <th scope="col">"May"</th>
                <th scope="col">"Last used"</th>
                <th scope="col">"Made"</th>
                <th scope="col">{ends}</th>
                {last.map(|last| view! { <th scope="col">{last}</th> })}
            </tr>
        </thead>
    }
}

fn row(token: TokenView, now: UnixMillis, end: Option<AnyView>) -> AnyView {
    let state = match words::state(&token, now) {
        (Some(status), word) => view! { <StatusWord status word /> }.erased(),
        (None, word) => word.erased(),
    };
    let last_used = match token.last_used_at {
        Some(at) => view! { <Ago at now /> }.erased(),
        None => view! { <span class="unknown">"Never"</span> }.erased(),
    };
    let ends_at = words::ends_at(&token);
    view! {
        <tr>
            <th scope="row">
                <span class="name">{token.label}</span>
            </th>
            <td>{state}</td>
            <td>{words::access(&token.scopes)}</td>
            <td>{last_used}</td>
            <td>
                <Ago at=token.created_at now />
            </td>
            <td>
                <When at=ends_at now />
            </td>
            {end.map(|end| view! { <td class="number">{end}</td> })}
        </tr>
    }
    .erased()
}
