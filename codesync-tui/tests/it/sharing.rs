//! Who may do what, within the editor.

use crate::commands::check;
use crate::server::Server;
use crate::terminal::Terminal;
use crate::town::Town;

const CTRL_Q: &str = "\x11";
const DOWN: &str = "\x1b[B";
const ESCAPE: &str = "\x1b";
const F8: &str = "\x1b[19~";

fn open(town: &Town, person: &str, document: &str) -> Terminal {
    let arguments = ["open", document];
    Terminal::run("xterm-256color", &town.url, &town.home(person), &arguments)
}

/// What was copied last. The terminal has it before the next frame, not with the one that says so.
fn copied(terminal: &Terminal) -> String {
    use base64::Engine as _;
    let output = terminal.output();
    let encoded = output.rsplit("\x1b]52;c;").next().expect("there is one");
    let encoded = encoded.split(['\x07', '\x1b']).next().unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).expect("base 64");
    String::from_utf8(bytes).expect("an address")
}

#[test]
fn somebody_is_invited_given_another_role_and_taken_out() {
    let town = Town::start();
    town.register("ada");
    town.register("bo");
    let link = town.document("ada", "plan.md", "text\n");
    let mut ada = open(&town, "ada", "plan.md");
    ada.line_is(0, "  1 text");
    ada.send(F8);
    ada.shows("share plan.md");
    ada.shows("ada, you");
    ada.send("i");
    ada.shows("invite (login):");
    ada.send("bo\r");
    ada.shows("bo becomes (e)ditor, (v)iewer or (o)wner:");
    ada.send("v");
    ada.shows("bo is viewer now");
    assert_eq!(town.says("bo", &["cat", &link], ""), "text\n");
    check(&town.run("bo", &["push", "-", &link], "mine\n"), 3, "error: ");
    // The address, ada, bo.
    ada.send(DOWN);
    ada.send(DOWN);
    ada.send("r");
    ada.shows("bo becomes (e)ditor");
    ada.send("e");
    ada.shows("bo is editor now");
    town.says("bo", &["push", "-", &link], "ours\n");
    ada.send("x");
    ada.shows("take bo out? (y/n)");
    ada.send("y");
    ada.shows("bo is no member any more");
    check(&town.run("bo", &["cat", &link], ""), 3, "no such document");
    ada.send("i");
    ada.send("nobody\re");
    ada.shows("the server refused: ");
    ada.send(ESCAPE);
    ada.line_is(0, "  1 ours");
    ada.send(CTRL_Q);
    assert_eq!(ada.end(), 0);
}

#[test]
fn a_link_is_made_copied_taken_up_and_ended() {
    let town = Town::start();
    town.register("ada");
    town.register("bo");
    town.document("ada", "plan.md", "text\n");
    let mut ada = open(&town, "ada", "plan.md");
    ada.line_is(0, "  1 text");
    ada.send(F8);
    ada.shows("ada, you");
    ada.send("l");
    ada.shows("whoever has the link becomes (v)iewer or (e)ditor:");
    ada.send("e");
    ada.shows("it ends after (30m, 12h, 7d, 2w, never): 7d");
    ada.send("1d\r");
    ada.shows("let in people without an account too? (y/n)");
    ada.send("n");
    ada.shows("the link is copied");
    ada.shows("editor, 0 came, ends 20");
    ada.send(ESCAPE);
    ada.line_is(0, "  1 text");
    let link = copied(&ada);
    assert!(link.starts_with(&town.url) && link.contains('#'), "{link}");
    assert_eq!(town.says("bo", &["cat", &link], ""), "text\n");
    ada.send(F8);
    ada.shows("editor, 1 came, ends 20");
    ada.send("jjjc");
    ada.shows("its secret was shown when it was made");
    ada.send("x");
    ada.shows("end this link, and the membership of 1 who came by it? (y/n)");
    ada.send("y");
    ada.shows("the link has ended");
    check(&town.run("bo", &["cat", &link], ""), 3, "error: ");
    ada.send(ESCAPE);
    ada.line_is(0, "  1 text");
    ada.send(CTRL_Q);
    assert_eq!(ada.end(), 0);
}

#[test]
fn who_is_no_owner_sees_the_people_and_is_told_why_not() {
    let town = Town::start();
    town.register("ada");
    town.register("bo");
    let link = town.document("ada", "plan.md", "text\n");
    town.says("ada", &["invite", "plan.md", "bo"], "");
    let mut bo = open(&town, "bo", &link);
    bo.line_is(0, "  1 text");
    bo.send(F8);
    bo.shows("bo, you");
    bo.send("ieve\rv");
    bo.shows("the server refused: ");
    bo.send(ESCAPE);
    bo.line_is(0, "  1 text");
    bo.send(CTRL_Q);
    assert_eq!(bo.end(), 0);
}

#[test]
fn where_there_are_no_accounts_there_is_the_address() {
    let mut server = Server::start();
    let link = server.document("a.txt", "one\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 one");
    ana.send(F8);
    ana.shows(&format!("address  {link}"));
    ana.shows("no accounts here: whoever reaches the server may edit");
    ana.send("c");
    ana.shows("copied");
    ana.send(ESCAPE);
    ana.line_is(0, "  1 one");
    assert_eq!(copied(&ana), link);
    server.kill();
    ana.shows("○offline");
    ana.send(F8);
    ana.shows("who may do what is with the server, which is not reached now");
    ana.send(CTRL_Q);
    assert_eq!(ana.end(), 0);
}
