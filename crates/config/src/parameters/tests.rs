//! Parameters: where they come from, and what is wrong with them.

mod checkout;
mod load;

use taskgraph_value::map;

use super::*;

#[test]
fn specifications_are_called_as_in_the_reference() {
    // Expected: Parameters.format_spec.
    for (spec, expected) in [
        (None, "defaults"),
        (Some(""), ""),
        (Some("params.yml"), "params"),
        (Some("a/b/params.tar.gz"), "params.tar"),
        (Some("a/"), ""),
        (Some("a/.yml"), ".yml"),
        (Some("..a.yml"), "..a"),
        (Some("a.b/c"), "c"),
        (Some("task-id=abc"), "task-id=abc"),
        (Some("project=x.yml"), "project=x.yml"),
        (Some("index=a.b.c"), "index=a.b.c"),
        (Some("http://h/a/b.yml"), "b"),
        (Some("HTTPS://h/x.json?y=z.w#f.g"), "x"),
        (Some("https://h/a.yml;v=1.2"), "a"),
        (Some("https://h"), ""),
        (Some("https://h?x.y"), ""),
        (Some("ftp://h/x.yml?q=1"), "x"),
        (Some("http:x/y.z"), "y"),
        (Some("http://h/a;b/c.d;e/f"), "f"),
        (Some("https://[::1]/p.yml"), "p"),
        (Some("x y.yml"), "x y"),
        (Some("http"), "http"),
        (Some("a#b.yml"), "a#b"),
        (Some(" https://h/a.yml?b"), "a"),
    ] {
        assert_eq!(format_spec(spec), expected, "{spec:?}");
    }
}

#[test]
fn files_have_the_addresses_they_have_in_the_reference() {
    // Repository, type, path, whether it is a page; expected: Parameters.file_url.
    for (repository, repository_type, path, pretty, expected) in [
        ("https://github.com/a/b", "git", "x/y.yml", true, "https://github.com/a/b/blob/abc/x/y.yml"),
        ("https://github.com/a/b", "git", "comm/x/comm/y", false, "https://github.com/a/b/raw/7/x/"),
        ("https://github.com/a/b", "hg", "x/y.yml", true, "https://github.com/a/b/file/abc/x/y.yml"),
        ("https://github.com/a/b", "hg", "comm/x/comm/y", false, "https://github.com/a/b/raw-file/7/x/"),
        ("https://github.com/a/b/", "git", "x/y.yml", true, "https://github.com/a/b/blob/abc/x/y.yml"),
        ("https://github.com/a/b/", "hg", "x/y.yml", true, "https://github.com/a/b//file/abc/x/y.yml"),
        ("https://github.com/a/b.git", "git", "x/y.yml", true, "https://github.com/a/b.git/blob/abc/x/y.yml"),
        ("https://github.com/a/b.git", "hg", "x/y.yml", true, "https://github.com/a/b.git/file/abc/x/y.yml"),
        ("git@github.com:a/b", "git", "x/y.yml", true, "https://github.com/a/b/blob/abc/x/y.yml"),
        ("git@github.com:a/b", "hg", "x/y.yml", true, "git@github.com:a/b/file/abc/x/y.yml"),
        ("git@github.com:a/b.git", "git", "x/y.yml", true, "https://github.com/a/b/blob/abc/x/y.yml"),
        ("git@github.com:a/b.git", "hg", "x/y.yml", true, "git@github.com:a/b.git/file/abc/x/y.yml"),
        ("git@github.com:a/b/", "git", "x/y.yml", true, "https://github.com/a/b//blob/abc/x/y.yml"),
        ("git@github.com:a/b/", "hg", "x/y.yml", true, "git@github.com:a/b//file/abc/x/y.yml"),
        ("ssh://git@github.com/a/b", "git", "x/y.yml", true, "error"),
        ("ssh://git@github.com/a/b", "hg", "x/y.yml", true, "ssh://git@github.com/a/b/file/abc/x/y.yml"),
        ("http://github.com/a/b", "git", "x/y.yml", true, "error"),
        ("http://github.com/a/b", "hg", "x/y.yml", true, "http://github.com/a/b/file/abc/x/y.yml"),
        ("https://hg.mozilla.org/x", "git", "x/y.yml", true, "error"),
        ("https://hg.mozilla.org/x", "hg", "x/y.yml", true, "https://hg.mozilla.org/x/file/abc/x/y.yml"),
    ] {
        let values = map! {
            "repository_type" => repository_type,
            "head_repository" => repository,
            "head_rev" => "abc",
            "comm_head_repository" => repository,
            "comm_head_rev" => 7,
        };
        let found = Parameters::from_values(values, true).file_url(path, pretty);
        assert_eq!(found.unwrap_or_else(|_| "error".into()), expected);
    }
}

#[test]
fn addresses_that_there_are_not() {
    for (values, expected) in [
        (map! {}, "taskgraph parameter `repository_type` not found"),
        (map! { "repository_type" => "hg" }, "taskgraph parameter `head_repository` not found"),
        (
            map! { "repository_type" => "git", "head_repository" => 5 },
            "taskgraph parameter `head_repository`: expected a string, found the integer 5",
        ),
        (
            map! { "repository_type" => "git", "head_repository" => "https://example.com/x", "head_rev" => "1" },
            "no URL for files of `https://example.com/x`, the repository that the parameters name: expected a repository on github.com",
        ),
        (
            map! { "repository_type" => "svn" },
            "no URL for files of a repository of the type `svn`: expected `git` or `hg`",
        ),
    ] {
        let error = Parameters::from_values(values, true).file_url("x", false).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn values_by_their_type() {
    let parameters = Parameters::from_values(
        map! { "level" => "3", "build_number" => 2, "files_changed" => vec!["a".into()], "owner" => Value::Null },
        true,
    );
    assert_eq!(parameters.text("level").unwrap(), "3");
    assert_eq!(parameters.integer("build_number").unwrap(), 2);
    assert_eq!(parameters.texts("files_changed").unwrap(), ["a"]);
    assert_eq!(parameters.attribute("owner"), Some(Value::Null));
    for (error, expected) in [
        (parameters.text("nope").map(drop), "taskgraph parameter `nope` not found"),
        (parameters.text("owner").map(drop), "taskgraph parameter `owner`: expected a string, found null"),
        (
            parameters.integer("level").map(drop),
            "taskgraph parameter `level`: expected an integer, found the string \"3\"",
        ),
        (
            parameters.texts("level").map(drop),
            "taskgraph parameter `level`: expected a list of strings, found the string \"3\"",
        ),
    ] {
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
}

#[test]
fn ids_are_those_of_the_reference() {
    let id = |values| Parameters::from_values(values, true).id();
    assert_eq!(id(map! {}).unwrap(), "44136fa355b3");
    let list = vec![1.5.into(), Value::Null, true.into()];
    assert_eq!(id(map! { "b" => 1, "a" => map! { "é" => list } }).unwrap(), "830732c39833");
    assert_eq!(
        id(map! { "x" => Value::Date("2024-01-01".into()) }).unwrap_err().to_string(),
        "taskgraph parameters: the date 2024-01-01 cannot be written as JSON; quote it to make it a string"
    );
}
