use super::words::source;
use crate::ui::{Empty, Erase, Panel, TableScroll, harmless};
use klamm_model::{ConfigLine, Known};
use leptos::prelude::*;

/// What is set on the topic itself, with what it means; `all` leads to the rest.
#[component]
pub(super) fn ConfigPanel(config: Known<Vec<ConfigLine>>, all: String) -> impl IntoView {
    let content = match config {
        Known::Unknown => view! {
            <Empty title="What is set on the topic is unknown">
                <p>"No broker has told its configuration so far, or Klamm may not read it."</p>
            </Empty>
        }
        .erased(),
        Known::Known(lines) if lines.is_empty() => view! {
            <Empty title="Nothing is set on the topic itself">
                <p>"It follows the defaults of its brokers. Set a key in the object that declares it, and it appears here."</p>
            </Empty>
        }
        .erased(),
        Known::Known(lines) => view! {
            <TableScroll label="Configuration">
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"That is"</th>
                        <th scope="col">"Set on"</th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(config_row).collect_view()}</tbody>
            </TableScroll>
        }
        .erased(),
    };
    let aside = view! { <a href=all>"all keys"</a> };
    view! {
        <Panel title="Configuration" hint="set explicitly" aside=aside.erased() flush=true>
            {content}
        </Panel>
    }
}

fn config_row(line: ConfigLine) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">
                <code>{line.key}</code>
            </th>
            <td class="wrap">{value(line.value)}</td>
            <td>{line.words.unwrap_or_default()}</td>
            <td>{source(line.source)}</td>
        </tr>
    }
}

/// A value as Kafka has it.
pub(super) fn value(value: Option<String>) -> AnyView {
    match value {
        Some(value) if value.is_empty() => view! { <span class="unknown">"empty"</span> }.erased(),
        Some(value) => view! { <code>{harmless(&value)}</code> }.erased(),
        None => view! { <span class="unknown">"kept secret by Kafka"</span> }.erased(),
    }
}
