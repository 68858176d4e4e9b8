use super::exposure::{Exposure, ExposureError, SiteOrigin, check_exposure};
use super::metrics::Metrics;
use super::session::Ended;
use crate::config;
use axum::extract::FromRef;
use klamm_portal::Portal;
use klamm_store::{Sessions, Store};
use leptos::config::LeptosOptions;
use std::hash::RandomState;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What the configuration says about the edge.
#[derive(Clone, Debug)]
pub(crate) struct EdgeOptions {
    /// Folder of the built pages.
    pub(crate) site: PathBuf,
    /// Proxies whose `X-Forwarded-*` headers count.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// The origin of every page, where a proxy ends TLS; otherwise it is what `Host` says.
    pub(crate) public_origin: Option<SiteOrigin>,
    /// Name of the session cookie.
    pub(crate) cookie: String,
    /// How often an event stream says that it lives, and makes sure that its session does.
    pub(crate) heartbeat: Duration,
}

impl EdgeOptions {
    pub(crate) fn of(http: &config::Http) -> Result<Self, ExposureError> {
        check_exposure(&Exposure {
            listen: http.listen,
            trusted_proxies: http.trusted_proxies.clone(),
            public_url: http.public_url.clone(),
        })?;
        let public_origin = http.public_url.as_deref().map(SiteOrigin::of_public_url).transpose()?;
        let cookie = match public_origin {
            Some(_) => "__Host-klamm".to_owned(),
            // Cookies do not know ports: two Klamms on one machine would sign each other's users out.
            None => format!("klamm-{}", http.listen.port()),
        };
        Ok(Self {
            site: http.site.clone(),
            trusted_proxies: http.trusted_proxies.clone(),
            public_origin,
            cookie,
            heartbeat: Duration::from_secs(15),
        })
    }

    /// Whether browsers reach Klamm over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.public_origin.is_some()
    }
}

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) options: Arc<EdgeOptions>,
    pub(crate) portal: Arc<Portal>,
    /// What the edge keeps itself: sessions, and answers to be repeated.
    pub(crate) store: Store,
    pub(crate) sessions: Sessions,
    pub(crate) ended: Ended,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stop: CancellationToken,
    /// What tags of answers are made with: nobody outside this process can make one.
    pub(crate) salt: RandomState,
    leptos: LeptosOptions,
}

impl Edge {
    pub(crate) fn new(options: EdgeOptions, portal: Arc<Portal>, store: Store, stop: CancellationToken) -> Self {
        let leptos = LeptosOptions::builder()
            .output_name("klamm")
            .site_root(options.site.to_string_lossy().into_owned())
            .site_pkg_dir("pkg")
            .build();
        Self {
            options: Arc::new(options),
            portal,
            sessions: Sessions::new(store.clone()),
            store,
            ended: Ended::default(),
            metrics: Arc::default(),
            stop,
            salt: RandomState::new(),
            leptos,
        }
    }
}

impl FromRef<Edge> for LeptosOptions {
    fn from_ref(edge: &Edge) -> Self {
        edge.leptos.clone()
    }
}
