//! Headers against digests of what Python's `tarfile` wrote, with the Python taskgraph's changes to it.

use super::*;
use crate::digest::sha256;

fn digest_of_header(name: &str, mode: u32, size: u64) -> String {
    let mut archive = Archive::new(Vec::new());
    archive.start_file(name.as_bytes(), mode, size).unwrap();
    sha256(&archive.inner)
}

#[test]
fn headers_equal_the_reference() {
    let names =
        ["a", &"n".repeat(100), &"n".repeat(101), &"é".repeat(51), &"l".repeat(511), &"l".repeat(512)];
    let expected = [
        "fe4f50b3227b09746b76cb99a5c849d9f959fc3de9da0460fa353a0060efe211",
        "fb57bab2b96199df8cceec8583ee1b54c806ca5726f5567c10a808a2af3d2c81",
        "77eb9e052116a39c5d049b382330245ad1973f5e243ddd818311764ed5370b65",
        "9a9166221f24eec91c69963617f3b5631d46632a2d46fc742916685af481b17b",
        "060ecdb392f5e31493afcf839f1522bd01553dd36440724253df0936c91cc62e",
        "9532b3effb83c1bf9576647f10b1ca7b5dd608a5f493b58fb8622194ac13b128",
    ];
    for (name, expected) in names.into_iter().zip(expected) {
        assert_eq!(digest_of_header(name, 0o100_755, 513), expected, "header of {name}");
    }
}

#[test]
fn large_sizes_equal_the_reference() {
    assert_eq!(
        digest_of_header("a", 0o644, (1 << 33) - 1),
        "55e6880b2435271d3b95d42caee7a146c13cfbd966c8eacb97d2c944da901905"
    );
    assert_eq!(
        digest_of_header("a", 0o644, 1 << 33),
        "3b5e1c610ec6c3de2e69230b4c2c1c07e9d3b0987b5b99070343840dbcc93b8e"
    );
}

#[test]
fn archives_are_whole_records() {
    let mut archive = Archive::new(Vec::new());
    archive.start_file(b"a", 0o644, 1).unwrap();
    archive.write_all(b"x").unwrap();
    archive.end_file().unwrap();
    assert_eq!(archive.written, 1024);
    assert_eq!(archive.finish().unwrap().len(), 10_240);
    assert_eq!(Archive::new(Vec::new()).finish().unwrap(), [0; 10_240]);
}
