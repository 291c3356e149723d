//! The shortest script between two sequences of numbers, as far as time allows.
//!
//! First *patience* (Bram Cohen, 2008): what is there exactly once on both sides, in one order, is
//! the same and stays. Between those, Myers' search from both ends towards the middle ("An O(ND)
//! Difference Algorithm and Its Variations", 1986, section 4b), in linear space and without
//! recursion. A search that goes too deep is cut at the furthest place it has reached, as GNU diff
//! does; when the whole budget is used up, what is left is one change.

use std::ops::Range;

/// Items of the one sequence that became items of the other.
pub(super) type Change = (Range<usize>, Range<usize>);

/// Steps of all searches of one diff: a second of work.
const STEPS_MAX: u64 = 1 << 26;
/// Insertions and deletions from one end after which a search is cut.
const DEPTH_MAX: usize = 256;
/// No point of the grid.
const NOWHERE: isize = isize::MIN / 2;

/// Work that may still be done.
pub(super) struct Budget {
    steps: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: STEPS_MAX }
    }
}

impl Budget {
    /// Takes as much as there is. False if it was not enough.
    fn take(&mut self, steps: u64) -> bool {
        let enough = steps <= self.steps;
        self.steps = self.steps.saturating_sub(steps);
        enough
    }
}

/// Equal items: so many, from these two places on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Match {
    before: usize,
    after: usize,
    len: usize,
}

/// What changed, in order. All numbers are below `distinct`.
pub(super) fn changes(
    before: &[u32],
    after: &[u32],
    distinct: usize,
    budget: &mut Budget,
) -> Vec<Change> {
    let mut matches = Vec::new();
    let (mut x, mut y) = (0, 0);
    for anchor in anchors(before, after, distinct) {
        search(before, after, (x..anchor.0, y..anchor.1), &mut matches, budget);
        matches.push(Match { before: anchor.0, after: anchor.1, len: 1 });
        (x, y) = (anchor.0 + 1, anchor.1 + 1);
    }
    search(before, after, (x..before.len(), y..after.len()), &mut matches, budget);
    matches.push(Match { before: before.len(), after: after.len(), len: 0 });

    let mut changes = Vec::new();
    let (mut x, mut y) = (0, 0);
    for it in matches {
        if x < it.before || y < it.after {
            changes.push((x..it.before, y..it.after));
        }
        (x, y) = (it.before + it.len, it.after + it.len);
    }
    changes
}

/// Places of what is there once on both sides: the longest rising row of them. O(n log n).
fn anchors(before: &[u32], after: &[u32], distinct: usize) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy)]
    enum Seen {
        Never,
        Once(usize),
        Often,
    }
    let places = |items: &[u32]| {
        let mut places = vec![Seen::Never; distinct];
        for (index, &item) in items.iter().enumerate() {
            let place = &mut places[item as usize];
            *place = if let Seen::Never = place { Seen::Once(index) } else { Seen::Often };
        }
        places
    };
    let (in_before, in_after) = (places(before), places(after));
    let pairs: Vec<_> = before
        .iter()
        .enumerate()
        .filter_map(|(x, &item)| match (in_before[item as usize], in_after[item as usize]) {
            (Seen::Once(_), Seen::Once(y)) => Some((x, y)),
            _ => None,
        })
        .collect();
    rising(&pairs)
}

/// The longest row of pairs whose second numbers rise; the first ones do already.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // `ends[n]` is the pair with the lowest second number that ends a row of n + 1.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (_, y)) in pairs.iter().enumerate() {
        let len = ends.partition_point(|&end| pairs[end].1 < *y);
        previous.push(len.checked_sub(1).map(|before| ends[before]));
        match ends.get_mut(len) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut row = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(index) = at {
        row.push(pairs[index]);
        at = previous[index];
    }
    row.reverse();
    row
}

/// Finds what stays within two stretches, and adds it in order.
fn search(
    before: &[u32],
    after: &[u32],
    stretch: Change,
    matches: &mut Vec<Match>,
    budget: &mut Budget,
) {
    enum Task {
        Search(Change),
        Keep(Match),
    }
    let mut keep = |it: Match| {
        if it.len > 0 {
            matches.push(it);
        }
    };
    let mut tasks = vec![Task::Search(stretch)];
    while let Some(task) = tasks.pop() {
        let (x, y) = match task {
            Task::Search(stretch) => stretch,
            Task::Keep(it) => {
                keep(it);
                continue;
            }
        };
        let (left, right) = (&before[x.clone()], &after[y.clone()]);
        let prefix = left.iter().zip(right).take_while(|(left, right)| left == right).count();
        keep(Match { before: x.start, after: y.start, len: prefix });
        let (left, right) = (&left[prefix..], &right[prefix..]);
        let pairs = left.iter().rev().zip(right.iter().rev());
        let suffix = pairs.take_while(|(left, right)| left == right).count();
        tasks.push(Task::Keep(Match {
            before: x.end - suffix,
            after: y.end - suffix,
            len: suffix,
        }));
        let (left, right) = (&left[..left.len() - suffix], &right[..right.len() - suffix]);
        if left.is_empty() || right.is_empty() || !budget.take((prefix + suffix) as u64) {
            continue;
        }
        if let Some((across, down)) = middle(left, right, budget) {
            let (x, y) = (x.start + prefix..x.end - suffix, y.start + prefix..y.end - suffix);
            let (across, down) = (x.start + across, y.start + down);
            tasks.push(Task::Search((across..x.end, down..y.end)));
            tasks.push(Task::Search((x.start..across, y.start..down)));
        }
    }
}

/// A point that a short script passes, neither the first nor the last; `None` if that is not worth
/// more work. The sequences are not empty, begin with different items and end with different ones.
///
/// Both searches keep for each diagonal `k = x - y` how far along it they have come after `depth`
/// insertions and deletions; the one from the end counts from there.
fn middle(before: &[u32], after: &[u32], budget: &mut Budget) -> Option<(usize, usize)> {
    let grid = Grid { width: before.len() as isize, height: after.len() as isize };
    let depth_max = DEPTH_MAX.min((before.len() + after.len()).div_ceil(2));
    let (mut forward, mut backward) = (Front::new(depth_max), Front::new(depth_max));
    let across = grid.width - grid.height;
    // Which of the two can step onto the other's way is a matter of parity.
    let forward_meets = across % 2 != 0;
    for depth in 0..=depth_max as isize {
        for k in (-depth..=depth).step_by(2) {
            let equal = |x: isize, y: isize| before[x as usize] == after[y as usize];
            let (x, steps) = forward.advance(k, depth, grid, equal);
            if !budget.take(steps) {
                return None;
            }
            if forward_meets && x + backward.at_within(across - k, depth - 1) >= grid.width {
                return Some((x as usize, (x - k) as usize));
            }
        }
        for k in (-depth..=depth).step_by(2) {
            let equal = |x: isize, y: isize| {
                before[(grid.width - 1 - x) as usize] == after[(grid.height - 1 - y) as usize]
            };
            let (x, steps) = backward.advance(k, depth, grid, equal);
            if !budget.take(steps) {
                return None;
            }
            if !forward_meets && x + forward.at_within(across - k, depth) >= grid.width {
                return Some(((grid.width - x) as usize, (grid.height - x + k) as usize));
            }
        }
    }
    let (from_start, from_end) = (forward.furthest(depth_max), backward.furthest(depth_max));
    Some(if from_start.0 + from_start.1 >= from_end.0 + from_end.1 {
        from_start
    } else {
        (before.len() - from_end.0, after.len() - from_end.1)
    })
}

#[derive(Clone, Copy)]
struct Grid {
    width: isize,
    height: isize,
}

impl Grid {
    /// The place, if it is within.
    fn place(self, x: isize, k: isize) -> isize {
        if x < 0 || x > self.width || x - k > self.height { NOWHERE } else { x }
    }
}

/// How far a search has come along each diagonal.
struct Front {
    reached: Vec<isize>,
    zero: isize,
}

impl Front {
    fn new(depth_max: usize) -> Self {
        Self { reached: vec![NOWHERE; 2 * depth_max + 3], zero: depth_max as isize + 1 }
    }

    fn at(&self, k: isize) -> isize {
        self.reached[(self.zero + k) as usize]
    }

    /// As [`at`](Self::at) for a diagonal that can be reached at this depth, else nowhere.
    fn at_within(&self, k: isize, depth: isize) -> isize {
        if k.abs() <= depth { self.at(k) } else { NOWHERE }
    }

    /// One more deletion or insertion onto diagonal `k`, and then along it while items are equal.
    /// Where that leads, and how many steps it took.
    fn advance(
        &mut self,
        k: isize,
        depth: isize,
        grid: Grid,
        equal: impl Fn(isize, isize) -> bool,
    ) -> (isize, u64) {
        let start = match depth {
            0 => 0,
            _ => grid.place(self.at(k + 1), k).max(grid.place(self.at(k - 1) + 1, k)),
        };
        let mut x = start;
        if start != NOWHERE {
            while x < grid.width && x - k < grid.height && equal(x, x - k) {
                x += 1;
            }
        }
        self.reached[(self.zero + k) as usize] = x;
        (x, 1 + (x - start) as u64)
    }

    /// The point that is furthest from the start.
    fn furthest(&self, depth_max: usize) -> (usize, usize) {
        let depth_max = depth_max as isize;
        let points = (-depth_max..=depth_max).map(|k| (self.at(k), self.at(k) - k));
        let reached = points.filter(|(x, _)| *x != NOWHERE);
        let furthest = reached.max_by_key(|(x, y)| x + y);
        let (x, y) = furthest.expect("some diagonal is always within the grid");
        (x as usize, y as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(before: &[u32], after: &[u32], budget: &mut Budget) -> Vec<Change> {
        let distinct = before.iter().chain(after).max().map_or(0, |max| *max as usize + 1);
        let changes = changes(before, after, distinct, budget);
        let (mut x, mut y) = (0, 0);
        for (left, right) in &changes {
            assert!(left.start > x || x == 0, "changes are apart");
            assert_eq!(before[x..left.start], after[y..right.start], "what is between is equal");
            (x, y) = (left.end, right.end);
        }
        assert_eq!(before[x..], after[y..], "what is behind them is equal");
        changes
    }

    /// Insertions and deletions of the shortest script, by the table that everybody knows.
    fn shortest(before: &[u32], after: &[u32]) -> usize {
        let mut row: Vec<usize> = (0..=after.len()).collect();
        for (x, left) in before.iter().enumerate() {
            let mut corner = std::mem::replace(&mut row[0], x + 1);
            for (y, right) in after.iter().enumerate() {
                let step = row[y].min(row[y + 1]) + 1;
                let here = if left == right { corner } else { step };
                corner = std::mem::replace(&mut row[y + 1], here);
            }
        }
        row[after.len()]
    }

    fn cost(changes: &[Change]) -> usize {
        changes.iter().map(|(left, right)| left.len() + right.len()).sum()
    }

    /// All sequences of up to `len_max` items out of three.
    fn sequences(len_max: u32) -> Vec<Vec<u32>> {
        let digits = |len: u32, n: u32| (0..len).map(|place| n / 3_u32.pow(place) % 3).collect();
        (0..=len_max).flat_map(|len| (0..3_u32.pow(len)).map(move |n| digits(len, n))).collect()
    }

    #[test]
    fn without_anchors_the_script_is_the_shortest() {
        for before in sequences(5) {
            for after in sequences(5) {
                let (mut matches, mut budget) = (Vec::new(), Budget::default());
                let whole = (0..before.len(), 0..after.len());
                search(&before, &after, whole, &mut matches, &mut budget);
                let kept: usize = matches.iter().map(|it| it.len).sum();
                let met = before.len() + after.len() - 2 * kept;
                assert_eq!(met, shortest(&before, &after), "{before:?} {after:?}");
                run(&before, &after, &mut Budget::default());
            }
        }
    }

    #[test]
    fn what_is_unique_on_both_sides_stays() {
        // The shortest script would keep the three nines and move the one.
        let changes = run(&[1, 9, 9, 9], &[9, 9, 9, 1], &mut Budget::default());
        assert_eq!(changes, [(0..0, 0..3), (1..4, 4..4)]);
    }

    #[test]
    fn without_budget_all_is_one_change() {
        let (before, after) = ([5, 1, 2, 1, 6], [5, 2, 1, 2, 6]);
        assert_eq!(run(&before, &after, &mut Budget { steps: 0 }), [(1..4, 1..4)]);
    }

    #[test]
    fn a_search_that_goes_too_deep_is_cut_and_goes_on() {
        let mut dice = 7_u64;
        let mut roll = |sides: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((dice >> 33) % sides) as u32
        };
        for sides in [2, 10, 500] {
            let before: Vec<_> = (0..4000).map(|_| roll(sides)).collect();
            let after: Vec<_> = (0..4000).map(|_| roll(sides)).collect();
            let cut = cost(&run(&before, &after, &mut Budget::default()));
            let least = shortest(&before, &after);
            assert!(cut >= least && cut * 10 <= least * 12, "{sides}: {cut}, {least} at best");
        }
    }
}
