//! Texts and numbers of requests and answers as the description knows them: what each may be, from
//! the constants that the code itself asks.
//!
//! A field names its kind by `#[schema(value_type = kind::Name)]`. The types here have no values.

use std::borrow::Cow;

use codesync_core::limits::{DOCUMENT_BYTES_MAX, NAME_BYTES_MAX, NAME_GRAPHEMES_MAX, NUMBER_MAX};
use utoipa::openapi::schema::{Schema, SchemaFormat};
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::db::documents::PAGE_MAX;
use crate::http::documents::LANGUAGE_BYTES_MAX;
use crate::http::idempotency::KEY_BYTES_MAX;
use crate::http::links::EXPIRES_SECONDS_MAX;
use crate::logins::{LOGIN_CHARS_MAX, LOGIN_CHARS_MIN};
use crate::password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};

/// What may not stand in a name; see [`crate::names::is_hidden`].
const HIDDEN: &str = "\\u0000-\\u001f\\u007f-\\u009f\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\u{e0000}-\u{e007f}";
/// An entity tag (RFC 9110, section 8.8.3).
const TAG: &str = "(W/)?\"[!#-~]*\"";
const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

macro_rules! kinds {
    ($($(#[doc = $about:literal])+ $name:ident: $schema:expr;)*) => {
        $(
            $(#[doc = $about])+
            pub(crate) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let about = [$($about.trim()),+].join(" ");
                    let schema: Object = $schema.into();
                    ObjectBuilder::from(schema).description(Some(about)).into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*

        /// All of them, by name.
        pub(crate) fn all() -> impl Iterator<Item = (String, RefOr<Schema>)> {
            [$(($name::name().into_owned(), $name::schema())),*].into_iter()
        }
    };
}

kinds! {
    /// Operations committed to a document since it was made.
    Revision: number(0, NUMBER_MAX);
    /// A UUID.
    Id: text().format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .pattern(Some(format!("^{UUID}$").replace("a-f", "a-fA-F")));
    /// A moment, in UTC.
    Time: text().format(Some(SchemaFormat::Custom("date-time".to_owned())));
    /// A name that people see. Blanks around it are taken away. What people count as one character
    /// counts as one, of however many it is made; all together may have 256 bytes in UTF-8.
    Name: text().min_length(Some(1)).max_length(Some(NAME_GRAPHEMES_MAX))
        .pattern(Some(format!("^[^{HIDDEN}]*[^\\s{HIDDEN}][^{HIDDEN}]*$")));
    /// As a name, but it may be empty.
    Label: text().max_length(Some(NAME_GRAPHEMES_MAX)).pattern(Some(format!("^[^{HIDDEN}]*$")));
    /// The name to log in with. Capitals are taken for small letters, and spaces around it for
    /// nothing.
    Login: text().pattern(Some(format!(
        "^ *[A-Za-z0-9][A-Za-z0-9._+@-]{{{},{}}} *$", LOGIN_CHARS_MIN - 1, LOGIN_CHARS_MAX - 1
    )));
    /// A password to be. The commonest, the login itself and one character again and again are
    /// refused.
    NewPassword: text().min_length(Some(PASSWORD_CHARS_MIN)).max_length(Some(PASSWORD_CHARS_MAX));
    /// The language that an editor shows the text in, such as `rust`.
    Language: text().min_length(Some(1)).max_length(Some(LANGUAGE_BYTES_MAX))
        .pattern(Some("^[a-z0-9+#._-]+$"));
    /// The text of a document, at most 10 MiB in UTF-8.
    Text: text().max_length(usize::try_from(DOCUMENT_BYTES_MAX).ok());
    /// What a name shall hold.
    Search: text().max_length(Some(NAME_BYTES_MAX)).pattern(Some("^[^\\u0000]*$"));
    /// Entries on a page.
    PageLimit: number(1, PAGE_MAX.into());
    /// Where the page goes on, as the page before says in `next`.
    Cursor: text().pattern(Some(format!("^(0|[1-9a-f][0-9a-f]{{0,14}})\\.{UUID}$")));
    /// Where the page goes on, as the page before says in `next`.
    RevisionCursor: text().pattern(Some("^(0|[1-9a-f][0-9a-f]{0,14})$"));
    /// Seconds from now.
    ExpiresIn: number(1, EXPIRES_SECONDS_MAX);
    /// A revision as an entity tag: its digits in quotes.
    EntityTag: text().pattern(Some("^\"(0|[1-9][0-9]{0,17})\"$"));
    /// The tag of the revision that the document must be at, or `*` for any.
    Condition: text().pattern(Some("^(\\*|\"(0|[1-9][0-9]{0,17})\")$"));
    /// Tags of revisions that are known, strong or weak, or `*` for any.
    KnownTags: text().pattern(Some(format!("^(\\*|[ \t,]*{TAG}([ \t]*,[ \t,]*{TAG})*[ \t,]*)$")));
    /// Visible characters of ASCII, such as a UUID, that stand for one request of one person.
    Key: text().min_length(Some(1)).max_length(Some(KEY_BYTES_MAX)).pattern(Some("^[!-~]+$"));
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn number(min: usize, max: u64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::Custom("int64".to_owned())))
        .minimum(Some(min))
        .maximum(usize::try_from(max).ok())
}
