// SPDX-License-Identifier: Apache-2.0
//! OpenMLS and mls-rs through the operations of bench/bench_mls.c:
//!
//!     interop-bench LIBRARY SUITE N...
//!
//! LIBRARY is openmls or mls-rs, SUITE hexadecimal: 0001, or for OpenMLS 004D.
//! One row an operation: library, suite, N, operation, CPU ms, bytes, with tabs.

mod measure;
mod scenario;
mod with_mls_rs;
mod with_openmls;

use measure::{Counting, Rows};

#[global_allocator]
static HEAP: Counting = Counting;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (library, suite) = (args[1].as_str(), args[2].as_str());
    for n in &args[3..] {
        let rows = Rows { library, suite, n: n.parse().expect("N"), silent: false };
        match (library, suite) {
            ("openmls", "0001") => scenario::run::<
                with_openmls::Member<openmls_rust_crypto::OpenMlsRustCrypto>,
            >(&rows, 0x0001),
            ("openmls", "004D") => scenario::run::<
                with_openmls::Member<openmls_libcrux_crypto::Provider>,
            >(&rows, 0x004D),
            ("mls-rs", "0001") => scenario::run::<with_mls_rs::Member>(&rows, 0x0001),
            _ => panic!("no such library and suite"),
        }
    }
}
