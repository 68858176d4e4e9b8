//! Operations as the API and pages ask for them.

use super::{choices::ahead, safety::safety, scene, view::view};
use crate::{
    Action, Asker, Object, Portal,
    authorise::allowed_of,
    portal::{given, look, named},
    views::paging::{self, Item, Search, Wanted},
};
use klamm_model::{
    Actor, ClusterRef, Inventory, Known, ObjectName, OperationDetail, OperationKind, OperationPhase, OperationSort,
    OperationView, OperationsRequest, Page, Problem, ProblemKind, SortOrder,
};
use klamm_monitor::OperationObject;
use klamm_planner::operations::path;
use klamm_resources as resources;
use std::sync::Arc;

/// Which phases are wanted.
enum Phases {
    /// All in which something may still happen.
    Open,
    /// This one.
    One(OperationPhase),
}

impl Phases {
    fn named(name: &str) -> Option<Self> {
        if name == "open" { Some(Self::Open) } else { OperationPhase::named(name).map(Self::One) }
    }

    fn hold(&self, phase: OperationPhase) -> bool {
        match self {
            Self::Open => !phase.is_over(),
            Self::One(wanted) => phase == *wanted,
        }
    }
}

impl Portal {
    /// One page of a cluster's operations, the newest first unless somebody wants it otherwise.
    pub fn operation_page(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &OperationsRequest,
    ) -> Result<Page<OperationView>, Problem> {
        self.may_see_operations(actor, cluster)?;
        let kind = named(request.kind.as_deref(), "kind", OperationKind::named)?;
        let phases = named(request.phase.as_deref(), "phase", Phases::named)?;
        let search = Search::new(given(request.search.as_deref()));
        let wanted = self.operations_of(cluster).into_iter().filter(|operation| {
            kind.is_none_or(|kind| operation.kind == kind)
                && phases.as_ref().is_none_or(|phases| phases.hold(operation.phase))
                && search.finds(operation.name.as_str())
        });
        let items = wanted.map(|operation| Item {
            key: match request.sort {
                OperationSort::CreatedAt => Some(u64::try_from(operation.created_at.0).unwrap_or_default()),
                OperationSort::Name => None,
            },
            name: operation.name.to_string(),
            value: operation,
        });
        let usual = match request.sort {
            OperationSort::CreatedAt => SortOrder::Desc,
            OperationSort::Name => SortOrder::Asc,
        };
        let (sort, order) = (request.sort, request.order.unwrap_or(usual));
        let (limit, cursor) = (request.limit, request.cursor.as_deref());
        paging::cut(items.collect(), &Wanted { sort, order, limit, cursor })
    }

    /// An operation, with who asked for it and how safe its cluster is now.
    pub async fn operation(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        name: &ObjectName,
    ) -> Result<OperationDetail, Problem> {
        let seen = self.may_see_operations(actor, cluster)?;
        let object = self.operation_object(cluster, name)?;
        let from = self.came_from(cluster, &object);
        let operation = view((name, &object), from.as_deref());
        let resource = self.observations.resource(cluster);
        Ok(OperationDetail {
            asked: self.asked_for(actor, (name, &object)).await?,
            finalise: ahead(&operation, &seen.inventory, resource.as_deref()),
            way_back: from.filter(|from| has_way_back(from, &object, &seen.inventory)),
            operation,
            safety: safety(&seen.inventory, resource.as_deref(), self.now()),
        })
    }

    /// The version of Kafka that an upgrade left behind, or leaves: what it has written down itself, the oldest of several; before it
    /// has, the oldest that still runs, or else what the upgrade before it brought.
    fn came_from(&self, cluster: &ClusterRef, object: &OperationObject) -> Option<String> {
        if object.spec.kind != OperationKind::Upgrade {
            return None;
        }
        let is_other = |version: &String| Some(version) != object.spec.version.as_ref();
        let oldest = |version: &&String| version.parse::<resources::KafkaVersion>().ok();
        if let Some(from) = object.status.from.iter().min_by_key(oldest) {
            return Some(from.clone());
        }
        let is_over = object.status.phase.is_some_and(resources::OperationPhase::is_over);
        let seen = self.observations.cluster(cluster).filter(|_| !is_over);
        let runs = seen.and_then(|seen| seen.declared.kafka_version.clone()).filter(is_other);
        let before = || {
            let all = self.observations.declarations().operations(cluster).into_iter().map(|(_, one)| one);
            let before = all.filter(|one| {
                one.spec.kind == OperationKind::Upgrade
                    && one.created_at < object.created_at
                    && one.status.phase == Some(resources::OperationPhase::Done)
            });
            before.max_by_key(|one| one.created_at)?.spec.version.clone().filter(is_other)
        };
        runs.or_else(before)
    }

    /// The operation of a cluster that is not over, if there is one; of several the oldest, which goes on while others wait.
    pub fn open_operation(&self, actor: &Actor, cluster: &ClusterRef) -> Result<Option<OperationView>, Problem> {
        self.may_see_operations(actor, cluster)?;
        let open = self.operations_of(cluster).into_iter().filter(|operation| !operation.phase.is_over());
        Ok(open.min_by_key(|operation| (operation.started_at.is_none(), operation.created_at)))
    }

    /// Names of what somebody may do with an operation as it stands.
    pub fn operation_actions(&self, actor: &Actor, cluster: &ClusterRef, operation: &OperationView) -> Vec<String> {
        let object = Object::operation(cluster, operation.name.as_str());
        let goes_on = !operation.phase.is_over() && !operation.cancel;
        let steer = match (goes_on, operation.paused) {
            (false, _) => &[][..],
            (true, false) => &[Action::Pause, Action::Cancel][..],
            (true, true) => &[Action::Resume, Action::Cancel][..],
        };
        let actions: Vec<Action> = [Action::View].into_iter().chain(steer.iter().copied()).collect();
        allowed_of(Asker::Actor(actor), &object, &actions)
    }

    pub(super) fn may_see_operations(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
    ) -> Result<Arc<crate::ObservedCluster>, Problem> {
        let seen = self.seen(actor, cluster)?;
        look(actor, Object::operation(cluster, ""))?;
        Ok(seen)
    }

    pub(super) fn operation_object(
        &self,
        cluster: &ClusterRef,
        name: &ObjectName,
    ) -> Result<Arc<OperationObject>, Problem> {
        self.observations.declarations().operation(cluster, name).ok_or_else(|| {
            Problem::new(ProblemKind::NotFound, format!("There is no operation {name} of {cluster}; it may be gone."))
        })
    }

    fn operations_of(&self, cluster: &ClusterRef) -> Vec<OperationView> {
        let all = self.observations.declarations().operations(cluster);
        let told = all.iter().map(|(name, object)| {
            let from = self.came_from(cluster, object);
            view((name, object), from.as_deref())
        });
        told.collect()
    }
}

/// Whether software may go back there: the features in force decide, and that the upgrade is what the cluster has now.
fn has_way_back(from: &str, object: &OperationObject, inventory: &Inventory) -> bool {
    let Some(to) = object.spec.version.as_deref() else { return false };
    let Known::Known(in_force) = scene::features(inventory) else { return false };
    let runs = inventory.brokers.iter().any(|broker| broker.version.value().is_some_and(|version| version == to));
    runs && path(to, from, &in_force).is_ok()
}
