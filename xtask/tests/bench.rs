//! `bench`: that what it writes can be read again. Whether the figures are good is for people to judge.

mod support;

use serde_json::Value;
use support::Project;

#[test]
#[ignore = "long: writes and hashes a gigabyte a few times"]
fn bench_writes_every_run() {
    let project = Project::new();
    let outcome = project.run(&["bench", "checksums", "--runs", "2", "--json", "out/figures.json"]).expect_code(0);
    assert!(outcome.stdout.contains("write, 1 GB in 4 files"), "{}", outcome.stdout);
    let figures: Value = serde_json::from_str(&project.read("out/figures.json")).unwrap();
    let part = &figures["parts"][0];
    assert_eq!((part["name"].as_str(), figures["runs"].as_u64()), (Some("checksums"), Some(2)));
    let ours = &part["rows"][0]["ours"];
    assert_eq!(ours["runs"].as_array().map(Vec::len), Some(2));
    assert!(ours["median"].as_f64() >= ours["min"].as_f64());
    let left: Vec<_> = std::fs::read_dir(project.path("target")).unwrap().collect();
    assert!(left.is_empty(), "the throw-away copy is still there: {left:?}");
}
