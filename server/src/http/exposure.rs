//! Whether it is safe to listen where the configuration says. There is no way to turn authentication off, so what remains
//! is that passwords and cookies never cross a network in the clear.

use axum::http::Uri;
use std::net::{IpAddr, SocketAddr};

/// What decides whether strangers could read along.
#[derive(Clone, Debug)]
pub(crate) struct Exposure {
    /// Where pages and API listen.
    pub(crate) listen: SocketAddr,
    /// Proxies that end TLS in front of Klamm.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// The address people type, when a proxy ends TLS.
    pub(crate) public_url: Option<String>,
}

/// Why Klamm does not start like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExposureError {
    #[error(
        "http.listen is {0}, which other machines can reach, and Klamm does not speak TLS itself: listen on 127.0.0.1, or \
         let a proxy end TLS and name it in http.trusted_proxies, with http.public_url = \"https://…\""
    )]
    InTheClear(SocketAddr),
    #[error(
        "http.trusted_proxies is set without http.public_url: say https://… as people type it, so that cookies are sent over \
         TLS only"
    )]
    ProxyWithoutUrl,
    #[error("http.public_url is set without http.trusted_proxies: name the addresses of the proxies that end TLS")]
    UrlWithoutProxy,
    #[error("http.public_url must be https:// with a host and no path, such as https://klamm.example.org")]
    NotAnOrigin,
}

/// Refuses a configuration that would let strangers in.
pub(crate) fn check_exposure(exposure: &Exposure) -> Result<(), ExposureError> {
    match (&exposure.public_url, exposure.trusted_proxies.is_empty()) {
        (None, true) if exposure.listen.ip().is_loopback() => Ok(()),
        (None, true) => Err(ExposureError::InTheClear(exposure.listen)),
        (None, false) => Err(ExposureError::ProxyWithoutUrl),
        (Some(_), true) => Err(ExposureError::UrlWithoutProxy),
        (Some(url), false) => SiteOrigin::of_public_url(url).map(drop),
    }
}

/// Where people find the pages, as they write it; none where that was not said.
pub(crate) fn site_address(public_url: Option<&str>) -> Result<Option<String>, ExposureError> {
    public_url.map(|url| SiteOrigin::of_public_url(url).map(|origin| origin.shown().to_owned())).transpose()
}

/// Scheme, host and port of a site, as browsers put them into `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SiteOrigin(String);

impl SiteOrigin {
    /// From the configuration: only https will do.
    pub(crate) fn of_public_url(url: &str) -> Result<Self, ExposureError> {
        let bare = url.strip_suffix('/').unwrap_or(url);
        Self::of_header(bare).filter(|origin| origin.0.starts_with("https://")).ok_or(ExposureError::NotAnOrigin)
    }

    /// As people write it: without the port that goes without saying.
    pub(crate) fn shown(&self) -> &str {
        let port = if self.0.starts_with("https:") { ":443" } else { ":80" };
        self.0.strip_suffix(port).unwrap_or(&self.0)
    }

    /// From what a client sent.
    pub(crate) fn of_header(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        Self::of_parts(scheme, authority)
    }

    /// From scheme and `Host`.
    pub(crate) fn of_parts(scheme: &str, authority: &str) -> Option<Self> {
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        if authority.is_empty() || authority.contains(['/', '?', '#', '@']) {
            return None;
        }
        let uri: Uri = format!("{scheme}://{authority}").parse().ok()?;
        let host = uri.host()?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(default_port);
        Some(Self(format!("{scheme}://{host}:{port}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listen: &str, proxies: &[&str], url: Option<&str>) -> Result<(), ExposureError> {
        check_exposure(&Exposure {
            listen: listen.parse().unwrap(),
            trusted_proxies: proxies.iter().map(|proxy| proxy.parse().unwrap()).collect(),
            public_url: url.map(str::to_owned),
        })
    }

    #[test]
    fn only_loopback_goes_without_tls() {
        assert_eq!(check("127.0.0.1:3000", &[], None), Ok(()));
        assert_eq!(check("127.8.7.1:3000", &[], None), Ok(()));
        assert_eq!(check("[::1]:3000", &[], None), Ok(()));
        for open in ["0.0.0.0:3000", "[::]:3000", "10.1.2.3:80"] {
            assert!(matches!(check(open, &[], None), Err(ExposureError::InTheClear(_))), "{open}");
            assert_eq!(check(open, &["10.0.0.1"], Some("https://klamm.example.org")), Ok(()), "{open}");
            assert_eq!(check(open, &["10.0.0.1"], None), Err(ExposureError::ProxyWithoutUrl), "{open}");
            assert_eq!(check(open, &[], Some("https://k")), Err(ExposureError::UrlWithoutProxy), "{open}");
        }
    }

    #[test]
    fn a_public_url_is_an_https_origin() {
        let refused = [
            "http://klamm.example",
            "klamm.example",
            "https://",
            "https://a/b",
            "https://u:p@a",
            "ftp://a",
            "https://a?b",
        ];
        for url in refused {
            assert_eq!(check("127.0.0.1:1", &["10.0.0.1"], Some(url)), Err(ExposureError::NotAnOrigin), "{url}");
        }
        assert_eq!(check("127.0.0.1:1", &["10.0.0.1"], Some("https://klamm.example:8443/")), Ok(()));
        assert_eq!(site_address(Some("https://Klamm.example:443/")), Ok(Some("https://klamm.example".to_owned())));
        assert_eq!((site_address(None), site_address(Some("x"))), (Ok(None), Err(ExposureError::NotAnOrigin)));
    }

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        let same = |a: &str, b: &str| SiteOrigin::of_header(a) == SiteOrigin::of_header(b);
        assert!(same("https://Klamm.Example", "https://klamm.example:443"));
        assert!(same("http://127.0.0.1:80", "http://127.0.0.1"));
        assert!(!same("http://127.0.0.1:3000", "http://127.0.0.1:3001"));
        assert!(!same("http://klamm.example", "https://klamm.example"));
        let shown = |text: &str| SiteOrigin::of_header(text).map(|origin| origin.shown().to_owned());
        assert_eq!(shown("https://Klamm.Example").as_deref(), Some("https://klamm.example"));
        assert_eq!(shown("http://127.0.0.1:3000").as_deref(), Some("http://127.0.0.1:3000"));
        assert_eq!(SiteOrigin::of_header("null"), None);
        assert_eq!(SiteOrigin::of_header("https://klamm.example@evil.example"), None);
    }
}
