// SPDX-License-Identifier: Apache-2.0
//! OpenMLS as a peer of `make interop`: the peer protocol of interop/README.md,
//! one JSON object a line in, one out. What OpenMLS has no call for is answered
//! with "lacks".

mod member;
mod provider;

use member::{Answer, Member, Seat};
use openmls_libcrux_crypto::{CryptoProvider, Provider as Libcrux};
use openmls_rust_crypto::{OpenMlsRustCrypto, RustCrypto};
use provider::Provider;
use serde_json::{json, Value};
use std::collections::HashMap;
use std::io::{BufRead, Write};

/// The suites of each provider of OpenMLS that we share.
const RUST_CRYPTO: &[u16] = &[0x0001, 0x0002, 0x0003, 0x004E, 0x004F];
const LIBCRUX: &[u16] = &[0x004D];

fn hello() -> Answer {
    let all = RUST_CRYPTO.iter().chain(LIBCRUX);
    let suites: Vec<String> = all.map(|s| format!("{s:04X}")).collect();
    Ok(json!({"name": "OpenMLS", "suites": suites}))
}

fn new_member(q: &Value, published: bool) -> Result<Box<dyn Seat>, Value> {
    let suite = q["suite"].as_str().unwrap_or("");
    let number = u16::from_str_radix(suite, 16).map_err(|e| member::error(&e))?;
    let identity = q["identity"].as_str().unwrap_or("");
    if RUST_CRYPTO.contains(&number) {
        let own = OpenMlsRustCrypto::default();
        if published {
            return Ok(Box::new(Member::new(own, number, identity)?));
        }
        let provider = Provider::new(own, RustCrypto::default());
        Ok(Box::new(Member::new(provider, number, identity)?))
    } else if LIBCRUX.contains(&number) {
        let own = Libcrux::new().map_err(|e| member::error(&e))?;
        if published {
            return Ok(Box::new(Member::new(own, number, identity)?));
        }
        let crypto = CryptoProvider::new().map_err(|e| member::error(&e))?;
        let provider = Provider::new(own, crypto);
        Ok(Box::new(Member::new(provider, number, identity)?))
    } else {
        Err(json!({"lacks": "suite"}))
    }
}

type Members = HashMap<String, Box<dyn Seat>>;

fn run(members: &mut Members, q: &Value, published: bool) -> Answer {
    let who = q["who"].as_str().unwrap_or("").to_string();
    match q["do"].as_str().unwrap_or("") {
        "hello" => hello(),
        "member" => {
            let seat = new_member(q, published)?;
            let answer = json!({"signature_key": hex::encode(seat.signature_key())});
            members.insert(who, seat);
            Ok(answer)
        }
        "forget" => {
            members.remove(&who);
            Ok(json!({}))
        }
        verb => match members.get_mut(&who) {
            Some(seat) => seat.run(verb, q),
            None => Err(json!({"error": "no such member"})),
        },
    }
}

fn main() {
    // What a peer panics over is an answer too, and no reason to end.
    std::panic::set_hook(Box::new(|_| {}));
    let mut members = HashMap::new();
    let published = std::env::args().any(|a| a == "--as-published");
    for line in std::io::stdin().lock().lines() {
        let q: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let turn = std::panic::AssertUnwindSafe(|| run(&mut members, &q, published));
        let answer = match std::panic::catch_unwind(turn) {
            Ok(Ok(a)) | Ok(Err(a)) => a,
            Err(_) => json!({"error": "panic"}),
        };
        println!("{answer}");
        std::io::stdout().flush().expect("stdout");
    }
}
