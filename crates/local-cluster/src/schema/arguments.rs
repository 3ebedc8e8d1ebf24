//! What arguments in a path and options in a query have to look like.

use chrono::DateTime;
use taskcluster_queue_client::api::Method;

use crate::error::ApiError;

/// What an argument may be, by name: the pattern as it stands in messages, and the same as a function.
struct Pattern {
    names: &'static [&'static str],
    text: &'static str,
    matches: fn(&str) -> bool,
}

const PATTERNS: [Pattern; 12] = [
    Pattern {
        names: &["taskId", "taskGroupId"],
        text: "/^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$/",
        matches: is_slugid,
    },
    Pattern { names: &["runId"], text: "/^[0-9]+$/", matches: is_number },
    Pattern {
        names: &["provisionerId", "workerGroup", "workerId"],
        text: "/^[a-zA-Z0-9-_]{1,38}$/",
        matches: is_identifier,
    },
    Pattern { names: &["workerType"], text: "/^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$/", matches: is_worker_type },
    Pattern {
        names: &["taskQueueId", "workerPoolId"],
        text: r"/^[a-zA-Z0-9-_]{1,38}\/[a-z]([-a-z0-9]{0,36}[a-z0-9])?$/",
        matches: is_queue,
    },
    Pattern {
        names: &["indexPath", "namespace"],
        text: "/^([a-zA-Z0-9_!~*'()%-]+\\.)*[a-zA-Z0-9_!~*'()%-]+$/",
        matches: is_index_path,
    },
    Pattern { names: &["hookGroupId"], text: "/^[a-zA-Z0-9-_]{1,1000}$/", matches: is_hook_group },
    Pattern { names: &["hookId"], text: r"/^[a-zA-Z0-9-_\/]{1,1000}$/", matches: is_hook },
    Pattern { names: &["clientId", "prefix"], text: "/^[A-Za-z0-9!@/:.+|_-]+$/", matches: is_client },
    Pattern { names: &["roleId"], text: r"/^[\x20-\x7e]+$/", matches: is_printable },
    Pattern { names: &["limit"], text: "/^[0-9]+$/", matches: is_number },
    Pattern { names: &["continuationToken"], text: "/./", matches: is_something },
];

/// Checks the arguments of a call and its query, a bewit apart.
///
/// # Errors
///
/// 400 InvalidRequestArguments, with the name and the pattern of each that is malformed or unknown.
pub(crate) fn check_arguments(
    service: &str,
    method: &Method,
    arguments: &[String],
    query: &[(String, String)],
) -> Result<(), ApiError> {
    let refused = query.iter().filter_map(|(key, value)| {
        if key == "bewit" {
            return None;
        }
        if !method.query.contains(&key.as_str()) {
            return Some(format!("Query-string parameter: {key} is not supported!"));
        }
        if query.iter().filter(|(other, _)| other == key).count() > 1 {
            return Some(format!("Query-string parameter: {key} must be a string!"));
        }
        if key == "since" {
            return DateTime::parse_from_rfc3339(value).is_err().then(|| {
                format!("Query-string parameter: {key}=\"{value}\" is not valid, error: Invalid Date")
            });
        }
        let pattern = pattern(key)?;
        (!(pattern.matches)(value)).then(|| {
            let text = pattern.text;
            format!("Query-string parameter: {key}=\"{value}\" does not match expression: {text}")
        })
    });
    let refused = refused.collect::<Vec<_>>();
    if !refused.is_empty() {
        return Err(ApiError::invalid_arguments(refused.join("\n")));
    }
    let refused = method.arguments().zip(arguments).filter_map(|(name, value)| {
        // The top of the index has no name, and lists may be of it.
        if value.is_empty() && service == "index" && method.name.starts_with("list") {
            return None;
        }
        let pattern = pattern(name).filter(|pattern| !(pattern.matches)(value))?;
        let text = pattern.text;
        Some(format!("URL parameter '{name}' given as '{value}' must match regular expression: '{text}'"))
    });
    let refused = refused.collect::<Vec<_>>();
    if refused.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid_arguments(format!("Invalid URL patterns:\n{}", refused.join("\n"))))
}

fn pattern(name: &str) -> Option<&'static Pattern> {
    PATTERNS.iter().find(|pattern| pattern.names.contains(&name))
}

/// Whether it is a slugid, as of tasks.
fn is_slugid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 22
        && bytes.iter().all(|&byte| is_word(byte))
        && (b'Q'..=b'T').contains(&bytes[8])
        && b"CGKOSWaeimquy26-".contains(&bytes[10])
        && b"AQgw".contains(&bytes[21])
}

/// Whether something can be indexed there.
pub(crate) fn is_index_path(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| is_word(byte) || b"!~*'()%".contains(&byte));
    text.split('.').all(part)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    (1..=38).contains(&text.len()) && text.bytes().all(is_word)
}

fn is_worker_type(text: &str) -> bool {
    let all = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    all && text.len() <= 38
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}

fn is_queue(text: &str) -> bool {
    text.split_once('/').is_some_and(|(provisioner, kind)| is_identifier(provisioner) && is_worker_type(kind))
}

fn is_hook_group(text: &str) -> bool {
    (1..=1000).contains(&text.len()) && text.bytes().all(is_word)
}

fn is_hook(text: &str) -> bool {
    (1..=1000).contains(&text.len()) && text.bytes().all(|byte| is_word(byte) || byte == b'/')
}

fn is_client(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is_word(byte) || b"!@/:.+|".contains(&byte))
}

fn is_printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

fn is_something(text: &str) -> bool {
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use taskcluster_queue_client::api::Service;

    use super::*;

    #[test]
    fn functions_are_what_the_patterns_say() {
        let samples = [
            "",
            "a",
            "A",
            "-",
            "a-",
            "a-b",
            "9",
            "012",
            "a/b",
            "a/b/c",
            "a/-b",
            "/a",
            "a.b",
            "a..b",
            ".a",
            "a.",
            "a b",
            "ä",
            "a\n",
            "a:b@c",
            "x|y",
            "fdtgsD5DQUmAQZEaGMvQ4Q",
            "fdtgsD5DQUmAQZEaGMvQ4x",
            "!~*'()%",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "fdtgsD5D\u{e9}QUmAQZEaGMvQ4",
            "a_b",
            "proj-x/b-linux-1",
            "\u{7f}",
        ];
        for pattern in &PATTERNS {
            let text = pattern.text.trim_matches('/').replace("\\/", "/");
            let schema = json!({ "type": "string", "pattern": text });
            let validator = jsonschema::validator_for(&schema).unwrap();
            for sample in samples {
                let expected = validator.is_valid(&json!(sample));
                assert_eq!((pattern.matches)(sample), expected, "{sample:?} {}", pattern.text);
            }
        }
    }

    #[track_caller]
    fn message(service: &str, method: &str, arguments: &[&str], query: &[(&str, &str)]) -> Option<String> {
        let method = Service::find(service).unwrap().method(method).unwrap();
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>();
        let query = query.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect::<Vec<_>>();
        check_arguments(service, method, &arguments, &query).err().map(|error| {
            assert_eq!((error.status, error.code), (400, "InvalidRequestArguments"));
            error.message
        })
    }

    #[test]
    fn error_malformed_task_id() {
        assert_eq!(message("queue", "status", &["fdtgsD5DQUmAQZEaGMvQ4Q"], &[]), None);
        assert_eq!(
            message("queue", "status", &["nope"], &[]).unwrap(),
            "Invalid URL patterns:\nURL parameter 'taskId' given as 'nope' must match regular expression: \
             '/^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$/'"
        );
    }

    #[test]
    fn error_bad_or_unknown_query_argument() {
        let list = |query| message("index", "listTasks", &["a.b"], query);
        assert_eq!(list(&[("limit", "5"), ("bewit", "x")]), None);
        assert!(
            list(&[("limit", "x")]).unwrap().ends_with("limit=\"x\" does not match expression: /^[0-9]+$/")
        );
        assert_eq!(list(&[("foo", "x")]).unwrap(), "Query-string parameter: foo is not supported!");
        assert!(list(&[("limit", "1"), ("limit", "2")]).unwrap().contains("limit must be a string!"));
        let since = |value| message("purge-cache", "purgeRequests", &["a/b"], &[("since", value)]);
        assert_eq!(since("2026-02-03T04:05:06Z"), None);
        assert!(since("yesterday").unwrap().ends_with("error: Invalid Date"));
    }

    #[test]
    fn the_top_of_the_index_may_be_listed() {
        assert_eq!(message("index", "listNamespaces", &[""], &[]), None);
        assert!(message("index", "findTask", &[""], &[]).is_some());
    }
}
