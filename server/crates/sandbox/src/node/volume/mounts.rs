//! Where a container's volumes are mounted.

use std::fs;
use std::path::{Component, Path, PathBuf};

use k8s_openapi::api::core::v1::{Container, VolumeMount};

use crate::node::container::env::Environment;
use crate::node::container::expand::expand;
use crate::node::container::root::Mount;

use super::VolumeError;

/// What stands behind a volume's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Behind {
    /// A folder that containers may write to.
    Folder(PathBuf),
    /// A folder of links that the node keeps up to date; never written by containers.
    Published(PathBuf),
    /// A file system that only containers see.
    Sized(PathBuf),
}

/// The mounts of a container, outer ones first.
pub(super) fn mounts(
    container: &Container,
    env: &Environment,
    behind: impl Fn(&str) -> Option<Behind>,
) -> Result<Vec<Mount>, VolumeError> {
    let mut wanted: Vec<&VolumeMount> = container.volume_mounts.iter().flatten().collect();
    wanted.sort_by_key(|mount| Path::new(&mount.mount_path).components().count());
    wanted.into_iter().map(|mount| one(mount, env, &behind)).collect()
}

fn one(mount: &VolumeMount, env: &Environment, behind: &impl Fn(&str) -> Option<Behind>) -> Result<Mount, VolumeError> {
    let refused = |reason: String| VolumeError::Refused { volume: mount.name.clone(), reason };
    let behind = behind(&mount.name).ok_or_else(|| refused("the pod has no such volume".to_owned()))?;
    let expression = mount.sub_path_expr.as_deref().map(|text| expand(text, |name| env.get(name).cloned()));
    let sub_path = expression.or_else(|| mount.sub_path.clone()).filter(|path| !path.is_empty());
    let writable = mount.read_only != Some(true) && !matches!(behind, Behind::Published(_));
    let from = match (behind, sub_path) {
        (Behind::Folder(path) | Behind::Published(path) | Behind::Sized(path), None) => path,
        (Behind::Sized(_), Some(_)) => {
            return Err(refused("the sandbox knows no subPath of a size-limited emptyDir".to_owned()));
        }
        (_, Some(sub))
            if !Path::new(&sub).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) =>
        {
            return Err(refused(format!("the subPath {sub} leads outside the volume")));
        }
        // The file of now: who mounts a single one does not see later versions, as on any kubelet.
        (Behind::Published(path), Some(sub)) => {
            fs::canonicalize(path.join(&sub)).map_err(|_| refused(format!("there is no {sub} in the volume")))?
        }
        (Behind::Folder(path), Some(sub)) => {
            let target = path.join(&sub);
            let files = |source| VolumeError::Files { volume: mount.name.clone(), source };
            if fs::symlink_metadata(&target).is_err() {
                fs::create_dir_all(&target).map_err(files)?;
            }
            let (real, root) = (fs::canonicalize(&target).map_err(files)?, fs::canonicalize(&path).map_err(files)?);
            if !real.starts_with(root) {
                return Err(refused(format!("the subPath {sub} leads outside the volume")));
            }
            real
        }
    };
    let at = PathBuf::from(&mount.mount_path);
    Ok(if writable { Mount::Writable { from, at } } else { Mount::ReadOnly { from, at } })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use serde_json::{Value, json};

    use super::*;

    fn of(folder: &Path, mounts_json: &Value) -> Result<Vec<Mount>, VolumeError> {
        let container: Container = serde_json::from_value(json!({"name": "c", "volumeMounts": mounts_json})).unwrap();
        let env = Environment::from([("POD".to_owned(), "broker-0".to_owned())]);
        mounts(&container, &env, |name| {
            Some(match name {
                "data" => Behind::Folder(folder.join("data")),
                "conf" => Behind::Published(folder.join("conf")),
                "small" => Behind::Sized(folder.join("small")),
                _ => return None,
            })
        })
    }

    #[test]
    fn outer_mounts_come_first_and_published_ones_are_read_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let made =
            of(path, &json!([{"name": "conf", "mountPath": "/data/conf"}, {"name": "data", "mountPath": "/data"}]))
                .unwrap();
        let data = Mount::Writable { from: path.join("data"), at: "/data".into() };
        let conf = Mount::ReadOnly { from: path.join("conf"), at: "/data/conf".into() };
        assert_eq!(made, [data, conf]);
        let read_only = of(path, &json!([{"name": "data", "mountPath": "/data", "readOnly": true}])).unwrap();
        assert_eq!(read_only, [Mount::ReadOnly { from: path.join("data"), at: "/data".into() }]);
    }

    #[test]
    fn sub_paths_are_made_in_folders_looked_up_in_published_ones_and_never_lead_outside() {
        let folder = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(path.join("data")).unwrap();
        fs::create_dir_all(path.join("conf/..1")).unwrap();
        fs::write(path.join("conf/..1/a"), "1").unwrap();
        symlink("..1", path.join("conf/..data")).unwrap();
        symlink("..data/a", path.join("conf/a")).unwrap();
        symlink("/etc", path.join("data/escape")).unwrap();
        let sub = |volume: &str, sub: &str| of(&path, &json!([{"name": volume, "mountPath": "/x", "subPath": sub}]));

        let expression = of(&path, &json!([{"name": "data", "mountPath": "/x", "subPathExpr": "$(POD)/log"}])).unwrap();
        assert_eq!(expression, [Mount::Writable { from: path.join("data/broker-0/log"), at: "/x".into() }]);
        assert!(path.join("data/broker-0/log").is_dir());
        assert_eq!(sub("conf", "a").unwrap(), [Mount::ReadOnly { from: path.join("conf/..1/a"), at: "/x".into() }]);
        for (volume, outside) in [("data", "../x"), ("data", "escape"), ("conf", "none"), ("small", "x"), ("other", "")]
        {
            assert!(sub(volume, outside).is_err(), "{volume} {outside}");
        }
    }
}
