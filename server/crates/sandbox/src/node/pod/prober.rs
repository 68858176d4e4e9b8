//! Asking a running container how it is.

use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::{Container, HTTPGetAction, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::node::container::exec::{self, ExecTarget, Outcome};
use crate::node::events::PodEvents;

use super::probes::{Belief, Pace, ProbeKind, Tally};

/// The same failure is told again only after this.
const SAY_AGAIN: Duration = Duration::from_mins(1);
/// How much of an answer is read before the connection is closed.
const LONGEST_ANSWER: usize = 64 << 10;

/// What a probe found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// The startup probe succeeded.
    Started,
    /// The readiness probe believes something else than before.
    Ready(Belief),
    /// A startup or liveness probe has given the container up.
    Unhealthy(ProbeKind),
}

/// A running container to ask.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) container: Arc<Container>,
    pub(super) pod_ip: Ipv4Addr,
    /// None if its process has already ended.
    pub(super) exec: Option<ExecTarget>,
    pub(super) events: PodEvents,
}

/// Asks for as long as the handle lives; news go to `tell`.
pub(super) fn watch(subject: Subject, tell: impl Fn(News) + Send + Sync + 'static) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let container = &subject.container;
        if let Some(probe) = &container.startup_probe {
            match follow(&subject, probe, ProbeKind::Startup, |_| true).await {
                Belief::Success => tell(News::Started),
                Belief::Failure => return tell(News::Unhealthy(ProbeKind::Startup)),
            }
        }
        let readiness = async {
            if let Some(probe) = &container.readiness_probe {
                let said = |belief| {
                    tell(News::Ready(belief));
                    false
                };
                follow(&subject, probe, ProbeKind::Readiness, said).await;
            }
        };
        let liveness = async {
            if let Some(probe) = &container.liveness_probe {
                follow(&subject, probe, ProbeKind::Liveness, |belief| belief == Belief::Failure).await;
                tell(News::Unhealthy(ProbeKind::Liveness));
            }
        };
        tokio::join!(readiness, liveness);
    }))
}

/// Asks again and again until `enough` says so of what is believed.
async fn follow(subject: &Subject, probe: &Probe, kind: ProbeKind, enough: impl Fn(Belief) -> bool) -> Belief {
    let pace = Pace::of(probe);
    let mut tally = Tally::new(pace);
    let mut told: Option<(String, Instant)> = None;
    sleep(pace.initial_delay).await;
    loop {
        let result = match ask(subject, probe, pace.timeout).await {
            Ok(()) => Belief::Success,
            Err(why) => {
                let repeated = told.as_ref().is_some_and(|(said, at)| *said == why && at.elapsed() < SAY_AGAIN);
                if !repeated {
                    subject.events.warning("Unhealthy", format!("{} probe failed: {why}", kind.word()));
                    told = Some((why, Instant::now()));
                }
                Belief::Failure
            }
        };
        if let Some(belief) = tally.count(result)
            && enough(belief)
        {
            return belief;
        }
        sleep(pace.period).await;
    }
}

/// Asks once. The error is a sentence for people.
async fn ask(subject: &Subject, probe: &Probe, patience: Duration) -> Result<(), String> {
    if let Some(action) = &probe.exec {
        let target = subject.exec.as_ref().ok_or("the container's process is gone")?;
        let words = action.command.as_deref().unwrap_or_default();
        return match exec::run(target, words, patience).await {
            Ok(Outcome::Exited { code: 0, .. }) => Ok(()),
            Ok(Outcome::Exited { code, output }) if output.is_empty() => Err(format!("the command ended with {code}")),
            Ok(Outcome::Exited { output, .. }) => Err(output),
            Ok(Outcome::TimedOut) => Err(format!("the command did not end within {} s", patience.as_secs())),
            Err(error) => Err(format!("the command cannot be started: {error}")),
        };
    }
    let connection = async {
        if let Some(action) = &probe.tcp_socket {
            let port = port(&action.port, &subject.container)?;
            connect(action.host.as_deref(), subject.pod_ip, port).await.map(drop)
        } else if let Some(action) = &probe.http_get {
            http_get(action, subject).await
        } else {
            Err("the sandbox knows exec, tcpSocket and httpGet probes".to_owned())
        }
    };
    let late = |_| Err(format!("no answer within {} s", patience.as_secs()));
    timeout(patience, connection).await.unwrap_or_else(late)
}

fn port(port: &IntOrString, container: &Container) -> Result<u16, String> {
    let number = match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => name.parse().ok().or_else(|| {
            let named = container.ports.iter().flatten().find(|port| port.name.as_deref() == Some(name));
            named.map(|port| port.container_port)
        }),
    };
    number.and_then(|number| u16::try_from(number).ok()).ok_or_else(|| format!("the container has no port {port:?}"))
}

async fn connect(host: Option<&str>, pod_ip: Ipv4Addr, port: u16) -> Result<TcpStream, String> {
    let host = host.filter(|host| !host.is_empty()).map_or_else(|| pod_ip.to_string(), str::to_owned);
    TcpStream::connect((host.as_str(), port)).await.map_err(|error| format!("dial tcp {host}:{port}: {error}"))
}

async fn http_get(action: &HTTPGetAction, subject: &Subject) -> Result<(), String> {
    let port = port(&action.port, &subject.container)?;
    let stream = connect(action.host.as_deref(), subject.pod_ip, port).await?;
    let path = action.path.as_deref().filter(|path| !path.is_empty()).unwrap_or("/");
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut request = http::Request::get(path).header(http::header::USER_AGENT, "kube-probe/sandbox");
    let stated_host = action.http_headers.iter().flatten().any(|header| header.name.eq_ignore_ascii_case("host"));
    if !stated_host {
        request = request.header(http::header::HOST, format!("{}:{port}", subject.pod_ip));
    }
    for header in action.http_headers.iter().flatten() {
        request = request.header(&header.name, &header.value);
    }
    let request = request.body(Body::empty()).map_err(|error| format!("the request cannot be made: {error}"))?;
    let status = if action.scheme.as_deref() == Some("HTTPS") {
        let name = ServerName::from(std::net::IpAddr::from(subject.pod_ip));
        let connector = tokio_rustls::TlsConnector::from(trusting()?);
        let stream = connector.connect(name, stream).await.map_err(|error| format!("TLS: {error}"))?;
        send(TokioIo::new(stream), request).await?
    } else {
        send(TokioIo::new(stream), request).await?
    };
    if (200..400).contains(&status) { Ok(()) } else { Err(format!("HTTP probe failed with statuscode: {status}")) }
}

async fn send<S>(stream: S, request: http::Request<Body>) -> Result<u16, String>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let told = |error: hyper::Error| format!("HTTP: {error}");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(told)?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(%error, "a probe's connection");
        }
    }));
    let response = sender.send_request(request).await.map_err(told)?;
    let status = response.status().as_u16();
    // Take the answer as a kubelet does: servers that write into a closed connection log about it.
    let _ = axum::body::to_bytes(Body::new(response.into_body()), LONGEST_ANSWER).await;
    Ok(status)
}

/// Probes ask whether somebody is there, not who it is.
fn trusting() -> Result<Arc<ClientConfig>, String> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| format!("TLS: {error}"))?;
    let config =
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone { provider })).with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}

#[derive(Debug)]
struct Anyone {
    provider: Arc<rustls::crypto::CryptoProvider>,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
