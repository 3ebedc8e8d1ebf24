//! `run-task`: a command, in a checkout, with caches.

use taskgraph_kinds::{Error, KindContext, Problem};
use taskgraph_schema::{Object, Shape, describe, optional, required};
use taskgraph_value::{List, Map, Str, Value, map, text};

use super::caches::add_caches;
use super::checkout::add_checkout;
use super::describe::{RunJob, RunUsing, each};
use super::{check_worker, wrong_in_worker};
use crate::{
    last::{Last, change_shared},
    schema::TEXT_OR_REFERENCE,
};

static RUN: Object = Object::open(&[
    required("using", Shape::OneOf(&["run-task"])),
    required("command", Shape::AnyOf(&[Shape::ListOf(&TEXT_OR_REFERENCE), TEXT_OR_REFERENCE])),
    required("checkout", Shape::AnyOf(&[Shape::Bool, Shape::MapOf(&Shape::Mapping)])),
    required("workdir", Shape::Str),
    optional(
        "use-caches",
        Shape::AnyOf(&[
            Shape::Bool,
            Shape::ListOf(&Shape::OneOf(&["cargo", "checkout", "npm", "pip", "uv"])),
        ]),
    ),
    optional("cwd", Shape::Str),
    optional("exec-with", Shape::OneOf(&["bash", "powershell"])),
    optional("run-task-command", Shape::List),
    optional("run-as-root", Shape::Bool),
]);

pub(super) struct RunTask;

impl RunUsing for RunTask {
    fn schema(&self) -> Option<&'static Object> {
        Some(&RUN)
    }

    fn defaults(&self) -> Map {
        map! { "checkout" => true, "run-as-root" => false }
    }

    fn describe(&self, kind: &KindContext<'_>, jobs: &mut Vec<RunJob>) -> Result<(), Error> {
        let mut last = Memory::default();
        each(jobs, |job| match job.implementation() {
            "docker-worker" => on_docker_worker(kind, job, &mut last),
            _ => on_generic_worker(kind, job, &mut last),
        })
    }

    fn splits(&self) -> bool {
        true
    }

    fn passes_on(&self, implementation: &str) -> bool {
        // On Windows, the command becomes one string.
        implementation == "docker-worker"
    }
}

/// Checkout, working directory and caches, which all workers have in common.
struct SetUp {
    /// For run-task.
    arguments: Vec<Value>,
    /// What is added to `worker`.
    worker: Map,
    scopes: List,
}

impl SetUp {
    /// For a task that has a worker and what `job` says under `run`, but nothing else.
    fn new(kind: &KindContext<'_>, job: &RunJob, worker: Map) -> Result<SetUp, Problem> {
        let task = job.task.with_fields(map! { "worker" => worker });
        let mut job = RunJob { run: job.run.clone(), task };
        let mut arguments = Vec::new();
        add_checkout(kind, &mut job, &mut arguments)?;
        if let Some(cwd) = job.run.get("cwd") {
            arguments.extend([text!("--task-cwd").into(), cwd.clone()]);
        }
        add_caches(kind, &mut job)?;
        let level = kind.parameters.text("level")?;
        job.env().insert(text!("MOZ_SCM_LEVEL"), level.into());
        let scopes = std::mem::take(job.task.list_mut(text!("scopes")));
        Ok(SetUp { arguments, worker: job.task.take_map("worker"), scopes })
    }
}

/// How the task before was set up, and what became of its worker.
#[derive(Default)]
struct Memory {
    set_up: Last<SetUp, 6>,
    worker: Last<Map, 2>,
}

/// Sets a task up, and adds arguments of run-task to a command.
fn set_up(
    kind: &KindContext<'_>,
    job: &mut RunJob,
    command: &mut Vec<Value>,
    last: &mut Memory,
) -> Result<(), Problem> {
    let worker = job.task.get_map("worker");
    let [implementation, os] = ["implementation", "os"].map(|key| worker.and_then(|worker| worker.get(key)));
    let [checkout, cwd, caches, workdir] =
        ["checkout", "cwd", "use-caches", "workdir"].map(|key| job.run.get(key));
    let values = [implementation, os, checkout, cwd, caches, workdir].map(Option::<&Value>::cloned);
    let set_up = last.set_up.or_make(values, |[implementation, os, ..]| {
        let known = [(text!("implementation"), implementation), (text!("os"), os)];
        let known = known.into_iter().filter_map(|(key, value)| Some((key, value.clone()?)));
        SetUp::new(kind, job, known.collect())
    })?;
    command.extend(set_up.arguments.iter().cloned());
    change_shared(job.worker(), set_up.worker.clone(), &mut last.worker, |worker| {
        for (key, value) in &set_up.worker {
            match (value, worker.get_mut(key)) {
                (Value::Map(more), Some(Value::Map(map))) => map.extend_from(more),
                (Value::List(more), Some(Value::List(list))) => list.extend(more.iter().cloned()),
                (Value::Map(_), Some(other)) => return Err(wrong_in_worker(key, "a mapping", other)),
                (Value::List(_), Some(other)) => return Err(wrong_in_worker(key, "a list", other)),
                (value, _) => drop(worker.insert(key.clone(), value.clone())),
            }
        }
        Ok(())
    })?;
    if !set_up.scopes.is_empty() {
        job.task.list_mut(text!("scopes")).extend(set_up.scopes.iter().cloned());
    }
    Ok(())
}

/// The start of the command line: what the task gives, or the usual one.
fn run_task_command(job: &mut RunJob, usual: &[Str]) -> Result<Vec<Value>, Problem> {
    match job.run.remove("run-task-command") {
        Some(Value::List(given)) => Ok(given.into_iter().collect()),
        Some(Value::Null) | None => Ok(usual.iter().map(Value::from).collect()),
        Some(other) => Err(Problem::wrong("run.run-task-command", "a list", describe(&other))),
    }
}

/// The command that executes one string.
fn exec_with(job: &mut RunJob) -> Vec<Value> {
    let words: &[Str] = match job.run.remove("exec-with") {
        Some(Value::Str(with)) if with == "powershell" => {
            &[text!("powershell.exe"), text!("-ExecutionPolicy"), text!("Bypass")]
        }
        _ => &[text!("bash"), text!("-cx")],
    };
    words.iter().map(Value::from).collect()
}

fn separate(job: &RunJob, command: &mut Vec<Value>) {
    if job.run.is_true("run-as-root") {
        command.extend([text!("--user"), text!("root"), text!("--group"), text!("root")].map(Value::from));
    }
    command.push(text!("--").into());
}

fn on_docker_worker(kind: &KindContext<'_>, job: &mut RunJob, last: &mut Memory) -> Result<(), Problem> {
    let mut command = run_task_command(job, &[text!("/usr/local/bin/run-task")])?;
    set_up(kind, job, &mut command, last)?;
    let run = match job.run.get("command").cloned() {
        Some(Value::List(words)) => words.into_iter().collect(),
        // A string, or a reference that becomes one.
        Some(one) => {
            let mut words = exec_with(job);
            words.push(one);
            words
        }
        None => return Err(Problem::missing("run.command", "a command")),
    };
    separate(job, &mut command);
    command.extend(run);
    job.worker().insert(text!("command"), List::from(command).into());
    Ok(())
}

fn on_generic_worker(kind: &KindContext<'_>, job: &mut RunJob, last: &mut Memory) -> Result<(), Problem> {
    check_worker(&job.task, "mounts", "a list", |mounts| mounts.as_list().is_some())?;
    let os = job.os()?.clone();
    let windows = os == "windows";
    let usual: &[Str] = if windows {
        &[text!("C:/mozilla-build/python3/python3.exe"), text!("run-task")]
    } else {
        &[text!("./run-task")]
    };
    let mut command = run_task_command(job, usual)?;
    if command.is_empty() {
        command = usual.iter().map(Value::from).collect();
    }
    set_up(kind, job, &mut command, last)?;

    let fetches = job.env().is_true("MOZ_FETCHES");
    let add_mount = |job: &mut RunJob, script: &str| -> Result<(), Problem> {
        let mount = map! { "content" => map! { "url" => script_url(kind, script)? }, "file" => format!("./{script}") };
        job.worker().list_mut(text!("mounts")).push(mount.into());
        Ok(())
    };
    add_mount(job, "run-task")?;
    if fetches {
        add_mount(job, "fetch-content")?;
    }

    let run = match job.run.get("command").cloned() {
        Some(Value::List(words)) => words.into_iter().collect(),
        Some(Value::Str(text)) => {
            let mut words = exec_with(job);
            words.push(if windows { format!("\"{text}\"").into() } else { text.into() });
            words
        }
        // The reference adds the keys of a mapping.
        Some(Value::Map(map)) => map.keys().map(Value::from).collect(),
        _ => return Err(Problem::missing("run.command", "a command")),
    };
    separate(job, &mut command);
    if os == "linux-bitbar" {
        // It prepares the device before it runs the command.
        command.push(text!("/builds/taskcluster/script.py").into());
    }
    command.extend(run);
    let command: List = if windows {
        let words: Result<Vec<&str>, Problem> = command
            .iter()
            .map(|word| {
                word.as_str().map(Str::as_str).ok_or_else(|| {
                    Problem::wrong(
                        "run.command",
                        "strings, because on Windows it becomes one string",
                        describe(word),
                    )
                })
            })
            .collect();
        List::from(vec![words?.join(" ").into()])
    } else {
        let allow = [text!("chmod"), text!("+x"), text!("run-task")].map(Value::from);
        List::from(vec![List::from(allow.to_vec()).into(), List::from(command).into()])
    };
    job.worker().insert(text!("command"), command.into());
    Ok(())
}

/// Where a worker downloads an in-task script from: the decision task has it as a public artifact.
fn script_url(kind: &KindContext<'_>, script: &str) -> Result<String, Problem> {
    let environment = &kind.environment;
    let task_id = environment.get("TASK_ID");
    if environment.get("MOZ_AUTOMATION").is_some() && task_id.is_none() {
        return Err(Problem::message("TASK_ID must be set to use run-task on generic-worker in automation"));
    }
    let root_url = environment.get("TASKCLUSTER_ROOT_URL").ok_or_else(|| {
        Problem::message("TASKCLUSTER_ROOT_URL must be set to use run-task on generic-worker, e.g. to https://tc.example.com")
    })?;
    let task_id = task_id.unwrap_or("<TASK_ID>");
    let root_url = root_url.trim_end_matches('/');
    Ok(format!("{root_url}/api/queue/v1/task/{task_id}/artifacts/public/{script}"))
}
