//! beetmover: moves artifacts to where they are served from.

use taskgraph_kinds::{KindContext, Problem};
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::{map, text};

use super::Building;
use crate::schema::{STRINGS, TEXT_OR_REFERENCE};

static RELEASE: Object = Object::closed(&[
    optional("app-name", Shape::Str),
    optional("app-version", Shape::Str),
    optional("branch", Shape::Str),
    optional("build-id", Shape::Str),
    optional("hash-type", Shape::Str),
    optional("platform", Shape::Str),
]);

static ARTIFACT: Object = Object::closed(&[
    required("taskId", TEXT_OR_REFERENCE),
    required("taskType", Shape::Str),
    required("paths", STRINGS),
    required("locale", Shape::Str),
]);

pub(super) static WORKER: Object = Object::open(&[
    required("implementation", Shape::OneOf(&["beetmover"])),
    required("max-run-time", Shape::Int),
    required("release-properties", Shape::Object(&RELEASE)),
    required("upstream-artifacts", Shape::ListOf(&Shape::Object(&ARTIFACT))),
    optional("locale", Shape::Str),
    optional("partner-public", Shape::Bool),
    optional("artifact-map", Shape::Any),
]);

pub(super) fn build(kind: &KindContext<'_>, building: &mut Building) -> Result<(), Problem> {
    let worker = building.worker();
    let value = |key: &str| worker.get(key).cloned().unwrap_or_default();
    let property = |key: &str| {
        let value = worker.get_map("release-properties").and_then(|release| release.get(key));
        value
            .cloned()
            .ok_or_else(|| Problem::missing(&format!("worker.release-properties.{key}"), "a string"))
    };
    let mut payload = map! {
        "maxRunTime" => value("max-run-time"),
        "releaseProperties" => map! {
            "appName" => property("app-name")?,
            "appVersion" => property("app-version")?,
            "branch" => property("branch")?,
            "buildid" => property("build-id")?,
            "hashType" => property("hash-type")?,
            "platform" => property("platform")?,
        },
        "upload_date" => kind.parameters.integer("build_date")?,
        "upstreamArtifacts" => value("upstream-artifacts"),
    };
    for (key, name) in [
        ("locale", text!("locale")),
        ("artifact-map", text!("artifactMap")),
        ("partner-public", text!("is_partner_repack_public")),
    ] {
        if worker.is_true(key) {
            payload.insert(name, value(key));
        }
    }
    building.set_payload(payload);
    Ok(())
}
