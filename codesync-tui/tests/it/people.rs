//! Members and links from the command line.

use serde_json::Value;

use crate::commands::check;
use crate::town::Town;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn town_of(people: &[&str]) -> Town {
    let town = Town::start();
    for person in people {
        town.register(person);
    }
    town
}

#[test]
fn somebody_is_invited_given_another_role_and_taken_out() {
    let town = town_of(&["ada", "bo"]);
    let link = town.document("ada", "plan.md", "secret\n");
    check(&town.run("bo", &["cat", &link], ""), 3, "error: no such document");
    let invited = town.run("ada", &["invite", "plan.md", "bo", "--role", "viewer"], "");
    assert!(invited.status.success() && invited.stdout.is_empty(), "{invited:?}");
    assert_eq!(String::from_utf8_lossy(&invited.stderr), "bo is viewer of plan.md\n");
    assert_eq!(town.says("bo", &["cat", "plan.md"], ""), "secret\n");
    let read_only = town.run("bo", &["push", "-", "plan.md"], "mine\n");
    check(&read_only, 3, "error: ");
    town.says("ada", &["invite", "plan.md", "Bo", "--role", "editor"], "");
    town.says("bo", &["push", "-", "plan.md"], "ours\n");
    let members = json(&town.says("bo", &["members", "plan.md", "--json"], ""));
    let roles: Vec<_> = members
        .as_array()
        .expect("a list")
        .iter()
        .map(|member| (member["name"].as_str(), member["role"].as_str()))
        .collect();
    assert_eq!(roles, [(Some("ada"), Some("owner")), (Some("bo"), Some("editor"))]);
    let listed = town.says("ada", &["members", "plan.md"], "");
    assert!(listed.starts_with("ada\tada\towner\t") && listed.contains("\nbo\tbo\teditor\t"));
    check(&town.run("ada", &["members", "plan.md", "--remove", "bob", "-y"], ""), 1, "mean bo?");
    town.says("ada", &["members", "plan.md", "--remove", "bo", "-y"], "");
    check(&town.run("bo", &["cat", &link], ""), 3, "no such document");
}

#[test]
fn an_invitation_that_cannot_be_is_told_why() {
    let town = town_of(&["ada", "bo"]);
    town.document("ada", "plan.md", "");
    check(&town.run("ada", &["invite", "plan.md", "nobody"], ""), 1, "error: ");
    check(&town.run("ada", &["invite", "plan.md", "bo", "--role", "king"], ""), 2, "owner");
    let last = town.run("ada", &["members", "plan.md", "--remove", "ada", "-y"], "");
    check(&last, 1, "owner");
    town.says("ada", &["invite", "plan.md", "bo"], "");
    check(&town.run("bo", &["invite", "plan.md", "bo", "--role", "owner"], ""), 3, "error: ");
}

#[test]
fn a_link_is_printed_alone_lets_in_whoever_has_it_and_can_be_ended() {
    let town = town_of(&["ada", "bo"]);
    let document = town.document("ada", "plan.md", "text\n");
    let link = town.says("ada", &["link", "plan.md", "--expires", "7d"], "");
    assert!(link.starts_with(&format!("{document}#")) && link.lines().count() == 1, "{link}");
    assert_eq!(town.says("bo", &["cat", link.trim()], ""), "text\n");
    assert_eq!(town.says("bo", &["cat", "plan.md"], ""), "text\n");
    let listed = json(&town.says("ada", &["link", "plan.md", "--list", "--json"], ""));
    let (role, members) = (&listed[0]["role"], &listed[0]["members"]);
    assert_eq!((role, members), (&"viewer".into(), &1.into()));
    assert!(listed[0].get("secret").is_none() && listed[0].get("path").is_none(), "{listed}");
    let begin = listed[0]["id"].as_str().expect("an id")[..8].to_owned();
    let ended = town.run("ada", &["unlink", "plan.md", &begin], "");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(said, "links ended: 1; members who went with them: 1\n");
    check(&town.run("bo", &["cat", &document], ""), 3, "no such document");
    check(&town.run("bo", &["cat", link.trim()], ""), 3, "error: ");
    check(&town.run("ada", &["unlink", "plan.md"], ""), 1, "error: there is no such link");
}

#[test]
fn links_are_told_apart_by_their_labels_and_end_all_at_once() {
    let town = town_of(&["ada"]);
    town.document("ada", "plan.md", "");
    for label in ["class", "team"] {
        let made = ["link", "plan.md", "--role", "editor", "--expires", "never", "--label", label];
        let made = json(&town.says("ada", &[&made[..], &["--json"]].concat(), ""));
        assert_eq!((&made["role"], &made["expires_at"]), (&"editor".into(), &Value::Null));
        assert!(made["link"].as_str().is_some_and(|link| link.contains('#')), "{made}");
    }
    check(&town.run("ada", &["unlink", "plan.md"], ""), 2, "error: 2 links fit");
    town.says("ada", &["unlink", "plan.md", "team"], "");
    town.says("ada", &["unlink", "plan.md", "--all"], "");
    assert_eq!(town.says("ada", &["link", "plan.md", "--list"], ""), "");
    check(&town.run("ada", &["link", "plan.md", "--expires", "soon"], ""), 2, "help: such as 30m");
}

#[test]
fn a_guest_comes_in_by_a_link_and_stays_one() {
    let town = town_of(&["ada"]);
    town.document("ada", "plan.md", "text\n");
    let closed = town.says("ada", &["link", "plan.md", "--role", "editor"], "");
    check(&town.run("guest", &["cat", closed.trim()], ""), 3, "error: ");
    let open = town.says("ada", &["link", "plan.md", "--role", "editor", "--guests"], "");
    let read = town
        .command("guest")
        .args(["cat", open.trim()])
        .env("CODESYNC_NAME", "Gus")
        .output()
        .expect("it runs");
    assert_eq!(read.stdout, b"text\n", "{read:?}");
    assert!(String::from_utf8_lossy(&read.stderr).contains("you are Gus there, as a guest"));
    town.says("guest", &["push", "-", "plan.md"], "of a guest\n");
    assert_eq!(town.says("guest", &["whoami"], ""), "Gus (guest)\n");
    let log = town.says("ada", &["log", "plan.md"], "");
    assert!(log.contains("\tGus\t"), "{log}");
}

#[test]
fn a_document_of_somebody_else_is_named_by_its_owner() {
    let town = town_of(&["ada", "bo"]);
    for person in ["ada", "bo"] {
        town.document(person, "plan.md", person);
    }
    town.says("ada", &["invite", "plan.md", "bo"], "");
    check(&town.run("bo", &["cat", "plan.md"], ""), 2, "error: 2 documents are called plan.md");
    assert_eq!(town.says("bo", &["cat", "ada/plan.md"], ""), "ada");
    assert_eq!(town.says("bo", &["cat", "bo/plan.md"], ""), "bo");
    check(&town.run("bo", &["cat", "eve/plan.md"], ""), 3, "no document is called eve/plan.md");
}

#[test]
fn where_there_are_no_accounts_a_link_is_not_needed() {
    let server = crate::server::Server::start();
    let link = server.document("a.txt", "");
    let refused = server.run_command(&["link", "a.txt"], "");
    check(&refused, 1, "help: whoever reaches http://localhost:");
    assert_eq!(server.text(&format!("{link}#secret")), "");
}
