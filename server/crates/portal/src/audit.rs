//! Reading the audit: a page of it, and all of it for whoever keeps it elsewhere.

use crate::{Kind, Object, Portal, audited::store_problem, csv::cell, portal::look, views::paging::invalid};
use futures::{Stream, stream};
use klamm_model::{Actor, AuditRequest, AuditView, AuditedObject, Page, Problem, TeamName, UnixMillis, checked_limit};
use klamm_store::{AuditFilter, AuditId, AuditItem};
use std::{collections::BTreeSet, sync::Arc};

/// How the audit is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, with a head.
    Csv,
    /// An object a line.
    JsonLines,
}

/// How many items are read at once for an export.
const EXPORT_AT_ONCE: u32 = 1000;

impl Portal {
    /// A page of what the caller may read of the audit, the newest first.
    pub async fn audit_page(&self, actor: &Actor, request: &AuditRequest) -> Result<Page<AuditView>, Problem> {
        let limit = checked_limit(request.limit).map_err(|error| invalid(&error.to_string()))?;
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let filter = AuditFilter { limit: limit + 1, ..filter(actor, request)? };
        let page = self.store.audit_page(&filter, self.now()).await.map_err(store_problem)?;
        let mut items = page.items;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next_cursor = items.last().filter(|_| more).map(|item| item.id.as_str().to_owned());
        Ok(Page { items: items.into_iter().map(view).collect(), total: page.total, next_cursor })
    }

    /// The same without an end, piece by piece.
    pub fn audit_export(
        self: &Arc<Self>,
        actor: &Actor,
        request: &AuditRequest,
        format: ExportFormat,
    ) -> Result<impl Stream<Item = Result<String, Problem>> + Send + use<>, Problem> {
        let filter = AuditFilter { limit: EXPORT_AT_ONCE, ..filter(actor, request)? };
        let head = match format {
            ExportFormat::Csv => Some(HEAD.join(",") + "\r\n"),
            ExportFormat::JsonLines => None,
        };
        let pieces = stream::unfold(Some((Arc::clone(self), filter)), move |state| async move {
            let (portal, mut filter) = state?;
            let items = match portal.store.audit(&filter).await {
                Ok(items) => items,
                Err(error) => return Some((Err(store_problem(error)), None)),
            };
            let last = items.last()?.id.clone();
            filter.before = Some(last);
            let text = items.into_iter().map(|item| written(&view(item), format)).collect::<String>();
            Some((Ok(text), Some((portal, filter))))
        });
        Ok(futures::StreamExt::chain(stream::iter(head.map(Ok)), pieces))
    }
}

/// What the caller may read of what they want.
fn filter(actor: &Actor, request: &AuditRequest) -> Result<AuditFilter, Problem> {
    let seen_by: Option<BTreeSet<String>> = if look(actor, Object::all(Kind::Audit)).is_ok() {
        None
    } else {
        let own = |team: &&TeamName| look(actor, Object::audit_of(team)).is_ok();
        let teams: BTreeSet<String> = actor.teams.iter().filter(own).map(ToString::to_string).collect();
        // Whoever is in no team, or came with a token that does not read, is told so.
        if teams.is_empty() {
            look(actor, Object::all(Kind::Audit))?;
        }
        Some(teams)
    };
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    Ok(AuditFilter {
        actor: given(&request.actor),
        team: given(&request.team),
        seen_by,
        object_kind: given(&request.kind),
        object_namespace: given(&request.namespace),
        object_name: given(&request.name),
        action: given(&request.action),
        request: given(&request.request),
        decision: given(&request.decision),
        from: request.from.map(UnixMillis),
        until: request.until.map(UnixMillis),
        before: given(&request.cursor).map(|cursor| AuditId::sent(&cursor)),
        limit: 0,
    })
}

fn view(item: AuditItem) -> AuditView {
    AuditView {
        id: item.id.as_str().to_owned(),
        at: item.at,
        actor: item.actor,
        source: item.source,
        team: item.team,
        action: item.action,
        object: AuditedObject { kind: item.object_kind, namespace: item.object_namespace, name: item.object_name },
        request: item.request,
        decision: item.decision,
        rule: item.rule,
        outcome: item.outcome,
        message: item.message,
    }
}

const HEAD: [&str; 14] = [
    "id",
    "at",
    "actor",
    "source",
    "team",
    "action",
    "kind",
    "namespace",
    "name",
    "request",
    "decision",
    "rule",
    "outcome",
    "message",
];

fn written(item: &AuditView, format: ExportFormat) -> String {
    match format {
        // What was read from text is text.
        ExportFormat::JsonLines => serde_json::to_string(item).unwrap_or_default() + "\n",
        ExportFormat::Csv => {
            let at = jiff::Timestamp::from_millisecond(item.at.0).map(|at| at.to_string()).unwrap_or_default();
            let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
            let fields = [
                item.id.clone(),
                at,
                item.actor.clone(),
                or_nothing(&item.source),
                or_nothing(&item.team),
                item.action.clone(),
                item.object.kind.clone(),
                or_nothing(&item.object.namespace),
                item.object.name.clone(),
                or_nothing(&item.request),
                item.decision.clone(),
                item.rule.clone(),
                or_nothing(&item.outcome),
                or_nothing(&item.message),
            ];
            fields.map(|field| cell(&field)).join(",") + "\r\n"
        }
    }
}
