//! Any two operations on one text, and any two in a row: the square closes, history is exact.

#![no_main]

use codesync_core::history::IndexedOperation;
use codesync_core::{Bias, Operation, OperationLimits, transform, transform_new};
use libfuzzer_sys::fuzz_target;

const BASE: &str = "0123456789abcdefghijklmnopqrstuvwxyz\n";

fuzz_target!(|input: (&[u8], &[u8], &[u8])| {
    let bounds = OperationLimits { components_max: 10_000, target_chars_max: 100_000 };
    let decode = |bytes, base_len| Operation::decode(bytes, base_len, &bounds).ok();
    let Some(new) = decode(input.0, BASE.len()) else { return };
    let Some(old) = decode(input.1, BASE.len()) else { return };
    let (new_leg, old_leg) = transform(&new, &old).expect("one base");
    let target = old.apply_to(BASE).expect("made for the base");
    assert_eq!(
        new_leg.apply_to(&target),
        old_leg.apply_to(&new.apply_to(BASE).expect("made for the base")),
    );
    assert_eq!(IndexedOperation::new(old.clone()).transform_new(&new).as_ref(), Ok(&new_leg));

    let Some(next) = decode(input.2, old.target_len()) else { return };
    let composed = old.compose(&next, Bias::Right).expect("in a row");
    assert_eq!(composed.apply_to(BASE), next.apply_to(&target));
    assert_eq!(transform_new(&new, &composed), transform_new(&new_leg, &next));
});
