//! The definitions that are checked in under `server/deploy/crds` are those the code makes.
//! `KLAMM_UPDATE=1 cargo test -p klamm-resources` writes them anew.

use klamm_resources::{crd_yaml, crds, crds_yaml};
use serde_json::Value;
use std::{env, fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/crds")
}

#[test]
fn checked_in_definitions_are_up_to_date() {
    fs::create_dir_all(folder()).unwrap();
    for crd in crds() {
        let path = folder().join(format!("{}.yaml", crd.spec.names.plural));
        let wanted = crd_yaml(&crd).unwrap();
        if env::var_os("KLAMM_UPDATE").is_some() {
            fs::write(&path, &wanted).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{} is not what the code makes: run with KLAMM_UPDATE=1", path.display());
    }
    assert_eq!(fs::read_dir(folder()).unwrap().count(), crds().len(), "a definition that nothing makes");
}

#[test]
fn the_yaml_reads_as_what_was_written() {
    for crd in crds() {
        let read: Value = serde_saphyr::from_str(&crd_yaml(&crd).unwrap()).unwrap();
        assert_eq!(read, serde_json::to_value(&crd).unwrap(), "{}", crd.spec.names.plural);
    }
    assert_eq!(crds_yaml().unwrap().matches("\n---\n").count(), crds().len() - 1);
}

#[test]
fn every_list_of_objects_that_others_share_is_a_map() {
    let crd = crds().remove(0);
    let schema = serde_json::to_value(&crd.spec.versions[0].schema).unwrap();
    let spec = &schema["openAPIV3Schema"]["properties"]["spec"]["properties"];
    for (field, key) in [("pools", "name"), ("listeners", "name"), ("tenants", "namespace")] {
        assert_eq!(spec[field]["x-kubernetes-list-type"], "map", "{field}");
        assert_eq!(spec[field]["x-kubernetes-list-map-keys"], serde_json::json!([key]), "{field}");
    }
}
