#![no_main]

use gdg_parsing::{Input, detect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8], Option<&str>)| {
    let (name, bytes, content_type) = input;
    let _ = detect(&Input { name, bytes }, content_type);
});
