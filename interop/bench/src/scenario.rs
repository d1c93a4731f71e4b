// SPDX-License-Identifier: Apache-2.0
//! The rows of bench/bench_mls.c, for any library: a blank tree that one commit
//! made, and a tree without blanks, in which everybody has committed once.

use crate::measure::{live, timed, Rows};

/// All that others get of a commit.
pub struct Made {
    pub commit: Vec<u8>,
    pub welcome: Vec<u8>,
}

/// A member of one group, and what of its library is measured.
pub trait Person: Sized {
    fn new(suite: u16, name: String) -> Self;
    /// A KeyPackage message; the keys are kept for `join`.
    fn package(&mut self) -> Vec<u8>;
    fn found(&mut self);
    /// Made and merged.
    fn commit(&mut self, adds: &[Vec<u8>], remove: Option<u32>, path: bool) -> Made;
    fn join(&mut self, welcome: &[u8]);
    /// A commit of somebody else, applied.
    fn follow(&mut self, commit: &[u8]);
    fn protect(&mut self, text: &[u8]) -> Vec<u8>;
    fn unprotect(&mut self, message: &[u8]);
    fn tree_len(&self) -> usize;
    /// Bytes of the group as it is stored.
    fn saved(&mut self) -> usize;
    /// Loads what is stored, and keeps that as the group.
    fn reload(&mut self);
    fn drop_group(&mut self);
}

const ROUNDS: usize = 5;
const MESSAGES: usize = 500;

fn person<P: Person>(suite: u16, i: usize) -> P {
    P::new(suite, format!("member-{i}"))
}

fn update<P: Person>(rows: &Rows, what: &str, a: &mut P, b: &mut P) {
    let (mut create, mut process, mut bytes) = (f64::MAX, f64::MAX, 0);
    for _ in 0..ROUNDS {
        let (made, ms) = timed(|| a.commit(&[], None, true));
        create = create.min(ms);
        let ((), ms) = timed(|| b.follow(&made.commit));
        process = process.min(ms);
        bytes = made.commit.len();
    }
    rows.row(&format!("update, {what} tree: create"), create, bytes);
    rows.row(&format!("update, {what} tree: process"), process, 0);
}

fn messages<P: Person>(rows: &Rows, a: &mut P, b: &mut P) {
    let text = vec![1u8; 1024];
    let each = |ms: f64| ms / MESSAGES as f64;
    let (sent, ms): (Vec<_>, f64) =
        timed(|| (0..MESSAGES).map(|_| a.protect(&text)).collect());
    rows.row("protect 1 KiB", each(ms), sent[0].len());
    let ((), ms) = timed(|| sent.iter().for_each(|m| b.unprotect(m)));
    rows.row("unprotect 1 KiB", each(ms), 0);
}

/// tree, saved state, heap: bytes alone.
fn sizes<P: Person>(rows: &Rows, what: &str, p: &mut P) {
    rows.row(&format!("{what}: ratchet_tree"), 0.0, p.tree_len());
    rows.row(&format!("{what}: saved state"), 0.0, p.saved());
    p.drop_group();
    let before = live();
    p.reload();
    rows.row(&format!("{what}: heap"), 0.0, (live() - before).max(0) as usize);
}

/// Somebody who is there already, when all the others come at once.
fn follow_adds<P: Person>(rows: &Rows, suite: u16, others: &[Vec<u8>]) {
    let (mut a, mut b): (P, P) = (person(suite, rows.n), person(suite, rows.n + 1));
    a.found();
    let package = b.package();
    let first = a.commit(&[package], None, false);
    b.join(&first.welcome);
    let made = a.commit(others, None, false);
    let ((), ms) = timed(|| b.follow(&made.commit));
    rows.row("process a commit that adds N-2", ms, 0);
}

fn blank<P: Person>(rows: &Rows, suite: u16) {
    let n = rows.n;
    let mut all: Vec<P> = (0..n).map(|i| person(suite, i)).collect();
    let mut packages = Vec::new();
    let ((), ms) = timed(|| packages = all.iter_mut().map(|p| p.package()).collect());
    rows.row("key package generate", ms / n as f64, packages[0].len());
    all[0].found();
    let (made, ms) = timed(|| all[0].commit(&packages[1..], None, false));
    rows.row("add N-1 in one commit", ms, made.commit.len());
    rows.row("welcome and tree for N-1", 0.0, made.welcome.len());
    let ((), ms) = timed(|| all[1].join(&made.welcome));
    rows.row("join, blank tree", ms, 0);
    if n > 2 {
        follow_adds::<P>(rows, suite, &packages[2..]);
    }
    let (left, right) = all.split_at_mut(1);
    update(rows, "blank", &mut left[0], &mut right[0]);
    messages(rows, &mut left[0], &mut right[0]);
    sizes(rows, "blank tree", &mut right[0]);
}

fn populated<P: Person>(rows: &Rows, suite: u16) {
    let n = rows.n;
    let mut before: Option<P> = None;
    let mut last: P = person(suite, 0);
    last.found();
    let mut joined = 0.0;
    for i in 1..n {
        let mut next: P = person(suite, i);
        let package = next.package();
        let made = last.commit(&[package], None, true);
        ((), joined) = timed(|| next.join(&made.welcome));
        before = Some(std::mem::replace(&mut last, next));
    }
    let mut other = before.expect("two members");
    rows.row("join, populated tree", joined, 0);
    update(rows, "populated", &mut last, &mut other);
    if n > 2 {
        let (made, ms) = timed(|| last.commit(&[], Some(0), false));
        rows.row("remove 1, populated: create", ms, made.commit.len());
        let ((), ms) = timed(|| other.follow(&made.commit));
        rows.row("remove 1, populated: process", ms, 0);
    }
    let package = person::<P>(suite, n).package();
    let (made, ms) = timed(|| last.commit(&[package], None, false));
    rows.row("add 1, no path: create", ms, made.commit.len());
    let ((), ms) = timed(|| other.follow(&made.commit));
    rows.row("add 1, no path: process", ms, 0);
    sizes(rows, "populated tree", &mut last);
}

pub fn run<P: Person>(rows: &Rows, suite: u16) {
    // What a first use brings in (tables, the allocator's first blocks) is no row.
    let warm_up = Rows { n: 2, silent: true, ..*rows };
    blank::<P>(&warm_up, suite);
    populated::<P>(&warm_up, suite);
    blank::<P>(rows, suite);
    populated::<P>(rows, suite);
}
