//! Any bytes as a frame, in both directions: no panic, and what is read can be written again and
//! read the same.

#![no_main]

use codesync_core::protocol::codec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(messages) = codec::decode_client(bytes) {
        for message in messages.flatten() {
            let written = codec::encode_client(&message);
            let mut again = codec::decode_client(&written).expect("a written frame is a frame");
            assert_eq!(again.next(), Some(Ok(message)));
        }
    }
    if let Ok(messages) = codec::decode_server(bytes) {
        for message in messages.flatten() {
            let written = codec::encode_server(&message);
            let mut again = codec::decode_server(&written).expect("a written frame is a frame");
            assert_eq!(again.next(), Some(Ok(message)));
        }
    }
});
