//! The image store: a folder `<name>/<tag>/rootfs` per image.

use std::fs;
use std::path::{Path, PathBuf};

/// How deep names may nest: `registry/team/project/name`.
const DEEPEST_NAME: usize = 6;

/// What is asked for, and what there is instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the image {asked} is not in the sandbox's image store {}; there {}", store.display(), there_are(there))]
pub(super) struct NoSuchImage {
    asked: String,
    store: PathBuf,
    there: Vec<String>,
}

fn there_are(images: &[String]) -> String {
    match images {
        [] => "are none".to_owned(),
        [one] => format!("is {one}"),
        many => format!("are {}", many.join(", ")),
    }
}

/// The root folder of an image.
pub(super) fn find(store: &Path, image: &str) -> Result<PathBuf, NoSuchImage> {
    let (name, tag) = split(image);
    let inside = |part: &str| !part.is_empty() && part != "." && part != "..";
    let rootfs = store.join(name).join(tag).join("rootfs");
    if name.split('/').all(inside) && inside(tag) && !tag.contains('@') && rootfs.is_dir() {
        return Ok(rootfs);
    }
    Err(NoSuchImage { asked: image.to_owned(), store: store.to_owned(), there: list(store) })
}

/// All images there are, as `name:tag`.
pub(super) fn list(store: &Path) -> Vec<String> {
    let mut found = Vec::new();
    collect(store, &mut Vec::new(), &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, path: &mut Vec<String>, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What is still being put together hides behind a dot.
        if name.starts_with('.') || !entry.path().is_dir() {
            continue;
        }
        if !path.is_empty() && entry.path().join("rootfs").is_dir() {
            found.push(format!("{}:{name}", path.join("/")));
        } else if path.len() < DEEPEST_NAME {
            path.push(name);
            collect(&entry.path(), path, found);
            path.pop();
        }
    }
}

fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        // A colon before the last slash belongs to a registry's port.
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_image_is_answered_with_those_there_are() {
        let store = tempfile::tempdir().unwrap();
        for image in ["klamm.dev/shell/1", "klamm.dev/kafka/4.1.2", "plain/latest", ".unfinished/kafka"] {
            fs::create_dir_all(store.path().join(image).join("rootfs")).unwrap();
        }
        assert!(find(store.path(), "klamm.dev/shell:1").unwrap().ends_with("klamm.dev/shell/1/rootfs"));
        assert!(find(store.path(), "plain").is_ok(), "no tag means latest");
        let refused = find(store.path(), "klamm.dev/kafka:9").unwrap_err().to_string();
        assert!(refused.contains("klamm.dev/kafka:4.1.2, klamm.dev/shell:1, plain:latest"), "{refused}");
        for outside in ["../etc:1", "a/../../b:1", "klamm.dev/shell:..", "klamm.dev//shell:1"] {
            assert!(find(store.path(), outside).is_err(), "{outside}");
        }
    }
}
