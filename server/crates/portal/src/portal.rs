use crate::audited::forbidden;
use crate::authorise::allowed_actions;
use crate::brokers::Turns;
use crate::catalogue::ActivityBook;
use crate::password::Passwords;
use crate::policies::PolicyBook;
use crate::sign_in::SignInThrottles;
use crate::views::{
    self,
    pace::{Paces, partition_rates, tell_rates},
    paging,
};
use crate::webhooks::Webhooks;
use crate::{Action, Asker, Brokers, Clock, Kind, Object, Observations, ObservedCluster, authorise};
use klamm_model::{
    Actor, BrokerDetail, BrokerId, BrokerView, ClusterOverview, ClusterRef, ClusterView, Group, GroupRow, GroupView,
    GroupsRequest, Known, Page, PageRequest, PlacementRequest, PlacementView, Problem, ProblemKind, Revisions, Topic,
};
use klamm_store::Store;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Notify, Semaphore, watch};

/// The door to everything: who asks, may they, and then the answer.
pub struct Portal {
    pub(crate) store: Store,
    pub(crate) observations: Arc<dyn Observations>,
    pub(crate) clock: Clock,
    pub(crate) passwords: Passwords,
    pub(crate) throttles: SignInThrottles,
    pub(crate) policies: PolicyBook,
    /// Rung when a request moved, for whoever applies them.
    pub(crate) work: Notify,
    /// The way to Secrets, where there is one.
    pub(crate) kubernetes: OnceLock<kube::Client>,
    /// When topics were last used.
    pub(crate) activity: ActivityBook,
    /// Who else is told of requests.
    pub(crate) webhooks: Webhooks,
    /// The way to brokers, where there is one.
    pub(crate) brokers: OnceLock<Box<dyn Brokers>>,
    /// Whose turn it is to have brokers try something.
    pub(crate) turns: Turns,
    /// How many may peek at messages at once.
    pub(crate) peeks: Semaphore,
    /// How many plans are made at once.
    pub(crate) plans: Arc<Semaphore>,
    /// When requests of each cluster last moved.
    pub(crate) moved: watch::Sender<Arc<Moved>>,
}

/// When requests of each cluster last moved, in milliseconds: grows across restarts, unlike the inventory's revisions.
pub(crate) type Moved = BTreeMap<ClusterRef, u64>;

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal").finish_non_exhaustive()
    }
}

impl Portal {
    /// A portal over this database and this inventory.
    pub fn new(store: Store, observations: Arc<dyn Observations>, clock: Clock) -> Arc<Self> {
        let (passwords, throttles) = (Passwords::new(), SignInThrottles::new());
        let moved = watch::Sender::new(Arc::default());
        let (policies, work, kubernetes) = (PolicyBook::default(), Notify::new(), OnceLock::new());
        let (activity, webhooks, brokers) = (ActivityBook::default(), Webhooks::default(), OnceLock::new());
        Arc::new(Self {
            store,
            observations,
            clock,
            passwords,
            throttles,
            policies,
            work,
            kubernetes,
            activity,
            webhooks,
            brokers,
            turns: Turns::default(),
            peeks: Semaphore::new(crate::messages::AT_ONCE),
            plans: Arc::new(Semaphore::new(crate::operations::PLANS_AT_ONCE)),
            moved,
        })
    }

    /// Gives the portal its way to the Secrets of credentials, once.
    pub fn connect(&self, client: kube::Client) {
        // Whoever connected first stays.
        drop(self.kubernetes.set(client));
    }

    /// Says that a request of this cluster moved: open pages read again, and what is due is done.
    pub(crate) fn requests_changed(&self, cluster: &ClusterRef) {
        let now = u64::try_from(self.now().0).unwrap_or_default();
        self.moved.send_modify(|moved| {
            let at = Arc::make_mut(moved).entry(cluster.clone()).or_default();
            *at = now.max(*at + 1);
        });
        self.work.notify_one();
    }

    /// Says what other replicas and the applier did, as the database has it.
    pub(crate) async fn tell_requests(&self) {
        match self.store.requests_changed_at().await {
            Ok(all) => drop(self.moved.send_if_modified(|moved| {
                let mut news = false;
                for (cluster, at) in all {
                    let at = u64::try_from(at.0).unwrap_or_default();
                    if moved.get(&cluster).is_none_or(|told| *told < at) {
                        Arc::make_mut(moved).insert(cluster, at);
                        news = true;
                    }
                }
                news
            })),
            Err(error) => tracing::debug!(error = crate::audited::chain(&error), "nobody can say which requests moved"),
        }
    }

    /// The time as the portal reads it.
    pub fn now(&self) -> klamm_model::UnixMillis {
        self.clock.now()
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        match self.store.ping().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(error = crate::audited::chain(&error), "the database does not answer");
                false
            }
        }
    }

    /// When each cluster last answered, for the metrics; nobody's data, so nobody is asked for.
    pub fn inventory_ages(&self) -> Vec<(ClusterRef, Option<u64>)> {
        let now = self.clock.now();
        let age = |seen: &Arc<ObservedCluster>| {
            seen.inventory.observed_at.value().map(|observed| observed.seconds_until(now))
        };
        self.observations.clusters().iter().map(|seen| (seen.inventory.cluster.clone(), age(seen))).collect()
    }

    /// All clusters, by namespace and name.
    pub fn clusters(&self, actor: &Actor) -> Result<Vec<ClusterView>, Problem> {
        look(actor, Object::all(Kind::Cluster))?;
        let clusters = self.observations.clusters();
        Ok(clusters
            .iter()
            .filter(|seen| look(actor, Object::cluster(&seen.inventory.cluster)).is_ok())
            .map(|seen| self.counted(views::cluster::view(seen)))
            .collect())
    }

    /// One page of all clusters. Sorted by name; the other fields of the request do not apply.
    pub fn cluster_page(&self, actor: &Actor, request: &PageRequest) -> Result<Page<ClusterView>, Problem> {
        let wanted = request.search.as_deref().map(str::to_ascii_lowercase);
        let clusters = self.clusters(actor)?.into_iter().filter(|cluster| {
            wanted.as_ref().is_none_or(|wanted| format!("{}/{}", cluster.namespace, cluster.name).contains(wanted))
        });
        paging::by_name(clusters, request, |cluster| format!("{}/{}", cluster.namespace, cluster.name))
    }

    /// Names of what somebody may do with a cluster.
    pub fn cluster_actions(&self, actor: &Actor, cluster: &ClusterRef) -> Vec<String> {
        allowed_actions(actor, &Object::cluster(cluster))
    }

    /// A cluster as lists show it, for pages of something in it.
    pub fn cluster_view(&self, actor: &Actor, cluster: &ClusterRef) -> Result<ClusterView, Problem> {
        Ok(self.counted(views::cluster::view(&*self.seen(actor, cluster)?)))
    }

    /// The revisions of what is known of a cluster, for pages of something in it.
    pub fn cluster_revisions(&self, actor: &Actor, cluster: &ClusterRef) -> Result<Revisions, Problem> {
        Ok(self.seen(actor, cluster)?.inventory.revisions)
    }

    /// How many consumer groups a cluster has; unknown when nobody could say which there are.
    pub fn group_count(&self, actor: &Actor, cluster: &ClusterRef) -> Result<Known<u32>, Problem> {
        Ok(views::cluster::groups(&self.seen(actor, cluster)?.inventory))
    }

    /// A cluster with its nodes.
    pub fn cluster(&self, actor: &Actor, cluster: &ClusterRef) -> Result<ClusterOverview, Problem> {
        let seen = self.seen(actor, cluster)?;
        let mut overview = views::cluster::overview(&seen, self.clock.now());
        overview.cluster = self.counted(overview.cluster);
        Ok(overview)
    }

    /// One page of a cluster's nodes, by id.
    pub fn brokers(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &PageRequest,
    ) -> Result<Page<BrokerView>, Problem> {
        let seen = self.seen(actor, cluster)?;
        paging::by_name(views::broker::views(&seen.inventory).into_iter(), request, |broker| {
            format!("{:010}", broker.id.0)
        })
    }

    /// A node of a cluster, with the page of what it holds that the request asks for.
    pub fn broker(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        id: BrokerId,
        request: &PageRequest,
    ) -> Result<BrokerDetail, Problem> {
        let seen = self.seen(actor, cluster)?;
        views::broker::detail(&seen.inventory, id, request, |topic| may_see_topic(actor, cluster, topic))?.ok_or_else(
            || {
                Problem::new(
                    ProblemKind::NotFound,
                    format!("There is no broker {id} in {cluster}, as far as was seen."),
                )
            },
        )
    }

    /// One page of a cluster's consumer groups.
    pub fn groups(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &GroupsRequest,
    ) -> Result<Page<GroupRow>, Problem> {
        let seen = self.seen(actor, cluster)?;
        let paces = self.paces(cluster);
        let page = views::group::page(&seen.inventory, request, &paces, |group| may_see(actor, cluster, group))?;
        Ok(views::map_page(page, |group| paces.group_row(views::group::row(actor, &seen.inventory, group))))
    }

    /// A consumer group. Whatever cannot be the id of one is the id of none.
    pub fn group(&self, actor: &Actor, cluster: &ClusterRef, id: &str) -> Result<GroupView, Problem> {
        let seen = self.seen(actor, cluster)?;
        let group = views::group::find(&seen.inventory, id).filter(|group| may_see(actor, cluster, group)).ok_or_else(
            || Problem::new(ProblemKind::NotFound, format!("There is no such group in {cluster}, as far as was seen.")),
        )?;
        let team_of = |namespace: &_| self.observations.declarations().team(namespace);
        let reset = crate::requests::offer(actor, &seen, group, team_of);
        let view = views::group::view(actor, &seen.inventory, group, reset);
        let vitals = self.observations.vitals(cluster);
        Ok(self.paces(cluster).group_view(view, vitals.as_deref()))
    }

    /// How topics and groups of a cluster get on.
    pub(crate) fn paces(&self, cluster: &ClusterRef) -> Paces {
        Paces::of(self.observations.vitals(cluster).as_deref())
    }

    /// Where a cluster's replicas are, and what a loss would do to them.
    pub fn placement(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &PlacementRequest,
    ) -> Result<PlacementView, Problem> {
        let seen = self.seen(actor, cluster)?;
        let may_see = |topic: &Topic| may_see_topic(actor, cluster, topic);
        let topic = given(request.topic.as_deref())
            .map(|name| {
                let topic = name.parse().ok().and_then(|name| seen.inventory.topic(&name));
                topic.filter(|topic| may_see(topic)).ok_or_else(|| {
                    Problem::new(
                        ProblemKind::NotFound,
                        format!("There is no such topic in {cluster}, as far as was seen."),
                    )
                })
            })
            .transpose()?;
        let lost = given(request.lose.as_deref())
            .map(|lost| lost.parse().map_err(|error| views::paging::invalid(&format!("lose: {error}"))))
            .transpose()?;
        let mut view = views::placement::view(&seen.inventory, topic, lost, may_see)?;
        if let Some(topic) = topic {
            let rates = partition_rates(self.observations.vitals(cluster).as_deref(), &topic.name);
            tell_rates(&mut view.partitions, &rates);
        }
        Ok(view)
    }

    pub(crate) fn seen(&self, actor: &Actor, cluster: &ClusterRef) -> Result<Arc<ObservedCluster>, Problem> {
        look(actor, Object::cluster(cluster))?;
        self.observations.cluster(cluster).ok_or_else(|| {
            Problem::new(ProblemKind::NotFound, format!("There is no cluster {cluster}, or Klamm has not seen it yet."))
        })
    }
}

/// A parameter that says nothing is as good as none: forms send those.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// A parameter that is one of a kind, where it says something.
pub(crate) fn named<T>(
    text: Option<&str>,
    field: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let Some(text) = given(text) else { return Ok(None) };
    read(text).map(Some).ok_or_else(|| paging::invalid(&format!("{field}: there is no such {field}")))
}

pub(crate) fn may_see_topic(actor: &Actor, cluster: &ClusterRef, topic: &Topic) -> bool {
    look(actor, Object::topic(cluster, topic.name.as_str(), topic.team.as_ref())).is_ok()
}

pub(crate) fn may_see(actor: &Actor, cluster: &ClusterRef, group: &Group) -> bool {
    look(actor, Object::group(cluster, group.id.as_str())).is_ok()
}

/// Reading is authorised like everything else, and leaves no trace in the audit.
pub(crate) fn look(actor: &Actor, object: Object) -> Result<(), Problem> {
    authorise(Asker::Actor(actor), Action::View, object).map(drop).map_err(forbidden)
}
