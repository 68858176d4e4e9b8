//! The object that declares a topic, as text to be read, copied and applied.

use super::words::owner;
use crate::ui::{Empty, Erase, Notice, Panel, Tone};
use klamm_model::{ClusterRef, TopicManifest, TopicName};
use leptos::prelude::*;

/// The text, and what it is.
#[component]
pub(super) fn ManifestPart(cluster: ClusterRef, topic: TopicName, manifest: TopicManifest) -> impl IntoView {
    let file = format!("/api/v1/clusters/{cluster}/topics/{topic}/manifest");
    match manifest {
        TopicManifest::Declared { owner: object, yaml } => text(&owner(&object), "as it is declared", &file, yaml),
        TopicManifest::Adoption { namespace, yaml } => view! {
            <Notice tone=Tone::Info word="Not declared">
                {format!(
                    "No object declares this topic. Apply this KafkaTopic in namespace {namespace}, and the topic is \
                     looked after from then on; it changes nothing of it.",
                )}
            </Notice>
            {text("A KafkaTopic that would adopt it", "as it is now", &file, yaml)}
        }
        .erased(),
        TopicManifest::KafkasOwn => view! {
            <Panel title="Manifest" flush=true>
                <Empty title="Kafka's own topic">
                    <p>"Brokers make and keep it themselves; no object declares it, and none should."</p>
                </Empty>
            </Panel>
        }
        .erased(),
        TopicManifest::NotAtHand { owner: object } => view! {
            <Panel title="Manifest" flush=true>
                <Empty title="Its text is not at hand just now">
                    <p>
                        {format!("{} declares the topic, and has just changed or gone. ", owner(&object))}
                        "The page shows it as soon as it is read again."
                    </p>
                </Empty>
            </Panel>
        }
        .erased(),
    }
}

fn text(title: &str, hint: &str, file: &str, yaml: String) -> AnyView {
    let aside = view! {
        <a class="button small" href=file.to_owned() rel="external">
            "Open as a file"
        </a>
        <button type="button" class="button small needs-module" data-copy="text" data-text=yaml.clone()>
            "Copy"
        </button>
    };
    view! {
        <Panel title hint aside=aside.erased() flush=true>
            <pre class="source" tabindex="0" role="region" aria-label="Manifest">
                <code>{yaml}</code>
            </pre>
        </Panel>
    }
    .erased()
}
