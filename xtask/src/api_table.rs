//! The table of the services' methods, as the pinned official Python client has them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::fixtures::reference::{Reference, pinned};
use crate::{target_dir, workspace};

const FILE: &str = "crates/queue-client/src/api/table.rs";

/// Prints what the generated classes of the client say of themselves.
const SCRIPT: &str = r#"
import importlib, json, pkgutil, taskcluster.generated as generated
services = []
for module in pkgutil.iter_modules(generated.__path__):
    module = importlib.import_module("taskcluster.generated." + module.name) if module.name[0] != "_" else None
    for client in vars(module).values() if module else []:
        if isinstance(client, type) and hasattr(client, "apiVersion") and hasattr(client, "serviceName"):
            if client.__module__ == module.__name__ and hasattr(client, "funcinfo"):
                if any("route" in info for info in client.funcinfo.values()):
                    services.append({"name": client.serviceName, "version": client.apiVersion,
                                     "methods": client.funcinfo})
print(json.dumps(services))
"#;

#[derive(Deserialize)]
struct Service {
    name: String,
    version: String,
    methods: BTreeMap<String, Method>,
}

#[derive(Deserialize)]
struct Method {
    method: String,
    route: String,
    #[serde(default)]
    query: Vec<String>,
    input: Option<String>,
}

pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("expected nothing or --check, found `{}`", args.join(" ")),
    };
    let table = render(&services(&Reference::install(&target_dir())?)?)?;
    let path = workspace().join(FILE);
    if !check {
        fs::write(&path, table).with_context(|| format!("writing {FILE}"))?;
    } else if fs::read_to_string(&path).unwrap_or_default() != table {
        eprintln!("{FILE} is stale: `cargo xtask api-table` refreshes it");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn services(reference: &Reference) -> Result<Vec<Service>> {
    let mut services: Vec<Service> = serde_json::from_slice(&reference.print(SCRIPT)?)?;
    services.sort_by(|a, b| a.name.cmp(&b.name));
    services.dedup_by(|a, b| a.name == b.name);
    Ok(services)
}

/// The file's text, formatted.
fn render(services: &[Service]) -> Result<String> {
    let constant = |name: &str| name.to_uppercase().replace('-', "_");
    let names: Vec<_> = services.iter().map(|service| constant(&service.name)).collect();
    let mut text = format!(
        "//! Every method of every service. Written by `cargo xtask api-table` from version {} of the official Python \
         client.\n\nuse super::{{Method, Service, Verb::{{Delete, Get, Post, Put}}, method}};\n\n\
         /// All services, by name.\npub const SERVICES: &[Service] = &[{}];\n",
        pinned("taskcluster"),
        names.join(", "),
    );
    for (service, constant) in services.iter().zip(&names) {
        let Service { name, version, methods } = service;
        write!(
            text,
            "\nconst {constant}: Service = Service {{ name: \"{name}\", version: \"{version}\", methods: {constant}_METHODS }};\n\n\
             #[rustfmt::skip]\nconst {constant}_METHODS: &[Method] = &[\n"
        )?;
        for (name, Method { method, route, query, input }) in methods {
            let verb = match method.as_str() {
                "get" => "Get",
                "post" => "Post",
                "put" => "Put",
                "delete" => "Delete",
                other => bail!("`{name}` is called with `{other}`, which the table has no name for"),
            };
            let query: Vec<_> = query.iter().map(|option| format!("\"{option}\"")).collect();
            let takes_body = input.is_some();
            writeln!(
                text,
                "    method(\"{name}\", {verb}, \"{route}\", &[{}], {takes_body}),",
                query.join(", ")
            )?;
        }
        text.push_str("];\n");
    }
    formatted(&text)
}

fn formatted(text: &str) -> Result<String> {
    use std::io::Write;
    let config = workspace().join("rustfmt.toml");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("running rustfmt")?;
    rustfmt.stdin.take().context("rustfmt takes no input")?.write_all(text.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refused the table");
    }
    Ok(String::from_utf8(output.stdout)?)
}
