//! The rows of the table, and the bars that CodeSync sets itself.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::crowd::Crowd;
use crate::pane::{Launch, Pane, Usage};
use crate::peers::{self, At, CODESYNC, Peer};

/// Keys of one measurement.
const KEYS: u32 = 150;
/// How often each editor is measured, taking turns; what is said is the median.
const ROUNDS: usize = 3;
/// Keys into the long line, which cost some editors seconds each.
const FEW_KEYS: u32 = 20;
/// As fast as a key that is held down, and slow enough for each to be drawn by itself.
const BETWEEN_KEYS: Duration = Duration::from_millis(25);
/// As a quick typist, with whom nothing is warm any more when the next key comes.
const BETWEEN_TYPED: Duration = Duration::from_millis(130);
const STORM: Duration = Duration::from_secs(5);
/// Stands in the first line of each file, as one word of any language.
const MARKER: &str = "zz_first_word";

/// The files, and a home where nobody has settings.
struct Bench {
    folder: TempDir,
    server: Server,
}

/// `codesync serve`, which ends with this.
struct Server {
    url: String,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What is typed: so many keys, where, and how far apart.
struct Typing {
    line: usize,
    at: At,
    keys: u32,
    between: Duration,
}

impl Typing {
    fn at(line: usize, at: At) -> Self {
        Self { line, at, keys: KEYS, between: BETWEEN_KEYS }
    }
}

/// A measured figure, the bar for it, and whether it was reached.
struct Row {
    name: String,
    cells: Vec<String>,
}

/// A file of so many lines of Rust, not far from what people write.
fn rust(lines: usize) -> String {
    let mut text = format!("fn {MARKER}() {{\n");
    for number in 1..lines {
        text += &match number % 6 {
            0 => format!("/// Adds {number} to what is there, and \"says\" so.\n"),
            1 => format!("pub fn add_{number}(value: &mut Vec<u64>) -> Option<u64> {{\n"),
            2 => format!("    let sum: u64 = value.iter().copied().sum::<u64>() + {number};\n"),
            3 => "    println!(\"the sum is {sum}\"); // as before\n".to_owned(),
            4 => "    if sum > 0xff { value.push(sum); Some(sum) } else { None }\n".to_owned(),
            _ => "}\n".to_owned(),
        };
    }
    text
}

pub(crate) fn all() -> Result<()> {
    let bench = Bench::new()?;
    let peers = peers::installed();
    println!("CodeSync {}", env!("CARGO_PKG_VERSION"));
    for (peer, version) in &peers {
        println!("{}: {version}", peer.name);
    }
    let middle = |lines: usize| lines / 2;
    let files =
        [("3 000 lines", rust(3_000), 1_500), ("100 000 lines", rust(100_000), middle(100_000))];
    head(&peers);
    for (name, text, line) in &files {
        print(&bench.keys(name, text, &Typing::at(*line, At::NewLine), &peers)?);
    }
    let slowly =
        Typing { keys: KEYS / 2, between: BETWEEN_TYPED, ..Typing::at(1_500, At::NewLine) };
    print(&bench.keys("3 000 lines, 8 keys a second", &files[0].1, &slowly, &peers)?);
    let begin = Typing::at(1_501, At::LineBegin);
    print(&bench.keys("beginning of a line", &files[0].1, &begin, &peers)?);
    let long = format!("{MARKER} {}\nend\n", "abcdefghi ".repeat(250_000));
    let end = Typing { keys: FEW_KEYS, ..Typing::at(1, At::NewLine) };
    print(&bench.keys("a line of 2.5 MB", &long, &end, &peers)?);
    let wide = format!("{MARKER} {}\nend\n", "日本語の行".repeat(160_000));
    print(&bench.keys("a line of 2.4 MB in Japanese", &wide, &end, &peers)?);
    print(&[bench.paste(&rust(3_000), &peers)?]);
    print(&bench.opening(&rust(250_000)[..10 * 1024 * 1024 - 64], &peers)?);
    bench.together()?;
    bench.first_paint()
}

impl Bench {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut serve = Command::new(CODESYNC);
        serve.env_clear().env("HOME", folder.path());
        serve.args(["serve", "--port", "0", "--data"]).arg(folder.path().join("data"));
        let mut process = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut url = String::new();
        BufReader::new(process.stdout.take().context("it is piped")?).read_line(&mut url)?;
        Ok(Self { folder, server: Server { url: url.trim().to_owned(), process } })
    }

    fn home(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, text: &str) -> Result<PathBuf> {
        let path = self.home().join("bench.rs");
        fs::write(&path, text)?;
        Ok(path)
    }

    fn document(&self, text: &str) -> Result<String> {
        peers::document(&self.server.url, self.home(), "bench.rs", &self.file(text)?)
    }

    /// How each editor opens this text at a line, and what lets it insert a line there.
    fn launches(
        &self,
        text: &str,
        line: usize,
        at: At,
        peers: &[(Peer, String)],
    ) -> Result<Vec<(Launch, &'static [u8])>> {
        let link = self.document(text)?;
        let file = self.file(text)?;
        let own = (peers::open(&self.server.url, &link, line), peers::plainly(at));
        let others = peers.iter().map(|(peer, _)| (peer.open(&file, line), peer.lets_type(at)));
        Ok([own].into_iter().chain(others).collect())
    }

    /// Processor time and bytes of each key.
    fn keys(
        &self,
        name: &str,
        text: &str,
        typing: &Typing,
        peers: &[(Peer, String)],
    ) -> Result<[Row; 2]> {
        let launches = self.launches(text, typing.line, typing.at, peers)?;
        let mut used: Vec<Result<Vec<Usage>>> = launches.iter().map(|_| Ok(Vec::new())).collect();
        for _ in 0..ROUNDS {
            for ((launch, insert), used) in launches.iter().zip(&mut used) {
                // Who failed once is not waited for again.
                let Ok(so_far) = used else { continue };
                match self.type_keys(launch, insert, typing) {
                    Ok(usage) => so_far.push(usage),
                    Err(error) => *used = Err(error),
                }
            }
        }
        let (mut cpu, mut bytes) = (Vec::new(), Vec::new());
        for used in &used {
            let per_key = |of: &dyn Fn(&Usage) -> f64, digits: usize| match used {
                Ok(used) => {
                    format!("{:.digits$}", median(used.iter().map(of)) / f64::from(typing.keys))
                }
                Err(error) => error.to_string(),
            };
            cpu.push(per_key(&|it| it.cpu.as_secs_f64() * 1e3, 2));
            bytes.push(per_key(&|it| it.bytes as f64, 0));
        }
        Ok([
            Row { name: format!("{name}: CPU ms a key"), cells: cpu },
            Row { name: format!("{name}: bytes a key"), cells: bytes },
        ])
    }

    fn type_keys(&self, launch: &Launch, insert: &[u8], typing: &Typing) -> Result<Usage> {
        let mut pane = Pane::start(launch, self.home())?;
        pane.rest()?;
        pane.send(insert)?;
        let before = pane.rest()?;
        for key in (0..typing.keys).map(|number| b"let sum = 12; "[number as usize % 14]) {
            pane.send(&[key])?;
            thread::sleep(typing.between);
        }
        Ok(pane.rest()?.since(before))
    }

    /// Processor time of 300 KB that are pasted at once.
    fn paste(&self, text: &str, peers: &[(Peer, String)]) -> Result<Row> {
        let pasted = text.repeat(3);
        let pasted = &pasted[..300_000];
        let mut cells = Vec::new();
        for (launch, insert) in self.launches(&rust(100), 50, At::NewLine, peers)? {
            let paste = || -> Result<Usage> {
                let mut pane = Pane::start(&launch, self.home())?;
                pane.rest()?;
                pane.send(insert)?;
                let before = pane.rest()?;
                pane.send(format!("\x1b[200~{pasted}\x1b[201~").as_bytes())?;
                Ok(pane.rest()?.since(before))
            };
            let ms = |it: Usage| format!("{:.0}", it.cpu.as_secs_f64() * 1e3);
            cells.push(paste().map_or_else(|error| error.to_string(), ms));
        }
        Ok(Row { name: "paste of 300 KB: CPU ms".to_owned(), cells })
    }

    /// Processor time and memory until a text of 10 MiB is there.
    fn opening(&self, text: &str, peers: &[(Peer, String)]) -> Result<[Row; 2]> {
        let (mut cpu, mut memory) = (Vec::new(), Vec::new());
        for (launch, _) in self.launches(text, 1, At::NewLine, peers)? {
            let open = || -> Result<(Usage, u64)> {
                let pane = Pane::start(&launch, self.home())?;
                Ok((pane.rest()?, pane.memory()?))
            };
            let used = open();
            let ms = |it: &(Usage, u64)| format!("{:.0}", it.0.cpu.as_secs_f64() * 1e3);
            let mb = |it: &(Usage, u64)| format!("{:.0}", it.1 as f64 / 1e6);
            cpu.push(used.as_ref().map_or_else(|error| error.to_string(), ms));
            memory.push(used.as_ref().map_or_else(|error| error.to_string(), mb));
        }
        Ok([
            Row { name: "opening 10 MiB: CPU ms".to_owned(), cells: cpu },
            Row { name: "opening 10 MiB: memory MB".to_owned(), cells: memory },
        ])
    }

    /// What no peer has: others who type meanwhile.
    fn together(&self) -> Result<()> {
        let link = self.document(&rust(3_000))?;
        let launch = peers::open(&self.server.url, &link, 1_500);
        let pane = Pane::start(&launch, self.home())?;
        pane.rest()?;
        let crowd = Crowd::start(&link, 5, 1_000)?;
        while crowd.typed() < 100 {
            thread::sleep(BETWEEN_KEYS);
        }
        let (before, typed) = (pane.usage()?, crowd.typed());
        thread::sleep(STORM);
        let (used, typed) = (pane.usage()?.since(before), crowd.typed() - typed);
        let seconds = STORM.as_secs_f64();
        println!(
            "\nwhile five people type {:.0} characters a second elsewhere in the text: {:.0} draws and \
             {:.0} bytes a second, {:.1} % of one core",
            typed as f64 / seconds,
            used.draws as f64 / seconds,
            used.bytes as f64 / seconds,
            used.cpu.as_secs_f64() / seconds * 100.0
        );
        crowd.end()?;
        Ok(())
    }

    /// How soon a known document is on the screen when no server can be reached.
    fn first_paint(self) -> Result<()> {
        let link = self.document(&rust(3_000))?;
        let launch = peers::open(&self.server.url, &link, 1);
        let pane = Pane::start(&launch, self.home())?;
        pane.rest()?;
        drop(pane);
        let Self { folder, server } = self;
        drop(server);
        let mut times = Vec::new();
        for _ in 0..10 {
            times.push(Pane::start(&launch, folder.path())?.shows(MARKER)?);
        }
        times.sort();
        println!(
            "first paint of a document from this disk, with no server to be reached: median {:.0} ms, \
             longest {:.0} ms, of {}",
            times[times.len() / 2].as_secs_f64() * 1e3,
            times[times.len() - 1].as_secs_f64() * 1e3,
            times.len()
        );
        Ok(())
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn head(peers: &[(Peer, String)]) {
    let names = ["codesync"].into_iter().chain(peers.iter().map(|(peer, _)| peer.name));
    let heads: Vec<_> = names.collect();
    println!("\n| | {} |", heads.join(" | "));
    println!("|---{}|", "|---".repeat(heads.len()));
}

fn print(rows: &[Row]) {
    for row in rows {
        println!("| {} | {} |", row.name, row.cells.join(" | "));
    }
}
