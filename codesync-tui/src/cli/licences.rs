//! `codesync licences`: whose grammars colour the text, and under which licences.

use std::io::{self, Write};

use super::Failure;
use super::output::printed;

pub(crate) fn run() -> Result<(), Failure> {
    let grammars = two_face::acknowledgement::listing().to_md();
    printed(writeln!(
        io::stdout(),
        "CodeSync is under the MIT License or the Apache License 2.0, as you like. What follows\n\
         are the licences of the grammars that colour texts, and of what comes with them.\n\n{}",
        grammars.trim_end()
    ))
}
