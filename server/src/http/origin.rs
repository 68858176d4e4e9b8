//! That no other site sent it: every change by cookie needs an Origin of ours and the session's token.

use super::client::Client;
use super::exposure::SiteOrigin;
use super::guard::Credential;
use super::limit::{MAX_BODY, too_large};
use super::problem::{Refusal, for_asker};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use klamm_model::{CsrfToken, ProblemKind};

/// Lets reading pass, and of changes those that our own pages or a token's owner sent.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let sender = sender(&parts.headers, parts.extensions.get::<Client>().and_then(|client| client.origin.as_ref()));
    let verdict = match parts.extensions.get::<Credential>() {
        Some(Credential::Token(_)) => Ok(body),
        // There need be no session that another site could abuse, but it could sign people in as somebody else.
        _ if is_sign_in(&parts) => {
            if sender == Sender::Elsewhere {
                Err(foreign())
            } else {
                Ok(body)
            }
        }
        Some(Credential::Session(_, csrf)) if sender == Sender::OurPages => with_token(&parts, body, csrf).await,
        Some(Credential::Session(..)) | None => Err(foreign()),
    };
    match verdict {
        Ok(body) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => for_asker(refusal, &parts),
    }
}

fn is_sign_in(parts: &Parts) -> bool {
    parts.method == Method::POST && matches!(parts.uri.path(), "/login" | "/api/v1/session")
}

/// Which site sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    /// This one.
    OurPages,
    /// Another one, or one that hides.
    Elsewhere,
    /// No browser, as far as one can tell.
    Unknown,
}

fn sender(headers: &HeaderMap, ours: Option<&SiteOrigin>) -> Sender {
    let fetched = match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"same-origin") => Sender::OurPages,
        Some(b"none") | None => Sender::Unknown,
        Some(_) => return Sender::Elsewhere,
    };
    let Some(origin) = headers.get(header::ORIGIN) else { return fetched };
    let origin = origin.to_str().ok().and_then(SiteOrigin::of_header);
    if origin.is_some() && origin.as_ref() == ours { Sender::OurPages } else { Sender::Elsewhere }
}

/// The body again when the request carries the session's token: in the header, or in a form's field for pages without script.
async fn with_token(parts: &Parts, body: Body, expected: &CsrfToken) -> Result<Body, Refusal> {
    if let Some(sent) = parts.headers.get("x-csrf-token") {
        return if is_same(sent.as_bytes(), expected.0.as_bytes()) { Ok(body) } else { Err(wrong_token()) };
    }
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form || parts.uri.path().starts_with("/api/v1/") {
        return Err(wrong_token());
    }
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
    let sent = body.split(|byte| *byte == b'&').find_map(|field| field.strip_prefix(b"csrf="));
    // The token has no characters that a form would encode.
    if sent.is_some_and(|sent| is_same(sent, expected.0.as_bytes())) {
        Ok(Body::from(body))
    } else {
        Err(wrong_token())
    }
}

/// Takes as long for any two texts of one length.
fn is_same(sent: &[u8], expected: &[u8]) -> bool {
    sent.len() == expected.len() && sent.iter().zip(expected).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

fn wrong_token() -> Refusal {
    let detail = "The request lacks the token of this session. Reload the page and try again; programs send X-Csrf-Token with \
                  the csrfToken of GET /api/v1/me.";
    Refusal::new(ProblemKind::ForeignOrigin, detail)
}

fn foreign() -> Refusal {
    let detail = "The request does not come from a page of this Klamm: its Origin is missing or another one.";
    Refusal::new(ProblemKind::ForeignOrigin, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origin: Option<&str>, fetch_site: Option<&str>) -> Sender {
        let ours = SiteOrigin::of_header("http://127.0.0.1:3000");
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        if let Some(site) = fetch_site {
            headers.insert("sec-fetch-site", site.parse().unwrap());
        }
        sender(&headers, ours.as_ref())
    }

    #[test]
    fn only_our_own_origin_is_ours() {
        let ours = Some("http://127.0.0.1:3000");
        assert_eq!(from(ours, None), Sender::OurPages);
        assert_eq!(from(ours, Some("same-origin")), Sender::OurPages);
        assert_eq!(from(None, Some("same-origin")), Sender::OurPages);
        for origin in ["http://127.0.0.1:3001", "https://127.0.0.1:3000", "http://localhost:3000", "null", "", "x"] {
            assert_eq!(from(Some(origin), None), Sender::Elsewhere, "{origin}");
            assert_eq!(from(Some(origin), Some("same-origin")), Sender::Elsewhere, "{origin}");
        }
        for site in ["cross-site", "same-site", "what"] {
            assert_eq!(from(ours, Some(site)), Sender::Elsewhere, "{site}");
            assert_eq!(from(None, Some(site)), Sender::Elsewhere, "{site}");
        }
        assert_eq!(from(None, None), Sender::Unknown);
        assert_eq!(from(None, Some("none")), Sender::Unknown);
    }

    #[test]
    fn without_a_host_nothing_is_ours() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, "http://127.0.0.1:3000".parse().unwrap());
        assert_eq!(sender(&headers, None), Sender::Elsewhere);
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(is_same(b"abc", b"abc"));
        for wrong in [&b"abd"[..], b"ab", b"abcd", b""] {
            assert!(!is_same(wrong, b"abc"));
        }
    }
}
