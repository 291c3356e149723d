//! Colours for a window of lines, at the cost of what changed.
//!
//! The engine remembers the parser's state before every line of the window and before about every
//! 128th line elsewhere, and around lines that were edited, where others most likely type on. An
//! edit makes lines *stale*; parsing begins at the nearest state above the first stale line and ends
//! where it meets a state equal to the one remembered there, mostly one line further. What lies
//! below the window stays stale until somebody looks at it, and so does what lies far above: a screen
//! is not worth reading a long text for. It is then coloured as if a text began a little above it,
//! which is mostly right, and made sure of once the window comes near.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use codesync_core::Text;

use super::Span;
use super::parser::Parser;
use crate::editor::change::LineChange;

/// Lines between two remembered states where nobody looks or writes, as long as they are not too
/// many.
const STRIDE_LINES: usize = 128;
/// Most states that are remembered outside of the window; beyond it, those are forgotten that stand
/// closer than the stride, and if these were few, the stride doubles.
const STATES_MAX: usize = 4_096;
/// A longer line has no colours, in characters.
const LINE_CHARS_MAX: usize = 2_000;
/// Lines that are parsed between two looks at whether something else is wanted.
const PATIENCE_LINES: usize = 64;
/// How far above the window a guess begins, in lines.
const GUESS_LINES: usize = 48;
/// How far above the window it is made sure of how its lines begin, in lines.
const REACH_LINES: usize = 2_048;

pub(crate) struct Engine<P: Parser> {
    parser: P,
    /// The state before a line. Those beyond the first stale line may be wrong.
    states: BTreeMap<usize, P::State>,
    /// What was read of the lines of the window.
    lines: BTreeMap<usize, Line>,
    /// Lines that were changed, or never parsed; what follows them may be wrong.
    stale: BTreeSet<usize>,
    window: Range<usize>,
    stride: usize,
    /// The line whose state was remembered because reading was interrupted there.
    interrupted: Option<usize>,
}

/// A line as it was read.
struct Line {
    /// Its length in chars, without its line feed.
    chars: usize,
    /// Its colours, counted from its beginning.
    spans: Vec<Span>,
}

impl<P: Parser> Engine<P> {
    /// An engine that has not read anything.
    pub(crate) fn new(parser: P) -> Self {
        Self {
            parser,
            states: BTreeMap::new(),
            lines: BTreeMap::new(),
            stale: BTreeSet::from([0]),
            window: 0..0,
            stride: STRIDE_LINES,
            interrupted: None,
        }
    }

    /// Takes in that lines changed.
    pub(crate) fn change(&mut self, change: LineChange) {
        let LineChange { at, removed, added, .. } = change;
        let changed = at..=at + removed;
        if removed == added {
            for line in at + 1..=at + removed {
                self.states.remove(&line);
            }
            for line in changed.clone() {
                self.lines.remove(&line);
            }
            self.stale.retain(|line| !changed.contains(line));
        } else {
            let states = self.states.split_off(&(at + 1));
            let kept = states.into_iter().filter(|(line, _)| *line > at + removed);
            self.states.extend(kept.map(|(line, state)| (change.shift(line), state)));
            let lines = self.lines.split_off(&at);
            let kept = lines.into_iter().filter(|(line, _)| *line > at + removed);
            self.lines.extend(kept.map(|(line, read)| (change.shift(line), read)));
            let stale = self.stale.split_off(&at);
            let kept = stale.into_iter().filter(|line| *line > at + removed);
            self.stale.extend(kept.map(|line| change.shift(line)));
        }
        self.stale.insert(at);
    }

    /// Whether so much is to be read before these lines that a guess is worth showing.
    pub(crate) fn is_far(&self, lines: &Range<usize>) -> bool {
        self.first_stale(lines).is_some_and(|first| first + 8 * STRIDE_LINES < lines.start)
    }

    /// The first stale line that matters to these.
    fn first_stale(&self, lines: &Range<usize>) -> Option<usize> {
        let reached = lines.start.saturating_sub(REACH_LINES)..lines.end;
        self.stale.range(reached).next().copied()
    }

    /// Colours as they would be if the lines began a text of their own. Mostly right.
    pub(crate) fn guess(&self, text: &Text, lines: &Range<usize>) -> Vec<Span> {
        let mut state = self.parser.start();
        let mut spans = Vec::new();
        for line in lines.start.saturating_sub(GUESS_LINES)..lines.end.min(text.len_lines()) {
            let read = self.read(text, line, &mut state);
            if line >= lines.start {
                extend(&mut spans, text.line_start(line), &read.spans);
            }
        }
        spans
    }

    /// The colours of these lines; `None` when `is_wanted` elsewhere before they are found. What
    /// was read until then stays.
    pub(crate) fn spans(
        &mut self,
        text: &Text,
        lines: &Range<usize>,
        is_wanted: &dyn Fn() -> bool,
    ) -> Option<Vec<Span>> {
        let end = lines.end.min(text.len_lines());
        self.look_at(lines.start.min(end)..end);
        self.settle(text, is_wanted)?;
        self.fill(text);
        // Where what was filled in does not lead to what follows.
        self.settle(text, is_wanted)?;
        self.keep_bound();
        let mut spans = Vec::new();
        let mut start = text.line_start(self.window.start.min(text.len_lines() - 1));
        for line in self.lines.range(self.window.clone()).map(|(_, line)| line) {
            extend(&mut spans, start, &line.spans);
            start += line.chars + 1;
        }
        Some(spans)
    }

    /// Forgets what only the window before needed.
    fn look_at(&mut self, window: Range<usize>) {
        // Even if it is the same one: an edit above has moved lines out of it.
        self.lines.retain(|line, _| window.contains(line));
        if self.window != window {
            let before = std::mem::replace(&mut self.window, window);
            self.thin(before);
        }
    }

    fn keep_bound(&mut self) {
        if self.states.len() > STATES_MAX + self.window.len() {
            self.thin(0..usize::MAX);
            if self.states.len() > STATES_MAX / 2 + self.window.len() {
                self.stride *= 2;
                self.thin(0..usize::MAX);
            }
        }
    }

    /// Forgets states of these lines that stand closer than the stride.
    fn thin(&mut self, lines: Range<usize>) {
        let mut last = self.states.range(..lines.start).next_back().map_or(0, |(line, _)| *line);
        let crowded: Vec<usize> = self
            .states
            .range(lines)
            .map(|(line, _)| *line)
            .filter(|line| {
                let is_crowded = line - last < self.stride && !self.window.contains(line);
                if !is_crowded {
                    last = *line;
                }
                is_crowded
            })
            .collect();
        for line in crowded {
            self.states.remove(&line);
        }
    }

    /// Reads on until no line that matters to the window is stale.
    fn settle(&mut self, text: &Text, is_wanted: &dyn Fn() -> bool) -> Option<()> {
        while let Some(first) = self.first_stale(&self.window) {
            self.keep_bound();
            let (from, mut state) = self.state_above(first);
            let is_resumed = self.interrupted.take() == Some(from) && from == first;
            let mut kept = if is_resumed { self.pick_up(from) } else { from };
            let mut patience = PATIENCE_LINES;
            let mut line = from;
            loop {
                if line >= text.len_lines()
                    || line > first && self.states.get(&line) == Some(&state)
                {
                    self.note_read(first..line);
                    break;
                }
                let is_over = line >= self.window.end || patience == 0;
                let is_edited = !is_resumed && (line == first || line == first + 1);
                let is_apart = line - kept >= self.stride;
                if is_over || is_edited || is_apart || self.window.contains(&line) {
                    self.states.insert(line, state.clone());
                    kept = line;
                } else if line > from {
                    self.states.remove(&line);
                }
                if is_over {
                    self.note_read(first..line);
                    self.stale.insert(line);
                    self.interrupted = Some(line);
                    break;
                }
                let read = self.read(text, line, &mut state);
                if self.window.contains(&line) {
                    self.lines.insert(line, read);
                }
                line += 1;
                patience = if line > first { patience - 1 } else { patience };
            }
            if is_wanted() {
                return None;
            }
        }
        Some(())
    }

    /// Takes in that these lines are stale no more.
    fn note_read(&mut self, lines: Range<usize>) {
        let mut below = self.stale.split_off(&lines.start);
        self.stale.append(&mut below.split_off(&lines.end));
    }

    /// Forgets the state where reading was interrupted, if it stands closer to its neighbour than
    /// the stride; the line of that neighbour.
    fn pick_up(&mut self, from: usize) -> usize {
        let before = self.states.range(..from).next_back().map_or(0, |(line, _)| *line);
        let is_crowded = from - before < self.stride && !self.window.contains(&from);
        if is_crowded {
            self.states.remove(&from);
            return before;
        }
        from
    }

    /// Reads the lines of the window that were read before it was one, or that begin by a guess. Nothing
    /// is stale there; what follows is, unless it goes on as it did.
    fn fill(&mut self, text: &Text) {
        let mut missing = self.window.clone().filter(|line| !self.lines.contains_key(line));
        let Some(first) = missing.next() else { return };
        let last = missing.next_back().unwrap_or(first);
        let (from, mut state) = self.state_above(first);
        for line in from..=last {
            let is_seen = self.window.contains(&line);
            if is_seen {
                self.states.insert(line, state.clone());
            }
            let read = self.read(text, line, &mut state);
            if is_seen {
                self.lines.insert(line, read);
            }
        }
        let next = last + 1;
        if next < text.len_lines() && self.states.get(&next) != Some(&state) {
            self.states.insert(next, state);
            self.stale.insert(next);
        }
    }

    /// The nearest line at or above this one whose state is known, and the state; a guess, if there
    /// is none that is near.
    fn state_above(&self, line: usize) -> (usize, P::State) {
        let reach = REACH_LINES.max(2 * self.stride);
        match self.states.range(line.saturating_sub(reach)..=line).next_back() {
            Some((line, state)) => (*line, state.clone()),
            None if line <= reach => (0, self.parser.start()),
            None => (line - GUESS_LINES, self.parser.start()),
        }
    }

    fn read(&self, text: &Text, line: usize, state: &mut P::State) -> Line {
        let range = text.line_range(line);
        let chars = range.len();
        if chars > LINE_CHARS_MAX {
            return Line { chars, spans: Vec::new() };
        }
        let mut content = text.slice(range).into_owned();
        content.push('\n');
        Line { chars, spans: self.parser.read(state, &content) }
    }
}

fn extend(spans: &mut Vec<Span>, start: usize, line: &[Span]) {
    spans.extend(line.iter().map(|span| Span {
        range: span.range.start + start..span.range.end + start,
        token: span.token,
    }));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use codesync_core::{Encoding, Operation, TextEdit};
    use proptest::prelude::*;

    use super::*;
    use crate::editor::change::line_changes;
    use crate::highlight::Token;

    /// `(` opens a comment that `)` ends, over lines and nested; counts the lines it reads.
    #[derive(Default)]
    struct Brackets {
        reads: Cell<usize>,
    }

    impl Parser for Brackets {
        type State = usize;

        fn start(&self) -> usize {
            0
        }

        fn read(&self, depth: &mut usize, line: &str) -> Vec<Span> {
            self.reads.set(self.reads.get() + 1);
            let mut spans = Vec::new();
            for (n, c) in line.trim_end_matches('\n').chars().enumerate() {
                match c {
                    '(' => *depth += 1,
                    ')' => *depth = depth.saturating_sub(1),
                    _ if *depth > 0 => spans.push(Span { range: n..n + 1, token: Token::Comment }),
                    _ => {}
                }
            }
            spans
        }
    }

    fn never() -> bool {
        false
    }

    fn fresh(text: &Text, lines: &Range<usize>) -> Vec<Span> {
        Engine::new(Brackets::default()).spans(text, lines, &never).expect("nobody interrupts")
    }

    fn edit(text: &mut Text, engine: &mut Engine<Brackets>, range: Range<usize>, with: &str) {
        let edits = [TextEdit { range, text: with.to_owned() }];
        let operation = Operation::from_edits(text, &edits, Encoding::Scalar).expect("it fits");
        for change in line_changes(text, &operation) {
            engine.change(change);
        }
        text.apply(&operation).expect("it fits");
    }

    #[test]
    fn an_edit_costs_the_lines_it_changes() {
        let mut text = Text::from("a(b)c\n".repeat(10_000).as_str());
        let mut engine = Engine::new(Brackets::default());
        let window = 2_000..2_060;
        engine.spans(&text, &window, &never);
        assert_eq!(engine.parser.reads.get(), 2_060);
        let at = text.line_start(2_030);
        for _ in 0..10 {
            edit(&mut text, &mut engine, at..at, "x");
            engine.spans(&text, &window, &never);
        }
        assert_eq!(engine.parser.reads.get(), 2_070, "one line for each key");
        edit(&mut text, &mut engine, at..at, "(\n");
        assert_eq!(engine.spans(&text, &window, &never), Some(fresh(&text, &window)));
        assert_eq!(engine.parser.reads.get(), 2_070 + 30, "to the end of the window, no further");
    }

    #[test]
    fn an_edit_far_above_costs_its_line_when_its_author_writes_on() {
        let mut text = Text::from("a(b)c\n".repeat(10_000).as_str());
        let mut engine = Engine::new(Brackets::default());
        let window = 2_000..2_060;
        engine.spans(&text, &window, &never);
        let places = [70, 1_111, 1_821];
        for round in 0..20 {
            let before = engine.parser.reads.get();
            for line in places {
                let at = text.line_start(line);
                edit(&mut text, &mut engine, at..at, "x");
            }
            engine.spans(&text, &window, &never);
            let most = if round == 0 { 3 * 2 * STRIDE_LINES } else { 3 };
            assert!(engine.parser.reads.get() - before <= most, "in round {round}");
        }
        for line in 0..9_000 {
            let at = text.line_start(line);
            edit(&mut text, &mut engine, at..at, "x");
            engine.spans(&text, &(line..line + 60), &never);
        }
        assert_eq!(engine.stride, STRIDE_LINES, "what is forgotten is what crowds");
        assert!(engine.states.len() <= STATES_MAX + 200, "{} states", engine.states.len());
    }

    #[test]
    fn states_are_few_however_long_the_text_is() {
        let text = Text::from("(\n".repeat(1_200_000).as_str());
        let mut engine = Engine::new(Brackets::default());
        for start in (0..1_200_000).step_by(STRIDE_LINES) {
            engine.spans(&text, &(start..start + 100), &never);
        }
        engine.spans(&text, &(0..100), &never);
        assert!(engine.states.len() <= STATES_MAX + 200, "{} states", engine.states.len());
        assert!(engine.stride > STRIDE_LINES);
        assert_eq!(engine.lines.len(), 100);
    }

    #[test]
    fn what_is_far_above_is_read_when_the_window_comes_near() {
        let mut text = Text::from("a(b)c\n".repeat(100_000).as_str());
        let mut engine = Engine::new(Brackets::default());
        let window = 50_000..50_060;
        let local = engine.spans(&text, &window, &never).expect("nobody interrupts");
        assert_eq!(local.len(), 60);
        assert_eq!(engine.parser.reads.get(), GUESS_LINES + 60);
        // A paste that ends on the screen, and opens a comment.
        let at = text.line_start(50_000);
        edit(&mut text, &mut engine, at..at, &format!("({}", "a(b)c\n".repeat(5_000)));
        let window = 54_970..55_030;
        assert_eq!(engine.spans(&text, &window, &never).expect("nobody interrupts").len(), 60);
        assert!(engine.parser.reads.get() <= 2 * (GUESS_LINES + 60), "{:?}", engine.parser.reads);
        // Near it, the comment is known, and from there on to where it was read.
        let near = 51_000..51_060;
        assert_eq!(engine.spans(&text, &near, &never).expect("nobody interrupts").len(), 180);
        let at = text.line_start(50_000);
        edit(&mut text, &mut engine, at..at + 1, "");
        assert_eq!(engine.spans(&text, &near, &never).expect("nobody interrupts").len(), 60);
    }

    #[test]
    fn between_two_guesses_nothing_is_taken_for_known() {
        let plain = "a(b)c\n".repeat(4_000);
        let text = Text::from(format!("{plain}(\n{plain}").as_str());
        let mut engine = Engine::new(Brackets::default());
        for window in [3_000..3_060, 7_000..7_060, 2_000..2_060] {
            engine.spans(&text, &window, &never);
        }
        // Walked down from where all is known, the comment between them reaches the second.
        for start in (2_000..7_000).step_by(600) {
            let window = start..start + 60;
            let exact = if start > 4_000 { 180 } else { 60 };
            let spans = engine.spans(&text, &window, &never).expect("nobody interrupts");
            assert_eq!(spans.len(), exact, "at {start}");
        }
        assert_eq!(engine.spans(&text, &(7_000..7_060), &never).map(|it| it.len()), Some(180));
    }

    #[test]
    fn what_was_read_before_an_interruption_is_not_read_again() {
        let text = Text::from("a\n".repeat(1_000).as_str());
        let mut engine = Engine::new(Brackets::default());
        let mut rounds = 0;
        while engine.spans(&text, &(900..950), &|| true).is_none() {
            rounds += 1;
        }
        assert!(rounds > 5);
        assert!(engine.parser.reads.get() < 1_100, "{} lines read", engine.parser.reads.get());
    }

    #[test]
    fn a_very_long_line_has_no_colours_and_harms_no_other() {
        let text = Text::from(format!("(a\n{}\nb)c", "x)".repeat(2_000)).as_str());
        let met = fresh(&text, &(0..3));
        let at = text.line_start(2);
        assert_eq!(
            met.iter().map(|span| span.range.clone()).collect::<Vec<_>>(),
            [1..2, at..at + 1]
        );
    }

    #[test]
    fn lines_that_an_edit_moved_out_of_the_window_are_read_anew() {
        let mut text = Text::from("a\n".repeat(60).as_str());
        let mut engine = Engine::new(Brackets::default());
        engine.spans(&text, &(20..40), &never);
        edit(&mut text, &mut engine, 0..20, "(");
        engine.spans(&text, &(20..40), &never);
        assert_eq!(engine.spans(&text, &(0..20), &never), Some(fresh(&text, &(0..20))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn after_any_edits_the_colours_are_those_of_a_fresh_start(
            start in "[ab()\n]{0,400}",
            edits in prop::collection::vec((0..1_000_usize, 0..60_usize, "[a()\n]{0,12}", 0..90_usize), 1..20),
        ) {
            let mut text = Text::from(start.as_str());
            let mut engine = Engine::new(Brackets::default());
            for (at, length, with, top) in edits {
                let at = text.len() * at / 1_000;
                let end = (at + length).min(text.len());
                edit(&mut text, &mut engine, at..end, &with);
                let lines = text.len_lines() * top / 100..text.len_lines() * top / 100 + 20;
                let hurried = Cell::new(0);
                let is_wanted = || { hurried.set(hurried.get() + 1); hurried.get() % 2 == 1 };
                let met = loop {
                    if let Some(met) = engine.spans(&text, &lines, &is_wanted) { break met }
                };
                prop_assert_eq!(met, fresh(&text, &lines));
            }
        }
    }
}
