//! The memory of the program.
//!
//! A large graph fills memory faster than the system hands it out page by page: a fifth of the time would go into that.
//! Huge pages cost next to nothing there, but make a small graph take twice its memory.

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
