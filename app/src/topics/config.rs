use super::words::{meaning, source};
use crate::ui::{Empty, Panel, TableScroll};
use klamm_model::ConfigValue;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// What is set on the topic itself, with what it means and where it comes from.
#[component]
pub(super) fn ConfigPanel(config: BTreeMap<String, ConfigValue>) -> impl IntoView {
    let content = if config.is_empty() {
        view! {
            <Empty title="Nothing is set on the topic itself">
                <p>"It follows the defaults of its brokers. Set a key in the object that declares it, and it appears here."</p>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <TableScroll label="Configuration">
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"That is"</th>
                        <th scope="col">"Set on"</th>
                    </tr>
                </thead>
                <tbody>{config.into_iter().map(|(key, value)| config_row(key, value)).collect_view()}</tbody>
            </TableScroll>
        }
        .into_any()
    };
    view! {
        <Panel title="Configuration" hint="set explicitly" flush=true>
            {content}
        </Panel>
    }
}

fn config_row(key: String, value: ConfigValue) -> impl IntoView {
    let means = value.value.as_deref().and_then(|value| meaning(&key, value)).unwrap_or_default();
    let shown = match value.value {
        Some(value) => view! { <code>{value}</code> }.into_any(),
        None => view! { <span class="unknown">"kept secret by Kafka"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <code>{key}</code>
            </th>
            <td class="wrap">{shown}</td>
            <td>{means}</td>
            <td>{source(value.source)}</td>
        </tr>
    }
}
