//! A value that nobody gets to see by accident.

use std::fmt;

/// Something secret. However it is printed, `***` is all that shows.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(Box<str>);

impl Secret {
    #[must_use]
    pub fn new(value: impl Into<Box<str>>) -> Self {
        Self(value.into())
    }

    /// The value itself, for whoever needs it to do his work.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        #[derive(Debug)]
        #[allow(dead_code, reason = "read by Debug alone")]
        struct Holder {
            key: Secret,
        }
        let holder = Holder { key: Secret::new("canary") };
        for printed in [format!("{holder:?}"), format!("{holder:#?}"), holder.key.to_string()] {
            assert!(printed.contains("***") && !printed.contains("canary"), "{printed}");
        }
        assert_eq!(holder.key.expose(), "canary");
    }
}
