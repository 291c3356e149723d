//! Redis' answers, told apart: so much of the protocol (RESP3) as it takes to lose messages.

/// Length in bytes of the first value, with all that is in it; `None` while it is not whole.
fn value_len(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|end| end == b"\r\n")? + 2;
    let number = || std::str::from_utf8(&bytes[1..line - 2]).ok()?.parse::<i64>().ok();
    let parts = match bytes[0] {
        b'$' | b'!' | b'=' => {
            // Nothing at all has length -1, and no second line.
            let body = usize::try_from(number()?).map_or(0, |length| length + 2);
            return (bytes.len() >= line + body).then_some(line + body);
        }
        b'*' | b'~' | b'>' => number()?.max(0),
        b'%' | b'|' => number()?.max(0) * 2,
        _ => 0,
    };
    (0..parts).try_fold(line, |at, _| Some(at + value_len(bytes.get(at..)?)?))
}

/// Takes messages that were published out of a stream of answers.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    waiting: Vec<u8>,
}

impl Answers {
    /// Takes in more of the stream. What of it may be passed on, and how many messages are left out.
    pub(crate) fn pass(&mut self, more: &[u8], lose: bool) -> (Vec<u8>, u64) {
        self.waiting.extend_from_slice(more);
        let (mut passed, mut lost, mut at) = (Vec::new(), 0, 0);
        while let Some(length) =
            self.waiting.get(at..).filter(|rest| !rest.is_empty()).and_then(value_len)
        {
            let value = &self.waiting[at..at + length];
            if lose && is_message(value) {
                lost += 1;
            } else {
                passed.extend_from_slice(value);
            }
            at += length;
        }
        self.waiting.drain(..at);
        (passed, lost)
    }
}

fn is_message(value: &[u8]) -> bool {
    let head = value.iter().position(|byte| *byte == b'\n').map(|end| &value[end + 1..]);
    value[0] == b'>' && head.is_some_and(|rest| rest.starts_with(b"$7\r\nmessage\r\n"))
}

#[test]
fn messages_are_lost_and_answers_are_not_wherever_the_stream_is_cut() {
    let stream = b"+OK\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\n\r\n+x\r\n*2\r\n:1\r\n$-1\r\n\
                   >3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n%1\r\n$1\r\nk\r\n_\r\n";
    let left = b"+OK\r\n*2\r\n:1\r\n$-1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n%1\r\n$1\r\nk\r\n_\r\n";
    for cut in 0..stream.len() {
        for (lose, expected, count) in [(true, &left[..], 1), (false, &stream[..], 0)] {
            let mut answers = Answers::default();
            let (mut passed, first) = answers.pass(&stream[..cut], lose);
            let (rest, second) = answers.pass(&stream[cut..], lose);
            passed.extend(rest);
            assert_eq!((passed.as_slice(), first + second), (expected, count), "cut at {cut}");
        }
    }
}
