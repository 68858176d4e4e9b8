//! Holds the table of levels against the jars of every Kafka image that `make parts` built. Nothing in Kafka prints which
//! levels changed how metadata is written, and a JRE alone runs no code of ours, so that the constants are read from
//! Kafka's classes themselves.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod class;
mod jar;

use class::{Constant, Item};
use jar::Jar;
use klamm_planner::operations::{Change, DEFAULTS, Door, LEVELS, METADATA, RELEASES, Release, door, level_of, one_way};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const PACKAGE: &str = "org/apache/kafka/server/common";

/// `kafka-server-common` of every image, by version.
fn jars() -> BTreeMap<String, Jar> {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/sandbox/images/klamm.dev/kafka");
    let mut jars = BTreeMap::new();
    for image in fs::read_dir(&store).expect("`make parts` has built images").map(Result::unwrap) {
        let version = image.file_name().into_string().unwrap();
        let path: PathBuf = image.path().join(format!("rootfs/opt/kafka/libs/kafka-server-common-{version}.jar"));
        if path.exists() {
            jars.insert(version, Jar::read(&path));
        }
    }
    assert!(!jars.is_empty(), "no image of Kafka in {}", store.display());
    jars
}

/// Levels of `metadata.version` that a jar knows, by the name of their constant, and the one it finalises.
struct Metadata {
    levels: BTreeMap<String, (i16, String, Change)>,
    newest: i16,
}

fn metadata(jar: &Jar) -> Metadata {
    let class = jar.class(&format!("{PACKAGE}/MetadataVersion"));
    let mut levels = BTreeMap::new();
    for Constant { name, items } in class.constants() {
        let (Some(Item::Int(level)), Some(Item::Text(release)), Some(Item::Text(subversion))) =
            (items.first(), items.get(1), items.get(2))
        else {
            // Before KRaft there were releases without a subversion.
            continue;
        };
        // The shorter constructor is that of levels which changed it.
        let change = match items.get(3) {
            Some(Item::Int(0)) => Change::None,
            Some(Item::Int(1)) | None => Change::Metadata,
            other => panic!("{name} is made from {other:?}"),
        };
        levels.insert(name, (i16::try_from(*level).unwrap(), format!("{release}-{subversion}"), change));
    }
    let newest = class.alias("LATEST_PRODUCTION").expect("a jar says which level it finalises");
    let newest = levels[&newest].0;
    Metadata { levels, newest }
}

/// Features other than `metadata.version`: the highest level for production, and from which level of `metadata.version` on
/// it is the default.
fn features(jar: &Jar, metadata: &Metadata) -> BTreeMap<String, (i16, i16)> {
    let (class, says_latest) = match jar.find(&format!("{PACKAGE}/Feature")) {
        Some(class) => (class, true),
        None => (jar.class(&format!("{PACKAGE}/Features")), false),
    };
    let mut features = BTreeMap::new();
    for Constant { items, .. } in class.constants() {
        let Some(Item::Text(feature)) = items.first() else { panic!("a feature is made from {items:?}") };
        if feature.starts_with("test.") || feature.starts_with("unit.") {
            continue;
        }
        let Some(Item::Call(of)) = items.get(1) else { panic!("{feature} is made from {items:?}") };
        let versions = jar.class(of);
        // Level and the metadata version it comes with, by the name of their constant.
        let levels: BTreeMap<String, (i16, i16)> = versions
            .constants()
            .into_iter()
            .map(|Constant { name, items }| {
                let (Some(Item::Int(level)), Some(Item::Field(with))) = (items.first(), items.get(1)) else {
                    panic!("{name} is made from {items:?}");
                };
                let with = metadata.levels.get(with).map_or(0, |(level, _, _)| *level);
                (name, (i16::try_from(*level).unwrap(), with))
            })
            .collect();
        let newest = if says_latest {
            levels[&versions.alias("LATEST_PRODUCTION").unwrap()]
        } else {
            *levels.values().filter(|(_, with)| *with <= metadata.newest).max().unwrap()
        };
        features.insert(feature.clone(), newest);
    }
    features
}

#[test]
fn levels_and_their_one_way_doors_are_those_of_the_jars() {
    for (version, jar) in jars() {
        let release = Release::of(&version).unwrap_or_else(|| panic!("{version} is not in the table"));
        let metadata = metadata(&jar);
        let known: BTreeMap<i16, (&str, Change)> = metadata
            .levels
            .values()
            // What comes after the newest may still change before it is released.
            .filter(|(level, _, _)| (1..=metadata.newest).contains(level))
            .map(|(level, name, change)| (*level, (name.as_str(), *change)))
            .collect();
        assert_eq!(release.metadata, (*known.keys().next().unwrap(), metadata.newest), "{version}");
        for (level, (name, change)) in &known {
            let (said, did) = LEVELS[usize::try_from(*level).unwrap() - 1];
            assert_eq!((said, did), (*name, *change), "level {level} of {version}");
            assert_eq!(level_of(name), Some(*level));
        }
        // A statement that there is a way back is made from nothing else.
        for from in known.keys() {
            for to in known.keys().filter(|to| *to >= from) {
                let crossed = known.iter().filter(|(level, _)| *level > from && *level <= to);
                let bars = crossed.into_iter().any(|(_, (_, change))| *change == Change::Metadata);
                assert_eq!(one_way(*from, *to).is_empty(), !bars, "{version}: {from} to {to}");
                let is_open = door(METADATA, *from, *to) == Door::Open;
                assert_eq!(is_open, !bars, "{version}: {from} to {to}");
            }
        }
    }
}

#[test]
fn features_and_the_levels_they_get_by_default_are_those_of_the_jars() {
    for (version, jar) in jars() {
        let release = Release::of(&version).unwrap();
        let found = features(&jar, &metadata(&jar));
        let said: BTreeMap<&str, i16> = release.features.iter().copied().collect();
        let told: BTreeMap<&str, i16> = found.iter().map(|(feature, (level, _))| (feature.as_str(), *level)).collect();
        assert_eq!(said, told, "{version}");
        for (feature, from, level) in DEFAULTS {
            if let Some((newest, with)) = found.get(*feature).filter(|(newest, _)| *newest > 0) {
                assert_eq!((newest, with), (level, from), "{feature} of {version}");
            }
        }
    }
}

#[test]
fn every_release_of_the_table_has_a_line_of_its_own() {
    let lines: Vec<(u16, u16)> = RELEASES.iter().map(|release| release.line).collect();
    assert!(lines.is_sorted() && lines.windows(2).all(|two| two[0] != two[1]), "{lines:?}");
    assert_eq!(RELEASES.last().unwrap().metadata.1, i16::try_from(LEVELS.len()).unwrap());
}
