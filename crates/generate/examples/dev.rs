//! dev
use std::io::Write;
use taskgraph_config::*;
use taskgraph_generate::*;
use taskgraph_kinds::*;
#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let cwd = std::env::current_dir()?;
    let t = std::time::Instant::now();
    let config = GraphConfig::load("taskcluster".as_ref(), &cwd)?;
    let root = config.vcs_root()?;
    let source = ParametersSource { strict: false, overrides: Default::default(), trust_domain: Some(config.trust_domain()), repo_root: &root, cwd: &cwd, now: Default::default(), remote: &Offline, extensions: &[] };
    let parameters = load_parameters(Some(&args[2]), &source)?;
    let session = Session::new(config, parameters, registry().into(), Environment::new(std::env::vars()), cwd.clone());
    let generator = Generator::new(session);
    let r = match args[1].as_str() { "full" => generator.full_task_graph(), "tasks" => generator.full_task_set(), "target" => generator.target_task_set(), _ => generator.target_task_graph() };
    let graph = match r { Ok(g) => g, Err(e) => { eprintln!("error: {e}"); std::process::exit(1) } };
    eprintln!("generated {:?}", t.elapsed());
    let mut out = std::fs::File::create(&args[3])?;
    taskgraph_graph::write_json(graph, &mut out)?;
    out.write_all(b"\n\n")?;
    eprintln!("written {:?}", t.elapsed());
    std::process::exit(0);
}
