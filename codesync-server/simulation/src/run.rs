//! One run from beginning to end, and what is said and kept when it fails.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Once;

use crate::coverage::Coverage;
use crate::oracle::{Violation, broken};
use crate::plan::Plan;
use crate::script;
use crate::world::World;

/// A run in which a law did not hold.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) plan: Plan,
    pub(crate) violation: Violation,
}

/// What a run came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Summary {
    pub(crate) coverage: Coverage,
    pub(crate) fingerprint: u64,
}

/// Runs the plan of a seed.
pub(crate) fn seed(seed: u64) -> Result<Summary, Failure> {
    plan(&script::plan(seed), false)
}

/// Runs a plan, saying what happens if `trace` is wished for.
pub(crate) fn plan(plan: &Plan, trace: bool) -> Result<Summary, Failure> {
    quiet_panics();
    let ran = QUIET.with(|quiet| {
        quiet.set(true);
        let ran = panic::catch_unwind(AssertUnwindSafe(|| {
            let mut world = World::new(plan);
            world.trace = trace;
            world.run().map(|()| {
                let fingerprint = world.fingerprint;
                Summary { coverage: std::mem::take(&mut world.coverage), fingerprint }
            })
        }));
        quiet.set(false);
        ran
    });
    let ran = ran.unwrap_or_else(|_| {
        let what = MESSAGE.with(RefCell::take);
        Err(broken("no panic", what))
    });
    ran.map_err(|violation| Failure { plan: plan.clone(), violation })
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic within a run is one of its results: it is kept for the report and not printed at once.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.with(Cell::get) {
                MESSAGE.with(|message| message.replace(info.to_string()));
            } else {
                usual(info);
            }
        }));
    });
}

impl Failure {
    /// Keeps the plan where it can be cut down and run again. Answers with its path.
    pub(crate) fn save(&self) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("simulation");
        let path = folder.join(format!("seed-{}.plan", self.plan.seed));
        let text = format!("# {}\n{}", self.violation.to_string().replace('\n', " "), self.plan);
        std::fs::create_dir_all(&folder).expect("the target folder takes folders");
        std::fs::write(&path, text).expect("the target folder takes files");
        path
    }

    /// The same failure from as few actions as leaving them out one after the other leads to.
    pub(crate) fn cut_down(mut self) -> Self {
        let mut size = self.plan.actions.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at < self.plan.actions.len() {
                let mut shorter = self.plan.clone();
                shorter.actions.drain(at..(at + size).min(shorter.actions.len()));
                match plan(&shorter, false) {
                    Err(failure) if failure.violation.law == self.violation.law => self = failure,
                    _ => at += size,
                }
            }
            size /= 2;
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seed = self.plan.seed;
        writeln!(f, "seed {seed}: {}", self.violation)?;
        write!(
            f,
            "  again, with everything that happens:\n    CODESYNC_SIM_SEED={seed} cargo test --profile ci \
             -p codesync-simulation one_plan -- --nocapture"
        )
    }
}
