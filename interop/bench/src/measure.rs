// SPDX-License-Identifier: Apache-2.0
//! What is measured with: CPU time of the process, live bytes of the heap, and
//! rows that interop/bench/table reads.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};

/// The system's allocator, counting what is live.
pub struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Ordering::Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        System.dealloc(p, layout)
    }
}

pub fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

fn cpu_ms() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: t is a timespec that the call fills.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e3 + t.tv_nsec as f64 / 1e6
}

/// What `work` gave, and the CPU milliseconds it took, all threads together.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = cpu_ms();
    let made = work();
    (made, cpu_ms() - start)
}

pub struct Rows<'a> {
    pub library: &'a str,
    pub suite: &'a str,
    pub n: usize,
    pub silent: bool,
}

impl Rows<'_> {
    pub fn row(&self, operation: &str, ms: f64, bytes: usize) {
        if self.silent {
            return;
        }
        println!(
            "{}\t{}\t{}\t{operation}\t{ms:.4}\t{bytes}",
            self.library, self.suite, self.n
        );
    }
}
