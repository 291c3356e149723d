//! Typed calls.

use codesync_client::core::{DocumentId, Revision};
use codesync_client::{DocumentQuery, FileLineEnding, NewDocument, Rest, RestError};

use crate::stage::{Server, folder};

#[tokio::test]
async fn a_document_is_created_listed_read_and_renamed() {
    let data = folder();
    let server = Server::start(data.path(), 0).await;
    let rest = server.rest();
    rest.health().await.expect("it is well");

    let wanted = NewDocument {
        name: "a b/ü&?.rs".into(),
        text: Some("one\r\ntwo\r\n".into()),
        language: Some("rust".into()),
    };
    let made = rest.create(&wanted).await.expect("it is created");
    assert_eq!((made.name.as_str(), made.language.as_deref()), ("a b/ü&?.rs", Some("rust")));
    assert_eq!(made.line_ending, FileLineEnding::Crlf);
    assert_eq!(rest.document(made.id).await.expect("it is there").id, made.id);

    let content = rest.content(made.id).await.expect("it is there");
    assert_eq!(content.text, "one\r\ntwo\r\n");
    assert_eq!(content.revision, Some(made.revision));
    assert!(made.revision > Revision::ZERO);

    let renamed = rest.rename(made.id, "other.rs").await.expect("it may be renamed");
    assert_eq!(renamed.name, "other.rs");
    let query = DocumentQuery { search: Some("other".into()), ..DocumentQuery::default() };
    let page = rest.documents(&query).await.expect("there is a list");
    assert_eq!(page.documents.iter().map(|d| d.id).collect::<Vec<_>>(), [made.id]);
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let data = folder();
    let server = Server::start(data.path(), 0).await;
    for n in 0..5 {
        let document = NewDocument { name: format!("{n}.txt"), ..NewDocument::default() };
        server.rest().create(&document).await.expect("it is created");
    }
    let mut names = Vec::new();
    let mut query = DocumentQuery { limit: Some(2), ..DocumentQuery::default() };
    loop {
        let page = server.rest().documents(&query).await.expect("there is a list");
        assert!(page.documents.len() <= 2);
        names.extend(page.documents.into_iter().map(|document| document.name));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    names.sort();
    assert_eq!(names, ["0.txt", "1.txt", "2.txt", "3.txt", "4.txt"]);
}

#[tokio::test]
async fn failures_are_told_apart() {
    let data = folder();
    let server = Server::start(data.path(), 0).await;
    let nowhere = DocumentId::from_bytes([7; 16]);
    assert!(matches!(server.rest().document(nowhere).await, Err(RestError::NotFound)));
    assert!(matches!(server.rest().content(nowhere).await, Err(RestError::NotFound)));
    let nameless = NewDocument::default();
    let refused = server.rest().create(&nameless).await;
    assert!(matches!(refused, Err(RestError::Refused { status: 400..=499, .. })), "{refused:?}");

    let url = server.url.clone();
    server.stop().await;
    let gone = Rest::new(url).health().await;
    assert!(matches!(gone, Err(RestError::Unreachable { .. })), "{gone:?}");
}
