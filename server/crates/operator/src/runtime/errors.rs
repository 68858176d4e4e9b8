pub(crate) use klamm_model::error_chain as chain;

/// What Kubernetes said, as a sentence for people.
pub(crate) fn explain(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if status.code == 403 => {
            format!("Kubernetes does not let Klamm do this: {}", status.message)
        }
        kube::Error::Api(status) => status.message.clone(),
        other => format!("Kubernetes could not be asked: {}", chain(other)),
    }
}

/// The object is not there.
pub(crate) fn is_not_found(error: &kube::Error) -> bool {
    code(error) == Some(404)
}

/// Somebody else was first, or changed it meanwhile.
pub(crate) fn is_conflict(error: &kube::Error) -> bool {
    code(error) == Some(409)
}

/// A right is missing: nothing changes until somebody grants it.
pub(crate) fn is_forbidden(error: &kube::Error) -> bool {
    code(error) == Some(403)
}

/// The API server refuses the object itself: nothing changes until the declaration does.
pub(crate) fn is_invalid(error: &kube::Error) -> bool {
    matches!(code(error), Some(400 | 422))
}

fn code(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}
