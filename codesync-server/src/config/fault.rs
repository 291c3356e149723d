//! What is wrong with the settings: all of it at once, each with the way out.

use std::fmt;

/// One setting that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// As the operator wrote it: `--port`, or `CODESYNC_PORT`.
    pub setting: String,
    /// What stands there; of a secret only what may be told.
    pub met: String,
    pub expected: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, met, expected, remedy } = self;
        write!(f, "{setting}: met {met}, expected {expected}; {remedy}")
    }
}

/// All that is wrong, never nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Ok` with the value, if there is one and nothing is wrong.
    pub(crate) fn or<T>(faults: Vec<Fault>, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => {
                assert!(!faults.is_empty(), "a setting that cannot be used is a fault");
                Err(Self(faults))
            }
        }
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => writeln!(f, "one setting is wrong")?,
            count => writeln!(f, "{count} settings are wrong")?,
        }
        let lines: Vec<_> = self.0.iter().map(|fault| format!("  {fault}")).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faults {}
