//! The memory of the program.
//!
//! For a large graph, much of the time would go into getting memory from the system page by page. Huge pages save that,
//! but a small graph uses only a part of each, and would take more memory for nothing.

/// From this many tasks on, huge pages save more than they cost.
pub(crate) const MANY_TASKS: usize = 2_000;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whether memory that is used from now on may come in huge pages. The allocator asks for them; where the system has
/// none, nothing changes.
pub(crate) fn huge_pages(wanted: bool) {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(!wanted);
    #[cfg(not(target_os = "linux"))]
    let _ = wanted;
}
